"""Which of the machines that can should be asked first."""

from collections.abc import Iterable, Sequence

from routing.matching.eligible import eligible
from routing.matching.problem import Candidate, Capability, Mismatch, Requirement


def sift(
    requirement: Requirement, capabilities: Iterable[Capability]
) -> tuple[tuple[Capability, ...], dict[str, tuple[Mismatch, ...]]]:
    """Return those that can, in the order given, and why each other machine can't."""
    able: list[Capability] = []
    rejected: dict[str, tuple[Mismatch, ...]] = {}
    for capability in capabilities:
        mismatches = eligible(requirement, capability)
        if mismatches:
            rejected[capability.machine] = mismatches
        else:
            able.append(capability)
    return tuple(able), rejected


def needs_setup(requirement: Requirement, capability: Capability) -> bool:
    """Whether the material must be changed before the step can start."""
    required, loaded = requirement.material, capability.loaded_material
    if required is None:
        return False
    return loaded is None or loaded.strip().casefold() != required.strip().casefold()


def rank(candidates: Iterable[Candidate]) -> Sequence[Candidate]:
    """Return the candidates, best first: cheap, soon, loaded, near, then by id."""
    return sorted(
        candidates,
        key=lambda candidate: (
            candidate.cost_cents,
            candidate.ready_s,
            candidate.setup_needed,
            candidate.metres,
            candidate.capability.machine,
        ),
    )
