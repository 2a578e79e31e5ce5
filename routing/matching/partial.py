"""What of several steps each lab can make, and what exactly is missing for the others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.matching.eligible import eligible
from routing.matching.index import Index, able
from routing.matching.problem import Capability, Mismatch, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One lab beside the steps of a design, by their places in it."""

    facility: str
    made: tuple[int, ...]
    lacking: tuple[int, ...]


def covers(steps: Sequence[Requirement], index: Index) -> tuple[Cover, ...]:
    """Return every lab that can make a step, those that lack the least first."""
    made: defaultdict[str, set[int]] = defaultdict(set)
    for step, requirement in enumerate(steps):
        for place in able(index, requirement):
            made[index.capabilities[place].facility].add(step)
    every = range(len(steps))
    found = [
        Cover(
            facility=facility,
            made=tuple(step for step in every if step in can),
            lacking=tuple(step for step in every if step not in can),
        )
        for facility, can in made.items()
    ]
    return tuple(sorted(found, key=lambda one: (len(one.lacking), one.facility)))


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


def machines_of(index: Index) -> Mapping[str, tuple[Capability, ...]]:
    """Return each lab's machines."""
    machines: defaultdict[str, list[Capability]] = defaultdict(list)
    for capability in index.capabilities:
        machines[capability.facility].append(capability)
    return {facility: tuple(owned) for facility, owned in machines.items()}
