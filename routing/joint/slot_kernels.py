"""One machine's busy times: the next gap, and an order's tasks put into gaps."""

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.set_up_kernels import first_fit_set_up, knows_set_ups

NEVER, NONE = c.NEVER, c.NONE


@kernel
def earliest(starts, first, count, busy, taken, from_s, duration_s):
    """Return the earliest of the starts first..first + count beside `busy`.

    `busy` (taken, 3): start, end, task, sorted. NEVER if there is none.
    """
    for w in range(first, first + count):
        closes_s = starts[w, 1] + duration_s
        start_s = max(starts[w, 0], from_s)
        if start_s + duration_s > closes_s:
            continue
        low, high = 0, taken  # the first busy time that ends after start_s
        while low < high:
            middle = (low + high) >> 1
            if busy[middle, 1] <= start_s:
                low = middle + 1
            else:
                high = middle
        k = low
        while k < taken and start_s + duration_s <= closes_s:
            if busy[k, 1] > start_s:
                if busy[k, 0] >= start_s + duration_s and busy[k, 0] >= start_s:
                    break
                start_s = busy[k, 1]
            k += 1
        if start_s + duration_s <= closes_s:
            return start_s
    return NEVER


@kernel
def first_fit(ground, slots, busy, taken, m, word, from_s):
    """Return when mode m can begin at the earliest, NEVER if it can't.

    `busy` is its machine's; `word` what the machine must be set up for.
    """
    duration_s = ground.modes[m, c.DURATION_S]
    if duration_s > 0 and knows_set_ups(ground, ground.modes[m, c.MACHINE]):
        return first_fit_set_up(ground, slots, busy, taken, m, word, from_s)
    first, count = ground.modes[m, c.FIRST_START], ground.modes[m, c.STARTS]
    return earliest(ground.starts, first, count, busy, taken, from_s, duration_s)


@kernel
def given_out_s(ground, fab, ended_s):
    """Return when what ended then can leave the fab, NEVER if nobody comes any more."""
    first, count = ground.door_range[fab, 0], ground.door_range[fab, 1]
    for d in range(first, first + count):
        if ended_s <= ground.doors[d, 1]:
            return max(ended_s, ground.doors[d, 0])
    return ended_s if count == 0 else NEVER


@kernel
def done_s(ground, t, fab, ended_s):
    """Return when the work by hand after task t is done in the fab, NEVER if it isn't."""
    lag_s = ground.tasks[t, c.LAG_S]
    first, count = ground.door_range[fab, 0], ground.door_range[fab, 1]
    if lag_s == 0 or count == 0:
        return ended_s + lag_s
    for d in range(first, first + count):
        begins_s = max(ended_s, ground.doors[d, 0])
        there_s = max(0, ground.doors[d, 1] - begins_s)
        if there_s >= lag_s:
            return begins_s + lag_s
        lag_s -= there_s
    return NEVER


@kernel
def lay(ground, busy, taken, machine, start_s, end_s, task):
    """Put a task among its machine's busy times; an instant has no part in set-ups."""
    if end_s > start_s or not knows_set_ups(ground, machine):
        taken[machine] = take(busy[machine], taken[machine], start_s, end_s, task)


@kernel
def take(busy, taken, start_s, end_s, task):
    """Put a task among the sorted busy times; return how many there are now."""
    k = taken
    while k > 0 and (
        busy[k - 1, 0] > start_s
        or (busy[k - 1, 0] == start_s and busy[k - 1, 1] > end_s)
    ):
        busy[k, 0], busy[k, 1], busy[k, 2] = (
            busy[k - 1, 0],
            busy[k - 1, 1],
            busy[k - 1, 2],
        )
        k -= 1
    busy[k, 0], busy[k, 1], busy[k, 2] = start_s, end_s, task
    return taken + 1


@kernel
def release(busy, taken, task):
    """Take a task out of the busy times; return how many are left."""
    k = 0
    while k < taken and busy[k, 2] != task:
        k += 1
    if k == taken:
        return taken
    while k + 1 < taken:
        busy[k, 0], busy[k, 1], busy[k, 2] = (
            busy[k + 1, 0],
            busy[k + 1, 1],
            busy[k + 1, 2],
        )
        k += 1
    return taken - 1


@kernel
def made_s(ground, slots, t):
    """Return when a task that is frozen or placed is done, by hand as well."""
    if ground.tasks[t, c.IS_FROZEN]:
        return ground.tasks[t, c.FROZEN_DONE_S]
    fab = ground.machine_fab[slots[t, c.AT_MACHINE]]
    return done_s(ground, t, fab, slots[t, c.TO_S])


@kernel
def free_from(ground, decided, slots, task):
    """Return when a task may begin: released, parts there, those before it done."""
    from_s = decided[task[c.TASK_ORDER], c.TASKS_FROM_S]
    for b in range(task[c.FIRST_BEFORE], task[c.FIRST_BEFORE] + task[c.BEFORES]):
        from_s = max(from_s, made_s(ground, slots, ground.befores[b]))
    return from_s


@kernel
def best_mode(ground, slots, busy, taken, t, fab, from_s, is_hurried, but_machine):
    """Return (mode, start, done, price) of task t in the fab; mode -1: there is none."""
    task = ground.tasks[t]
    row = ground.orders[task[c.TASK_ORDER]]
    tail_s = ground.tail_s[task[c.TASK_ORDER], fab]
    best, best_end_s, chosen, chosen_start_s, chosen_fine = NEVER, NEVER, -1, 0, 0
    modes_from = ground.mode_range[t, fab, 0]
    for m in range(modes_from, modes_from + ground.mode_range[t, fab, 1]):
        machine, duration_s = ground.modes[m, c.MACHINE], ground.modes[m, c.DURATION_S]
        if machine == but_machine:
            continue
        start_s = first_fit(
            ground, slots, busy[machine], taken[machine], m, task[c.WORD], from_s
        )
        if start_s == NEVER:
            continue
        end_s = done_s(ground, t, fab, start_s + duration_s)
        if end_s == NEVER:
            continue
        price = ground.modes[m, c.MODE_FINE]
        if task[c.PREVIOUS] != NONE and task[c.PREVIOUS] != machine:
            price += task[c.PREVIOUS_FINE]
        guess = price
        if tail_s < NEVER:
            there_s = end_s + tail_s
            guess += ground.late[0] * max(0, there_s - row[c.DUE_S])
            guess += ground.late[1] * max(0, there_s - row[c.SOFT_S])
            if there_s > row[c.HARD_S]:
                guess += row[c.OUT_FINE]
        is_better = (guess, end_s) < (best, best_end_s)
        if is_hurried:
            is_better = (end_s, guess) < (best_end_s, best)
        if is_better:
            best, best_end_s, chosen = guess, end_s, m
            chosen_start_s, chosen_fine = start_s, price
    return chosen, chosen_start_s, best_end_s, chosen_fine


@kernel
def place(ground, state, i, fab, is_hurried, but_machine):
    """Put order i's tasks on machines of the fab; return (price, ready), -1: never.

    Each task in turn where it costs least with the lateness it makes likely; where
    it ends first if `is_hurried`; never on `but_machine`. On failure nothing stays
    taken.
    """
    row = ground.orders[i]
    slots, busy, taken = state.slots, state.busy, state.taken
    first, count = row[c.FIRST_TASK], row[c.TASKS]
    fine, ready_s = 0, row[c.MADE_S]
    for t in range(first, first + count):
        task = ground.tasks[t]
        if task[c.IS_FROZEN]:
            ready_s = max(ready_s, task[c.FROZEN_DONE_S])
            continue
        from_s = free_from(ground, state.decided, slots, task)
        mode, start_s, by_hand_s, price = best_mode(
            ground, slots, busy, taken, t, fab, from_s, is_hurried, but_machine
        )
        if mode < 0:
            unplace(ground, slots, busy, taken, first, t)
            return -1, -1
        machine = ground.modes[mode, c.MACHINE]
        end_s = start_s + ground.modes[mode, c.DURATION_S]
        slots[t, c.AT_MACHINE], slots[t, c.BY_MODE] = machine, mode
        slots[t, c.FROM_S], slots[t, c.TO_S] = start_s, end_s
        lay(ground, busy, taken, machine, start_s, end_s, t)
        fine += price
        ready_s = max(ready_s, by_hand_s)
    if count > 0:
        ready_s = given_out_s(ground, fab, ready_s)
    if ready_s == NEVER:
        unplace(ground, slots, busy, taken, first, first + count)
        return -1, -1
    return fine, ready_s


@kernel
def unplace(ground, slots, busy, taken, first, last):
    """Free the machines of tasks first..last - 1."""
    for t in range(first, last):
        machine = slots[t, c.AT_MACHINE]
        if not ground.tasks[t, c.IS_FROZEN] and machine >= 0:
            taken[machine] = release(busy[machine], taken[machine], t)
            slots[t, c.AT_MACHINE] = -1


@kernel
def restore(ground, slots, busy, taken, first, last, saved):
    """Put tasks first..last - 1 back where `saved` (their slots) says."""
    for t in range(first, last):
        for column in range(c.SLOT_WIDTH):
            slots[t, column] = saved[t, column]
        machine = slots[t, c.AT_MACHINE]
        if not ground.tasks[t, c.IS_FROZEN] and machine >= 0:
            lay(ground, busy, taken, machine, slots[t, c.FROM_S], slots[t, c.TO_S], t)
