"""Recreate: in which order requests come back, and the cheapest place of each."""

from typing import Final

from routing.compiled import kernel
from routing.couriers.kernels.draw import draw
from routing.couriers.kernels.groups import STAMP, Net, State
from routing.couriers.kernels.layout import EARLIEST, LATEST, LOAD
from routing.couriers.kernels.routes import place_at, save, scan

BLINK: Final = 0.01  # share of places that a search overlooks


@kernel
def sort_moved(net: Net, state: State, count: int, is_counted: bool) -> None:
    """Sort the requests to be put back by one of eight orders, drawn once."""
    word = state.word
    node, key, moved = net.node, state.key, state.moved
    z = draw(word)
    cost = net.cost
    home = net.place[state.seq[0, 0]]
    for k in range(count):
        q = moved[k]
        g = net.drop[q]
        p = g if net.pick[q] < 0 else net.pick[q]
        if is_counted:
            key[k] = -state.weight[q] + draw(word) * 0.1
        elif z < 0.25:
            key[k] = draw(word)
        elif z < 0.40:
            key[k] = node[g, LOAD] + 0.01 * draw(word)
        elif z < 0.55:
            key[k] = -cost[0, home, net.place[p]] - cost[0, home, net.place[g]]
        elif z < 0.62:
            key[k] = cost[0, home, net.place[p]] + cost[0, home, net.place[g]]
        elif z < 0.80:
            key[k] = window(net, q)
        elif z < 0.90:
            key[k] = -cost[0, net.place[p], net.place[g]]
        elif z < 0.95:
            key[k] = node[p, EARLIEST]
        else:
            key[k] = -node[g, LATEST]
    sort_by_key(state, count)


@kernel
def sort_narrow(net: Net, state: State, count: int) -> None:
    """Sort the requests to be put back: obliged ones first, then narrow windows."""
    for k in range(count):
        q = state.moved[k]
        state.key[k] = window(net, q) if net.must[q] == 0 else -1.0
    sort_by_key(state, count)


@kernel
def window(net: Net, q: int) -> float:
    """Return how many seconds request q leaves to choose from at both its ends."""
    g = net.drop[q]
    p = g if net.pick[q] < 0 else net.pick[q]
    width = net.node[p, LATEST] - net.node[p, EARLIEST]
    return width + net.node[g, LATEST] - net.node[g, EARLIEST]


@kernel
def sort_by_key(state: State, count: int) -> None:
    """Sort `moved` by `key`: insertion sort, as a move takes out few."""
    key, moved = state.key, state.moved
    for k in range(1, count):
        x = key[k]
        q = moved[k]
        h = k - 1
        while h >= 0 and key[h] > x:
            key[h + 1] = key[h]
            moved[h + 1] = moved[h]
            h -= 1
        key[h + 1] = x
        moved[h + 1] = q


@kernel
def put_best(
    net: Net, state: State, q: int, kept: int, best: float, blink: float
) -> int:
    """Put request q where it is cheapest, below `best`; return the routes kept.

    -1: there is no such place. Routes that this move has changed come first, since
    their places are computed anyway and make a tight bound for the others. `blink`:
    how often the best place of a route is overlooked.
    """
    word = state.word
    routes = state.length.shape[0]
    at_r = -1
    at_i = -1
    at_j = -1
    at_g = -1
    state.counts[STAMP] += 1
    stamp = state.counts[STAMP]
    for h in range(kept + routes):
        if h < kept:
            r = state.saved[0, h]
            version = -1
        else:
            r = h - kept
            version = state.version[r]
            if version < 0:
                continue
        if state.length[r] == 0:
            # Of equal couriers who have nothing to do one is enough.
            if state.seen[net.twin[r]] == stamp:
                continue
            state.seen[net.twin[r]] = stamp
        i = -1
        j = -1
        g = -1
        c = best
        if version >= 0 and state.known_version[q, r] == version:
            c = state.known_fine[q, r]
            if c >= best:
                continue
            i = state.known_i[q, r]
            j = state.known_j[q, r]
            g = state.known_g[q, r]
        elif net.fit[q, r] >= best:
            continue
        skip = -1
        while True:
            if i < 0 or skip >= 0:
                c, i, j, g = scan(net, state, q, r, best, skip)
                if version >= 0 and skip < 0:
                    state.known_version[q, r] = version
                    state.known_fine[q, r] = c
                    state.known_i[q, r] = i
                    state.known_j[q, r] = j
                    state.known_g[q, r] = g
            if i < 0 or skip >= 0 or draw(word) >= blink:
                break
            skip = i
        if i >= 0:
            best = c
            at_r = r
            at_i = i
            at_j = j
            at_g = g
    if at_r < 0:
        return -1
    if state.touched[at_r] == 0:
        kept = save(state, kept, at_r)
    place_at(net, state, q, at_r, at_i, at_j, at_g)
    return kept
