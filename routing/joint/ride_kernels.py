"""One courier's stops: what they cost, and where one more order costs least.

Stop 2i is the pickup of order i, 2i + 1 its hand-over. Compiled by numba; the scan
takes few plain arrays because numba passes tuples of arrays by value.
"""

from routing.compiled import inlined, kernel
from routing.joint import columns as c
from routing.measures import UNREACHABLE_S

PLACE, EARLIEST_S, DUE_S, HARD_S = c.PLACE, c.EARLIEST_S, c.DUE_S, c.HARD_S
SOFT_S, WINDOW_FROM_S, WINDOW_TO_S = c.SOFT_S, c.WINDOW_FROM_S, c.WINDOW_TO_S
WINDOW_FINE, HOME, HOME_FINE = c.WINDOW_FINE, c.HOME, c.HOME_FINE
PIECES, GRAMS, SERVICE_S, BOUND = c.PIECES, c.GRAMS, c.SERVICE_S, c.BOUND
FETCH_FROM_S, STATE, ABOARD = c.FETCH_FROM_S, c.STATE, c.ABOARD
COURIER_PLACE, START_S, END_S = c.COURIER_PLACE, c.START_S, c.END_S
PIECES_MAX, GRAMS_MAX = c.PIECES_MAX, c.GRAMS_MAX
PIECES_ABOARD, GRAMS_ABOARD = c.PIECES_ABOARD, c.GRAMS_ABOARD
METRE_FINE, SECOND_FINE, FIRST_STOP = c.METRE_FINE, c.SECOND_FINE, c.FIRST_STOP
PICKUP_PLACE, READY_S, PICKUP_SERVICE_S = c.PICKUP_PLACE, c.READY_S, c.PICKUP_SERVICE_S
AT_PLACE, AT_S, HAS_PIECES, HAS_GRAMS = c.AT_PLACE, c.AT_S, c.HAS_PIECES, c.HAS_GRAMS
COST_FINE, LEFT_S = c.COST_FINE, c.LEFT_S
WAITED_S, BEGAN_S, FREE_S, SLACK_S = c.WAITED_S, c.BEGAN_S, c.FREE_S, c.SLACK_S
NEVER, NONE = c.NEVER, c.NONE


@inlined
def advance(orders, decided, courier, number, late, seconds, metres, step, stop):
    """Return (is it allowed, the next step); a step is a tuple as in STEP_WIDTH."""
    place, time_s, pieces, grams, fine, left_s, way_m = step
    i = stop >> 1
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
        if begin_s > orders[i, HARD_S]:
            return False, step
        depart_s = begin_s + orders[i, SERVICE_S]
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
    else:
        begin_s = max(begin_s, decided[i, READY_S], orders[i, FETCH_FROM_S])
        depart_s = begin_s + decided[i, PICKUP_SERVICE_S]
        pieces += orders[i, PIECES]
        grams += orders[i, GRAMS]
        if stop != courier[FIRST_STOP] and (
            pieces > courier[PIECES_MAX] or grams > courier[GRAMS_MAX]
        ):
            return False, step
    if left_s == NEVER:  # waiting for the first stop is done at home, unpaid
        left_s = begin_s - drive_s
    if depart_s > courier[END_S]:
        if orders[i, BOUND] != number:
            return False, step
        fine += late[1] * (depart_s - courier[END_S])
    return True, (to, depart_s, pieces, grams, fine, left_s, way_m)


@kernel
def first_step(courier):
    """Return the courier before any stop."""
    return (
        courier[COURIER_PLACE],
        courier[START_S],
        courier[PIECES_ABOARD],
        courier[GRAMS_ABOARD],
        0,
        NEVER,
        0,
    )


@kernel
def route_fine(courier, step):
    """Return what a courier has cost at this step, paid time included."""
    if step[LEFT_S] == NEVER:
        return step[COST_FINE]
    return step[COST_FINE] + courier[SECOND_FINE] * (step[AT_S] - step[LEFT_S])


@kernel
def drive(orders, decided, courier, number, late, seconds, metres, stops, count, steps):
    """Fill in `steps` (count + 1,) of the stops; return the route's price, -1: never."""
    step = first_step(courier)
    waited_s, began_s = 0, 0
    for k in range(count + 1):
        for column in range(7):
            steps[k, column] = step[column]
        steps[k, WAITED_S], steps[k, BEGAN_S] = waited_s, began_s
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
        if k:
            waited_s += began_s - steps[k, AT_S] - seconds[steps[k, AT_PLACE], step[0]]
    free_s, slack_s = NEVER, NEVER
    for k in range(count, 0, -1):
        if k < count:
            wait_s = steps[k + 1, WAITED_S] - steps[k, WAITED_S]
            free_s, slack_s = free_s + wait_s, slack_s + wait_s
        i = stops[k - 1] >> 1
        began_s, to_end_s = steps[k, BEGAN_S], courier[END_S] - steps[k, AT_S]
        free_s = min(free_s, to_end_s)
        if orders[i, BOUND] != number:
            slack_s = min(slack_s, to_end_s)
        if stops[k - 1] & 1:
            soft_s = min(orders[i, DUE_S], orders[i, SOFT_S], orders[i, WINDOW_TO_S])
            free_s = min(free_s, soft_s - began_s)
            if began_s < orders[i, WINDOW_FROM_S]:
                free_s = -1
            slack_s = min(slack_s, orders[i, HARD_S] - began_s)
        free_s = min(free_s, slack_s)
        steps[k, FREE_S], steps[k, SLACK_S] = free_s, slack_s
    return route_fine(courier, step)


@inlined
def least(courier, seconds, metres, steps, count, step, k):
    """Return (extra price at least, delay) of going from `step` to stop k of the route.

    The price is exact where the delay is no more than the stop's FREE_S. It holds
    for roads, where a detour takes no less time; else only a chance is missed.
    """
    # Single elements, no rows: numba counts references to every row it hands out.
    time_s, left_s = 0, steps[count, LEFT_S]
    if k == count:
        delay_s = 0
        fine = step[COST_FINE] - steps[count, COST_FINE]
        time_s = step[AT_S] - steps[count, AT_S]
        if count == 0:
            return fine + courier[SECOND_FINE] * (step[AT_S] - step[LEFT_S]), 0
    else:
        to = steps[k + 1, AT_PLACE]
        delay_s = step[AT_S] + seconds[step[AT_PLACE], to] - steps[k + 1, BEGAN_S]
        delay_s = max(0, delay_s)
        rest_s = steps[count, WAITED_S] - steps[k + 1, WAITED_S]
        time_s = max(0, delay_s - rest_s)
        way_m = metres[step[AT_PLACE], to] - metres[steps[k, AT_PLACE], to]
        fine = step[COST_FINE] - steps[k, COST_FINE] + courier[METRE_FINE] * way_m
    time_s += left_s - step[LEFT_S]
    return fine + courier[SECOND_FINE] * time_s, delay_s


@kernel
def closed(
    orders,
    decided,
    courier,
    number,
    late,
    seconds,
    metres,
    stops,
    count,
    steps,
    step,
    j,
    drop,
    limit,
):
    """Return how much dearer the route is with `drop` before stop j, NEVER if not."""
    is_allowed, step = advance(
        orders, decided, courier, number, late, seconds, metres, step, drop
    )
    if not is_allowed:
        return NEVER
    for k in range(j, count + 1):
        extra, delay_s = least(courier, seconds, metres, steps, count, step, k)
        if extra >= limit:
            return NEVER
        if k == count or (delay_s <= steps[k + 1, FREE_S]):
            is_way = k == count or (
                seconds[step[AT_PLACE], steps[k + 1, AT_PLACE]] < UNREACHABLE_S
            )
            return extra if is_way else NEVER
        if delay_s > steps[k + 1, SLACK_S]:
            return NEVER
        is_allowed, step = advance(
            orders, decided, courier, number, late, seconds, metres, step, stops[k]
        )
        if not is_allowed:
            return NEVER
    return NEVER


@inlined
def detour(metres, steps, count, k, start, place):
    """Return how much longer the way from `start` to stop k of the route is by a place."""
    way_m = metres[start, place]
    if k < count:
        end = steps[k + 1, AT_PLACE]
        way_m += metres[place, end] - metres[start, end]
    return way_m


@inlined
def handed_over(orders, i, courier, late, seconds, metres, steps, count, step, k):
    """Return what handing order i over before stop k costs at least on top of least().

    NEVER if it is too late for that, and for every later stop.
    """
    place = orders[i, PLACE]
    there_s = step[AT_S] + seconds[step[AT_PLACE], place]
    if there_s > orders[i, HARD_S]:
        return NEVER
    gone_s = there_s + orders[i, SERVICE_S]
    more_s = gone_s - step[AT_S]
    if k < count:
        to, began_s = steps[k + 1, AT_PLACE], steps[k + 1, BEGAN_S]
        rest_s = steps[count, WAITED_S] - steps[k + 1, WAITED_S]
        delay_s = step[AT_S] + seconds[step[AT_PLACE], to] - began_s
        longer_s = gone_s + seconds[place, to] - began_s
        more_s = max(0, longer_s - rest_s) - max(0, delay_s - rest_s)
    way_m = detour(metres, steps, count, k, step[AT_PLACE], place)
    fine = courier[METRE_FINE] * way_m + courier[SECOND_FINE] * max(0, more_s)
    return fine + late[0] * max(0, there_s - orders[i, DUE_S])


@inlined
def kept_step(steps, k):
    """Return step k as a tuple."""
    return (
        steps[k, 0],
        steps[k, 1],
        steps[k, 2],
        steps[k, 3],
        steps[k, 4],
        steps[k, 5],
        steps[k, 6],
    )


@kernel
def pickup_range(first, i, stops, count):
    """Return before which stops, from and to, order i may be fetched."""
    if first >> 1 == i and first >= 0:
        return 0, 0
    if first >= 0 and count > 0 and stops[0] == first:
        return 1, count
    return 0, count


@kernel
def scan(
    orders,
    decided,
    courier,
    number,
    late,
    seconds,
    metres,
    stops,
    count,
    steps,
    i,
    last,
    limit,
):
    """Return (extra price, pickup before stop, hand-over before stop) of order i.

    The cheapest below `limit` that is fetched before stop `last` or an earlier one;
    (NEVER, -1, -1) if there is none.
    """
    best, at, to = limit, -1, -1
    lowest, highest = pickup_range(courier[FIRST_STOP], i, stops, count)
    for p in range(lowest, min(highest, last) + 1):
        step = kept_step(steps, p)
        if orders[i, STATE] != ABOARD:
            way_m = detour(metres, steps, count, p, step[0], decided[i, PICKUP_PLACE])
            if courier[METRE_FINE] * way_m >= best:
                continue
            is_allowed, step = advance(
                orders, decided, courier, number, late, seconds, metres, step, 2 * i
            )
            if not is_allowed:
                continue
            if step[AT_S] > orders[i, HARD_S]:
                break
        extra, d = bring(
            orders,
            decided,
            courier,
            number,
            late,
            seconds,
            metres,
            stops,
            count,
            steps,
            step,
            i,
            p,
            best,
        )
        if d >= 0:
            best, at, to = extra, p, d
    return best if at >= 0 else NEVER, at, to


@kernel
def bring(
    orders,
    decided,
    courier,
    number,
    late,
    seconds,
    metres,
    stops,
    count,
    steps,
    step,
    i,
    first,
    limit,
):
    """Return (extra price, hand-over before stop) of order i, fetched at `step`.

    The cheapest below `limit` before stop `first` or later; (limit, -1) if none is.
    """
    best, to = limit, -1
    is_aboard = orders[i, STATE] == ABOARD
    for d in range(first, count + 1):
        so_far, delay_s = -NEVER, 0
        if not is_aboard:
            so_far, delay_s = least(courier, seconds, metres, steps, count, step, d)
            if so_far >= best:
                break
            so_far += handed_over(
                orders, i, courier, late, seconds, metres, steps, count, step, d
            )
        if so_far < best:
            extra = closed(
                orders,
                decided,
                courier,
                number,
                late,
                seconds,
                metres,
                stops,
                count,
                steps,
                step,
                d,
                2 * i + 1,
                best,
            )
            if extra < best:
                best, to = extra, d
        if d == count or is_aboard or delay_s > steps[d + 1, SLACK_S]:
            break
        is_allowed, step = advance(
            orders, decided, courier, number, late, seconds, metres, step, stops[d]
        )
        if not is_allowed or step[AT_S] > orders[i, HARD_S]:
            break
    return best, to
