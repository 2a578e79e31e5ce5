"""One courier's stops in their order: when each begins and what they cost.

Stop 2i is the pickup of order i, 2i + 1 its hand-over. Compiled by numba; the kernels
take few plain arrays because numba passes tuples of arrays by value.

Every stop is as early as can be; the courier then leaves, and so comes, as much later
as makes waiting good without costing: the forward time slack of Savelsbergh (1992),
doi:10.1287/ijoc.4.2.146, where what is late already may not get later. Who is under way
does not leave again.
"""

from routing.compiled import inlined, kernel
from routing.joint import columns as c
from routing.measures import UNREACHABLE_S

PLACE, EARLIEST_S, DUE_S, BRING_BY_S = c.PLACE, c.EARLIEST_S, c.DUE_S, c.BRING_BY_S
SOFT_S, WINDOW_FROM_S, WINDOW_TO_S = c.SOFT_S, c.WINDOW_FROM_S, c.WINDOW_TO_S
WINDOW_FINE, HOME, HOME_FINE = c.WINDOW_FINE, c.HOME, c.HOME_FINE
PIECES, GRAMS, SERVICE_S, BOUND = c.PIECES, c.GRAMS, c.SERVICE_S, c.BOUND
FETCH_FROM_S, STATE, ABOARD = c.FETCH_FROM_S, c.STATE, c.ABOARD
COURIER_PLACE, START_S, END_S = c.COURIER_PLACE, c.START_S, c.END_S
AIR_S, HARD_S, NO_AIR_FINE = c.AIR_S, c.HARD_S, c.NO_AIR_FINE
PIECES_MAX, GRAMS_MAX = c.PIECES_MAX, c.GRAMS_MAX
PIECES_ABOARD, GRAMS_ABOARD = c.PIECES_ABOARD, c.GRAMS_ABOARD
METRE_FINE, SECOND_FINE, FIRST_STOP = c.METRE_FINE, c.SECOND_FINE, c.FIRST_STOP
PICKUP_PLACE, READY_S, PICKUP_SERVICE_S = c.PICKUP_PLACE, c.READY_S, c.PICKUP_SERVICE_S
AT_PLACE, AT_S, HAS_PIECES, HAS_GRAMS = c.AT_PLACE, c.AT_S, c.HAS_PIECES, c.HAS_GRAMS
COST_FINE, LEFT_S, WAITED_S, ROOM_S = c.COST_FINE, c.LEFT_S, c.WAITED_S, c.ROOM_S
BEGAN_S, FREE_S, SLACK_S, LATER_S = c.BEGAN_S, c.FREE_S, c.SLACK_S, c.LATER_S
NEVER, NONE = c.NEVER, c.NONE


@inlined
def advance(orders, decided, courier, number, late, seconds, metres, step, stop):
    """Return (is it allowed, the next step); a step is a tuple of the columns DRIVEN."""
    place, time_s, pieces, grams, fine, left_s, way_m, waited_s, room_s = step
    i, end_s = stop >> 1, courier[END_S]
    is_drop = stop & 1
    to = orders[i, PLACE] if is_drop else decided[i, PICKUP_PLACE]
    drive_s = seconds[place, to]
    if drive_s >= UNREACHABLE_S:
        return False, step
    begin_s = time_s + drive_s
    way_m += metres[place, to]
    fine += courier[METRE_FINE] * metres[place, to]
    if is_drop:
        begin_s = max(begin_s, orders[i, EARLIEST_S])
        if begin_s > decided[i, BRING_BY_S]:
            return False, step
        depart_s = begin_s + orders[i, SERVICE_S]
        end_s = over_by_s(orders, courier, i)
        pieces -= orders[i, PIECES]
        grams -= orders[i, GRAMS]
        if begin_s > orders[i, DUE_S]:
            fine += late[0] * (begin_s - orders[i, DUE_S])
        if begin_s > orders[i, SOFT_S]:
            fine += late[1] * (begin_s - orders[i, SOFT_S])
        if begin_s < orders[i, WINDOW_FROM_S]:
            fine += orders[i, WINDOW_FINE] * (orders[i, WINDOW_FROM_S] - begin_s)
        if begin_s > orders[i, WINDOW_TO_S]:
            fine += orders[i, WINDOW_FINE] * (begin_s - orders[i, WINDOW_TO_S])
        if orders[i, HOME] != NONE and orders[i, HOME] != number:
            fine += orders[i, HOME_FINE]
        spare_s = drop_limit_s(orders, decided, courier, i, begin_s) - begin_s
    else:
        begin_s = max(begin_s, decided[i, READY_S], orders[i, FETCH_FROM_S])
        depart_s = begin_s + decided[i, PICKUP_SERVICE_S]
        spare_s = courier[END_S] - depart_s
        pieces += orders[i, PIECES]
        grams += orders[i, GRAMS]
        if stop != courier[FIRST_STOP] and (
            pieces > courier[PIECES_MAX] or grams > courier[GRAMS_MAX]
        ):
            return False, step
    if left_s == NEVER:  # waiting for the first stop is done at home, unpaid
        left_s = begin_s - drive_s
    else:
        waited_s += begin_s - time_s - drive_s
    room_s = min(room_s, waited_s + max(0, spare_s))
    if depart_s > end_s:
        if depart_s > courier[END_S] and orders[i, BOUND] != number:
            return False, step
        fine += late[1] * (depart_s - end_s)
        if is_drop:
            fine += orders[i, NO_AIR_FINE]
    return True, (to, depart_s, pieces, grams, fine, left_s, way_m, waited_s, room_s)


@kernel
def first_step(courier):
    """Return the courier before any stop."""
    is_away = courier[FIRST_STOP] >= 0 or courier[PIECES_ABOARD] > 0
    return (
        courier[COURIER_PLACE],
        courier[START_S],
        courier[PIECES_ABOARD],
        courier[GRAMS_ABOARD],
        0,
        NEVER,
        0,
        0,
        0 if is_away else NEVER,
    )


@inlined
def drop_limit_s(orders, decided, courier, i, begin_s):
    """Return until when the hand-over of order i may begin at no price."""
    if begin_s < orders[i, WINDOW_FROM_S]:
        return begin_s
    limit_s = min(orders[i, DUE_S], orders[i, SOFT_S], orders[i, WINDOW_TO_S])
    end_s = over_by_s(orders, courier, i)
    return min(limit_s, decided[i, BRING_BY_S], end_s - orders[i, SERVICE_S])


@inlined
def over_by_s(orders, courier, i):
    """Return by when the hand-over of order i is over at no price for the shift's end.

    What nobody was promised yet leaves room for the air of its promise.
    """
    end_s = courier[END_S]
    latest_s = min(orders[i, HARD_S], orders[i, SOFT_S])
    if orders[i, WINDOW_TO_S] == NEVER and latest_s + orders[i, SERVICE_S] > end_s:
        return courier[AIR_S]
    return end_s


@inlined
def later_s(step):
    """Return how much later the courier leaves than with all as early as can be."""
    return min(step[ROOM_S], step[WAITED_S])


@inlined
def paid_s(step):
    """Return the time that a courier is paid for at this step, which is not the first."""
    return step[AT_S] - step[LEFT_S] - later_s(step)


@inlined
def begins_s(steps, count, k):
    """Return when the stop that step k reached begins, the courier leaving later."""
    more_s = later_s(steps[count]) - steps[k, WAITED_S]
    return steps[k, BEGAN_S] + max(0, more_s)


@kernel
def route_fine(courier, step):
    """Return what a courier has cost at this step, paid time included."""
    if step[LEFT_S] == NEVER:
        return step[COST_FINE]
    return step[COST_FINE] + courier[SECOND_FINE] * paid_s(step)


@kernel
def drive(orders, decided, courier, number, late, seconds, metres, stops, count, steps):
    """Fill in `steps` (count + 1,) of the stops; return the route's price, -1: never."""
    step = first_step(courier)
    began_s = 0
    for k in range(count + 1):
        for column in range(c.DRIVEN):
            steps[k, column] = step[column]
        steps[k, BEGAN_S] = began_s
        if k == count:
            break
        stop = stops[k]
        is_allowed, step = advance(
            orders, decided, courier, number, late, seconds, metres, step, stop
        )
        if not is_allowed:
            return -1
        service_s = decided[stop >> 1, PICKUP_SERVICE_S]
        if stop & 1:
            service_s = orders[stop >> 1, SERVICE_S]
        began_s = step[AT_S] - service_s
    free_s, slack_s, later = NEVER, NEVER, NEVER
    for k in range(count, 0, -1):
        if k < count:
            wait_s = steps[k + 1, WAITED_S] - steps[k, WAITED_S]
            free_s, slack_s = free_s + wait_s, slack_s + wait_s
        i = stops[k - 1] >> 1
        began_s, spare_s = steps[k, BEGAN_S], courier[END_S] - steps[k, AT_S]
        if orders[i, BOUND] != number:
            slack_s = min(slack_s, spare_s)
        if stops[k - 1] & 1:
            spare_s = drop_limit_s(orders, decided, courier, i, began_s) - began_s
            slack_s = min(slack_s, decided[i, BRING_BY_S] - began_s)
        spare_s = max(0, spare_s)
        later = min(later, steps[k, WAITED_S] + spare_s)
        free_s = min(free_s, spare_s, slack_s)
        steps[k, FREE_S], steps[k, SLACK_S], steps[k, LATER_S] = free_s, slack_s, later
    return route_fine(courier, step)


@kernel
def drive_route(ground, state, v):
    """Work out the steps and the price of courier v's route; False if it is not legal."""
    profile = ground.couriers[v, c.MATRIX]
    fine = drive(
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
    )
    state.fines[v] = max(fine, 0)
    return fine >= 0
