"""Who else could serve an order while all else stays where it is; numba compiles it."""

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import begins_s, drive_route
from routing.joint.part_kernels import begins_first_s, hold_parts
from routing.joint.repair_kernels import (
    cheapest,
    pull,
    put,
    take_material,
)
from routing.joint.search_kernels import refresh_tilts
from routing.joint.slot_kernels import restore, unplace

LAB, MACHINE, COURIER, EARLIER, KINDS = range(5)
EARLIER_S = 900
DEAR = c.NEVER >> 2  # above any price, so that nothing is too dear to be told

# Columns of an answer. HOW: nobody can, somebody can, or only after the deadline.
HOW, EXTRA, OTHER_FAB, OTHER_MACHINE, OTHER_COURIER, BEGIN_S, ANSWER_WIDTH = range(7)
NOBODY, IN_TIME, TOO_LATE = range(3)


@kernel
def others(ground, state, sequence, answers):
    """Fill `answers` (n, KINDS, ANSWER_WIDTH) for each planned order of `sequence`.

    By kind: the cheapest without its lab, without its first free task's machine,
    without its courier, and EARLIER_S earlier. The state is left as it was.
    """
    riders = len(ground.couriers)
    paid = np.zeros(riders, np.int64)
    tilts = np.zeros((2, max(riders, len(ground.fab_place), 1)))
    refresh_tilts(ground, state, paid, tilts)
    own_slots = state.slots.copy()
    for i in sequence:
        if state.decided[i, c.ROUTE] >= 0:
            _without(ground, state, i, tilts, own_slots, answers[i])


@kernel
def _without(ground, state, i, tilts, own_slots, answers):
    row = ground.orders[i]
    first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
    fab, v = state.decided[i, c.FAB], state.decided[i, c.ROUTE]
    decided, made, count = state.decided[i].copy(), state.made[i], state.counts[v]
    stops, slots = state.stops[v, :count].copy(), state.slots.copy()
    machine, begin_s = -1, 0
    for t in range(first, last):
        if machine < 0 and not ground.tasks[t, c.IS_FROZEN]:
            machine = slots[t, c.AT_MACHINE]
    for k in range(count):
        if stops[k] == 2 * i + 1:
            begin_s = begins_s(state.steps[v], count, k + 1)
    fine = state.fines.sum()
    pull(ground, state, i)
    if drive_route(ground, state, v):
        ride = fine - state.fines.sum()
        now = made + ride + np.int64(tilts[1, v] * max(ride, 0))
        if fab >= 0:
            now += np.int64(tilts[0, fab] * made)
        own = (fab, machine, v, begin_s, now)
        _ask_all(ground, state, i, own, tilts, own_slots, answers)
    unplace(ground, state.slots, state.busy, state.taken, first, last)
    restore(ground, state.slots, state.busy, state.taken, first, last, slots)
    state.decided[i], state.made[i] = decided, made
    if fab >= 0:
        state.lab_fine[fab] += made
    if decided[c.TAKES_IN] >= 0:
        take_material(ground, state, i, decided[c.TAKES_IN])
    state.counts[v] = count
    state.stops[v, :count] = stops
    hold_parts(ground, state, i, begins_first_s(ground, state, i))
    drive_route(ground, state, v)


@kernel
def _ask_all(ground, state, i, own, tilts, own_slots, answers):
    """Fill in all kinds. What the other labs can do is looked for once where it holds."""
    fab, machine, v, begin_s, now = own
    row = ground.orders[i]
    out_fine, hard_s = row[c.OUT_FINE], row[c.HARD_S]
    awaited_s = c.NEVER
    if row[c.MADE_FOR] >= 0:
        awaited_s = begins_first_s(ground, state, row[c.MADE_FOR]) - row[c.SERVICE_S]
    first_fab, fabs = row[c.FIRST_FAB], row[c.FABS]
    for kind in range(KINDS):
        but = (-1, -1, -1)
        if kind == LAB and machine >= 0:
            but = (fab, -1, -1)
        elif kind == MACHINE and machine >= 0:
            but = (-1, machine, -1)
        elif kind == COURIER:
            but = (-1, -1, v)
        elif kind != EARLIER:
            continue
        for how in (IN_TIME, TOO_LATE):
            if how == TOO_LATE and (kind == EARLIER or hard_s == c.NEVER):
                break
            row[c.HARD_S] = hard_s if how == IN_TIME else c.NEVER
            if kind == EARLIER:
                row[c.HARD_S] = min(hard_s, begin_s - EARLIER_S)
            state.decided[i, c.BRING_BY_S] = min(row[c.HARD_S], awaited_s)
            known, is_best = _known(answers, kind, how, own)
            row[c.OUT_FINE] = DEAR
            if known >= 0:
                row[c.OUT_FINE] = now + answers[known, EXTRA]
            if is_best:
                _only(ground, row, fab)
            _ask(ground, state, i, (but, now, tilts), own_slots, answers[kind])
            row[c.FIRST_FAB], row[c.FABS] = first_fab, fabs
            if answers[kind, HOW] != NOBODY:
                answers[kind, HOW] = how
            elif known >= 0:
                answers[kind] = answers[known]
            if answers[kind, HOW] != NOBODY:
                break
        row[c.HARD_S], row[c.OUT_FINE] = hard_s, out_fine


@kernel
def _only(ground, row, fab):
    """Leave an order its own lab to be made in."""
    for f in range(row[c.FIRST_FAB], row[c.FIRST_FAB] + row[c.FABS]):
        if ground.order_fabs[f] == fab:
            row[c.FIRST_FAB], row[c.FABS] = f, 1
            break


@kernel
def _known(answers, kind, how, own):
    """Return (the cheapest answer to a kind before that answers this one too, or -1,
    is no other lab cheaper).

    The other labs' cheapest is that of LAB, unless it is ruled out here.
    """
    fab, machine, v, begin_s, _ = own
    found, is_best = -1, fab >= 0 and machine >= 0 and kind != LAB
    for k in range(kind):
        answer = answers[k]
        fits = answer[HOW] == how
        if kind == COURIER:
            fits = fits and answer[OTHER_COURIER] != v
        elif kind == EARLIER:
            fits = fits and answer[BEGIN_S] <= begin_s - EARLIER_S
        if k == LAB and not fits:
            is_best = is_best and (answer[HOW] == NOBODY or how < answer[HOW])
        if fits and (found < 0 or answer[EXTRA] < answers[found, EXTRA]):
            found = k
    return found, is_best


@kernel
def _ask(ground, state, i, asked, own_slots, answer):
    """Fill in the cheapest place of order i, which is not in the plan, without `but`."""
    but, now, tilts = asked
    row = ground.orders[i]
    price, _, found = cheapest(ground, state, i, tilts, own_slots, but)
    v = found[3]
    if v < 0:
        answer[HOW] = NOBODY
        return
    answer[HOW], answer[EXTRA] = IN_TIME, price - now
    answer[OTHER_FAB], answer[OTHER_COURIER] = found[0], v
    answer[OTHER_MACHINE] = -1
    for t in range(row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]):
        if answer[OTHER_MACHINE] < 0 and not ground.tasks[t, c.IS_FROZEN]:
            answer[OTHER_MACHINE] = own_slots[t, c.AT_MACHINE]
    put(ground, state, i, found, own_slots)
    for k in range(state.counts[v]):
        if state.stops[v, k] == 2 * i + 1:
            answer[BEGIN_S] = begins_s(state.steps[v], state.counts[v], k + 1)
    pull(ground, state, i)
    drive_route(ground, state, v)
