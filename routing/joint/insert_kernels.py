"""Where one more order costs least while all else stays where it is; numba compiles it.

Every lab, every choice of machines there (each task as early as its machine has room)
and every position in every route is looked at, unless it can't be cheaper.
"""

from typing import NamedTuple

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.groups import Ints
from routing.joint.repair_kernels import decide, drive_route, scan_route
from routing.joint.search_kernels import refresh_tilts
from routing.joint.slot_kernels import first_fit, given_out_s, lay, release

NEVER = c.NEVER
# Choices of machines for an order's tasks in one lab, and steps towards them, before the
# rest is passed over: the quickest come first, then the cheapest.
CHOICES_MAX = 600
STEPS_MAX = 6_000

# Columns of `found`.
PRICE, FAB, READY_S, MADE_FINE, COURIER, FETCH_AT, BRING_AT, BEGIN_S, WIDTH = range(9)

# Columns of a path: the tasks as they are given machines, one after the other.
NEXT, OPTIONS, MODE, FROM_S, TO_S, PAID, DONE_S, PATH_WIDTH = range(8)
END, START, FINE, BY_MODE = range(4)  # columns of a task's options


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
    path = np.zeros((tasks + 1, PATH_WIDTH), np.int64)
    most = work.ranges[:, :, 1].max() if tasks else 0
    options = np.zeros((tasks, most, 4), np.int64)
    seen = np.zeros((2 * CHOICES_MAX, 2), np.int64)
    least, ranked = np.zeros(riders, np.int64), np.zeros(riders, np.int64)
    to_place = np.zeros(riders, np.int64)
    is_windowed = ground.orders[:, c.WINDOW_FROM_S].max() > -NEVER
    if not is_windowed:
        _fill_detours(ground, state, i, ground.orders[i, c.PLACE], 0, to_place)
    for fab in work.fabs:
        count = _rank(
            ground, state, (i, fab, is_windowed), tilts, to_place, (least, ranked)
        )
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
    for column in range(c.DECIDED_WIDTH):
        state.decided[i, column] = -1
    if found[COURIER] >= 0:
        _look_ahead(ground, state, i, found)


@kernel
def _fill_detours(ground, state, i, place, stay_s, detours):
    """Fill in what each courier's detour by a place costs at least.

    A route takes no less than all its ways and services; what it waits now may be
    used up. It holds where a detour is no shorter and no quicker than the direct road.
    """
    for v in range(len(ground.couriers)):
        if not ground.may_carry[i, v]:
            detours[v] = NEVER
            continue
        courier, count, steps = ground.couriers[v], state.counts[v], state.steps[v]
        seconds = ground.seconds[courier[c.MATRIX]]
        metres = ground.metres[courier[c.MATRIX]]
        spare_s = steps[count, c.WAITED_S] - stay_s
        best = NEVER
        for k in range(count + 1):
            start = steps[k, c.AT_PLACE]
            way_s, way_m = seconds[start, place], metres[start, place]
            if k < count:
                end = steps[k + 1, c.AT_PLACE]
                way_s += seconds[place, end] - seconds[start, end]
                way_m += metres[place, end] - metres[start, end]
            fine = courier[c.METRE_FINE] * way_m
            fine += courier[c.SECOND_FINE] * max(0, way_s - spare_s)
            best = min(best, fine)
        detours[v] = best


@kernel
def _rank(ground, state, what, tilts, to_place, ranking):
    """Rank the couriers who may have it from a fab by what they cost at least."""
    i, fab, is_windowed = what
    least, ranked = ranking
    if not is_windowed:
        stay_s = ground.fab_service_s[fab] + ground.orders[i, c.SERVICE_S]
        _fill_detours(ground, state, i, ground.fab_place[fab], stay_s, least)
    count = 0
    for v in range(len(ground.couriers)):
        if not ground.may_carry[i, v] or _has_idle_twin(ground, state, i, v):
            continue
        if is_windowed or tilts[1, v] <= -1:
            least[v] = -NEVER
        else:
            least[v] = max(least[v], to_place[v])
            least[v] += np.int64(tilts[1, v] * max(least[v], 0))
        at = count
        while at > 0 and least[ranked[at - 1]] > least[v]:
            ranked[at] = ranked[at - 1]
            at -= 1
        ranked[at] = v
        count += 1
    return count


@kernel
def _has_idle_twin(ground, state, i, v):
    twin = ground.couriers[v, c.TWIN]
    if state.counts[v] > 0 or twin == v:
        return False
    return state.counts[twin] == 0 and ground.may_carry[i, twin]


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
            if ready_s < NEVER and _carry(
                ground, state, (i, fab, tried), tilts, seen, found, riding
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
            path[k, MODE], path[k, FROM_S], path[k, TO_S] = (
                mode,
                option[START],
                option[END],
            )
            path[k + 1, PAID] = price
            path[k + 1, DONE_S] = max(path[k, DONE_S], option[END])
            state.slots[t, c.BY_MODE] = mode
            machine = ground.modes[mode, c.MACHINE]
            start_s, end_s = option[START], option[END]
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
    """List where task k can be done, the earliest end first (else the cheapest)."""
    i, fab, k, is_hurried = what
    from_s = ground.orders[i, c.RELEASE_S]
    for before in range(k):
        if work.befores[k, before]:
            from_s = max(from_s, path[before, TO_S])
    word = ground.tasks[work.first_task[0] + k, c.WORD]
    count = 0
    first = work.ranges[k, fab, 0]
    for mode in range(first, first + work.ranges[k, fab, 1]):
        machine = ground.modes[mode, c.MACHINE]
        busy, taken = state.busy[machine], state.taken[machine]
        start_s = first_fit(ground, state.slots, busy, taken, mode, word, from_s)
        if start_s == NEVER:
            continue
        end_s = start_s + ground.modes[mode, c.DURATION_S]
        fine = ground.modes[mode, c.MODE_FINE]
        at = count
        while at > 0:
            other = options[k, at - 1]
            if is_hurried:
                is_after = (other[END], other[FINE]) > (end_s, fine)
            else:
                is_after = (other[FINE], other[END]) > (fine, end_s)
            if not is_after:
                break
            options[k, at] = other
            at -= 1
        options[k, at, END], options[k, at, START] = end_s, start_s
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
    i, fab, tried = what
    least, ranked, count, is_windowed = riding
    made, ready_s = seen[tried, 0], seen[tried, 1]
    price = made + np.int64(tilts[0, fab] * made)
    last, late = NEVER, _late_at_least(ground, i, fab, ready_s)
    if not is_windowed:
        for other in range(tried):
            if seen[other, 0] <= made and seen[other, 1] <= ready_s:
                last = 0
                break
    decide(ground, state, i, fab, ready_s)
    is_cheaper = False
    for k in range(count):
        v = ranked[k]
        limit = found[PRICE] - price
        if late >= limit or least[v] + late >= limit:
            break
        if tilts[1, v] > 0:
            limit = np.int64(limit / (1.0 + tilts[1, v])) + 1
        extra, fetch, bring = scan_route(ground, state, i, v, last, limit)
        if fetch < 0:
            continue
        extra += np.int64(tilts[1, v] * max(extra, 0))
        if price + extra < found[PRICE]:
            found[PRICE] = price + extra
            found[FAB], found[READY_S], found[MADE_FINE] = fab, ready_s, made
            found[COURIER], found[FETCH_AT], found[BRING_AT] = v, fetch, bring
            is_cheaper = True
    return is_cheaper


@kernel
def _late_at_least(ground, i, fab, ready_s):
    """Return the price of the order's own lateness by the quickest ride there is."""
    row, way_s = ground.orders[i], NEVER
    for profile in range(len(ground.seconds)):
        way_s = min(way_s, ground.seconds[profile, ground.fab_place[fab], row[c.PLACE]])
    there_s = ready_s + ground.fab_service_s[fab] + way_s
    if there_s > row[c.HARD_S]:
        return NEVER
    late = ground.late[0] * max(0, there_s - row[c.DUE_S])
    return late + ground.late[1] * max(0, there_s - row[c.SOFT_S])


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
    add_stops(ground, state, i, found)
    found[BEGIN_S] = state.steps[v, found[BRING_AT] + 2, c.BEGAN_S]
    kept = 0
    for k in range(state.counts[v]):
        if state.stops[v, k] >> 1 != i:
            state.stops[v, kept] = state.stops[v, k]
            kept += 1
    state.counts[v] = kept
    drive_route(ground, state, v)
    for column in range(c.DECIDED_WIDTH):
        state.decided[i, column] = -1
