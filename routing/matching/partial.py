"""What of several steps each lab can make, and what exactly is missing for the others."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.matching.eligible import eligible
from routing.matching.index import Index, able
from routing.matching.problem import Capability, Mismatch, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One lab beside the steps of a design: by step, its machines that can."""

    facility: str
    able: tuple[tuple[Capability, ...], ...]

    @property
    def made(self) -> tuple[int, ...]:
        """The places of the steps that it can make."""
        return tuple(step for step, machines in enumerate(self.able) if machines)

    @property
    def lacking(self) -> tuple[int, ...]:
        """The places of the others."""
        return tuple(step for step, machines in enumerate(self.able) if not machines)


def covers(steps: Sequence[Requirement], index: Index) -> tuple[Cover, ...]:
    """Return every lab that can make a step, those that lack the least first."""
    found: dict[str, list[list[Capability]]] = {}
    for step, requirement in enumerate(steps):
        for place in able(index, requirement):
            capability = index.capabilities[place]
            of_lab = found.get(capability.facility)
            if of_lab is None:
                of_lab = found[capability.facility] = [[] for _ in steps]
            of_lab[step].append(capability)
    ordered = sorted(found, key=lambda lab: (found[lab].count([]), lab))
    return tuple(
        Cover(facility=lab, able=tuple(tuple(of_step) for of_step in found[lab]))
        for lab in ordered
    )


def nearest(
    requirement: Requirement,
    capabilities: Iterable[Capability],
    language: str = "en",
) -> tuple[Capability, tuple[Mismatch, ...]] | None:
    """Return the machine that lacks the least for this step, and what it lacks.

    One of another process is no near miss, however little else it lacks.
    """
    best: tuple[tuple[bool, int, str], Capability, tuple[Mismatch, ...]] | None = None
    for capability in capabilities:
        lacks = eligible(requirement, capability, language)
        other = any(mismatch.code == "process" for mismatch in lacks)
        key = (other, len(lacks), capability.machine)
        if best is None or key < best[0]:
            best = key, capability, lacks
    return None if best is None else (best[1], best[2])


def machines_of(
    index: Index, facilities: Collection[str]
) -> Mapping[str, tuple[Capability, ...]]:
    """Return the machines of each of these labs."""
    machines: defaultdict[str, list[Capability]] = defaultdict(list)
    for capability in index.capabilities:
        if capability.facility in facilities:
            machines[capability.facility].append(capability)
    return {facility: tuple(owned) for facility, owned in machines.items()}
