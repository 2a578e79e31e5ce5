"""Places where everything counts: time and lateness have prices, couriers
have kinds, breaks, depots, several capacities and limits.

As long as nobody gets late, what follows a stop is summed up in three numbers (its
duration without waiting, its earliest end, the latest begin that is late for nobody:
time window concatenation, Vidal et al. 2013, doi:10.1016/j.ejor.2013.02.053), so a
place is priced in O(1). Where that does not hold the numbers are a lower bound, and
who beats the best with it is driven through.
"""

from routing.compiled import kernel
from routing.couriers.kernels.drive import forward, lateness, latest_of
from routing.couriers.kernels.layout import (
    ABOARD,
    ABOARD_GRAMS,
    ABOARD_LITRES,
    BEGIN,
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
    IS_EXACT,
    IS_OPEN,
    LAST,
    LATENESS,
    LEAVE,
    LEFT,
    LITRES,
    LITRES_MAX,
    LOAD,
    NOBODY,
    PIECES_MAX,
    SECOND_FINE,
    SERVICE,
    SHIFT_END,
    SPAN_MAX,
    Floats,
    Ints,
    Shorts,
)
from routing.couriers.kernels.pauses import begin_at, free_after, leave_for


@kernel
def rich_scan(
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
    r: int,
    length: int,
    fine: float,
    p: int,
    g: int,
    best: float,
    skip: int,
    is_metric: bool,
) -> tuple[float, int, int]:
    """Return (cost, i, j) of the cheapest place below `best`: p after i, g after j.

    p = -1: it is aboard or at the depot, then i = j. i = -1: there is none. `fine`:
    the price of row r as it is; `skip`: a position that may not be chosen for i.
    """
    best_i = -1
    best_j = -1
    k_ = kind[r]
    x = rows.shape[0] - 1
    shift_end = veh[r, SHIFT_END]
    second = veh[r, SECOND_FINE]
    is_out = veh[r, LEFT] > -FOREVER
    is_used = length > 0 or is_out
    is_exact = veh[r, IS_EXACT] > 0.0
    is_single = p < 0
    is_depot = is_single and soft[g, FROM_DEPOT] > 0.0
    paid = rows[r, length + 1, BEGIN] - more[r, 0, LEAVE] if is_used else 0.0
    opening = extra[g, r] + (0.0 if is_used else veh[r, FIXED])
    pieces = veh[r, PIECES_MAX] + node[g, LOAD]
    grams = veh[r, GRAMS_MAX] + soft[g, GRAMS]
    litres = veh[r, LITRES_MAX] + soft[g, LITRES]
    is_heavy = not is_single or is_depot
    at_g = place[g]
    g_service = node[g, SERVICE]
    g_latest = latest_of(node, soft, g, shift_end)
    p_latest = FOREVER
    if not is_single:
        p_latest = latest_of(node, soft, p, shift_end)
    for i in range(length + 1):
        if is_heavy and (
            rows[r, i, ABOARD] > pieces
            or more[r, i, ABOARD_GRAMS] > grams
            or more[r, i, ABOARD_LITRES] > litres
        ):
            if is_depot:
                break  # it was aboard all the way
            continue
        if i == skip:
            continue
        at_i = place[seq[r, i]]
        at_cur = at_i
        free = rows[r, i, FREE]
        at_next = place[seq[r, i + 1]]
        way = opening - (cost[k_, at_i, at_next] if is_used else 0.0)
        leave = more[r, 0, LEAVE]
        if not is_single:
            if free > p_latest:
                break
            at_cur = place[p]
            drive = time[k_, at_i, at_cur]
            begin = begin_at(
                breaks, r, free, drive, node[p, EARLIEST], node[p, SERVICE]
            )
            if begin > p_latest:
                continue
            free = free_after(breaks, r, begin, node[p, SERVICE])
            way += cost[k_, at_i, at_cur]
            way += lateness(node, soft, prices, p, begin, shift_end)
            if i == 0 and not is_out:
                leave = leave_for(breaks, r, begin, drive)
            if is_metric and free + time[k_, at_cur, at_g] > g_latest:
                continue  # by any other way it would be later still
        elif free > g_latest:
            break
        old = 0.0  # the way that one goes now from the current stop to the next
        for j in range(i, length + 1):
            if (
                j > i
                and is_heavy
                and (
                    rows[r, j, ABOARD] > pieces
                    or more[r, j, ABOARD_GRAMS] > grams
                    or more[r, j, ABOARD_LITRES] > litres
                )
            ):
                break
            if free > g_latest:
                break
            v = seq[r, j + 1]
            at_next = place[v]
            drive = time[k_, at_cur, at_g]
            begin = begin_at(breaks, r, free, drive, node[g, EARLIEST], g_service)
            if begin <= g_latest:
                if is_single and i == 0 and not is_out:
                    leave = leave_for(breaks, r, begin, drive)
                then = free_after(breaks, r, begin, g_service)
                if j == length:
                    reach = then + time[k_, at_g, at_next]
                    if veh[r, IS_OPEN] > 0.0:
                        reach = begin + g_service
                else:
                    reach = begin_at(
                        breaks,
                        r,
                        then,
                        time[k_, at_g, at_next],
                        node[v, EARLIEST],
                        node[v, SERVICE],
                    )
                if reach <= rows[r, j + 1, LAST]:
                    end = max(reach + more[r, j + 1, DURATION], more[r, j + 1, END])
                    price = way - old + cost[k_, at_cur, at_g] + cost[k_, at_g, at_next]
                    price += lateness(node, soft, prices, g, begin, shift_end)
                    price += second * (
                        min(end - leave, veh[r, SPAN_MAX]) - min(paid, veh[r, SPAN_MAX])
                    )
                    is_sure = not is_exact
                    if reach <= more[r, j + 1, EASY]:
                        price -= more[r, j + 1, LATENESS]
                    elif reach < rows[r, j + 1, BEGIN]:
                        price -= more[r, j + 1, LATENESS]
                        is_sure = False
                    elif reach > rows[r, j + 1, BEGIN]:
                        is_sure = False
                    if price < best and not is_sure:
                        h = 0
                        for k in range(length + 2):
                            seq[x, h] = seq[r, k]
                            h += 1
                            if k == i and not is_single:
                                seq[x, h] = p
                                h += 1
                            if k == j:
                                seq[x, h] = g
                                h += 1
                        price = forward(
                            time,
                            cost,
                            node,
                            soft,
                            place,
                            extra,
                            kind,
                            veh,
                            breaks,
                            prices,
                            seq,
                            rows,
                            more,
                            x,
                            r,
                            h - 2,
                        )
                        price = price - fine if price < NOBODY else NOBODY
                    if price < best:
                        best = price
                        best_i = i
                        best_j = j
            if is_single or j == length:
                break
            begin = begin_at(
                breaks,
                r,
                free,
                time[k_, at_cur, at_next],
                node[v, EARLIEST],
                node[v, SERVICE],
            )
            if begin > rows[r, j + 1, LAST]:
                break
            way += cost[k_, at_cur, at_next] - old
            way += lateness(node, soft, prices, v, begin, shift_end)
            way -= more[r, j + 1, LATENESS] - more[r, j + 2, LATENESS]
            if j == i and is_metric and begin >= rows[r, j + 1, BEGIN]:
                end = max(begin + more[r, j + 1, DURATION], more[r, j + 1, END])
                span = min(end - leave, veh[r, SPAN_MAX])
                if way + second * (span - min(paid, veh[r, SPAN_MAX])) >= best:
                    break
            free = free_after(breaks, r, begin, node[v, SERVICE])
            at_cur = at_next
            old = cost[k_, at_next, place[seq[r, j + 2]]]
    return best, best_i, best_j
