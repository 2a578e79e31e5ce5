"""Rows and places for a shipment where windows are hard and only the way has a price.

Identical vehicles of one depot, as in the instances of Li & Lim: kept apart from
`rich.py` because this is where all the time goes.
"""

from routing.compiled import kernel
from routing.couriers.kernels.layout import (
    ABOARD,
    BEGIN,
    EARLIEST,
    FREE,
    LAST,
    LATEST,
    LOAD,
    NOBODY,
    SERVICE,
    Floats,
    Ints,
    Shorts,
)


@kernel
def lean_row(
    time: Floats,
    cost: Floats,
    node: Floats,
    place: Ints,
    seq: Shorts,
    rows: Floats,
    r: int,
    length: int,
    room: float,
) -> float:
    """Fill row r for its stops; return what the way costs, NOBODY if not allowed."""
    here = place[seq[r, 0]]
    free = node[seq[r, 0], EARLIEST]
    rows[r, 0, BEGIN] = free
    rows[r, 0, FREE] = free
    rows[r, 0, ABOARD] = 0.0
    total = 0.0
    load = 0.0
    is_bad = False
    for k in range(1, length + 2):
        v = seq[r, k]
        there = place[v]
        total += cost[here, there]
        begin = free + time[here, there]
        begin = max(begin, node[v, EARLIEST])
        free = begin + node[v, SERVICE]
        load += node[v, LOAD]
        if begin > node[v, LATEST] or load > room:
            is_bad = True
        rows[r, k, BEGIN] = begin
        rows[r, k, FREE] = free
        rows[r, k, ABOARD] = load
        here = there
    last = node[seq[r, length + 1], LATEST]
    rows[r, length + 1, LAST] = last
    for k in range(length, -1, -1):
        v = seq[r, k]
        there = place[v]
        last = min(last - node[v, SERVICE] - time[there, here], node[v, LATEST])
        rows[r, k, LAST] = last
        here = there
    if is_bad:
        return NOBODY
    return total if length > 0 else 0.0


@kernel
def lean_scan(
    time: Floats,
    cost: Floats,
    node: Floats,
    place: Ints,
    seq: Shorts,
    rows: Floats,
    r: int,
    length: int,
    room: float,
    p: int,
    g: int,
    best: float,
    opening: float,
    skip: int,
    is_metric: bool,
) -> tuple[float, int, int]:
    """Return (cost, i, j) of the cheapest place below `best`: p after i, g after j.

    i = -1: there is none. `opening` is added; `skip`: a position that p may not have.
    Time O(length ** 2) at worst, mostly O(length).
    """
    best_i = -1
    best_j = -1
    at_p = place[p]
    at_g = place[g]
    p_earliest = node[p, EARLIEST]
    p_latest = node[p, LATEST]
    p_service = node[p, SERVICE]
    g_earliest = node[g, EARLIEST]
    g_latest = node[g, LATEST]
    g_service = node[g, SERVICE]
    free_room = room - node[p, LOAD]
    direct_s = time[at_p, at_g]
    direct = cost[at_p, at_g]
    at_next = place[seq[r, 0]]
    for i in range(length + 1):
        here = at_next
        v = seq[r, i + 1]
        at_next = place[v]
        start = rows[r, i, FREE]
        if start > p_latest:
            break
        if rows[r, i, ABOARD] > free_room or i == skip:
            continue
        begin = start + time[here, at_p]
        if begin > p_latest:
            continue
        begin = max(begin, p_earliest)
        free = begin + p_service
        arrive = free + direct_s
        if arrive > g_latest and is_metric:
            continue  # by any other way it would be later still
        way = opening + cost[here, at_p] - cost[here, at_next]
        price = way + direct + cost[at_g, at_next]
        if price < best and arrive <= g_latest:
            arrive = max(arrive, g_earliest)
            if arrive + g_service + time[at_g, at_next] <= rows[r, i + 1, LAST]:
                best = price
                best_i = i
                best_j = i
        way += cost[at_p, at_next]
        if i == length or (way >= best and is_metric):
            continue
        begin = free + time[at_p, at_next]
        if begin > rows[r, i + 1, LAST]:
            continue
        begin = max(begin, node[v, EARLIEST])
        cur = v
        at_cur = at_next
        for j in range(i + 1, length + 1):
            if rows[r, j, ABOARD] > free_room:
                break
            free = begin + node[cur, SERVICE]
            if free > g_latest:
                break
            cur = seq[r, j + 1]
            at_then = place[cur]
            price = way + cost[at_cur, at_g] + cost[at_g, at_then]
            if price - cost[at_cur, at_then] < best:
                arrive = free + time[at_cur, at_g]
                if arrive <= g_latest:
                    arrive = max(arrive, g_earliest)
                    arrive += g_service + time[at_g, at_then]
                    if arrive <= rows[r, j + 1, LAST]:
                        best = price - cost[at_cur, at_then]
                        best_i = i
                        best_j = j
            begin = free + time[at_cur, at_then]
            if begin > rows[r, j + 1, LAST]:
                break
            begin = max(begin, node[cur, EARLIEST])
            at_cur = at_then
    return best, best_i, best_j
