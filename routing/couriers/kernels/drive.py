"""One route driven through where everything counts: times, loads, lateness, breaks."""

from routing.compiled import kernel
from routing.couriers.kernels.layout import (
    ABOARD,
    ABOARD_GRAMS,
    ABOARD_LITRES,
    ABOARD_START,
    BEGIN,
    BOUND,
    DUE,
    DURATION,
    EARLIEST,
    EASY,
    END,
    FIXED,
    FOREVER,
    FREE,
    FROM_DEPOT,
    GRAMS,
    GRAMS_MAX,
    GRAMS_START,
    HOME_LATEST,
    IS_OPEN,
    IS_PICKUP,
    LAST,
    LATENESS,
    LATEST,
    LEAVE,
    LEFT,
    LITRES,
    LITRES_MAX,
    LITRES_START,
    LOAD,
    NOBODY,
    PAUSE,
    PIECES_MAX,
    SECOND_FINE,
    SERVICE,
    SHIFT_END,
    SOFT,
    SPAN_MAX,
    START,
    Floats,
    Ints,
    Shorts,
)
from routing.couriers.kernels.pauses import begin_at, free_after, leave_for


@kernel
def latest_of(node: Floats, soft: Floats, v: int, shift_end: float) -> float:
    """Return when the stop may begin at the latest in a shift."""
    if soft[v, BOUND] > 0.0:
        return node[v, LATEST]
    return min(node[v, LATEST], shift_end - node[v, SERVICE])


@kernel
def lateness(
    node: Floats, soft: Floats, prices: Floats, v: int, begin: float, shift_end: float
) -> float:
    """Return the price of beginning a stop then; prices: late, very late, a second."""
    fine = 0.0
    if begin > soft[v, DUE]:
        fine += prices[0] * (begin - soft[v, DUE])
    if begin > soft[v, SOFT]:
        fine += prices[1] * (begin - soft[v, SOFT])
    if soft[v, BOUND] > 0.0:
        over = begin + node[v, SERVICE] - shift_end
        if over > 0.0:
            fine += prices[1] * over
    return fine


@kernel
def forward(
    time: Floats,
    cost: Floats,
    node: Floats,
    soft: Floats,
    place: Ints,
    extra: Floats,
    kind: Ints,
    veh: Floats,
    breaks: Floats,
    prices: Floats,
    seq: Shorts,
    rows: Floats,
    more: Floats,
    x: int,
    r: int,
    length: int,
) -> float:
    """Drive vehicle r through row x; return its price, NOBODY if it is not allowed.

    `extra` (n, vehicles): what a hand-over by this vehicle costs besides.
    """
    start = veh[r, START]
    shift_end = veh[r, SHIFT_END]
    pieces = veh[r, ABOARD_START]
    grams = veh[r, GRAMS_START]
    litres = veh[r, LITRES_START]
    is_loaded = False
    for k in range(1, length + 1):
        v = seq[x, k]
        if soft[v, FROM_DEPOT] > 0.0:
            pieces -= node[v, LOAD]
            grams -= soft[v, GRAMS]
            litres -= soft[v, LITRES]
            is_loaded = True
    is_good = not is_loaded or (
        pieces <= veh[r, PIECES_MAX]
        and grams <= veh[r, GRAMS_MAX]
        and litres <= veh[r, LITRES_MAX]
    )
    rows[x, 0, BEGIN] = start
    rows[x, 0, FREE] = start
    rows[x, 0, ABOARD] = pieces
    more[x, 0, ABOARD_GRAMS] = grams
    more[x, 0, ABOARD_LITRES] = litres
    is_out = veh[r, LEFT] > -FOREVER
    leave = veh[r, LEFT] if is_out else start
    more[x, 0, LEAVE] = leave
    if length == 0 and not is_out:
        rows[x, 1, BEGIN] = -FOREVER
        rows[x, 1, FREE] = -FOREVER
        rows[x, 1, ABOARD] = pieces
        return 0.0
    has_breaks = breaks.shape[1] > 0 and breaks[r, 0, PAUSE] < FOREVER
    k_ = kind[r]
    here = place[seq[x, 0]]
    free = start
    end = start
    total = veh[r, FIXED]
    slack = FOREVER  # how much later one could leave without anybody's delay
    waited = 0.0
    for k in range(1, length + 1):
        v = seq[x, k]
        there = place[v]
        drive = time[k_, here, there]
        service = node[v, SERVICE]
        begin = begin_at(breaks, r, free, drive, node[v, EARLIEST], service)
        latest = latest_of(node, soft, v, shift_end)
        if begin > latest:
            is_good = False
        if k == 1 and not is_out:
            leave = leave_for(breaks, r, begin, drive)
            more[x, 0, LEAVE] = leave
        else:
            waited += begin - free - drive
        easy = min(latest, soft[v, DUE], soft[v, SOFT])
        if soft[v, BOUND] > 0.0:
            easy = min(easy, shift_end - service)
        slack = min(slack, max(0.0, easy - begin) + waited)
        pieces += node[v, LOAD]
        grams += soft[v, GRAMS]
        litres += soft[v, LITRES]
        if soft[v, IS_PICKUP] > 0.0:
            is_good = is_good and (
                pieces <= veh[r, PIECES_MAX]
                and grams <= veh[r, GRAMS_MAX]
                and litres <= veh[r, LITRES_MAX]
            )
        late = lateness(node, soft, prices, v, begin, shift_end)
        total += cost[k_, here, there] + late + extra[v, r]
        end = begin + service
        free = free_after(breaks, r, begin, service)
        rows[x, k, BEGIN] = begin
        rows[x, k, FREE] = free
        rows[x, k, ABOARD] = pieces
        more[x, k, ABOARD_GRAMS] = grams
        more[x, k, ABOARD_LITRES] = litres
        more[x, k, LATENESS] = late
        here = there
    if veh[r, IS_OPEN] == 0.0:
        there = place[seq[x, length + 1]]
        total += cost[k_, here, there]
        end = begin_at(breaks, r, free, time[k_, here, there], -FOREVER, 0.0)
        over = max(0.0, end - shift_end)
        total += prices[1] * over
        more[x, length + 1, LATENESS] = prices[1] * over
    else:
        more[x, length + 1, LATENESS] = 0.0
    if end > veh[r, HOME_LATEST]:
        is_good = False
    rows[x, length + 1, BEGIN] = end
    rows[x, length + 1, FREE] = end
    rows[x, length + 1, ABOARD] = pieces
    span = end - leave
    if span > veh[r, SPAN_MAX]:
        over = span - veh[r, SPAN_MAX]
        if is_out or has_breaks or over > min(waited, slack):
            is_good = False
        span = veh[r, SPAN_MAX]
    return total + veh[r, SECOND_FINE] * span if is_good else NOBODY


@kernel
def backward(
    time: Floats,
    node: Floats,
    soft: Floats,
    place: Ints,
    kind: Ints,
    veh: Floats,
    seq: Shorts,
    rows: Floats,
    more: Floats,
    r: int,
    length: int,
) -> None:
    """Fill what row r says of the rest of the route, breaks not counted."""
    shift_end = veh[r, SHIFT_END]
    last = veh[r, HOME_LATEST]
    easy = shift_end if veh[r, IS_OPEN] == 0.0 else FOREVER
    duration = 0.0
    end = -FOREVER
    late = more[r, length + 1, LATENESS]
    if length == 0 and veh[r, LEFT] <= -FOREVER:
        late = 0.0
    here = place[seq[r, length + 1]]
    rows[r, length + 1, LAST] = last
    more[r, length + 1, DURATION] = duration
    more[r, length + 1, END] = end
    more[r, length + 1, EASY] = easy
    more[r, length + 1, LATENESS] = late
    k_ = kind[r]
    for k in range(length, 0, -1):
        v = seq[r, k]
        there = place[v]
        service = node[v, SERVICE]
        way = service + time[k_, there, here]
        last = min(last - way, latest_of(node, soft, v, shift_end))
        easy = min(easy - way, soft[v, DUE], soft[v, SOFT])
        if soft[v, BOUND] > 0.0:
            easy = min(easy, shift_end - service)
        duration += way
        end = max(end, node[v, EARLIEST] + duration)
        late += more[r, k, LATENESS]
        rows[r, k, LAST] = last
        more[r, k, DURATION] = duration
        more[r, k, END] = end
        more[r, k, EASY] = easy
        more[r, k, LATENESS] = late
        here = there
