"""The search: from the plan in force, ruin and recreate until the effort is spent."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from routing.effort import Effort
from routing.joint import columns as c
from routing.joint.arrays import Names
from routing.joint.groups import Ground, Ints, State
from routing.joint.kernels import (
    compact,
    drive_route,
    fill,
    make,
    mend,
    mend_parts,
    pull,
    run,
    total_fine,
)
from routing.joint.problem import JointProblem, StopKind
from routing.joint.state import copied, empty_state

HOT: Final = 0.1  # of the mean price of an order: how much worse may be accepted
COLD: Final = 0.001
CHUNK: Final = 64
CHUNK_SHARE: Final = 0.02  # of the time there is, between two looks at the clock
AS_BEFORE: Final = 1 << 40  # above any price of making


def search(
    problem: JointProblem, ground: Ground, names: Names, *, seed: int, effort: Effort
) -> State:
    """Return the cheapest plan found; without a clock the same for the same arguments."""
    state = empty_state(ground, seed)
    resume(problem, ground, names, state)
    sequence = first_sequence(ground)
    fill(ground, state, sequence)
    best = improve(ground, state, effort=effort)
    # A short search may never have come back to somebody for whom there is room now.
    fill(ground, best, sequence)
    return best


def first_sequence(ground: Ground) -> Ints:
    """Return all orders: where a courier is heading, aboard, promised, by latest time.

    What is aboard fills a bag until it is handed over.
    """
    rows = ground.orders
    heading = np.isin(np.arange(len(rows)), ground.couriers[:, c.FIRST_STOP] >> 1)
    latest_s = np.minimum(rows[:, c.HARD_S], rows[:, c.SOFT_S])
    is_aboard = rows[:, c.STATE] == c.ABOARD
    found = np.lexsort((latest_s, 1 - rows[:, c.IS_COMMITTED], ~is_aboard, ~heading))
    return _parts_first(ground, found) if len(ground.parts) else found


def _parts_first(ground: Ground, sequence: Ints) -> Ints:
    """Return the sequence with each part before what it is for.

    What is tied together stands together, so that it can be given up together.
    """
    rows = ground.orders.tolist()
    rank = {i: at for at, i in enumerate(sequence.tolist())}
    first = dict[int, int]()  # of each tree of parts
    place_of = dict[int, tuple[int, int, int, int]]()  # tree, group, its head, depth
    found = [i for i, row in enumerate(rows) if row[c.MADE_FOR] < 0]
    for i in found:
        row = rows[i]
        own = (i, 0, i, 0)
        if row[c.MADE_FOR] >= 0:
            root, group, head, depth = place_of[row[c.MADE_FOR]]
            own = (root, group, head, depth - 1)
            if row[c.IS_COMMITTED] or row[c.BOUND] >= 0:
                own = (root, group - 1, i, depth - 1)
        place_of[i] = own
        first[own[0]] = min(rank[i], first.get(own[0], rank[i]))
        found += ground.parts[row[c.FIRST_PART] :][: row[c.PARTS]].tolist()
    found.sort(key=lambda i: (first[place_of[i][0]], *place_of[i][1:], rank[i]))
    return np.array(found, np.int64)


def improve(ground: Ground, state: State, *, effort: Effort) -> State:
    """Return the best that ruin and recreate makes of `state` (which it changes)."""
    n, riders = len(ground.orders), len(ground.couriers)
    best = copied(state)
    best_fine = int(total_fine(ground, state))
    kept = (
        state.decided.copy(),
        state.slots.copy(),
        state.made.copy(),
        state.stops.copy(),
        state.counts.copy(),
        np.zeros(riders, np.bool_),
    )
    mean = best_fine / max(1, n)
    best_fine = _compacted(ground, state, best, best_fine)
    whole_s, done, size = effort.left_s(), 0, CHUNK
    if not effort.is_counted:
        size = 4
    while n and done < effort.iterations and effort.left_s() > 0:
        size = min(size, effort.iterations - done)
        began_s = effort.left_s()
        hot = _heat(mean, _share(effort, whole_s, done))
        cold = _heat(mean, _share(effort, whole_s, done + size))
        found = int(run(ground, state, best, best_fine, size, (hot, cold), kept))
        done += size
        best_fine = _compacted(ground, state, best, found)
        if not effort.is_counted:
            took_s = began_s - effort.left_s()
            size = _next_size(size, took_s, CHUNK_SHARE * whole_s)
    return best


def _heat(mean: float, share: float) -> float:
    cooling: float = (COLD / HOT) ** min(1.0, share)
    return max(1.0, mean * HOT * cooling)


def _share(effort: Effort, whole_s: float, done: int) -> float:
    share = done / effort.iterations
    if not effort.is_counted and whole_s > 0:
        share = max(share, 1 - effort.left_s() / whole_s)
    return share


def _next_size(size: int, took_s: float, wanted_s: float) -> int:
    if took_s <= 0:
        return min(2 * size, 1_024)
    return max(1, min(1_024, 2 * size, math.floor(size * wanted_s / took_s)))


def _compacted(ground: Ground, state: State, best: State, best_fine: int) -> int:
    """Let nothing wait without cause in the best; keep it where that is no dearer.

    What is made of parts follows these: they may be brought earlier then.
    """
    trial, is_new = copied(best), True
    while is_new:
        before = trial.slots.copy()
        if not compact(ground, trial):
            return best_fine
        is_new = len(ground.parts) > 0 and bool((trial.slots != before).any())
    fine = int(total_fine(ground, trial))
    if fine > best_fine:
        return best_fine
    for kept in (best, state) if fine < best_fine else (best,):
        for array, found in zip(kept, trial, strict=True):
            if array is not kept.random:
                array[...] = found
    return fine


def resume(problem: JointProblem, ground: Ground, names: Names, state: State) -> None:
    """Write into the empty `state` what is still possible of the plan in force."""
    order_of = {order.id: order for order in problem.orders}
    faithful = _faithful(ground)
    in_force = {
        stop.order: v
        for v, courier in enumerate(problem.couriers)
        for stop in courier.previous
        if stop.kind is StopKind.DROPOFF and stop.order in names.orders
    }
    starts = {
        id_: (order_of[id_].previous_start_s or 0, names.orders[id_])
        for id_ in in_force
    }
    for id_ in sorted(in_force, key=starts.__getitem__):
        i = names.orders[id_]
        if ground.orders[i, c.PARTS] > 0:  # they were there by then
            from_s = max(ground.orders[i, c.RELEASE_S], starts[id_][0])
            state.decided[i, c.TASKS_FROM_S] = from_s
        _resume_making(faithful, state, i)
    for v, courier in enumerate(problem.couriers):
        wanted = [
            (names.orders[stop.order], stop.kind is StopKind.DROPOFF)
            for stop in dict.fromkeys(courier.previous)
            if in_force.get(stop.order) == v
        ]
        _resume_route(ground, state, v, wanted)
    _drop_unbrought(ground, state)
    patience = len(ground.parts) + 1
    while mend(ground, state) + mend_parts(ground, state, patience > 0):
        _drop_unbrought(ground, state)
        patience -= 1


def _faithful(ground: Ground) -> Ground:
    """Return the ground on which no task changes its machine if it can stay there."""
    tasks = ground.tasks.copy()
    tasks[:, c.PREVIOUS_FINE] += AS_BEFORE
    return ground._replace(tasks=tasks)


def _drop_unbrought(ground: Ground, state: State) -> None:
    for i in range(len(ground.orders)):
        if state.decided[i, c.ROUTE] < 0 and state.decided[i, c.FAB] >= 0:
            pull(ground, state, i)


def _resume_making(ground: Ground, state: State, i: int) -> None:
    row = ground.orders[i]
    if row[c.STATE] == c.ABOARD:
        return
    first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
    previous = [
        int(ground.machine_fab[machine])
        for machine in ground.tasks[first:last, c.PREVIOUS]
        if machine >= 0
    ]
    fabs = ground.order_fabs[row[c.FIRST_FAB] : row[c.FIRST_FAB] + row[c.FABS]]
    for fab in sorted(fabs, key=lambda fab: fab not in previous):
        if make(ground, state, i, int(fab), False):
            more = state.made[i] // AS_BEFORE * AS_BEFORE
            state.made[i] -= more
            state.lab_fine[fab] -= more
            return


def _resume_route(
    ground: Ground, state: State, v: int, wanted: Sequence[tuple[int, bool]]
) -> None:
    whole = _whole(ground, state, v, wanted)
    stops = [
        2 * i + is_drop
        for i, is_drop in wanted
        if i in whole and (is_drop or ground.orders[i, c.STATE] != c.ABOARD)
    ]
    first = ground.couriers[v, c.FIRST_STOP]
    if first >= 0 and stops and stops[0] != first:
        stops = []
    state.counts[v] = len(stops)
    state.stops[v, : len(stops)] = stops
    if drive_route(ground, state, v):
        for stop in stops:
            state.decided[stop >> 1, c.ROUTE] = v
    else:
        state.counts[v] = 0
        drive_route(ground, state, v)


def _whole(
    ground: Ground, state: State, v: int, wanted: Sequence[tuple[int, bool]]
) -> set[int]:
    """Orders that courier v may carry and whose stops are all there, in sequence."""
    fetched: set[int] = set()
    whole: set[int] = set()
    for i, is_drop in wanted:
        is_aboard = ground.orders[i, c.STATE] == c.ABOARD
        if not ground.may_carry[i, v] or (
            state.decided[i, c.FAB] < 0 and not is_aboard
        ):
            continue
        if not is_drop:
            fetched.add(i)
        elif is_aboard or i in fetched:
            whole.add(i)
    return whole
