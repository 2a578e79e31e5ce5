"""The walk: ruin and recreate under annealing, with a weighted bank of the left-out.

SISR (Christiaens & Vanden Berghe 2020, doi:10.1287/trsc.2019.0914) for pick-up and
delivery. Leaving a request out is allowed at a weight that grows while it stays out;
the best place of a request in a route is remembered until the route changes.
"""

import math
from typing import Final

from routing.compiled import entry, kernel
from routing.couriers.kernels.draw import draw
from routing.couriers.kernels.groups import (
    AWAY,
    BANK,
    BEST,
    CHANGED,
    IMPROVED,
    LAST_BANK,
    TOTAL,
    VERSION,
    WEIGHT,
    WEIGHT_MAX,
    WEIGHT_MIN,
    WHOLE,
    Net,
    State,
)
from routing.couriers.kernels.held import held_net, held_state
from routing.couriers.kernels.layout import NOBODY
from routing.couriers.kernels.repair import BLINK, put_best, sort_moved, sort_narrow
from routing.couriers.kernels.routes import (
    is_as_before,
    refresh,
    restore,
    scan,
    take_out,
)
from routing.couriers.kernels.ruin import ruin

GENEROUS: Final = 0.05  # share of insertions that may cost more than leaving out
COUNTED_FIRST: Final = 0.5  # share of recreations that begin with the often left out
WEIGHT_STEP: Final = 0.01
WEIGHT_RATE: Final = 1.001  # square root of the change of the bank's price per step
TINY: Final = 1e-7


@kernel
def absence(net: Net, state: State, q: int, is_fleet: bool) -> float:
    """Return what leaving request q out weighs in the walk."""
    if is_fleet:
        return state.weight[q]
    return min(net.out[q], state.sums[WEIGHT] * state.weight[q])


@kernel
def is_missing(net: Net, state: State, q: int) -> bool:
    """Whether request q, if left out, weighs less than its price: a debt."""
    return state.sums[WEIGHT] * state.weight[q] < net.out[q]


@kernel
def note_who_can_wait(net: Net, state: State) -> None:
    """Note whom somebody idle could carry alone.

    They need not be put back at any price: where couriers are plenty the walk else
    never leaves what is allowed. Where couriers are few, waiting would last.
    """
    for q in range(net.pick.shape[0]):
        state.can_wait[q] = 0
        twin = -1
        for r in range(state.length.shape[0]):
            if net.must[q] > 0:
                break
            if state.length[r] > 0 or net.twin[r] == twin or net.fit[q, r] >= NOBODY:
                continue
            twin = net.twin[r]
            if scan(net, state, q, r, state.sums[WEIGHT_MAX], -1)[1] >= 0:
                state.can_wait[q] = 1
                break


@kernel
def remember(state: State, kept: int, before: int) -> None:
    """Keep the state before this move: the last with nobody missing."""
    for r in range(state.length.shape[0]):
        if state.touched[r] == 0:
            state.last_length[r] = state.length[r]
            state.last_version[r] = state.version[r]
            for x in range(state.length[r] + 2):
                state.last_seq[r, x] = state.seq[r, x]
    for k in range(kept):
        r = state.saved[0, k]
        state.last_length[r] = state.saved[1, k]
        state.last_version[r] = state.saved[2, k]
        for x in range(state.saved[1, k] + 2):
            state.last_seq[r, x] = state.saved_seq[k, x]
    for k in range(before):
        state.last_bank[k] = state.before[k]
    state.counts[LAST_BANK] = before
    state.counts[AWAY] = 0


@kernel
def go_back(net: Net, state: State) -> None:
    """Return to the last state with nobody missing."""
    state.at[:] = -1
    total = 0.0
    for r in range(state.length.shape[0]):
        length = state.last_length[r]
        state.length[r] = length
        state.version[r] = state.last_version[r]
        for x in range(length + 2):
            v = state.last_seq[r, x]
            state.seq[r, x] = v
            if 1 <= x <= length:
                state.at[v] = r
                q = net.owner[v]
                if v != net.pick[q]:
                    state.used[q] = v
        refresh(net, state, r)
        total += state.fine[r]
    state.sums[TOTAL] = total
    state.counts[BANK] = state.counts[LAST_BANK]
    for k in range(state.counts[BANK]):
        state.bank[k] = state.last_bank[k]
    state.counts[AWAY] = 0


@kernel
def keep_best(net: Net, state: State, total: float, count: int) -> None:
    """Keep the state if no state before it had a lower price."""
    price = total
    for k in range(count):
        price += net.out[state.now[k]]
    if price < state.sums[BEST] - TINY:
        state.sums[BEST] = price
        state.counts[IMPROVED] += 1
        for r in range(state.length.shape[0]):
            state.best_length[r] = state.length[r]
            for x in range(state.length[r] + 2):
                state.best_seq[r, x] = state.seq[r, x]


@kernel
def accept(net: Net, state: State, kept: int, count: int, is_fleet: bool) -> None:
    """Make the present routes the state, `count` requests of `now` left out."""
    before = state.counts[BANK]
    if not is_fleet:
        missing = 0
        for k in range(count):
            missing += is_missing(net, state, state.now[k])
        for k in range(before):
            missing -= 100_000_000 * is_missing(net, state, state.before[k])
        if missing > 0:
            remember(state, kept, before)
    state.counts[BANK] = count
    for k in range(count):
        state.bank[k] = state.now[k]
    for k in range(kept):
        r = state.saved[0, k]
        state.touched[r] = 0
        if is_as_before(state, k):
            state.version[r] = state.saved[2, k]
        else:
            state.counts[VERSION] += 1
            state.version[r] = state.counts[VERSION]
            state.counts[CHANGED] += 1
    keep_best(net, state, state.sums[TOTAL], count)


@kernel
def weigh(net: Net, state: State, away_max: int) -> None:
    """Let absence weigh more where it lasts, and come home from a lost excursion."""
    missing = 0
    for k in range(state.counts[BANK]):
        if is_missing(net, state, state.bank[k]):
            state.weight[state.bank[k]] += WEIGHT_STEP
            missing += 1
    if missing > 0:
        state.counts[AWAY] += 1
        if state.counts[AWAY] > away_max and state.counts[LAST_BANK] >= 0:
            go_back(net, state)
            missing = 0
    weight = state.sums[WEIGHT]
    if missing == 0:
        state.counts[WHOLE] += 1
        state.sums[WEIGHT] = max(weight / WEIGHT_RATE, state.sums[WEIGHT_MIN])
    else:
        state.sums[WEIGHT] = min(weight * WEIGHT_RATE, state.sums[WEIGHT_MAX])


@kernel
def begin_move(state: State, net: Net, is_fleet: bool) -> float:
    """Note who is left out before a move; return what their absence weighs."""
    weighed = 0.0
    for k in range(state.counts[BANK]):
        q = state.bank[k]
        state.before[k] = q
        state.moved[k] = q
        weighed += absence(net, state, q, is_fleet)
    return weighed


@kernel
def total_now(state: State, kept: int) -> float:
    """Return the price of all routes; `kept` of them are not as they were."""
    total = state.sums[TOTAL]
    for k in range(kept):
        total += state.fine[state.saved[0, k]] - state.saved_fine[k]
    return total


@kernel
def recreate(
    net: Net,
    state: State,
    count: int,
    kept: int,
    limit: float,
    absent_before: float,
    is_fleet: bool,
) -> tuple[bool, int, int, float]:
    """Put back what is moved; return (is it hopeless, kept, left out, absence).

    Given up as soon as neither price (no insertion lowers it) nor absence can be
    accepted any more.
    """
    before = state.counts[BANK]
    left = 0
    absent = 0.0
    for k in range(count):
        q = state.moved[k]
        # Two may be worth a courier's fixed price that neither of them is worth.
        bound = NOBODY
        if draw(state.word) >= GENEROUS:
            can_wait = not is_fleet and state.can_wait[q] > 0
            bound = absence(net, state, q, False) if can_wait else net.out[q]
        changed = put_best(net, state, q, kept, bound, BLINK)
        if changed >= 0:
            kept = changed
        else:
            state.now[left] = q
            left += 1
            absent += absence(net, state, q, is_fleet)
            if net.must[q] > 0:
                return True, kept, left, absent
            if is_fleet and absent >= absent_before and left > before:
                return True, kept, left, absent
        if not is_fleet and total_now(state, kept) + absent > limit:
            return True, kept, left, absent
    return False, kept, left, absent


@kernel
def undo(net: Net, state: State, count: int, kept: int) -> None:
    """Bring back the routes as they were before this move of `count` requests."""
    for k in range(count):
        take_out(net, state, state.moved[k])
    for k in range(kept):
        restore(net, state, k)


@kernel
def search(
    net: Net, state: State, iterations: int, heat: float, is_fleet: bool, away_max: int
) -> int:
    """Make so many moves at a temperature; return how many were made.

    `is_fleet`: only bring everybody aboard, with as little absence (counted) as
    possible, and stop when that is done. Else: lower the price of routes and absence.
    """
    word = state.word
    if not is_fleet:
        note_who_can_wait(net, state)
    for step in range(iterations):
        before = state.counts[BANK]
        absent_before = begin_move(state, net, is_fleet)
        limit = state.sums[TOTAL] - heat * math.log(1.0 - draw(word))
        if not is_fleet:
            limit += absent_before
        count, kept = ruin(net, state, before)
        sort_moved(net, state, count, is_fleet and draw(word) < COUNTED_FIRST)
        is_hopeless, kept, left, absent = recreate(
            net, state, count, kept, limit, absent_before, is_fleet
        )
        total = total_now(state, kept)
        if is_fleet:
            if before > 0:
                for k in range(left):
                    state.weight[state.now[k]] += 1.0
            is_good = left == 0 or absent < absent_before
            is_good |= left <= before and absent <= absent_before and total < limit
        else:
            is_good = total + absent <= limit
        if is_good and not is_hopeless:
            state.sums[TOTAL] = total
            accept(net, state, kept, left, is_fleet)
            if is_fleet and left == 0:
                return step + 1
        else:
            undo(net, state, count, kept)
        if not is_fleet:
            weigh(net, state, away_max)
    return iterations


@kernel
def empty(net: Net, state: State, r: int) -> None:
    """Put the requests of route r into the bank."""
    for x in range(1, state.length[r] + 1):
        v = state.seq[r, x]
        q = net.owner[v]
        state.at[v] = -1
        if v == state.used[q]:
            state.bank[state.counts[BANK]] = q
            state.counts[BANK] += 1
    state.seq[r, 1] = state.seq[r, state.length[r] + 1]
    state.length[r] = 0
    refresh(net, state, r)


@entry
def walk(
    net: Net, state: State, iterations: int, heat: float, is_fleet: bool, away_max: int
) -> int:
    """Search on from the state; see search()."""
    return search(
        held_net(net), held_state(state), iterations, heat, is_fleet, away_max
    )


@entry
def fill(net: Net, state: State) -> None:
    """Work out all rows, then put everybody of the bank where it is cheapest.

    A route that is not allowed is emptied into the bank first. Those for whom there is no place stay in the bank. Requests that must be carried
    come first, then the narrower windows.
    """
    n, s = held_net(net), held_state(state)
    total = 0.0
    for r in range(s.length.shape[0]):
        if not refresh(n, s, r):
            empty(n, s, r)
        total += s.fine[r]
    s.sums[TOTAL] = total
    count = s.counts[BANK]
    for k in range(count):
        s.moved[k] = s.bank[k]
    sort_narrow(n, s, count)
    kept = 0
    left = 0
    for k in range(count):
        q = s.moved[k]
        changed = put_best(n, s, q, kept, n.out[q], 0.0)
        if changed >= 0:
            kept = changed
        else:
            s.now[left] = q
            left += 1
    s.sums[TOTAL] = total_now(s, kept)
    accept(n, s, kept, left, True)
