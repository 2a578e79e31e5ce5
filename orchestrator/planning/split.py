"""Where no single lab can make all steps: which labs could, one after the other."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import FacilityRow, PlaceRow
from orchestrator.orders.parts import own_steps
from orchestrator.planning.bonds import (
    LabPrices,
    by_price_and_way,
    lab_prices,
    open_in_time,
)
from orchestrator.planning.candidates import candidates
from orchestrator.planning.frames import WANTED, Wanted
from orchestrator.planning.picture import Picture
from orchestrator.planning.tasks import runs_of
from orchestrator.planning.usable import unusable
from routing.joint.problem import Mode

RANGES_MAX: Final = 3
WAYS_MAX: Final = 3  # that a quote tries, the cheapest first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Consecutive steps, and the labs that can make them all."""

    steps: Sequence[StepRow]
    labs: LabPrices
    least: timedelta  # that they take, one run of each


def ways_to_split(wanted: Wanted, picture: Picture) -> list[tuple[Wanted, ...]]:
    """Each way a chain: parts in the order of their steps, then what is brought.

    The last lab is one that can make the most of the last steps, the lab before it one
    that can make the most of those before, and so on; RANGES_MAX in all. The first lab
    is left to the planner. None where one lab can make all, or some step nobody.
    """
    ranges = _ranges(wanted, picture)
    goal = picture.places.get(wanted.place_id)
    if goal is None or not 1 < len(ranges) <= RANGES_MAX:
        return []
    chains = _labs(list(reversed(ranges[1:])), goal, picture)
    return [
        _chain(wanted, ranges, (None, *reversed(labs)))
        for labs, _ in zip(chains, range(WAYS_MAX), strict=False)
    ]


def _ranges(wanted: Wanted, picture: Picture) -> list[_Range]:
    """The last steps first as many as one lab can make, then those before."""
    away = {
        machine.id: reason
        for machine in picture.machines
        if (reason := unusable(machine, picture))
    }
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    steps = own_steps(wanted, picture.steps_of.get(wanted.design_version_id, ()))
    asked: list[tuple[Sequence[Mode], int]] = []
    for step in steps:
        runs = len(runs_of(step, wanted.quantity))
        modes = candidates(step, picture, away).modes
        asked.append((open_in_time(modes, picture, wanted), runs))
    labs_of = [lab_prices([one], lab_of) for one in asked]
    ranges = []
    for start, end in cuts(labs_of):
        least_s = sum(
            min(mode.duration_s for mode in modes) for modes, _ in asked[start:end]
        )
        ranges.append(
            _Range(
                steps=steps[start:end],
                labs=lab_prices(asked[start:end], lab_of),
                least=timedelta(seconds=least_s),
            )
        )
    return ranges


def cuts(labs_of: Sequence[Collection[str]]) -> list[tuple[int, int]]:
    """The fewest ranges of steps [start, end) with a lab each that can make them all.

    `labs_of`: by step, who can make it. From the end, each as long as it can be; none
    where nobody can make some step.
    """
    found: list[tuple[int, int]] = []
    end = len(labs_of)
    while end:
        able, start = set(labs_of[end - 1]), end - 1
        if not able:
            return []
        while start and able & set(labs_of[start - 1]):
            start -= 1
            able &= set(labs_of[start])
        found.insert(0, (start, end))
        end = start
    return found


def _labs(
    ranges: Sequence[_Range], goal: FacilityRow | PlaceRow, picture: Picture
) -> Iterator[tuple[str, ...]]:
    """A lab for each range, from the last one back: near to where it goes, and cheap."""
    if not ranges:
        yield ()
        return
    for lab in by_price_and_way(ranges[0].labs, goal, picture):
        for before in _labs(ranges[1:], picture.facilities[lab], picture):
            yield (lab, *before)


def _chain(
    wanted: Wanted, ranges: Sequence[_Range], labs: Sequence[str | None]
) -> tuple[Wanted, ...]:
    """What is made where. A part is due when the rest can still be made in time."""
    chain: list[Wanted] = []
    for index, (own, lab) in enumerate(zip(ranges, labs, strict=True)):
        is_last = index == len(ranges) - 1
        rest = sum((later.least for later in ranges[index + 1 :]), timedelta())
        one = replace(
            wanted,
            id=WANTED if is_last else f"{WANTED}-part-{index}",
            first_step=own.steps[0].position,
            last_step=None if is_last else own.steps[-1].position,
            lab_id=lab,
            to_lab_id=None if is_last else labs[index + 1],
            made_from=chain[-1].id if chain else None,
            wished_at=wanted.wished_at - rest,
            latest_at=wanted.latest_at - rest,
        )
        chain.append(one)
    return tuple(chain)
