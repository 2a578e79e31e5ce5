"""Orders that bring what others are made from: when who waits may begin, and till when
they are awaited.

A part is tied to its order if it is brought for that alone: both are in the plan, or
neither is.
"""

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import drive_route

NEVER = c.NEVER


@kernel
def has_kin(ground, i):
    """Whether order i is a part or is made from parts."""
    return ground.orders[i, c.MADE_FOR] >= 0 or ground.orders[i, c.PARTS] > 0


@kernel
def is_tied(ground, i):
    """Whether order i is left out where what it is a part of is left out."""
    row = ground.orders[i]
    return row[c.MADE_FOR] >= 0 and not row[c.IS_COMMITTED] and row[c.BOUND] < 0


@kernel
def head_of(ground, i):
    """Return the outermost of the orders that order i is tied to; itself, if to none."""
    while is_tied(ground, i):
        i = ground.orders[i, c.MADE_FOR]
    return i


@kernel
def await_parts(ground, state, i):
    """Note from when on order i may be made; False if a part of it is not brought."""
    row = ground.orders[i]
    from_s = row[c.RELEASE_S]
    for k in range(row[c.FIRST_PART], row[c.FIRST_PART] + row[c.PARTS]):
        p = ground.parts[k]
        v = state.decided[p, c.ROUTE]
        if v < 0:
            return False
        at = 0
        while state.stops[v, at] != 2 * p + 1:
            at += 1
        from_s = max(from_s, state.steps[v, at + 1, c.AT_S])
    state.decided[i, c.TASKS_FROM_S] = from_s
    return True


@kernel
def begins_first_s(ground, state, i):
    """Return when the first task of order i begins that has not begun; NEVER: none."""
    first_s = NEVER
    row = ground.orders[i]
    for t in range(row[c.FIRST_TASK], row[c.FIRST_TASK] + row[c.TASKS]):
        if not ground.tasks[t, c.IS_FROZEN] and state.slots[t, c.AT_MACHINE] >= 0:
            first_s = min(first_s, state.slots[t, c.FROM_S])
    return first_s


@kernel
def hold_parts(ground, state, i, first_s):
    """Let the parts of order i be there by `first_s`, NEVER: by their own latest times.

    False if a route is not legal then, which can't be if they are there so soon.
    """
    row, is_legal = ground.orders[i], True
    for k in range(row[c.FIRST_PART], row[c.FIRST_PART] + row[c.PARTS]):
        p = ground.parts[k]
        own = ground.orders[p]
        state.decided[p, c.BRING_BY_S] = min(own[c.HARD_S], first_s - own[c.SERVICE_S])
        v = state.decided[p, c.ROUTE]
        if v >= 0:
            is_legal = drive_route(ground, state, v) and is_legal
    return is_legal


@kernel
def parts_first(ground, order, count):
    """Move in the first `count` of `order` who waits for parts behind all of them."""
    if len(ground.parts) == 0:
        return
    k = 0
    while k < count:
        i, last = order[k], k
        if ground.orders[i, c.PARTS] > 0:
            for b in range(k + 1, count):
                if ground.orders[order[b], c.MADE_FOR] == i:
                    last = b
        for b in range(k, last):
            order[b] = order[b + 1]
        order[last] = i
        if last == k:
            k += 1


@kernel
def add_kin(ground, state, i, order, count):
    """Add to `order` who can't stay in the plan without order i, or may come with it.

    What it is a part of, parts tied to it, and those that are not in the plan. Returns
    how many there are now.
    """
    row = ground.orders[i]
    if row[c.MADE_FOR] >= 0:
        count = _add(row[c.MADE_FOR], order, count)
    for k in range(row[c.FIRST_PART], row[c.FIRST_PART] + row[c.PARTS]):
        p = ground.parts[k]
        if is_tied(ground, p) or state.decided[p, c.ROUTE] < 0:
            count = _add(p, order, count)
    return count


@kernel
def _add(i, order, count):
    for k in range(count):
        if order[k] == i:
            return count
    order[count] = i
    return count + 1
