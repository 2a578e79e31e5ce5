"""One order into the plan: the cheapest of fab, machine slots and courier position."""

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.detour_kernels import fill_ways_on, late_at_least, rank
from routing.joint.drive_kernels import drive_route, paid_s
from routing.joint.part_kernels import await_parts, begins_first_s, hold_parts
from routing.joint.ride_kernels import scan
from routing.joint.slot_kernels import place, restore, unplace

NEVER = c.NEVER
ALL = (-1, -1, -1)  # nothing is not to be used


@kernel
def scan_route(ground, state, i, v, last, limit):
    """Return scan() of order i in the route of courier v."""
    profile = ground.couriers[v, c.MATRIX]
    return scan(
        ground.orders,
        state.decided,
        ground.couriers[v],
        v,
        ground.late,
        ground.seconds[profile],
        ground.metres[profile],
        state.stops[v],
        state.counts[v],
        state.steps[v],
        i,
        last,
        limit,
    )


@kernel
def decide(ground, state, i, fab, ready_s):
    """Note where and when order i can be fetched."""
    state.decided[i, c.FAB] = fab
    state.decided[i, c.READY_S] = ready_s
    if fab >= 0:
        state.decided[i, c.PICKUP_PLACE] = ground.fab_place[fab]
        state.decided[i, c.PICKUP_SERVICE_S] = ground.fab_service_s[fab]


@kernel
def forget(ground, state, i):
    """Note that nothing is decided of order i."""
    for column in range(c.DECIDED_WIDTH):
        state.decided[i, column] = -1
    state.decided[i, c.TASKS_FROM_S] = ground.orders[i, c.RELEASE_S]
    state.decided[i, c.BRING_BY_S] = ground.orders[i, c.HARD_S]


@kernel
def lacks_material(ground, state, i, fab):
    """Whether the fab has too little left of what the making of order i takes."""
    for k in range(ground.needs.shape[1]):
        if ground.needs[i, k] > state.shelf[fab, k]:
            return True
    return False


@kernel
def take_material(ground, state, i, fab):
    """Take what the making of order i needs from the fab's shelf."""
    state.decided[i, c.TAKES_IN] = fab
    for k in range(ground.needs.shape[1]):
        state.shelf[fab, k] -= ground.needs[i, k]


@kernel
def give_back(ground, state, i):
    """Undo take_material(); nothing happens where nothing was taken."""
    fab = state.decided[i, c.TAKES_IN]
    state.decided[i, c.TAKES_IN] = -1
    if fab >= 0:
        for k in range(ground.needs.shape[1]):
            state.shelf[fab, k] += ground.needs[i, k]


@kernel
def make(ground, state, i, fab, is_hurried):
    """Make order i in the fab, whoever may bring it; False if there is no room."""
    if lacks_material(ground, state, i, fab):
        return False
    made, ready_s = place(ground, state, i, fab, is_hurried, -1)
    if made >= 0:
        decide(ground, state, i, fab, ready_s)
        state.made[i] = made
        state.lab_fine[fab] += made
        take_material(ground, state, i, fab)
    return made >= 0


@kernel
def best_rider(ground, state, i, last, ranking, limit, tilt):
    """Return (price, courier, pickup before, hand-over before) below `limit`, and what
    that of the second best courier is below; `last` as in scan().

    `ranking`: what each costs at least, couriers by that, how many there are, and the
    order's own lateness at least.
    """
    least, ranked, count, late = ranking
    best, second, at = limit, limit, (-1, -1, -1)
    for k in range(count):
        v = ranked[k]
        if late >= best or least[v] + late >= best:
            break
        allowed = best if tilt[v] <= 0 else np.int64(best / (1.0 + tilt[v])) + 1
        extra, p, d = scan_route(ground, state, i, v, last, allowed)
        if p < 0:
            continue
        extra += np.int64(tilt[v] * max(extra, 0))
        if extra < best:
            second = best
            best, at = extra, (v, p, d)
        elif extra < second:
            second = extra
    return best, second, at


@kernel
def cheapest(ground, state, i, tilts, own_slots, but):
    """Return the cheapest triple for order i, which is not in the plan.

    `but`: a lab, a machine and a courier that are not to be used, -1: none.

    (price, second price, fab, ready, price of making, courier, pickup before, hand-over
    before); courier -1 if leaving it out is cheaper. The slots are left in `own_slots`,
    the state as it was.
    """
    row = ground.orders[i]
    best, second = row[c.OUT_FINE], row[c.OUT_FINE]
    found = (-1, NEVER, np.int64(0), -1, -1, -1)
    if row[c.STATE] == c.ABOARD:
        return _cheapest_aboard(ground, state, i, tilts[1], but[2])
    if row[c.PARTS] > 0 and not await_parts(ground, state, i):
        return best, second, found
    first, last = row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]
    riders = len(ground.couriers)
    least, ranked = np.empty(riders, np.int64), np.empty(riders, np.int64)
    to_place = np.empty(riders, np.int64)
    fill_ways_on(ground, state, i, to_place)
    for f in range(row[c.FIRST_FAB], row[c.FIRST_FAB] + row[c.FABS]):
        fab = ground.order_fabs[f]
        if fab == but[0] or lacks_material(ground, state, i, fab):
            continue
        before_s, count = NEVER, -1
        for is_hurried in (False, True):
            made, ready_s = place(ground, state, i, fab, is_hurried, but[1])
            if made < 0:
                continue
            price = made + np.int64(tilts[0, fab] * made)
            if row[c.PARTS] > 0:
                price += held_fine(ground, state, i)
                fill_ways_on(ground, state, i, to_place)
                count = -1
            if price < best and (not is_hurried or ready_s < before_s):
                if count < 0:
                    ranks = (least, ranked)
                    count = rank(
                        ground, state, i, fab, but[2], tilts[1], to_place, ranks
                    )
                decide(ground, state, i, fab, ready_s)
                ranking = (least, ranked, count, late_at_least(ground, i, fab, ready_s))
                ride, next_ride, at = best_rider(
                    ground, state, i, NEVER, ranking, best - price, tilts[1]
                )
                if at[0] >= 0:
                    second = min(best, price + next_ride)
                    best = price + ride
                    found = (fab, ready_s, made, at[0], at[1], at[2])
                    own_slots[first:last] = state.slots[first:last]
            before_s = ready_s
            unplace(ground, state.slots, state.busy, state.taken, first, last)
            if row[c.PARTS] > 0:
                hold_parts(ground, state, i, NEVER)
    return best, second, found


@kernel
def held_fine(ground, state, i):
    """Hold the parts of order i to its slots; return how much dearer that is."""
    fine = -state.fines.sum()
    hold_parts(ground, state, i, begins_first_s(ground, state, i))
    return fine + state.fines.sum()


@kernel
def _cheapest_aboard(ground, state, i, tilt, but_courier):
    best, v = ground.orders[i, c.OUT_FINE], ground.orders[i, c.BOUND]
    found = (-1, NEVER, np.int64(0), -1, -1, -1)
    if v != but_courier:
        extra, p, d = scan_route(ground, state, i, v, NEVER, best)
        extra += np.int64(tilt[v] * max(extra, 0))
        if p >= 0 and extra < best:
            return extra, best, (-1, NEVER, np.int64(0), v, p, d)
    return best, best, found


@kernel
def put(ground, state, i, found, own_slots):
    """Carry out what cheapest() found; False if the route then is not legal."""
    fab, ready_s, made, v, p, d = found
    row = ground.orders[i]
    if row[c.STATE] != c.ABOARD:
        restore(
            ground,
            state.slots,
            state.busy,
            state.taken,
            row[c.FIRST_TASK],
            row[c.FIRST_TASK] + row[c.TASKS],
            own_slots,
        )
        decide(ground, state, i, fab, ready_s)
        state.made[i] = made
        state.lab_fine[fab] += made
        take_material(ground, state, i, fab)
        if row[c.PARTS] > 0:
            hold_parts(ground, state, i, begins_first_s(ground, state, i))
    state.decided[i, c.ROUTE] = v
    stops, count = state.stops[v], state.counts[v]
    is_two = row[c.STATE] != c.ABOARD
    shift = 2 if is_two else 1
    for k in range(count - 1, d - 1, -1):
        stops[k + shift] = stops[k]
    stops[d + shift - 1] = 2 * i + 1
    if is_two:
        for k in range(d - 1, p - 1, -1):
            stops[k + 1] = stops[k]
        stops[p] = 2 * i
    state.counts[v] = count + shift
    return drive_route(ground, state, v)


@kernel
def pull(ground, state, i):
    """Take order i out of the plan; its route is left for drive_route()."""
    row = ground.orders[i]
    unplace(
        ground,
        state.slots,
        state.busy,
        state.taken,
        row[c.FIRST_TASK],
        row[c.FIRST_TASK] + row[c.TASKS],
    )
    fab, v = state.decided[i, c.FAB], state.decided[i, c.ROUTE]
    if fab >= 0:
        state.lab_fine[fab] -= state.made[i]
    give_back(ground, state, i)
    state.made[i] = 0
    forget(ground, state, i)
    if v >= 0:
        kept = 0
        for k in range(state.counts[v]):
            if state.stops[v, k] >> 1 != i:
                state.stops[v, kept] = state.stops[v, k]
                kept += 1
        state.counts[v] = kept
    if row[c.PARTS] > 0:
        hold_parts(ground, state, i, NEVER)


@kernel
def over_fine(shares, permille, paid):
    """Return the price of what is earned beyond each one's share."""
    if permille == 0:
        return 0
    whole, total, over = 0.0, 0.0, 0.0
    for k in range(len(paid)):
        whole += shares[k, 0]
        total += shares[k, 1] + paid[k]
    if whole <= 0:
        return 0
    for k in range(len(paid)):
        over += max(0.0, shares[k, 1] + paid[k] - shares[k, 0] / whole * total)
    return np.int64(permille * over / 1_000.0)


@kernel
def rider_pay(ground, state, paid):
    """Fill in what each courier is paid by the routes as they are."""
    for v in range(len(ground.couriers)):
        count = state.counts[v]
        paid[v] = 0
        if count:
            step = state.steps[v, count]
            paid[v] = ground.couriers[v, c.KM_FINE] * step[c.METRES]
            paid[v] += ground.couriers[v, c.SECOND_FINE] * paid_s(step)


@kernel
def total_fine(ground, state, paid):
    """Return the price of the whole plan as it is."""
    fine = 0
    for i in range(len(ground.orders)):
        fine += state.made[i]
        if state.decided[i, c.ROUTE] < 0:
            fine += ground.orders[i, c.OUT_FINE]
    for v in range(len(ground.couriers)):
        fine += state.fines[v]
    if ground.over_permille[0] or ground.over_permille[1]:
        labs, riders = len(ground.fab_place), len(ground.couriers)
        rider_pay(ground, state, paid)
        fine += over_fine(
            ground.shares[0, :labs], ground.over_permille[0], state.lab_fine
        )
        fine += over_fine(ground.shares[1, :riders], ground.over_permille[1], paid)
    return fine


@kernel
def tilt(shares, permille, paid, tilts):
    """Fill in what the next cent costs on top, by who earns it (the price's slope)."""
    if permille == 0:
        return
    whole, total, all_over = 0.0, 0.0, 0.0
    for k in range(len(paid)):
        whole += shares[k, 0]
        total += shares[k, 1] + paid[k]
    if whole <= 0:
        return
    for k in range(len(paid)):
        if shares[k, 1] + paid[k] >= shares[k, 0] / whole * total:
            all_over += shares[k, 0] / whole
    for k in range(len(paid)):
        is_over = shares[k, 1] + paid[k] >= shares[k, 0] / whole * total
        tilts[k] = permille / 1_000.0 * (is_over - all_over)
