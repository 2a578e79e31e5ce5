"""One route and what changes it: its row, its best place for a request, its undo."""

from routing.compiled import kernel
from routing.couriers.kernels.drive import backward, forward
from routing.couriers.kernels.drops import drops_row, drops_scan
from routing.couriers.kernels.groups import Net, State
from routing.couriers.kernels.layout import FIXED, NOBODY, PIECES_MAX, Floats, Shorts
from routing.couriers.kernels.lean import lean_row, lean_scan
from routing.couriers.kernels.rich import rich_scan


@kernel
def copy_row(
    source: Shorts,
    rows: Floats,
    more: Floats,
    r: int,
    target: Shorts,
    target_rows: Floats,
    target_more: Floats,
    k: int,
    length: int,
) -> None:
    """Copy row r of one set of arrays to row k of the other."""
    for x in range(length + 2):
        target[k, x] = source[r, x]
        for c in range(4):
            target_rows[k, x, c] = rows[r, x, c]
    if more.shape[1] > 1:
        for x in range(length + 2):
            for c in range(6):
                target_more[k, x, c] = more[r, x, c]


@kernel
def refresh(net: Net, state: State, r: int) -> bool:
    """Compute row r anew; return whether the route is allowed."""
    length = state.length[r]
    if net.is_drops:
        fine = drops_row(
            net.time[net.kind[r]],
            net.cost[net.kind[r]],
            net.node,
            net.soft,
            net.place,
            net.veh,
            state.seq,
            state.rows,
            state.more,
            r,
            length,
        )
        if length > 0:
            fine += net.veh[r, FIXED]
    elif not net.is_rich:
        fine = lean_row(
            net.time[0],
            net.cost[0],
            net.node,
            net.place,
            state.seq,
            state.rows,
            r,
            length,
            net.veh[r, PIECES_MAX],
        )
        if length > 0:
            fine += net.veh[r, FIXED]
    else:
        fine = forward(
            net.time,
            net.cost,
            net.node,
            net.soft,
            net.place,
            net.extra,
            net.kind,
            net.veh,
            net.breaks,
            net.prices,
            state.seq,
            state.rows,
            state.more,
            r,
            r,
            length,
        )
        backward(
            net.time,
            net.node,
            net.soft,
            net.place,
            net.kind,
            net.veh,
            state.seq,
            state.rows,
            state.more,
            r,
            length,
        )
    if length == 0 and fine >= NOBODY:
        fine = 0.0  # whose shift is over stays away
    state.fine[r] = fine
    return fine < NOBODY


@kernel
def scan(
    net: Net, state: State, q: int, r: int, best: float, skip: int
) -> tuple[float, int, int, int]:
    """Return (cost, i, j, node) of the best place of request q in route r."""
    length = state.length[r]
    p = net.pick[q]
    g = net.drop[q]
    opening = net.fit[q, r]
    if length == 0:
        opening += net.veh[r, FIXED]
    if net.is_drops:
        c, i = drops_scan(
            net.time[net.kind[r]],
            net.cost[net.kind[r]],
            net.node,
            net.soft,
            net.place,
            net.veh,
            state.seq,
            state.rows,
            state.more,
            r,
            length,
            g,
            best,
            opening,
            skip,
        )
        return c, i, i, g
    if not net.is_rich:
        c, i, j = lean_scan(
            net.time[0],
            net.cost[0],
            net.node,
            net.place,
            state.seq,
            state.rows,
            r,
            length,
            net.veh[r, PIECES_MAX],
            p,
            g,
            best,
            opening,
            skip,
            net.is_metric,
        )
        return c, i, j, g
    found_i = -1
    found_j = -1
    found_g = -1
    for way in range(net.ways[q]):
        c, i, j = rich_scan(
            net.time,
            net.cost,
            net.node,
            net.soft,
            net.place,
            net.extra,
            net.kind,
            net.veh,
            net.breaks,
            net.prices,
            state.seq,
            state.rows,
            state.more,
            r,
            length,
            state.fine[r],
            p,
            g + way,
            best,
            skip,
            net.is_metric,
        )
        if i >= 0:
            best = c
            found_i = i
            found_j = j
            found_g = g + way
    return best, found_i, found_j, found_g


@kernel
def save(state: State, count: int, r: int) -> int:
    """Keep route r as it was before this move; return how many are kept."""
    length = state.length[r]
    state.saved[0, count] = r
    state.saved[1, count] = length
    state.saved[2, count] = state.version[r]
    state.saved_fine[count] = state.fine[r]
    copy_row(
        state.seq,
        state.rows,
        state.more,
        r,
        state.saved_seq,
        state.saved_rows,
        state.saved_more,
        count,
        length,
    )
    state.version[r] = -1
    state.touched[r] = 1
    return count + 1


@kernel
def restore(net: Net, state: State, k: int) -> None:
    """Bring back the k-th route that was kept."""
    r = state.saved[0, k]
    length = state.saved[1, k]
    state.length[r] = length
    state.version[r] = state.saved[2, k]
    state.fine[r] = state.saved_fine[k]
    state.touched[r] = 0
    copy_row(
        state.saved_seq,
        state.saved_rows,
        state.saved_more,
        k,
        state.seq,
        state.rows,
        state.more,
        r,
        length,
    )
    for x in range(1, length + 1):
        v = state.seq[r, x]
        state.at[v] = r
        q = net.owner[v]
        if v != net.pick[q]:
            state.used[q] = v


@kernel
def place_at(net: Net, state: State, q: int, r: int, i: int, j: int, g: int) -> bool:
    """Put request q into route r: its pick-up after i, its drop-off g after j."""
    seq = state.seq
    p = net.pick[q]
    length = state.length[r]
    by = 1 if p < 0 else 2
    for k in range(length + 1, j, -1):
        seq[r, k + by] = seq[r, k]
    seq[r, j + by] = g
    if p >= 0:
        for k in range(j, i, -1):
            seq[r, k + 1] = seq[r, k]
        seq[r, i + 1] = p
        state.at[p] = r
    state.length[r] = length + by
    state.at[g] = r
    state.used[q] = g
    return refresh(net, state, r)


@kernel
def take_out(net: Net, state: State, q: int) -> None:
    """Mark request q as in no route; the gap is closed later."""
    if net.pick[q] >= 0:
        state.at[net.pick[q]] = -1
    state.at[state.used[q]] = -1


@kernel
def is_as_before(state: State, k: int) -> bool:
    """Whether the k-th route that was kept has the same stops now."""
    r = state.saved[0, k]
    length = state.saved[1, k]
    if state.length[r] != length:
        return False
    for x in range(1, length + 1):
        if state.seq[r, x] != state.saved_seq[k, x]:
            return False
    return True
