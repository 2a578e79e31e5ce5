"""What the tabu search on a job shop computes, compiled: places, prices and moves.

Arrays as in path_kernels.py.
"""

import numpy as np

from routing.compiled import entry, inlined, kernel
from routing.scheduling.path_kernels import FAR, lines_of, paths

TENURE = 10
TENURE_SPREAD = 6
# Two lengths in one number: that of the whole, then that through the operation moved.
TWO_LENGTHS = 1 << 30

NOW, SINCE_BEST, BEST = range(3)  # the counters: moves, moves since the best, makespan
PRICE, V, MACHINE, BEFORE, TIES, ODD_V, ODD_MACHINE, ODD_BEFORE, ODDS = range(9)


@kernel
def _draw(random, below):
    """xorshift64*: a number in 0..below-1."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    high = (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(33)
    return np.int64(high) % below


@kernel
def _critical_path(lines, longest, random, critical):
    """Fill one critical path of those there are, by chance; returns its length."""
    work, _, job_after, _, after, _, _, end, rest, _ = lines
    count = critical.size
    v = count
    seen = 0
    for u in range(count):
        if rest[u] == longest and end[u] == work[u]:
            seen += 1
            if _draw(random, seen) == 0:
                v = u
    found = 0
    while v < count:
        critical[found] = v
        found += 1
        u, w, ends = job_after[v], after[v], end[v]
        by_job = u < count and ends + rest[u] == longest
        by_line = w < count and ends + rest[w] == longest
        if by_job and (not by_line or _draw(random, 2) == 0):
            v = u
        elif by_line:
            v = w
        else:
            v = count
    return found


@kernel
def _take_out(v, k, before, after, first):
    """Take `v` out of the line of its machine."""
    u, w = before[v], after[v]
    if u == before.size - 1:
        first[k] = w
    else:
        after[u] = w
    before[w] = u


@kernel
def _put_in(v, k, u, before, after, first):
    """Put `v` into this line, behind `u`."""
    if u == before.size - 1:
        w = first[k]
        first[k] = v
    else:
        w = after[u]
        after[u] = v
    before[v], after[v] = u, w
    before[w] = v


@kernel
def _without(
    v, place, work, job_before, job_after, before, after, order, latest, end, rest,
    end_out, rest_out,
):  # fmt: skip
    """Fill ends and rests as they are with `v` out of its line and without its length.

    The order stays one: only ends behind its place and rests before it change.
    `latest` (n,): the last end up to each place. Returns the longest path that is left.
    """
    count = order.size
    end_out[:] = end
    rest_out[:] = rest
    end_out[v] = end[job_before[v]]
    longest = max(end_out[v], latest[place - 1] if place > 0 else 0)
    for i in range(place + 1, count):
        u = order[i]
        ends = max(end_out[job_before[u]], end_out[before[u]]) + work[u]
        end_out[u] = ends
        longest = max(longest, ends)
    rest_out[v] = rest[job_after[v]]
    for i in range(place - 1, -1, -1):
        u = order[i]
        rest_out[u] = max(rest_out[job_after[u]], rest_out[after[u]]) + work[u]
    return longest


@inlined
def _last_turned(v, u, after_or_before, pairs, now):
    """Return the next in this direction whose pair with `v` may not be turned, or n."""
    while u < pairs.shape[0] and pairs[v, u] <= now:
        u = after_or_before[u]
    return u


@kernel
def _try_line(
    v, k, own, work, least, before, after, first, end_out, rest_out, tabu, to_left,
    to_right, counters, random, move,
):  # fmt: skip
    """Price the places of this line for `v`, keep the best, and one refused by chance.

    `own`: behind whom it was if this was its line, else -1; `least`: the longest path
    without it. Worth a try are places behind all that can come before `v` alone and
    before all that can follow it alone.
    """
    count = before.size - 1
    now = counters[NOW]
    earliest, remains = end_out[v], rest_out[v]
    lefts = rights = count
    is_tabu = own < 0 and tabu[v, k] > now
    if own >= 0:
        lefts = _last_turned(v, own, before, to_left, now)
        next_own = first[k] if own == count else after[own]
        rights = _last_turned(v, next_own, after, to_right, now)
        is_tabu = lefts < count
    previous, u = count, first[k]
    while u < count and end_out[u] <= earliest and rest_out[u] > remains:
        is_tabu = (is_tabu and u != lefts) or u == rights
        previous, u = u, after[u]
    while True:
        start = max(earliest, end_out[previous])
        through = start + work + max(remains, rest_out[u])
        longest = max(through, least)
        # Equal makespans: the shorter path through v leaves more room.
        price = longest * TWO_LENGTHS + through
        if previous == own:
            pass
        elif is_tabu and longest >= counters[BEST]:
            move[ODDS] += 1
            if _draw(random, move[ODDS]) == 0:
                move[ODD_V], move[ODD_MACHINE], move[ODD_BEFORE] = v, k, previous
        elif price <= move[PRICE]:
            move[TIES] = move[TIES] + 1 if price == move[PRICE] else 1
            if _draw(random, move[TIES]) == 0:
                move[PRICE] = price
                move[V], move[MACHINE], move[BEFORE] = v, k, previous
        if u == count or (end_out[u] > earliest and rest_out[u] <= remains):
            return
        is_tabu = (is_tabu and u != lefts) or u == rights
        previous, u = u, after[u]


@kernel
def _forbid_return(v, k, u, machine, lines, tabu, to_left, to_right, until, until_away):
    """Note what would undo the move of `v` behind `u`: pairs turned, or its machine."""
    before, after, first = lines.before, lines.after, lines.first
    count = before.size - 1
    if machine[v] != k:
        tabu[v, machine[v]] = until_away
        return
    w = u  # to the right: those that were behind it and no longer are
    while w < count and w != v:
        w = before[w]
    if w == v:
        w = u
        while w != v:
            to_left[v, w] = until
            to_right[w, v] = until
            w = before[w]
        return
    w = first[k] if u == count else after[u]
    while w != v:
        to_right[v, w] = until
        to_left[w, v] = until
        w = after[w]


@inlined
def _shortest(duration, v):
    """Return how long it takes where it is fastest."""
    least = FAR
    for k in range(duration.shape[1]):
        if 0 <= duration[v, k] < least:
            least = duration[v, k]
    return least


@inlined
def _has_line(critical, machine, index):
    """Return whether the one before or after it on the path is on its machine, too."""
    k = machine[critical[index]]
    return (index > 0 and machine[critical[index - 1]] == k) or (
        index + 1 < critical.size and machine[critical[index + 1]] == k
    )


@kernel
def _choose(
    duration, machine, lines, critical, tabu, to_left, to_right, counters, random, move
):
    """Fill the move: the best of the operations on this path."""
    work, job_before, job_after, before, after, first, order, end, rest, _ = lines
    count, machines = duration.shape
    end_out = np.zeros(count + 1, dtype=np.int64)
    rest_out = np.zeros(count + 1, dtype=np.int64)
    place_of = np.zeros(count, dtype=np.int64)
    latest = np.zeros(count, dtype=np.int64)
    so_far = 0
    for i in range(count):
        place_of[order[i]] = i
        so_far = max(so_far, end[order[i]])
        latest[i] = so_far
    move[:] = -1
    move[PRICE] = FAR
    move[ODDS] = 0
    for index in range(critical.size):
        v = critical[index]
        own, at = machine[v], before[v]
        if work[v] == _shortest(duration, v) and not _has_line(
            critical, machine, index
        ):
            continue  # wherever it is put, the path through its job stays
        _take_out(v, own, before, after, first)
        without = _without(
            v, place_of[v], work, job_before, job_after, before, after, order, latest,
            end, rest, end_out, rest_out,
        )  # fmt: skip
        for k in range(machines):
            if duration[v, k] >= 0:
                _try_line(
                    v, k, at if k == own else -1, duration[v, k], without, before,
                    after, first, end_out, rest_out, tabu, to_left, to_right, counters,
                    random, move,
                )  # fmt: skip
        _put_in(v, own, at, before, after, first)


@entry
def walk(
    duration, job_of, machine, start, best_machine, best_start, tabu, to_left, to_right,
    counters, random, moves, patience, least,
):  # fmt: skip
    """Make at most `moves` moves, none once the best makespan is `least`.

    It ends as well after `patience` moves without a better schedule. The schedule
    is `machine` and `start` (n,), as is the best.
    """
    count = job_of.size
    lines = lines_of(duration, job_of, machine, start)
    work, end = lines.work, lines.end
    critical = np.zeros(count, dtype=np.uint32)
    move = np.zeros(9, dtype=np.int64)
    for step in range(moves + 1):
        longest = paths(lines)
        if longest < counters[BEST]:
            counters[BEST] = longest
            counters[SINCE_BEST] = 0
            best_machine[:] = machine
            best_start[:] = end[:count] - work[:count]
        is_done = counters[BEST] <= least or counters[SINCE_BEST] >= patience
        if is_done or step == moves:
            break
        counters[NOW] += 1
        counters[SINCE_BEST] += 1
        found = _critical_path(lines, longest, random, critical)
        _choose(
            duration, machine, lines, critical[:found], tabu, to_left, to_right,
            counters, random, move,
        )  # fmt: skip
        v, k, u = move[V], move[MACHINE], move[BEFORE]
        if v < 0:
            v, k, u = move[ODD_V], move[ODD_MACHINE], move[ODD_BEFORE]
        if v < 0:
            continue  # nothing on this path can move; there may be another one
        until = counters[NOW] + TENURE + _draw(random, TENURE_SPREAD)
        _forbid_return(
            v, k, u, machine, lines, tabu, to_left, to_right, until, until + found
        )
        _take_out(v, machine[v], lines.before, lines.after, lines.first)
        _put_in(v, k, u, lines.before, lines.after, lines.first)
        machine[v] = k
        work[v] = duration[v, k]
    start[:] = end[:count] - work[:count]
