"""Where no single lab can make all steps: which labs could, each a part of them.

A design's steps are a graph; so are the parts, and each is brought to one other: those
that don't wait for each other are made at the same time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from orchestrator.planning.by_hand import Lags
from orchestrator.planning.candidates import candidates
from orchestrator.planning.frames import WANTED, Wanted
from orchestrator.planning.picture import Picture
from orchestrator.planning.tasks import runs_of
from orchestrator.planning.usable import unusable
from routing.joint.problem import Mode

PARTS_MAX: Final = 4  # labs' work for one order, of which
IN_A_ROW_MAX: Final = 3  # wait for each other
WAYS_MAX: Final = 3  # that a quote tries, the cheapest first

type Asked = tuple[tuple[Mode, ...], int]  # how a step can be made, in how many runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one lab makes: steps by position, `into` which share they go; None: the last."""

    steps: tuple[int, ...]
    into: int | None


@dataclass(slots=True, kw_only=True)
class _Growing:
    """A share while it is found; `able`: who can make all of it."""

    steps: list[int]
    able: set[str]
    into: int | None


def ways_to_split(wanted: Wanted, picture: Picture) -> list[tuple[Wanted, ...]]:
    """Each way: parts, each after those it is made from, then what is brought.

    What ends it is made where it costs least and is near, and so is what goes into
    that; the labs of what begins from nothing are left to the planner. None where one
    lab can make all, or some step nobody.
    """
    steps = own_steps(wanted, picture.steps_of.get(wanted.design_version_id, ()))
    goal = picture.places.get(wanted.place_id)
    if goal is None:
        return []
    asked = _asked(wanted, steps, picture)
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    after = [step.after for step in steps]
    shares = shared_out([lab_prices([one], lab_of) for one in asked], after)
    if len(shares) < 2:
        return []
    prices = [
        lab_prices([asked[index] for index in share.steps], lab_of) for share in shares
    ]
    lags = Lags(picture, lab_of)
    least = [
        _least(step, one, wanted.quantity, lags)
        for step, one in zip(steps, asked, strict=True)
    ]
    rest = _rest(shares, after, least)
    return [
        _parted(wanted, shares, labs, rest)
        for labs, _ in zip(
            _labs(shares, prices, goal, picture), range(WAYS_MAX), strict=False
        )
    ]


def _asked(wanted: Wanted, steps: Sequence[StepRow], picture: Picture) -> list[Asked]:
    away = {
        machine.id: reason
        for machine in picture.machines
        if (reason := unusable(machine, picture))
    }
    return [
        (
            open_in_time(candidates(step, picture, away).modes, picture, wanted),
            len(runs_of(step, wanted.quantity)),
        )
        for step in steps
    ]


def shared_out(
    labs_of: Sequence[Collection[str]], after: Sequence[Collection[int]]
) -> list[Share]:
    """Steps in shares with a lab each that can make them all; the last one ends it.

    `labs_of`: by step, who can make it; `after[i]`: steps before i that i waits for.
    What a step waits for is in its own share or in one that is brought to it, straight
    or by way of others. None where nobody can make some step, or it takes too many.
    Where two labs would need the same pieces at once, each goes on after the other.
    """
    one_by_one = [range(max(index - 1, 0), index) for index in range(len(labs_of))]
    for waits in (after, one_by_one):
        shares = _grown(labs_of, waits)
        if shares and len(shares) <= PARTS_MAX and _in_a_row(shares) <= IN_A_ROW_MAX:
            return shares
    return []


def _grown(
    labs_of: Sequence[Collection[str]], after: Sequence[Collection[int]]
) -> list[Share]:
    """From the end: each step where it is needed, else beside what goes there, too."""
    grown: list[_Growing] = []
    followers: list[set[int]] = [set() for _ in labs_of]  # shares that wait for a step
    for index in reversed(range(len(labs_of))):
        labs, goal = set(labs_of[index]), None
        if not labs:
            return []
        if grown:
            needed_in = followers[index] or {0}
            goal = next((g for g in needed_in if needed_in <= _way(grown, g)), None)
            if goal is None:
                return []
        fitting = (
            number
            for number, one in enumerate(grown)
            if goal in {number, one.into} and one.able & labs
        )
        own = next(fitting, len(grown))
        if own == len(grown):
            grown.append(_Growing(steps=[], able=labs, into=goal))
        grown[own].steps.insert(0, index)
        grown[own].able &= labs
        for one in after[index]:
            followers[one].add(own)
    last = len(grown) - 1
    return [
        Share(
            steps=tuple(one.steps), into=None if one.into is None else last - one.into
        )
        for one in reversed(grown)
    ]


def _way(grown: Sequence[_Growing | Share], number: int) -> set[int]:
    """The share and all that it goes into, one after the other."""
    way = set[int]()
    at: int | None = number
    while at is not None:
        way.add(at)
        at = grown[at].into
    return way


def _in_a_row(shares: Sequence[Share]) -> int:
    return max(len(_way(shares, number)) for number in range(len(shares)))


def _least(step: StepRow, asked: Asked, quantity: int, lags: Lags) -> timedelta:
    modes, runs = asked
    machine_s = min((mode.duration_s for mode in modes), default=0)
    machines = {mode.machine for mode in modes}
    by_hand_s = lags.of(step, quantity, runs - 1, machines)
    return timedelta(seconds=machine_s + by_hand_s)


def _rest(
    shares: Sequence[Share],
    after: Sequence[Collection[int]],
    least: Sequence[timedelta],
) -> list[timedelta]:
    """By share, what is still to be made after it: the longest way through the rest.

    One run of each step with the work by hand after the last of them, each after those
    of its share that it waits for.
    """
    takes = []
    for share in shares:
        ends: dict[int, timedelta] = {}
        for index in share.steps:
            before = [ends[one] for one in after[index] if one in ends]
            ends[index] = max(before, default=timedelta()) + least[index]
        takes.append(max(ends.values()))
    return [
        sum((takes[one] for one in _way(shares, number) - {number}), timedelta())
        for number in range(len(shares))
    ]


def _labs(
    shares: Sequence[Share],
    prices: Sequence[LabPrices],
    goal: FacilityRow | PlaceRow,
    picture: Picture,
) -> Iterator[Mapping[int, str]]:
    """A lab for each share that others go into, the last one first."""
    tied = sorted({one.into for one in shares if one.into is not None}, reverse=True)

    def chosen(count: int, labs: Mapping[int, str]) -> Iterator[Mapping[int, str]]:
        if count == len(tied):
            yield labs
            return
        number = tied[count]
        into = shares[number].into
        spot = goal if into is None else picture.facilities[labs[into]]
        for lab in by_price_and_way(prices[number], spot, picture):
            yield from chosen(count + 1, {**labs, number: lab})

    return chosen(0, {})


def _parted(
    wanted: Wanted,
    shares: Sequence[Share],
    labs: Mapping[int, str],
    rest: Sequence[timedelta],
) -> tuple[Wanted, ...]:
    """What is made where. A part is due when the rest can still be made in time."""
    ids = [f"{WANTED}-part-{number}" for number in range(len(shares) - 1)] + [WANTED]
    return tuple(
        replace(
            wanted,
            id=ids[number],
            steps=share.steps,
            lab_id=labs.get(number),
            to_lab_id=None if share.into is None else labs[share.into],
            goes_into=None if share.into is None else ids[share.into],
            wished_at=wanted.wished_at - rest[number],
            latest_at=wanted.latest_at - rest[number],
        )
        for number, share in enumerate(shares)
    )
