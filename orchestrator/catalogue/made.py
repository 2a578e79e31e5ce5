"""What a step is made of: what its design says first, or what it allows instead."""

from collections.abc import Mapping

from orchestrator.catalogue.rows import StepRow


def materials_of(step: StepRow) -> tuple[str, ...]:
    """The material that the design says first, then those that it allows instead."""
    return (step.material, *step.needs.get("material_substitutes", ()))


def as_made(step: StepRow, made_of: Mapping[str, str]) -> StepRow:
    """The step with the material that `made_of` has for its id; itself for want of one."""
    material = made_of.get(step.id)
    if material is None:
        return step
    told = {each.key: getattr(step, each.key) for each in StepRow.__table__.columns}
    needs = {
        key: step.needs[key] for key in step.needs if key != "material_substitutes"
    }
    return StepRow(**told | {"material": material, "needs": needs})
