"""Cells: labs that are planned together, so that many plans can be made at once.

A cell is a group of labs near each other by road with about as many open orders as one
plan holds well. It keeps its name when labs come and go. It uses its neighbours' free
machines, its halo; each order and each courier is in one cell only.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from routing.errors import InvalidProblemError
from routing.joint.problem import JointPlan, JointProblem, StopKind
from routing.travel.matrix import Table

PREFIX: Final = "cell-"
FIRST: Final = "cell-1"  # the only cell of a region that one plan holds
LATE_BY_COURIERS_S: Final = 900
COURIERS_WANTED: Final = frozenset({"couriers-full", "no-courier", "shift-over"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How large cells are and how far they look.

    A cell with more than `orders_max` open orders is split, if each half keeps
    `labs_min` labs. Neighbours that have no more than half of that together, and no more
    than `labs_max` labs, are merged: work must halve or double before a border goes or
    comes back.
    Its halo: the nearest `halo_max` labs of others within `halo_s`.
    """

    orders_max: int = 120
    labs_min: int = 3
    labs_max: int = 24
    halo_s: int = 900
    halo_max: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab, and how many open orders are made there or will most likely be."""

    id: str
    orders: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """`lab`: where it is made or will most likely be. `courier`: who has or fetches it."""

    id: str
    lab: str
    courier: str | None = None


def is_crowded(labs: int, orders: int, grouping: Grouping) -> bool:
    """Whether a cell of so many labs and open orders is to be split."""
    return orders > grouping.orders_max and labs >= 2 * grouping.labs_min


def are_few(labs: int, orders: int, grouping: Grouping) -> bool:
    """Whether neighbours of so many labs and open orders together are to be merged."""
    return 2 * orders <= grouping.orders_max and labs <= grouping.labs_max


def group(
    labs: Sequence[Lab],
    seconds: Table,
    before: Mapping[str, str],
    *,
    names_used: Collection[str] = (),
    grouping: Grouping | None = None,
) -> dict[str, str]:
    """Return the cell of each lab.

    `seconds` (n, n): travel between the labs in their order. `before`: cells as they
    are; a lab that is known stays in its cell unless that cell is split, a new one
    goes to the nearest lab's. Of a split cell the half with more labs keeps the name;
    the other gets a name that nobody had, `names_used` included. Of neighbours that are
    merged, those nearest to each other first, the lowest name stays.
    Errors: InvalidProblemError for a lab twice or a table of another size.
    """
    grouping = grouping or Grouping()
    apart = _apart(labs, seconds)
    order = sorted(range(len(labs)), key=lambda i: labs[i].id)
    known = [i for i in order if labs[i].id in before]
    cells: dict[str, list[int]] = {}
    for i in order:
        near = min(known, key=lambda j: (apart[i, j], labs[j].id), default=None)
        own = before.get(labs[i].id)
        cell = own or (FIRST if near is None else before[labs[near].id])
        cells.setdefault(cell, []).append(i)
    number = max(map(number_of, {*names_used, *before.values(), FIRST}))
    crowded = sorted(cells, key=lambda name: (number_of(name), name))
    while crowded:
        name = crowded.pop(0)
        orders = sum(labs[i].orders for i in cells[name])
        if not is_crowded(len(cells[name]), orders, grouping):
            continue
        number += 1
        cells[name], cells[f"{PREFIX}{number}"] = _halves(
            cells[name], labs, apart, grouping.labs_min
        )
        crowded += [name, f"{PREFIX}{number}"]
    _merge(cells, labs, apart, grouping)
    return {labs[i].id: name for name, members in cells.items() for i in members}


def halo(
    labs: Sequence[Lab],
    seconds: Table,
    cell_of: Mapping[str, str],
    cell: str,
    *,
    grouping: Grouping | None = None,
) -> tuple[str, ...]:
    """Return the labs of other cells whose free machines this cell may use, nearest first."""
    grouping = grouping or Grouping()
    apart = _apart(labs, seconds)
    own = [i for i, lab in enumerate(labs) if cell_of[lab.id] == cell]
    if not own:
        return ()
    away_s = apart[own].min(axis=0)
    near = [
        (int(away_s[i]), lab.id)
        for i, lab in enumerate(labs)
        if cell_of[lab.id] != cell and away_s[i] <= grouping.halo_s
    ]
    return tuple(name for _, name in sorted(near)[: grouping.halo_max])


def share_out(
    orders: Sequence[OpenOrder],
    away_of: Mapping[str, Mapping[str, float]],
    cell_of: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the cell of each order and of each courier.

    `away_of`: by courier how far each cell is that it may go to. A courier with orders
    goes where most of their labs are. Idle ones are dealt, the nearest first, so that
    each cell has its share of all couriers by what is made there. An order goes with
    its courier, so that no two plans have a say on one route; else with its lab.
    """
    votes: dict[str, Counter[str]] = {}
    for order in orders:
        if order.courier in away_of:
            votes.setdefault(order.courier or "", Counter())[cell_of[order.lab]] += 1
    cell_of_courier = {
        courier: min(counted, key=lambda cell: (-counted[cell], cell))
        for courier, counted in votes.items()
    }
    made_in = Counter(cell_of[order.lab] for order in orders)
    taken = Counter(cell_of_courier.values())
    cells = {cell for away in away_of.values() for cell in away}
    room = {
        cell: seats - taken[cell]
        for cell, seats in _seats(len(away_of), cells, made_in).items()
    }
    near = sorted(
        (metres, courier, cell)
        for courier, away in away_of.items()
        if courier not in cell_of_courier
        for cell, metres in away.items()
    )
    for may_be_full in (False, True):
        for _, courier, cell in near:
            if courier not in cell_of_courier and (may_be_full or room[cell] > 0):
                cell_of_courier[courier] = cell
                room[cell] -= 1
    cell_of_order = {
        order.id: cell_of_courier.get(order.courier or "", cell_of[order.lab])
        for order in orders
    }
    return cell_of_order, cell_of_courier


def waiting_for_couriers(problem: JointProblem, plan: JointPlan) -> tuple[str, ...]:
    """Return the orders that are left out or late only because nobody fetches them.

    Late only for that: made, they wait longer for their courier than they are late.
    """
    made_s: dict[str, int] = {}
    for slot in plan.slots:
        made_s[slot.order] = max(slot.end_s, made_s.get(slot.order, slot.end_s))
    fetched_s = {
        stop.order: stop.begin_s
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.PICKUP
    }
    waiting = []
    for order in problem.orders:
        reason = plan.left_out.get(order.id)
        if reason is not None:
            waiting += [order.id] if reason.code in COURIERS_WANTED else []
            continue
        late_s = plan.promises[order.id].planned_s - order.due_s
        made_at_s = made_s.get(order.id, problem.now_s)
        waits_s = fetched_s.get(order.id, made_at_s) - made_at_s
        if late_s > LATE_BY_COURIERS_S and waits_s >= late_s:
            waiting.append(order.id)
    return tuple(waiting)


def _apart(labs: Sequence[Lab], seconds: Table) -> Table:
    """Travel there or back, whichever takes longer."""
    if len({lab.id for lab in labs}) != len(labs):
        raise InvalidProblemError("a lab is named twice")
    if seconds.shape != (len(labs), len(labs)):
        raise InvalidProblemError(
            f"travel between {len(labs)} labs is wanted, got {seconds.shape}"
        )
    return np.maximum(seconds, seconds.T)


def _halves(
    members: list[int], labs: Sequence[Lab], apart: Table, labs_min: int
) -> tuple[list[int], list[int]]:
    """The half that keeps the name, and the other: both compact, alike in orders.

    Labs are lined up from one end of the cell to the end farthest from it, and the
    line is cut where the orders are halved.
    """

    def farthest(start: int) -> int:
        return min(members, key=lambda i: (-apart[start, i], labs[i].id))

    first = farthest(min(members, key=lambda i: labs[i].id))
    second = farthest(first)
    line = sorted(
        members, key=lambda i: (apart[i, first] - apart[i, second], labs[i].id)
    )
    total = sum(labs[i].orders for i in line)
    before = np.cumsum([labs[i].orders for i in line])
    cut = min(
        range(labs_min, len(line) - labs_min + 1),
        key=lambda k: (abs(2 * int(before[k - 1]) - total), abs(2 * k - len(line)), k),
    )
    halves = line[:cut], line[cut:]
    keeps = max(halves, key=len)
    if len(halves[0]) == len(halves[1]):
        keeps = min(halves, key=lambda half: min(labs[i].id for i in half))
    return keeps, halves[0] if keeps is halves[1] else halves[1]


def _merge(
    cells: dict[str, list[int]], labs: Sequence[Lab], apart: Table, grouping: Grouping
) -> None:
    """Make one of neighbours with few orders until none are left: within `halo_s`."""

    def may_merge(*names: str) -> bool:
        members = [i for name in names for i in cells[name]]
        return are_few(len(members), sum(labs[i].orders for i in members), grouping)

    def away_s(one: str, other: str) -> int:
        return int(apart[np.ix_(cells[one], cells[other])].min())

    small = [name for name in sorted(cells) if may_merge(name)]
    near = {pair: away_s(*pair) for pair in combinations(small, 2)}
    while True:
        few = {
            pair: seconds
            for pair, seconds in near.items()
            if seconds <= grouping.halo_s and may_merge(*pair)
        }
        if not few:
            return
        pair = min(few, key=lambda pair: (few[pair], *map(number_of, pair), pair))
        kept, gone = sorted(pair, key=lambda name: (number_of(name), name))
        cells[kept] += cells.pop(gone)
        near = {pair: seconds for pair, seconds in near.items() if gone not in pair}
        for other in near:
            if kept in other:
                near[other] = away_s(*other)


def _seats(
    count: int, cells: Collection[str], made_in: Mapping[str, int]
) -> dict[str, int]:
    """So many couriers shared by what is made in each cell, the largest rests first."""
    total = sum(made_in.get(cell, 0) for cell in cells)
    if not total:
        return dict.fromkeys(cells, count)
    exact = {cell: count * made_in.get(cell, 0) for cell in cells}
    seats = {cell: exact[cell] // total for cell in cells}
    rests = sorted(cells, key=lambda cell: (-(exact[cell] % total), cell))
    for cell in rests[: count - sum(seats.values())]:
        seats[cell] += 1
    return seats


def number_of(cell: str) -> int:
    """Return the number in the cell's name, 0 for a name of another kind."""
    digits = cell.removeprefix(PREFIX)
    return int(digits) if digits.isdecimal() else 0
