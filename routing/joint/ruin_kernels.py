"""Which related orders leave the plan together: by route, by machine, by neighbourhood.

Adjacent strings after Christiaens & Vanden Berghe (2020), doi:10.1287/trsc.2019.0914;
the machines' neighbourhood is its counterpart in time on one machine.
"""

import numpy as np

from routing.compiled import kernel
from routing.joint import columns as c

STRING_MAX = 10


@kernel
def uniform(random):
    """Return the next number of 0 <= x < 1 (xorshift64*)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return ((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def below(random, count):
    """Return the next integer of 0..count - 1."""
    return min(int(uniform(random) * count), count - 1)


@kernel
def is_pinned(ground, i):
    """Whether a courier is already heading for order i, or for what it is a part of."""
    while i >= 0:
        bound = ground.orders[i, c.BOUND]
        if bound >= 0 and ground.couriers[bound, c.FIRST_STOP] >> 1 == i:
            return True
        i = ground.orders[i, c.MADE_FOR]
    return False


@kernel
def ruin(ground, state, most, chosen):
    """Mark in `chosen` (n,) planned orders to be taken out; return how many."""
    n = len(ground.orders)
    seed = below(state.random, n)
    kind = uniform(state.random)
    if kind < 0.5:
        return _strings(ground, state, seed, most, chosen)
    if kind < 0.8:
        return _on_machine(ground, state, seed, most, chosen)
    return _near(ground, state, seed, most, chosen)


@kernel
def _take(ground, state, i, chosen):
    if chosen[i] or state.decided[i, c.ROUTE] < 0 or is_pinned(ground, i):
        return 0
    chosen[i] = True
    return 1


@kernel
def _strings(ground, state, seed, most, chosen):
    """Strings of neighbouring stops in routes near the seed."""
    riders = len(ground.couriers)
    is_used = np.zeros(riders, np.bool_)
    taken, length = 0, 1 + below(state.random, STRING_MAX)
    for k in range(-1, ground.neighbours.shape[1]):
        i = seed if k < 0 else ground.neighbours[seed, k]
        v = state.decided[i, c.ROUTE]
        if v < 0 or is_used[v]:
            continue
        is_used[v] = True
        count = state.counts[v]
        at = 0
        while state.stops[v, at] >> 1 != i:
            at += 1
        span = min(count, 2 * (1 + below(state.random, length)))
        low = max(0, min(at - below(state.random, span), count - span))
        for p in range(low, min(count, low + span)):
            if taken < most:
                taken += _take(ground, state, state.stops[v, p] >> 1, chosen)
        if taken >= most:
            break
    return taken


@kernel
def _on_machine(ground, state, seed, most, chosen):
    """Orders whose tasks stand next to the seed's on its machine, then near ones."""
    taken = _take(ground, state, seed, chosen)
    row = ground.orders[seed]
    if row[c.TASKS] > 0:
        t = row[c.FIRST_TASK] + below(state.random, row[c.TASKS])
        machine = state.slots[t, c.AT_MACHINE]
        if machine >= 0 and not ground.tasks[t, c.IS_FROZEN]:
            busy, count = state.busy[machine], state.taken[machine]
            at = 0
            while at < count and busy[at, 2] != t:
                at += 1
            half = 1 + below(state.random, max(1, most // 2 + 1))
            for k in range(max(0, at - half), min(count, at + half + 1)):
                task = busy[k, 2]
                if taken < most and task >= 0:
                    order = ground.tasks[task, c.TASK_ORDER]
                    taken += _take(ground, state, order, chosen)
    if taken < most:
        taken += _near(ground, state, seed, most - taken, chosen)
    return taken


@kernel
def _near(ground, state, seed, most, chosen):
    """The seed and orders near it in place and time, some passed over."""
    taken = _take(ground, state, seed, chosen)
    for k in range(ground.neighbours.shape[1]):
        if taken >= most:
            break
        if uniform(state.random) < 0.6:
            taken += _take(ground, state, ground.neighbours[seed, k], chosen)
    return taken
