"""Machines that are set up between tasks: who may follow whom, and how soon."""

from routing.compiled import kernel
from routing.joint import columns as c

NEVER = c.NEVER


@kernel
def knows_set_ups(ground, machine):
    """Return whether the machine is set up between tasks at all."""
    return ground.set_up[machine, c.TABLE] >= 0


@kernel
def change_s(ground, machine, was, word):
    """Return the seconds from one word (-1: not known) to another."""
    if was < 0:
        return 0
    return ground.changes[ground.set_up[machine, c.TABLE], was, word]


@kernel
def word_of(ground, task):
    """Return the word of a task among the busy times; a frozen run carries its own."""
    return -1 - task if task < 0 else ground.tasks[task, c.WORD]


@kernel
def may_begin(ground, m, start_s, needed_s):
    """Return whether mode m may begin then after so long a set-up, others aside."""
    first = ground.modes[m, c.FIRST_START]
    for w in range(first, first + ground.modes[m, c.STARTS]):
        if ground.starts[w, 0] + needed_s <= start_s <= ground.starts[w, 1]:
            return True
    return False


@kernel
def fit_at(ground, slots, busy, taken, m, word, from_s, k):
    """Return when mode m can begin as number k of its machine's sequence, or NEVER."""
    machine, duration_s = ground.modes[m, c.MACHINE], ground.modes[m, c.DURATION_S]
    ended_s, was = -NEVER, ground.set_up[machine, c.LOADED]
    if k > 0:
        ended_s, was = busy[k - 1, 1], word_of(ground, busy[k - 1, 2])
    own_s = change_s(ground, machine, was, word)
    until_s = NEVER
    if k < taken:
        task = busy[k, 2]
        following = word_of(ground, task)
        next_s = change_s(ground, machine, word, following)
        is_longer = next_s > change_s(ground, machine, was, following)
        is_tight = task >= 0 and is_longer
        if is_tight and not may_begin(
            ground, slots[task, c.BY_MODE], busy[k, 0], next_s
        ):
            return NEVER
        until_s = busy[k, 0] - next_s
    if until_s - ended_s < own_s + duration_s:
        return NEVER
    first = ground.modes[m, c.FIRST_START]
    for w in range(first, first + ground.modes[m, c.STARTS]):
        start_s = max(ground.starts[w, 0] + own_s, from_s, ended_s + own_s)
        if start_s <= ground.starts[w, 1] and start_s + duration_s <= until_s:
            return start_s
    return NEVER


@kernel
def first_fit_set_up(ground, slots, busy, taken, m, word, from_s):
    """Return when mode m can begin at the earliest, NEVER if it can't."""
    low, high = 0, taken  # the first busy time that does not start before from_s
    while low < high:
        middle = (low + high) >> 1
        if busy[middle, 0] < from_s:
            low = middle + 1
        else:
            high = middle
    for k in range(low, taken + 1):
        start_s = fit_at(ground, slots, busy, taken, m, word, from_s, k)
        if start_s < NEVER:
            return start_s
    return NEVER


@kernel
def ill_set_up(ground, slots, busy, taken, machine):
    """Return the order whose task lacks its set-up there, -1 if none does."""
    ended_s, was, before = -NEVER, ground.set_up[machine, c.LOADED], -1
    for k in range(taken):
        task = busy[k, 2]
        word = word_of(ground, task)
        needed_s = change_s(ground, machine, was, word)
        is_soon = needed_s > 0 and busy[k, 0] - needed_s < ended_s
        if task >= 0:
            if is_soon or not may_begin(
                ground, slots[task, c.BY_MODE], busy[k, 0], needed_s
            ):
                return ground.tasks[task, c.TASK_ORDER]
        elif is_soon and before >= 0:
            return ground.tasks[before, c.TASK_ORDER]
        ended_s, was, before = max(ended_s, busy[k, 1]), word, task
    return -1
