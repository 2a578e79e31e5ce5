"""What the tabu search on a job shop computes, compiled: places, prices and moves.

Arrays as in path_kernels.py.
"""

import numpy as np

from routing.compiled import entry, inlined, kernel
from routing.scheduling.path_kernels import FAR, paths

PATIENCE = 1_000  # moves without a better schedule before it walks off the best one
SHAKES = 5  # moves of chance with which it does so
TENURE = 10
TENURE_SPREAD = 6
# Two lengths in one number: that of the whole, then that through the operation moved.
TWO_LENGTHS = 1 << 30

NOW, SINCE_BEST, BEST = range(3)  # the counters: moves, moves since the best, makespan
PRICE, V, MACHINE, PLACE, TIES, ODD_V, ODD_MACHINE, ODD_PLACE, ODDS = range(9)


@kernel
def _without(work, job_of, before, after, order, place, head, tail, head_out, tail_out):
    """Fill heads and tails as they are without the operation at this place of the order.

    It keeps its place in its job with no length. The order stays one: only heads
    behind it and tails before it change. `work` (n,): durations as chosen.
    Returns the longest path that is left.
    """
    out = order[place]
    head_out[:] = head
    tail_out[:] = tail
    first, last = before[out], after[out]
    if first >= 0:
        after[first] = last
    if last >= 0:
        before[last] = first
    before[out], after[out] = -1, -1
    kept = work[out]
    work[out] = 0
    for i in range(place, order.size):
        v = order[i]
        start = 0
        if v > 0 and job_of[v - 1] == job_of[v]:
            start = head_out[v - 1] + work[v - 1]
        u = before[v]
        if u >= 0:
            start = max(start, head_out[u] + work[u])
        head_out[v] = start
    for i in range(place, -1, -1):
        v = order[i]
        rest = 0
        if v + 1 < order.size and job_of[v + 1] == job_of[v]:
            rest = tail_out[v + 1] + work[v + 1]
        u = after[v]
        if u >= 0:
            rest = max(rest, tail_out[u] + work[u])
        tail_out[v] = rest
    longest = 0
    for v in range(order.size):
        longest = max(longest, head_out[v] + work[v])
    work[out] = kept
    before[out], after[out] = first, last
    if first >= 0:
        after[first] = out
    if last >= 0:
        before[last] = out
    return longest


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
def _critical_path(job_of, work, head, tail, after, longest, random, critical):
    """Fill one critical path of those there are, by chance; returns its length."""
    count = job_of.size
    v = -1
    seen = 0
    for u in range(count):
        if head[u] == 0 and work[u] + tail[u] == longest:
            seen += 1
            if _draw(random, seen) == 0:
                v = u
    found = 0
    while v >= 0:
        critical[found] = v
        found += 1
        end = head[v] + work[v]
        v, u1, u2 = -1, v + 1, after[v]
        if u1 < count and job_of[u1] == job_of[u1 - 1]:
            is_next = head[u1] == end and end + work[u1] + tail[u1] == longest
            v = u1 if is_next else -1
        is_next = u2 >= 0 and head[u2] == end and end + work[u2] + tail[u2] == longest
        if is_next and (v < 0 or _draw(random, 2) == 0):
            v = u2
    return found


@inlined
def _places(duration, line, length, v, k, head_out, tail_out):
    """Return the first and the last place of this line, `v` not counted, without circle.

    Behind all that can come before `v` alone, before all that can follow it alone.
    """
    earliest, latest = head_out[v], tail_out[v]
    low, high, place = 0, length[k], 0
    for i in range(length[k]):
        u = line[k, i]
        if u == v:
            continue
        is_left = head_out[u] + duration[u, k] > earliest
        is_right = tail_out[u] + duration[u, k] > latest
        if is_right and not is_left:
            low = place + 1
        if is_left and not is_right and place < high:
            high = place
        place += 1
    return low, min(high, place)


@inlined
def _note_undoing(line, length, v, k, pairs, now, undoes):
    """Fill which places of its own line would turn a pair back; returns its own place."""
    own_place = 0
    while line[k, own_place] != v:
        own_place += 1
    is_back = False
    for i in range(own_place - 1, -1, -1):
        is_back = is_back or pairs[v, line[k, i]] > now
        undoes[i] = is_back
    is_back = False
    for i in range(own_place + 1, length[k]):
        is_back = is_back or pairs[line[k, i], v] > now
        undoes[i] = is_back
    return own_place


@inlined
def _try_line(
    duration, line, length, machine, v, k, head_out, tail_out, without, tabu, pairs,
    undoes, counters, random, move,
):  # fmt: skip
    """Price every place of this line for `v` and keep the best, and one by chance."""
    low, high = _places(duration, line, length, v, k, head_out, tail_out)
    own_place = -1
    is_tabu = tabu[v, k] > counters[NOW]
    if machine[v] == k:
        own_place = _note_undoing(line, length, v, k, pairs, counters[NOW], undoes)
    previous = -1
    place = 0
    for i in range(length[k] + 1):
        u = line[k, i] if i < length[k] else -1
        if u == v:
            continue
        if low <= place <= high and own_place != place:
            start = head_out[v]
            if previous >= 0:
                start = max(start, head_out[previous] + duration[previous, k])
            rest = tail_out[v]
            if u >= 0:
                rest = max(rest, tail_out[u] + duration[u, k])
            through = start + duration[v, k] + rest
            # Equal makespans: the shorter path through v leaves more room.
            price = max(through, without) * TWO_LENGTHS + through
            move[ODDS] += 1
            if _draw(random, move[ODDS]) == 0:
                move[ODD_V], move[ODD_MACHINE], move[ODD_PLACE] = v, k, place
            if own_place >= 0:
                is_tabu = undoes[place]
            is_refused = is_tabu and max(through, without) >= counters[BEST]
            if not is_refused and price <= move[PRICE]:
                move[TIES] = move[TIES] + 1 if price == move[PRICE] else 1
                if _draw(random, move[TIES]) == 0:
                    move[PRICE] = price
                    move[V], move[MACHINE], move[PLACE] = v, k, place
        previous = u
        place += 1


@kernel
def _make(line, length, machine, v, to_machine, place):
    """Move `v` before what is now at `place` on that machine, itself not counted."""
    k = machine[v]
    i = 0
    while line[k, i] != v:
        i += 1
    for j in range(i, length[k] - 1):
        line[k, j] = line[k, j + 1]
    length[k] -= 1
    for j in range(length[to_machine], place, -1):
        line[to_machine, j] = line[to_machine, j - 1]
    line[to_machine, place] = v
    length[to_machine] += 1
    machine[v] = to_machine


@kernel
def _forbid_return(line, machine, v, to_machine, place, tabu, pairs, until, until_away):
    """Note what would undo this move: pairs turned, or the machine that is left."""
    if machine[v] != to_machine:
        tabu[v, machine[v]] = until_away
        return
    i = 0
    while line[to_machine, i] != v:
        i += 1
    for j in range(i + 1, place + 1):
        pairs[v, line[to_machine, j]] = until
    for j in range(place, i):
        pairs[line[to_machine, j], v] = until


@kernel
def _choose(
    duration, job_of, line, length, machine, head, tail, before, after, order, longest,
    tabu, pairs, counters, random, move,
):  # fmt: skip
    """Fill the move: the best of a critical path's; returns the path's length."""
    count, machines = duration.shape
    critical = np.zeros(count, dtype=np.int64)
    place_of = np.zeros(count, dtype=np.int64)
    work = np.zeros(count, dtype=np.int64)
    head_out = np.zeros(count, dtype=np.int64)
    tail_out = np.zeros(count, dtype=np.int64)
    undoes = np.zeros(count + 1, dtype=np.bool_)
    for i in range(count):
        v = order[i]
        place_of[v] = i
        work[v] = duration[v, machine[v]]
    move[:] = -1
    move[PRICE] = FAR
    move[ODDS] = 0
    found = _critical_path(job_of, work, head, tail, after, longest, random, critical)
    for index in range(found):
        v = critical[index]
        without = _without(
            work, job_of, before, after, order, place_of[v], head, tail, head_out,
            tail_out,
        )  # fmt: skip
        for k in range(machines):
            if duration[v, k] >= 0:
                _try_line(
                    duration, line, length, machine, v, k, head_out, tail_out, without,
                    tabu, pairs, undoes, counters, random, move,
                )  # fmt: skip
    return found


@entry
def walk(
    duration, job_of, line, length, machine, best_line, best_length, best_machine,
    tabu, pairs, counters, random, moves, least,
):  # fmt: skip
    """Make at most `moves` moves, none once the best makespan is `least`."""
    count = job_of.size
    head = np.zeros(count, dtype=np.int64)
    tail = np.zeros(count, dtype=np.int64)
    before = np.zeros(count, dtype=np.int64)
    after = np.zeros(count, dtype=np.int64)
    order = np.zeros(count, dtype=np.int64)
    move = np.zeros(9, dtype=np.int64)
    for _ in range(moves):
        longest = paths(
            duration, job_of, line, length, machine, head, tail, before, after, order
        )
        if longest < counters[BEST]:
            counters[BEST] = longest
            counters[SINCE_BEST] = 0
            best_line[:], best_length[:], best_machine[:] = line, length, machine
        if counters[BEST] <= least:
            return
        counters[NOW] += 1
        counters[SINCE_BEST] += 1
        if counters[SINCE_BEST] % PATIENCE == 0:
            line[:], length[:], machine[:] = best_line, best_length, best_machine
            tabu[:] = 0
            pairs[:] = 0
            longest = paths(
                duration,
                job_of,
                line,
                length,
                machine,
                head,
                tail,
                before,
                after,
                order,
            )
        found = _choose(
            duration, job_of, line, length, machine, head, tail, before, after, order,
            longest, tabu, pairs, counters, random, move,
        )  # fmt: skip
        v, k, place = move[V], move[MACHINE], move[PLACE]
        is_shaken = counters[SINCE_BEST] >= PATIENCE
        if v < 0 or (is_shaken and counters[SINCE_BEST] % PATIENCE < SHAKES):
            v, k, place = move[ODD_V], move[ODD_MACHINE], move[ODD_PLACE]
        if v < 0:
            continue  # nothing on this path can move; there may be another one
        until = counters[NOW] + TENURE + _draw(random, TENURE_SPREAD)
        _forbid_return(line, machine, v, k, place, tabu, pairs, until, until + found)
        _make(line, length, machine, v, k, place)
