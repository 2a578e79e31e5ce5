"""Where one more order costs least while all else stays where it is; numba compiles it.

Every lab, every choice of machines there (each task as early as its machine has room)
and every position in every route is looked at, unless it can't be cheaper.
"""

from typing import NamedTuple

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.detour_kernels import fill_ways_on, late_at_least, rank
from routing.joint.drive_kernels import begins_s, drive_route
from routing.joint.groups import Ints
from routing.joint.part_kernels import await_parts, hold_parts
from routing.joint.repair_kernels import best_rider, decide, forget, lacks_material
from routing.joint.search_kernels import refresh_tilts
from routing.joint.slot_kernels import done_s, first_fit, given_out_s, lay, release

NEVER = c.NEVER
# Choices of machines for an order's tasks in one lab, and steps towards them, before the
# rest is passed over: the quickest come first, then the cheapest.
CHOICES_MAX = 600
STEPS_MAX = 6_000

# Columns of `found`.
(
    PRICE,
    FAB,
    READY_S,
    MADE_FINE,
    COURIER,
    FETCH_AT,
    BRING_AT,
    BEGIN_S,  # of the hand-over
    FIRST_S,  # of the tasks
    WIDTH,
) = range(10)

# Columns of a path: the tasks as they are given machines, one after the other.
NEXT, OPTIONS, MODE, FROM_S, TO_S, MADE_S, PAID, DONE_S, PATH_WIDTH = range(9)
DONE, START, FINE, BY_MODE = range(4)  # columns of a task's options


class Work(NamedTuple):
    """How an order of k tasks can be made whose tasks stand last in the arrays.

    `first_task` (1,): the row of the first. `ranges` (k, f, 2): first and count of a
    task's modes in a fab. `befores` (k, k): whether the task (row) waits for the other.
    `fabs`: where it can be made. `rest` (f, k + 1): the least price of all tasks from
    this one on.
    """

    first_task: Ints
    ranges: Ints
    befores: np.ndarray
    fabs: Ints
    rest: Ints


@kernel
def insert(ground, state, i, work, found, own):
    """Fill `found` and `own` (k, 3: mode, from, to) with the cheapest place.

    COURIER stays -1 where leaving it out costs less. The state is left as it was.
    """
    riders, tasks = len(ground.couriers), len(work.befores)
    paid = np.zeros(riders, np.int64)
    tilts = np.zeros((2, max(riders, len(ground.fab_place), 1)))
    refresh_tilts(ground, state, paid, tilts)
    found[:] = -1
    found[PRICE] = ground.orders[i, c.OUT_FINE]
    forget(ground, state, i)
    if not await_parts(ground, state, i):
        return
    path = np.zeros((tasks + 1, PATH_WIDTH), np.int64)
    most = work.ranges[:, :, 1].max() if tasks else 0
    options = np.zeros((tasks, most, 4), np.int64)
    seen = np.zeros((2 * CHOICES_MAX, 2), np.int64)
    least, ranked = np.zeros(riders, np.int64), np.zeros(riders, np.int64)
    to_place = np.zeros(riders, np.int64)
    is_windowed = ground.orders[:, c.WINDOW_FROM_S].max() > -NEVER
    fill_ways_on(ground, state, i, to_place)
    for fab in work.fabs:
        if lacks_material(ground, state, i, fab):
            continue
        count = rank(ground, state, i, fab, -1, tilts[1], to_place, (least, ranked))
        riding = (least, ranked, count, is_windowed)
        tried = 0
        for is_hurried in (True, False):
            tried, is_whole = _in_fab(
                ground,
                state,
                (i, fab, is_hurried, tried),
                work,
                tilts,
                (found, own, path, options, seen),
                riding,
            )
            if is_whole:
                break
    forget(ground, state, i)
    if found[COURIER] >= 0:
        _look_ahead(ground, state, i, found)


@kernel
def _in_fab(ground, state, what, work, tilts, kept, riding):
    """Try every choice of machines in a fab; return how many, and whether all, were."""
    i, fab, is_hurried, tried = what
    found, own, path, options, seen = kept
    tasks, k, steps, most = len(work.befores), 0, 0, tried + CHOICES_MAX
    path[0, PAID], path[0, DONE_S] = 0, ground.orders[i, c.MADE_S]
    first_task = work.first_task[0]
    if tasks:
        _list_options(ground, state, (i, fab, 0, is_hurried), work, path, options)
    while k >= 0:
        if k == tasks:
            ready_s = path[k, DONE_S]
            if tasks:
                ready_s = given_out_s(ground, fab, ready_s)
            seen[tried, 0], seen[tried, 1] = path[k, PAID], ready_s
            first_s = NEVER
            for task in range(tasks):
                first_s = min(first_s, path[task, FROM_S])
            if ready_s < NEVER and _carry(
                ground, state, (i, fab, tried, first_s), tilts, seen, found, riding
            ):
                own[:] = path[:tasks, MODE : MODE + 3]
            tried += 1
        elif path[k, NEXT] < path[k, OPTIONS] and tried < most and steps < STEPS_MAX:
            option = options[k, path[k, NEXT]]
            price = path[k, PAID] + option[FINE]
            steps += 1
            if price + work.rest[fab, k + 1] >= found[PRICE]:
                path[k, NEXT] += 1
                continue
            t, mode = first_task + k, option[BY_MODE]
            machine = ground.modes[mode, c.MACHINE]
            start_s = option[START]
            end_s = start_s + ground.modes[mode, c.DURATION_S]
            path[k, MODE], path[k, FROM_S], path[k, TO_S] = mode, start_s, end_s
            path[k, MADE_S] = option[DONE]
            path[k + 1, DONE_S] = max(path[k, DONE_S], option[DONE])
            path[k + 1, PAID] = price
            state.slots[t, c.BY_MODE] = mode
            lay(ground, state.busy, state.taken, machine, start_s, end_s, t)
            k += 1
            if k < tasks:
                _list_options(
                    ground, state, (i, fab, k, is_hurried), work, path, options
                )
            continue
        k -= 1
        if k >= 0:
            machine = ground.modes[path[k, MODE], c.MACHINE]
            busy, taken = state.busy[machine], state.taken[machine]
            state.taken[machine] = release(busy, taken, first_task + k)
            path[k, NEXT] += 1
    return tried, tried < most and steps < STEPS_MAX


@kernel
def _list_options(ground, state, what, work, path, options):
    """List where task k can be done, what is done first first (else the cheapest)."""
    i, fab, k, is_hurried = what
    from_s = state.decided[i, c.TASKS_FROM_S]
    for before in range(k):
        if work.befores[k, before]:
            from_s = max(from_s, path[before, MADE_S])
    t = work.first_task[0] + k
    word = ground.tasks[t, c.WORD]
    count = 0
    first = work.ranges[k, fab, 0]
    for mode in range(first, first + work.ranges[k, fab, 1]):
        machine = ground.modes[mode, c.MACHINE]
        busy, taken = state.busy[machine], state.taken[machine]
        start_s = first_fit(ground, state.slots, busy, taken, mode, word, from_s)
        if start_s == NEVER:
            continue
        made_s = done_s(ground, t, fab, start_s + ground.modes[mode, c.DURATION_S])
        if made_s == NEVER:
            continue
        fine = ground.modes[mode, c.MODE_FINE]
        at = count
        while at > 0:
            other = options[k, at - 1]
            if is_hurried:
                is_after = (other[DONE], other[FINE]) > (made_s, fine)
            else:
                is_after = (other[FINE], other[DONE]) > (fine, made_s)
            if not is_after:
                break
            options[k, at] = other
            at -= 1
        options[k, at, DONE], options[k, at, START] = made_s, start_s
        options[k, at, FINE], options[k, at, BY_MODE] = fine, mode
        count += 1
    path[k, NEXT], path[k, OPTIONS] = 0, count


@kernel
def _carry(ground, state, what, tilts, seen, found, riding):
    """Look for the courier of what is made so; whether that is the cheapest yet.

    What is dearer and ready later than another choice can only be cheaper to bring
    where it is the first stop (the courier then leaves later), or where somebody was
    promised not to be served too early.
    """
    i, fab, tried, first_s = what
    least, ranked, count, is_windowed = riding
    made, ready_s = seen[tried, 0], seen[tried, 1]
    price = made + np.int64(tilts[0, fab] * made)
    last, late = NEVER, late_at_least(ground, i, fab, ready_s)
    has_parts = ground.orders[i, c.PARTS] > 0
    if has_parts:
        price -= state.fines.sum()
        hold_parts(ground, state, i, first_s)
        price += state.fines.sum()
        to_place = np.zeros(len(least), np.int64)
        fill_ways_on(ground, state, i, to_place)
        count = rank(ground, state, i, fab, -1, tilts[1], to_place, (least, ranked))
    elif not is_windowed:
        for other in range(tried):
            if seen[other, 0] <= made and seen[other, 1] <= ready_s:
                last = 0
                break
    decide(ground, state, i, fab, ready_s)
    ride, _, at = best_rider(
        ground,
        state,
        i,
        last,
        (least, ranked, count, late),
        found[PRICE] - price,
        tilts[1],
    )
    if has_parts:
        hold_parts(ground, state, i, NEVER)
    if at[0] < 0:
        return False
    found[PRICE], found[FIRST_S] = price + ride, first_s
    found[FAB], found[READY_S], found[MADE_FINE] = fab, ready_s, made
    found[COURIER], found[FETCH_AT], found[BRING_AT] = at
    return True


@kernel
def add_stops(ground, state, i, found):
    """Put order i into the route that was found; False if it is not legal then."""
    v, fetch, bring = found[COURIER], found[FETCH_AT], found[BRING_AT]
    decide(ground, state, i, found[FAB], found[READY_S])
    state.decided[i, c.ROUTE] = v
    stops, count = state.stops[v], state.counts[v]
    for k in range(count - 1, bring - 1, -1):
        stops[k + 2] = stops[k]
    stops[bring + 1] = 2 * i + 1
    for k in range(bring - 1, fetch - 1, -1):
        stops[k + 1] = stops[k]
    stops[fetch] = 2 * i
    state.counts[v] = count + 2
    return drive_route(ground, state, v)


@kernel
def _look_ahead(ground, state, i, found):
    """Work out when the hand-over would begin, and take the order out again."""
    v = found[COURIER]
    hold_parts(ground, state, i, found[FIRST_S])
    add_stops(ground, state, i, found)
    found[BEGIN_S] = begins_s(state.steps[v], state.counts[v], found[BRING_AT] + 2)
    kept = 0
    for k in range(state.counts[v]):
        if state.stops[v, k] >> 1 != i:
            state.stops[v, kept] = state.stops[v, k]
            kept += 1
    state.counts[v] = kept
    hold_parts(ground, state, i, NEVER)
    drive_route(ground, state, v)
    forget(ground, state, i)
