"""The first schedule of a job shop and the paths through one, compiled.

Operations are numbered job by job in sequence. A schedule is the lines of the machines:
`line` (machines, n) with `length` (machines,) and, by operation, `machine` (n,).
A head is the earliest start; a tail is what must follow after the end.
"""

import numpy as np

from routing.compiled import entry, kernel

FAR = 1 << 62


@entry
def first_schedule(duration, job_of, line, length, machine):
    """Fill the lines: most work remaining first, where it ends first."""
    count, machines = duration.shape
    free = np.zeros(machines, dtype=np.int64)
    left = np.zeros(count, dtype=np.int64)  # shortest work of the job from here on
    for v in range(count - 1, -1, -1):
        left[v] = FAR
        for k in range(machines):
            if 0 <= duration[v, k] < left[v]:
                left[v] = duration[v, k]
        if v + 1 < count and job_of[v + 1] == job_of[v]:
            left[v] += left[v + 1]
    jobs = job_of[count - 1] + 1
    following = np.zeros(jobs, dtype=np.int64)
    ends = np.zeros(jobs, dtype=np.int64)
    for v in range(count - 1, -1, -1):
        following[job_of[v]] = v
    for _ in range(count):
        chosen = -1
        for j in range(jobs):
            v = following[j]
            if v < 0:
                continue
            # Counted from when the job is free.
            if chosen < 0 or left[v] - ends[j] > left[following[chosen]] - ends[chosen]:
                chosen = j
        v = following[chosen]
        best, ends_at = -1, FAR
        for k in range(machines):
            if duration[v, k] >= 0:
                end = max(free[k], ends[chosen]) + duration[v, k]
                if end < ends_at:
                    best, ends_at = k, end
        machine[v] = best
        line[best, length[best]] = v
        length[best] += 1
        free[best] = ends_at
        ends[chosen] = ends_at
        more = v + 1 < count and job_of[v + 1] == chosen
        following[chosen] = v + 1 if more else -1


@entry
def paths(duration, job_of, line, length, machine, head, tail, before, after, order):
    """Fill heads, tails, neighbours on the machine and an order that fits them.

    Returns the longest path.
    """
    _order(job_of, line, length, before, after, tail, order)
    count = job_of.size
    longest = 0
    for position in range(count):
        v = order[position]
        start = 0
        if v > 0 and job_of[v - 1] == job_of[v]:
            start = head[v - 1] + duration[v - 1, machine[v - 1]]
        u = before[v]
        if u >= 0:
            start = max(start, head[u] + duration[u, machine[u]])
        head[v] = start
        longest = max(longest, start + duration[v, machine[v]])
    for position in range(count - 1, -1, -1):
        v = order[position]
        rest = 0
        u = v + 1
        if u < count and job_of[u] == job_of[v]:
            rest = tail[u] + duration[u, machine[u]]
        u = after[v]
        if u >= 0:
            rest = max(rest, tail[u] + duration[u, machine[u]])
        tail[v] = rest
    return longest


@kernel
def _order(job_of, line, length, before, after, waits, order):
    """Fill the neighbours and the order; `waits` (n,) is room for counts."""
    count = job_of.size
    for k in range(length.size):
        last = -1
        for i in range(length[k]):
            v = line[k, i]
            before[v] = last
            if last >= 0:
                after[last] = v
            last = v
        if last >= 0:
            after[last] = -1
    done = 0
    for v in range(count):
        waits[v] = before[v] >= 0
        waits[v] += v > 0 and job_of[v - 1] == job_of[v]
        if waits[v] == 0:
            order[done] = v
            done += 1
    for position in range(count):
        v = order[position]
        u = v + 1
        if u < count and job_of[u] == job_of[v]:
            waits[u] -= 1
            if waits[u] == 0:
                order[done] = u
                done += 1
        u = after[v]
        if u >= 0:
            waits[u] -= 1
            if waits[u] == 0:
                order[done] = u
                done += 1
