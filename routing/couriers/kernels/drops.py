"""Rows and places for deliveries of what is loaded where the vehicle starts.

Windows are hard, only the way has a price. What is before and after a stop is summed up
in three numbers each, so that a place is tried in O(1), a bound of the span included
(time window concatenation, Vidal et al. 2013, doi:10.1016/j.ejor.2013.02.053): one who
leaves at t is free after stop i at max(FREE, t + WENT) if t <= LEAVE_LAST, and one who
begins stop j at t is home at max(END, t + DURATION) if t <= LAST.
"""

from routing.compiled import kernel
from routing.couriers.kernels.layout import (
    ABOARD,
    ABOARD_GRAMS,
    ABOARD_LITRES,
    BEGIN,
    DURATION,
    EARLIEST,
    END,
    FOREVER,
    FREE,
    GRAMS,
    GRAMS_MAX,
    HOME_LATEST,
    LAST,
    LATEST,
    LEAVE_LAST,
    LEG,
    LITRES,
    LITRES_MAX,
    LOAD,
    NOBODY,
    PIECES_MAX,
    SERVICE,
    SHIFT_END,
    SPAN_MAX,
    START,
    WENT,
    Floats,
    Ints,
    Shorts,
)


@kernel
def drops_row(
    time: Floats,
    cost: Floats,
    node: Floats,
    soft: Floats,
    place: Ints,
    veh: Floats,
    seq: Shorts,
    rows: Floats,
    more: Floats,
    r: int,
    length: int,
) -> float:
    """Fill row r for its stops; return what the way costs, NOBODY if not allowed."""
    free = veh[r, START]
    went = 0.0
    leave_last = FOREVER
    rows[r, 0, BEGIN] = free
    rows[r, 0, FREE] = free
    more[r, 0, WENT] = went
    more[r, 0, LEAVE_LAST] = leave_last
    pieces = 0.0
    grams = 0.0
    litres = 0.0
    total = 0.0
    shift_end = veh[r, SHIFT_END]
    is_bad = False
    here = place[seq[r, 0]]
    for k in range(1, length + 1):
        v = seq[r, k]
        there = place[v]
        drive = time[here, there]
        leg = cost[here, there]
        total += leg
        service = node[v, SERVICE]
        latest = min(node[v, LATEST], shift_end - service)
        begin = max(free + drive, node[v, EARLIEST])
        is_bad = is_bad or begin > latest
        free = begin + service
        leave_last = min(leave_last, latest - went - drive)
        went += drive + service
        pieces -= node[v, LOAD]
        grams -= soft[v, GRAMS]
        litres -= soft[v, LITRES]
        rows[r, k, BEGIN] = begin
        rows[r, k, FREE] = free
        rows[r, k, LEG] = leg
        more[r, k, WENT] = went
        more[r, k, LEAVE_LAST] = leave_last
        here = there
    rows[r, 0, ABOARD] = pieces
    more[r, 0, ABOARD_GRAMS] = grams
    more[r, 0, ABOARD_LITRES] = litres
    there = place[seq[r, length + 1]]
    leg = cost[here, there] if length > 0 else 0.0
    end = free + time[here, there]
    rows[r, length + 1, BEGIN] = end
    rows[r, length + 1, LEG] = leg
    last = veh[r, HOME_LATEST]
    duration = 0.0
    home = -FOREVER
    rows[r, length + 1, LAST] = last
    more[r, length + 1, DURATION] = duration
    more[r, length + 1, END] = home
    for k in range(length, 0, -1):
        v = seq[r, k]
        here = place[v]
        service = node[v, SERVICE]
        way = service + time[here, there]
        last = min(last - way, node[v, LATEST], shift_end - service)
        duration += way
        home = max(home, node[v, EARLIEST] + duration)
        rows[r, k, LAST] = last
        more[r, k, DURATION] = duration
        more[r, k, END] = home
        there = here
    if length == 0:
        return 0.0
    leave = min(leave_last, veh[r, HOME_LATEST] - (end - free) - went)
    if (
        is_bad
        or end > veh[r, HOME_LATEST]
        or max(end - leave, went + end - free) > veh[r, SPAN_MAX]
        or pieces > veh[r, PIECES_MAX]
        or grams > veh[r, GRAMS_MAX]
        or litres > veh[r, LITRES_MAX]
    ):
        return NOBODY
    return total + leg


@kernel
def drops_scan(
    time: Floats,
    cost: Floats,
    node: Floats,
    soft: Floats,
    place: Ints,
    veh: Floats,
    seq: Shorts,
    rows: Floats,
    more: Floats,
    r: int,
    length: int,
    g: int,
    best: float,
    opening: float,
    skip: int,
) -> tuple[float, int]:
    """Return (cost, i) of the cheapest place of g below `best`: after position i.

    i = -1: there is none. `opening` is added; `skip`: a position that may not be it.
    """
    best_i = -1
    if (
        rows[r, 0, ABOARD] - node[g, LOAD] > veh[r, PIECES_MAX]
        or more[r, 0, ABOARD_GRAMS] - soft[g, GRAMS] > veh[r, GRAMS_MAX]
        or more[r, 0, ABOARD_LITRES] - soft[g, LITRES] > veh[r, LITRES_MAX]
    ):
        return NOBODY, best_i
    at_g = place[g]
    earliest = node[g, EARLIEST]
    service = node[g, SERVICE]
    latest = min(node[g, LATEST], veh[r, SHIFT_END] - service)
    span_max = veh[r, SPAN_MAX]
    then = place[seq[r, 0]]
    for i in range(length + 1):
        here = then
        then = place[seq[r, i + 1]]
        free = rows[r, i, FREE]
        if free > latest:
            break
        price = opening + cost[here, at_g] + cost[at_g, then] - rows[r, i + 1, LEG]
        if price >= best or i == skip:
            continue
        drive = time[here, at_g]
        begin = max(free + drive, earliest)
        if begin > latest:
            continue
        way = service + time[at_g, then]
        reach = begin + way
        last = rows[r, i + 1, LAST]
        if reach > last:
            continue
        if span_max < FOREVER:
            went = more[r, i, WENT] + drive
            leave = min(more[r, i, LEAVE_LAST], latest - went)
            went += way
            leave = min(leave, last - went)
            duration = more[r, i + 1, DURATION]
            end = max(more[r, i + 1, END], reach + duration)
            if max(end - leave, went + duration) > span_max:
                continue
        best = price
        best_i = i
    return best, best_i
