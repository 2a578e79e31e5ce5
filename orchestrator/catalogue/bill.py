"""The bill of process: steps as a graph, each figure with its source and its doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from graphlib import CycleError, TopologicalSorter
from math import ceil

from orchestrator.catalogue.found import Estimate
from orchestrator.catalogue.process import InvalidProcessError, ProcessIn, process_of
from orchestrator.foundation import canonical

BILL_NAME = "bill-of-process.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on one kind of part: `quantity` of them go into one finished piece.

    Times and grams are for one part, `setup_s` for each run. A step without `process`
    is done by hand, without a machine. `after`: keys of the steps that come first.
    """

    key: str
    name: str
    quantity: int
    process: str
    material: str
    box_mm: tuple[float, float, float]
    setup_s: Estimate
    run_s: Estimate
    labour_s: Estimate
    material_g: Estimate
    waste_g: Estimate
    after: tuple[str, ...] = ()
    program: str | None = None
    dialect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Something that is not made here."""

    name: str
    quantity: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """All that is made and bought for one piece."""

    steps: tuple[Step, ...]
    bought: tuple[Bought, ...] = ()

    def ordered(self) -> list[Step]:
        """The steps so that each comes after those it needs.

        Errors: InvalidProcessError for a circle or an unknown step.
        """
        step_of = {step.key: step for step in self.steps}
        graph = {step.key: step.after for step in self.steps}
        try:
            keys = list(TopologicalSorter(graph).static_order())
            return [step_of[key] for key in keys]
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise InvalidProcessError(
                f"the steps wait for each other: {circle}", field="steps"
            ) from error
        except KeyError as error:
            raise InvalidProcessError(
                f"a step comes after {error.args[0]!r}, which is no step", field="steps"
            ) from error

    def exact(self) -> bytes:
        """The bill as a file of the design: nothing of it is lost in `process.json`."""
        return canonical.dumps(asdict(self))


def corrected(bill: Bill, factor_of: Mapping[str, Estimate]) -> Bill:
    """The bill with machine times as real jobs of each process took them."""

    def one(step: Step) -> Step:
        factor = factor_of.get(step.process)
        if factor is None or not step.process:
            return step
        value = step.run_s.value * factor.value
        return replace(
            step,
            run_s=Estimate(
                value=value,
                plus_minus=value * factor.plus_minus / factor.value,
                source=f"{step.run_s.source}; {factor.source}",
            ),
        )

    return replace(bill, steps=tuple(one(step) for step in bill.steps))


def process_from(
    bill: Bill, *, fee_cents: int = 0, picture: str | None = None
) -> ProcessIn:
    """The steps in an order that works, as an order is planned: one run makes one piece.

    Work by hand is done by those who ran the step before it.
    Errors: InvalidProcessError.
    """
    steps: list[dict[str, object]] = []
    hands_s = 0
    for step in bill.ordered():
        by_hand_s = ceil(step.labour_s.value * step.quantity)
        if not step.process:
            if steps:
                steps[-1]["labour_s"] = int(str(steps[-1]["labour_s"])) + by_hand_s
            else:
                hands_s += by_hand_s
            continue
        steps.append(_as_run(step, by_hand_s + hands_s))
        hands_s = 0
    return process_of({"steps": steps, "fee_cents": fee_cents, "picture": picture})


def _as_run(step: Step, labour_s: int) -> dict[str, object]:
    x_mm, y_mm, z_mm = step.box_mm
    grams = (step.material_g.value + step.waste_g.value) * step.quantity
    return {
        "name": _counted(step),
        "process": step.process,
        "dialect": step.dialect,
        "program": step.program,
        "material": step.material,
        "material_g": round(grams, 2),
        "box_x_mm": round(x_mm, 2),
        "box_y_mm": round(y_mm, 2),
        "box_z_mm": round(z_mm, 2),
        "setup_s": ceil(step.setup_s.value),
        "run_s": max(1, ceil(step.run_s.value * step.quantity)),
        "labour_s": labour_s,
    }


def _counted(step: Step) -> str:
    return step.name if step.quantity == 1 else f"{step.quantity} × {step.name}"[:120]


def total_s(steps: Sequence[Step]) -> float:
    """Machine and hands, for one piece made alone."""
    return sum(
        step.setup_s.value + (step.run_s.value + step.labour_s.value) * step.quantity
        for step in steps
    )
