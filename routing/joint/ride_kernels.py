"""Where in a courier's route one more order costs least; the stops as drive_kernels.py says."""

from routing.compiled import inlined, kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import advance
from routing.measures import UNREACHABLE_S

PLACE, DUE_S, HARD_S, SERVICE_S = c.PLACE, c.DUE_S, c.HARD_S, c.SERVICE_S
BRING_BY_S = c.BRING_BY_S
STATE, ABOARD, PICKUP_PLACE = c.STATE, c.ABOARD, c.PICKUP_PLACE
METRE_FINE, SECOND_FINE, FIRST_STOP = c.METRE_FINE, c.SECOND_FINE, c.FIRST_STOP
AT_PLACE, AT_S, COST_FINE, LEFT_S = c.AT_PLACE, c.AT_S, c.COST_FINE, c.LEFT_S
WAITED_S, ROOM_S, BEGAN_S = c.WAITED_S, c.ROOM_S, c.BEGAN_S
FREE_S, SLACK_S, LATER_S = c.FREE_S, c.SLACK_S, c.LATER_S
FETCH_FINE, FETCH_WAY_FINE = c.FETCH_FINE, c.FETCH_WAY_FINE
BRING_FINE, LEAST_BRING_FINE = c.BRING_FINE, c.LEAST_BRING_FINE
PICKUP_SERVICE_S = c.PICKUP_SERVICE_S
NEVER = c.NEVER


@inlined
def least(courier, seconds, metres, steps, count, step, k):
    """Return (extra price at least, delay) of going from `step` to stop k of the route.

    The price is exact where the delay is no more than the stop's FREE_S. It holds
    for roads, where a detour takes no less time; else only a chance is missed.
    """
    # Single elements, no rows: numba counts references to every row it hands out.
    fine, delay_s = step[COST_FINE], 0
    end_s, waited_s, room_s = step[AT_S], step[WAITED_S], step[ROOM_S]
    if k < count:
        to, began_s = steps[k + 1, AT_PLACE], steps[k + 1, BEGAN_S]
        there_s = step[AT_S] + seconds[step[AT_PLACE], to]
        delay_s = max(0, there_s - began_s)
        rest_s = steps[count, WAITED_S] - steps[k + 1, WAITED_S]
        end_s = steps[count, AT_S] + max(0, delay_s - rest_s)
        way_m = metres[step[AT_PLACE], to] - metres[steps[k, AT_PLACE], to]
        fine += courier[METRE_FINE] * way_m - steps[k, COST_FINE]
        if delay_s <= steps[k + 1, FREE_S]:
            # What the way to each later stop has got longer, all waiting left out.
            longer_s = there_s - waited_s - (began_s - steps[k + 1, WAITED_S])
            room_s = min(room_s, steps[k + 1, LATER_S] - longer_s)
        waited_s += max(0, began_s - there_s) + max(0, rest_s - delay_s)
    else:
        fine -= steps[count, COST_FINE]
    time_s = end_s - step[LEFT_S] - max(0, min(room_s, waited_s))
    if count:
        time_s -= (
            steps[count, AT_S]
            - steps[count, LEFT_S]
            - min(steps[count, ROOM_S], steps[count, WAITED_S])
        )
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
def services(orders, decided, courier, steps, count, i):
    """Return the price of both services of order i, less what is waited and paid now."""
    stay_s = decided[i, PICKUP_SERVICE_S] + orders[i, SERVICE_S]
    spare_s = steps[count, WAITED_S]
    spare_s -= min(steps[count, ROOM_S], steps[count, WAITED_S])
    return courier[SECOND_FINE] * (stay_s - spare_s)


@inlined
def is_too_late(seconds, steps, step, p):
    """Whether who is at `step` reaches stop p too late; not told where no road leads."""
    way_s = seconds[step[AT_PLACE], steps[p + 1, AT_PLACE]]
    late_s = step[AT_S] + way_s - steps[p + 1, BEGAN_S]
    return way_s < UNREACHABLE_S and late_s > steps[p + 1, SLACK_S]


@inlined
def detours(steps, p, d, column, more_fine):
    """Return what fetching before stop p and bringing before d > p costs at least.

    `column`: BRING_FINE, or LEAST_BRING_FINE for d and every later one. `more_fine`:
    both services, without what is waited and paid for now.
    """
    fine = steps[p, FETCH_FINE] + steps[d, column] + more_fine
    return max(fine, steps[p, FETCH_WAY_FINE] + steps[d, column + 1])


@inlined
def from_here(orders, decided, courier, seconds, metres, steps, count, i, p):
    """Return what fetching before stop p costs at least without services().

    The hand-over may be at once or later; what is below any price stays so.
    """
    start, pickup, place = (
        steps[p, AT_PLACE],
        decided[i, PICKUP_PLACE],
        orders[i, PLACE],
    )
    way_s = seconds[start, pickup] + seconds[pickup, place]
    way_m = metres[start, pickup] + metres[pickup, place]
    if p < count:
        end = steps[p + 1, AT_PLACE]
        way_s += seconds[place, end] - seconds[start, end]
        way_m += metres[place, end] - metres[start, end]
    fine = courier[METRE_FINE] * way_m + courier[SECOND_FINE] * way_s
    fine += min(0, steps[p, FETCH_FINE])
    if p < count:
        fine = min(fine, steps[p, FETCH_FINE] + steps[p + 1, LEAST_BRING_FINE])
    return fine


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
        steps[k, 7],
        steps[k, 8],
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
    best, at, to, is_aboard = limit, -1, -1, orders[i, STATE] == ABOARD
    lowest, highest = pickup_range(courier[FIRST_STOP], i, stops, count)
    more_fine = services(orders, decided, courier, steps, count, i)
    for p in range(lowest, min(highest, last) + 1):
        step = kept_step(steps, p)
        if not is_aboard:
            fine = from_here(
                orders, decided, courier, seconds, metres, steps, count, i, p
            )
            if fine + more_fine >= best:
                continue
            is_allowed, step = advance(
                orders, decided, courier, number, late, seconds, metres, step, 2 * i
            )
            if not is_allowed:
                continue
            if step[AT_S] > decided[i, BRING_BY_S]:
                break
            if p < count and is_too_late(seconds, steps, step, p):
                continue
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
            more_fine,
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
    more_fine,
    limit,
):
    """Return (extra price, hand-over before stop) at its cheapest; stop -1: too dear."""
    best, to = limit, -1
    is_aboard = orders[i, STATE] == ABOARD
    for d in range(first, count + 1):
        so_far, delay_s = -NEVER, 0
        if not is_aboard and d > first:
            if detours(steps, first, d, LEAST_BRING_FINE, more_fine) >= best:
                break
            so_far = detours(steps, first, d, BRING_FINE, more_fine)
        if not is_aboard and so_far < best:
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
        if not is_allowed or step[AT_S] > decided[i, BRING_BY_S]:
            break
    return best, to
