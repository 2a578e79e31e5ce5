"""Ruin and recreate on machines and routes at once, with undo; compiled by numba."""

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import drive_route
from routing.joint.group_kernels import find, give_up, put_in, value, vary
from routing.joint.part_kernels import (
    add_kin,
    await_parts,
    begins_first_s,
    has_kin,
    hold_parts,
    parts_first,
)
from routing.joint.repair_kernels import (
    ALL,
    cheapest,
    give_back,
    pull,
    rider_pay,
    take_material,
    tilt,
    total_fine,
)
from routing.joint.ruin_kernels import below, ruin, uniform
from routing.joint.set_up_kernels import fit_at, ill_set_up, knows_set_ups
from routing.joint.slot_kernels import (
    first_fit,
    free_from,
    given_out_s,
    lay,
    made_s,
    release,
    restore,
    unplace,
)

RUIN_MAX = 12
# In some steps an order may cost more than leaving it out: two together may be worth it.
GENEROUS = 3
GENEROUS_SHARE = 0.15
PASSED_OVER_SHARE = 0.06  # of orders that may not go back to their lab, or machine
BANK_MAX = 6  # absent orders that are tried again in one step


@kernel
def refresh_tilts(ground, state, paid, tilts):
    """Work out anew what a cent of work for each lab and courier costs on top."""
    labs, riders = len(ground.fab_place), len(ground.couriers)
    rider_pay(ground, state, paid)
    tilt(ground.shares[0, :labs], ground.over_permille[0], state.lab_fine, tilts[0])
    tilt(ground.shares[1, :riders], ground.over_permille[1], paid, tilts[1])


@kernel
def fill(ground, state, sequence):
    """Put the orders of `sequence` that are not in the plan into it, one by one."""
    riders = len(ground.couriers)
    paid = np.zeros(riders, np.int64)
    tilts = np.zeros((2, max(riders, len(ground.fab_place), 1)))
    own_slots = state.slots.copy()
    absent = sequence[state.decided[sequence, c.ROUTE] < 0]
    worth = np.zeros(len(ground.orders), np.int64)
    value(ground, absent, len(absent), 1, worth)
    for i in absent:
        if state.decided[i, c.ROUTE] < 0:
            refresh_tilts(ground, state, paid, tilts)
            found = find(ground, state, i, worth, tilts, own_slots, (ALL, 0.0))
            if found[3] >= 0 and not put_in(ground, state, i, found, own_slots, worth):
                pull(ground, state, i)
                drive_route(ground, state, found[3])
            if state.decided[i, c.ROUTE] < 0:
                give_up(ground, state, i, worth)


@kernel
def _sort(order, count, keys):
    for a in range(1, count):
        i, b = order[a], a
        while b > 0 and keys[order[b - 1]] > keys[i]:
            order[b] = order[b - 1]
            b -= 1
        order[b] = i


@kernel
def _sequence(ground, state, order, count, keys, tilts, own_slots):
    """Sort the first `count` of `order` by a rule drawn at random; promised first."""
    kind = uniform(state.random)
    for k in range(count):
        i = order[k]
        row = ground.orders[i]
        if kind < 0.35:
            keys[i] = uniform(state.random)
        elif kind < 0.6:
            keys[i] = row[c.DUE_S]
        elif kind < 0.7:
            keys[i] = -row[c.PIECES]
        elif kind < 0.8:
            keys[i] = -ground.tail_s[i].min() if len(ground.fab_place) else 0
        elif kind < 0.9:
            keys[i] = min(row[c.HARD_S], row[c.SOFT_S]) - row[c.MADE_S]
        else:  # regret: what it costs not to get the best courier
            best, second, found = cheapest(ground, state, i, tilts, own_slots, ALL)
            keys[i] = best - second if found[3] >= 0 else 0.0
        if row[c.IS_COMMITTED]:
            keys[i] -= 1e18
    _sort(order, count, keys)
    parts_first(ground, order, count)


@kernel
def _note(state, v, saved_stops, saved_counts, is_touched):
    """Keep the route of courier v as it is, if it has not been kept yet."""
    if v >= 0 and not is_touched[v]:
        is_touched[v] = True
        count = state.counts[v]
        saved_counts[v] = count
        saved_stops[v, :count] = state.stops[v, :count]


@kernel
def _note_parts(ground, state, i, saved_stops, saved_counts, is_touched):
    """Keep the routes that bring the parts of order i."""
    row = ground.orders[i]
    for k in range(row[c.FIRST_PART], row[c.FIRST_PART] + row[c.PARTS]):
        v = state.decided[ground.parts[k], c.ROUTE]
        _note(state, v, saved_stops, saved_counts, is_touched)


@kernel
def _undo(ground, state, order, count, kept):
    decided, slots, made, stops, counts, is_touched = kept
    for k in range(count):
        row = ground.orders[order[k]]
        first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
        unplace(ground, state.slots, state.busy, state.taken, first, last)
    for k in range(count):
        i = order[k]
        row = ground.orders[i]
        first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
        restore(ground, state.slots, state.busy, state.taken, first, last, slots)
        if state.decided[i, c.FAB] >= 0:
            state.lab_fine[state.decided[i, c.FAB]] -= state.made[i]
        give_back(ground, state, i)
        state.decided[i] = decided[i]
        if decided[i, c.TAKES_IN] >= 0:
            take_material(ground, state, i, decided[i, c.TAKES_IN])
        state.made[i] = made[i]
        if decided[i, c.FAB] >= 0:
            state.lab_fine[decided[i, c.FAB]] += made[i]
    for k in range(count):
        if ground.orders[order[k], c.PARTS] > 0:
            i = order[k]
            hold_parts(ground, state, i, begins_first_s(ground, state, i))
    for v in range(len(is_touched)):
        if is_touched[v]:
            state.counts[v] = counts[v]
            state.stops[v, : counts[v]] = stops[v, : counts[v]]
            drive_route(ground, state, v)


@kernel
def copy_into(state, other):
    """Make `other` what `state` is: choices only, steps are worked out anew."""
    other.decided[:] = state.decided
    other.slots[:] = state.slots
    other.taken[:] = state.taken
    for m in range(len(state.taken)):
        other.busy[m, : state.taken[m]] = state.busy[m, : state.taken[m]]
    other.counts[:] = state.counts
    for v in range(len(state.counts)):
        other.stops[v, : state.counts[v]] = state.stops[v, : state.counts[v]]
        last = state.counts[v] + 1
        other.steps[v, :last] = state.steps[v, :last]
    other.fines[:] = state.fines
    other.made[:] = state.made
    other.lab_fine[:] = state.lab_fine
    other.shelf[:] = state.shelf


@kernel
def _choose(ground, state, chosen, order):
    """Fill `order` with who is taken out and who is missing; return how many."""
    n = len(ground.orders)
    chosen[:] = False
    ruin(ground, state, 1 + below(state.random, min(RUIN_MAX, n)), chosen)
    count, absent = 0, 0
    from_i = below(state.random, n)
    for k in range(n):
        i = (from_i + k) % n
        if state.decided[i, c.ROUTE] < 0 and absent < BANK_MAX:
            absent += 1
            chosen[i] = True
        if chosen[i]:
            order[count] = i
            count += 1
    return count


@kernel
def _take_out(ground, state, order, count, kept):
    """Pull the first `count` of `order` out of the plan; `kept` knows how they were.

    Who then lacks the set-up goes out, too, and who can't stay without those that went
    out. Returns how many went out.
    """
    decided, slots, made, stops, counts, is_touched = kept
    is_touched[:] = False
    k = 0
    while k < count:
        i = order[k]
        row = ground.orders[i]
        first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
        decided[i] = state.decided[i]
        made[i] = state.made[i]
        slots[first:last] = state.slots[first:last]
        _note(state, state.decided[i, c.ROUTE], stops, counts, is_touched)
        _note_parts(ground, state, i, stops, counts, is_touched)
        pull(ground, state, i)
        k += 1
        if has_kin(ground, i):
            count = add_kin(ground, state, i, order, count)
        for t in range(first, last):
            machine = slots[t, c.AT_MACHINE]
            if ground.tasks[t, c.IS_FROZEN] or machine < 0:
                continue
            if knows_set_ups(ground, machine):
                count = _also(ground, state, machine, order, count)
    return count


@kernel
def _also(ground, state, machine, order, count):
    """Add who lacks the set-up on the machine to `order`; return how many it has."""
    busy, taken = state.busy[machine], state.taken[machine]
    i = ill_set_up(ground, state.slots, busy, taken, machine)
    if i < 0:
        return count
    for k in range(count):
        if order[k] == i:
            return count
    order[count] = i
    return count + 1


@kernel
def mend(ground, state):
    """Take out who lacks a set-up, and whose route is then not legal; return how many."""
    count = 0
    for machine in range(len(ground.set_up)):
        i = 0
        while knows_set_ups(ground, machine) and i >= 0:
            busy, taken = state.busy[machine], state.taken[machine]
            i = ill_set_up(ground, state.slots, busy, taken, machine)
            if i >= 0:
                v = state.decided[i, c.ROUTE]
                pull(ground, state, i)
                count += 1
                if v >= 0 and not drive_route(ground, state, v):
                    for k in range(state.counts[v]):
                        state.decided[state.stops[v, k] >> 1, c.ROUTE] = -1
                    state.counts[v] = 0
                    drive_route(ground, state, v)
    return count


@kernel
def _passed_over(ground, state, i, kept):
    """Return the lab or the machine that order i is not to go back to now and then."""
    drawn = uniform(state.random)
    if drawn < PASSED_OVER_SHARE:
        return kept[0][i, c.FAB], -1, -1
    if drawn < 2 * PASSED_OVER_SHARE and ground.orders[i, c.TASKS] > 0:
        return -1, kept[1][ground.orders[i, c.FIRST_TASK], c.AT_MACHINE], -1
    return -1, -1, -1


@kernel
def run(ground, state, best, best_fine, rounds, heat_from, heat_to, kept):
    """Ruin and repair `rounds` times, cooling from heat_from to heat_to.

    `best` is the cheapest state met and `best_fine` its price, which is returned.
    """
    n, riders = len(ground.orders), len(ground.couriers)
    _, _, _, stops, counts, is_touched = kept
    paid = np.zeros(riders, np.int64)
    tilts = np.zeros((2, max(riders, len(ground.fab_place), 1)))
    chosen = np.zeros(n, np.bool_)
    order = np.zeros(n, np.int64)
    keys = np.zeros(n)
    worth = np.zeros(n, np.int64)
    own_slots = state.slots.copy()
    now_fine = total_fine(ground, state, paid)
    refresh_tilts(ground, state, paid, tilts)
    for turn in range(rounds):
        share = turn / rounds
        heat = heat_from * (heat_to / heat_from) ** share
        count = _choose(ground, state, chosen, order)
        count = _take_out(ground, state, order, count, kept)
        is_legal = True
        for v in range(riders):
            if is_touched[v]:
                is_legal = drive_route(ground, state, v) and is_legal
        if is_legal:
            _sequence(ground, state, order, count, keys, tilts, own_slots)
            times = GENEROUS if uniform(state.random) < GENEROUS_SHARE else 1
            value(ground, order, count, times, worth)
            for k in range(count):
                i = order[k]
                but = _passed_over(ground, state, i, kept)
                how = vary(ground, i, but, kept[0][i, c.ROUTE], state.random)
                found = find(ground, state, i, worth, tilts, own_slots, how)
                if found[3] >= 0:
                    _note(state, found[3], stops, counts, is_touched)
                    _note_parts(ground, state, i, stops, counts, is_touched)
                    is_put = put_in(ground, state, i, found, own_slots, worth)
                else:
                    is_put = give_up(ground, state, i, worth)
                is_legal = is_put and is_legal
        fine = total_fine(ground, state, paid) if is_legal else c.NEVER
        if fine <= now_fine - heat * np.log(max(uniform(state.random), 1e-12)):
            now_fine = fine
            refresh_tilts(ground, state, paid, tilts)
            if fine < best_fine:
                best_fine = fine
                copy_into(state, best)
        else:
            _undo(ground, state, order, count, kept)
    return best_fine


@kernel
def compact(ground, state):
    """Move every task forward in its machine's sequence; False if a route then breaks.

    Same machines and modes; what is ready earlier is fetched no later.
    """
    for i in range(len(ground.orders)):
        if ground.orders[i, c.PARTS] > 0 and state.decided[i, c.ROUTE] >= 0:
            await_parts(ground, state, i)
    starts = state.slots[:, c.FROM_S].copy()
    for t in np.argsort(starts, kind="mergesort"):
        machine = state.slots[t, c.AT_MACHINE]
        if ground.tasks[t, c.IS_FROZEN] or machine < 0:
            continue
        from_s = free_from(ground, state.decided, state.slots, ground.tasks[t])
        length_s = state.slots[t, c.TO_S] - state.slots[t, c.FROM_S]
        m, word = state.slots[t, c.BY_MODE], ground.tasks[t, c.WORD]
        busy, at = state.busy[machine], 0
        while at < state.taken[machine] and busy[at, 2] != t:
            at += 1
        state.taken[machine] = release(busy, state.taken[machine], t)
        taken = state.taken[machine]
        if length_s > 0 and knows_set_ups(ground, machine):
            start_s = fit_at(ground, state.slots, busy, taken, m, word, from_s, at)
        else:
            start_s = first_fit(ground, state.slots, busy, taken, m, word, from_s)
        start_s = min(start_s, state.slots[t, c.FROM_S])
        state.slots[t, c.FROM_S], state.slots[t, c.TO_S] = start_s, start_s + length_s
        lay(ground, state.busy, state.taken, machine, start_s, start_s + length_s, t)
    for i in range(len(ground.orders)):
        is_made = state.decided[i, c.ROUTE] >= 0 and ground.orders[i, c.TASKS] > 0
        ready_s = ground.orders[i, c.MADE_S]
        first = ground.orders[i, c.FIRST_TASK]
        for t in range(first, first + ground.orders[i, c.TASKS]):
            if is_made:
                ready_s = max(ready_s, made_s(ground, state.slots, t))
        if is_made:
            fab = state.decided[i, c.FAB]
            state.decided[i, c.READY_S] = given_out_s(ground, fab, ready_s)
    for i in range(len(ground.orders)):
        if ground.orders[i, c.PARTS] > 0:
            hold_parts(ground, state, i, begins_first_s(ground, state, i))
    is_legal = True
    for v in range(len(ground.couriers)):
        is_legal = drive_route(ground, state, v) and is_legal
    return is_legal
