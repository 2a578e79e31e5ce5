"""Orders that are brought for each other enter and leave the plan together.

What is tied together is worth what leaving all of it out costs: one of them alone may
cost more to make and bring than its own price.
"""

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import drive_route
from routing.joint.part_kernels import (
    await_parts,
    begins_first_s,
    has_kin,
    head_of,
    hold_parts,
    is_tied,
)
from routing.joint.repair_kernels import cheapest, give_back, make, pull, put
from routing.joint.ruin_kernels import uniform
from routing.joint.slot_kernels import unplace

NEVER = c.NEVER
# Of the times at which a part is tried: as cheap as can be, whenever that is; so that
# what it is for may still be in time; else drawn at random before that.
ANY_TIME_SHARE = 0.2
IN_TIME_SHARE = 0.5
# What is cheapest for one of them alone may not be for all.
OTHER_COURIER_SHARE = 0.2


@kernel
def value(ground, order, count, times, worth):
    """Note at each head what the first `count` of `order` tied to it are worth."""
    for k in range(count):
        worth[head_of(ground, order[k])] = 0
    for k in range(count):
        i = order[k]
        worth[head_of(ground, i)] += times * ground.orders[i, c.OUT_FINE]


@kernel
def vary(ground, i, but, v, random):
    """Return how find() is to look: `but`, for kin at times also without courier v.

    And by which share sooner than need be a part is wished; -1: at any time.
    """
    if not has_kin(ground, i):
        return but, 0.0
    if uniform(random) < OTHER_COURIER_SHARE:
        but = (but[0], but[1], v)
    if ground.orders[i, c.MADE_FOR] < 0:
        return but, 0.0
    drawn = uniform(random)
    if drawn < ANY_TIME_SHARE:
        return but, -1.0
    return but, (0.0 if drawn < IN_TIME_SHARE else uniform(random))


@kernel
def find(ground, state, i, worth, tilts, own_slots, how):
    """Return cheapest() below what order i, and all that is tied to it, is worth.

    `how`: of vary(). What is too
    dear or impossible so soon is then looked for at any time.
    """
    but, share = how
    row = ground.orders[i]
    left = worth[head_of(ground, i)]
    found = (-1, NEVER, np.int64(0), -1, -1, -1)
    if left < 0:
        return found
    out_fine, due_s, hard_s = row[c.OUT_FINE], row[c.DUE_S], row[c.HARD_S]
    row[c.OUT_FINE] = left
    if row[c.MADE_FOR] >= 0 and share >= 0:
        until_s = min(row[c.NEEDED_S], hard_s)
        if share > 0:
            latest_s = until_s if until_s < NEVER else row[c.WISHED_S]
            early_s = np.int64(share * max(0, latest_s - row[c.RELEASE_S]))
            until_s = latest_s - early_s
        row[c.HARD_S], row[c.DUE_S] = until_s, min(due_s, row[c.WISHED_S])
        state.decided[i, c.BRING_BY_S] = until_s
        _, _, found = cheapest(ground, state, i, tilts, own_slots, but)
        row[c.HARD_S], row[c.DUE_S] = hard_s, due_s
        state.decided[i, c.BRING_BY_S] = hard_s
    if found[3] < 0:
        _, _, found = cheapest(ground, state, i, tilts, own_slots, but)
    row[c.OUT_FINE] = out_fine
    return found


@kernel
def put_in(ground, state, i, found, own_slots, worth):
    """Return put(), and take what it costs off what those tied to it are worth."""
    if not has_kin(ground, i):
        return put(ground, state, i, found, own_slots)
    before = state.fines.sum()
    is_legal = put(ground, state, i, found, own_slots)
    worth[head_of(ground, i)] -= state.fines.sum() - before + state.made[i]
    return is_legal


@kernel
def give_up(ground, state, i, worth):
    """Take out what is tied to order i, which has no place, or to what it is tied to.

    False if a route is not legal then.
    """
    if not has_kin(ground, i):
        return True
    head, is_legal = head_of(ground, i), True
    worth[head] = -1
    for j in range(len(ground.orders)):
        v = state.decided[j, c.ROUTE]
        if v >= 0 and head_of(ground, j) == head:
            pull(ground, state, j)
            is_legal = drive_route(ground, state, v) and is_legal
    return is_legal


@kernel
def drop_route(ground, state, v):
    """Take all orders out of the route of courier v, and out of the plan."""
    for k in range(state.counts[v] - 1, -1, -1):
        if k < state.counts[v]:
            pull(ground, state, state.stops[v, k] >> 1)
    drive_route(ground, state, v)


@kernel
def mend_parts(ground, state, may_wait):
    """Make later, if it `may_wait`, or take out who begins before its parts are there;
    take out who has lost what it is tied to. Return how many changed.

    If none did, all that is brought is held to those times.
    """
    changed = 0
    for i in range(len(ground.orders)):
        hold_parts(ground, state, i, NEVER)
    for i in range(len(ground.orders)):
        v = state.decided[i, c.ROUTE]
        if v < 0 or not has_kin(ground, i):
            continue
        above, is_there = ground.orders[i, c.MADE_FOR], True
        if is_tied(ground, i) and state.decided[above, c.ROUTE] < 0:
            is_there = False
        elif ground.orders[i, c.PARTS] > 0:
            is_there = await_parts(ground, state, i)
            first_s = begins_first_s(ground, state, i)
            if is_there and first_s >= state.decided[i, c.TASKS_FROM_S]:
                continue
            is_there = is_there and may_wait and _make_again(ground, state, i)
        else:
            continue
        changed += 1
        if not is_there:
            pull(ground, state, i)
        if not drive_route(ground, state, v):
            drop_route(ground, state, v)
    if changed == 0:
        for i in range(len(ground.orders)):
            hold_parts(ground, state, i, begins_first_s(ground, state, i))
    return changed


@kernel
def _make_again(ground, state, i):
    fab = state.decided[i, c.FAB]
    first = ground.orders[i, c.FIRST_TASK]
    last = first + ground.orders[i, c.TASKS]
    unplace(ground, state.slots, state.busy, state.taken, first, last)
    state.lab_fine[fab] -= state.made[i]
    state.made[i] = 0
    give_back(ground, state, i)
    return make(ground, state, i, fab, False)
