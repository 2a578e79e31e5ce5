"""The first schedule of a job shop and the paths through one, compiled.

Operations are numbered job by job in sequence; number n stands for nobody, takes no time
and ends at 0. A schedule is who comes before and after whom: in the job by number, on
the machine by `before` and `after` (n + 1,); `first` (machines,) begins each machine.
An end is the earliest one; a rest is what must still be done from the start on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.compiled import entry, kernel

type Array = NDArray[np.int64] | NDArray[np.uint32]

FAR = 1 << 62


@entry
def first_schedule(duration, job_of, machine, start):
    """Fill machines and starts (n,): most work remaining first, where it ends first."""
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
        start[v] = ends_at - duration[v, best]
        free[best] = ends_at
        ends[chosen] = ends_at
        more = v + 1 < count and job_of[v + 1] == chosen
        following[chosen] = v + 1 if more else -1


class Lines(NamedTuple):
    """A schedule as lines on the machines, and the paths through it, (n + 1,) each.

    `first` (machines,); `order` (n,): one that fits, as of the last look at the paths.
    """

    work: Array
    job_before: Array
    job_after: Array
    before: Array
    after: Array
    first: Array
    order: Array
    end: Array
    rest: Array
    waits: Array


@kernel
def lines_of(duration, job_of, machine, start):
    """Return the operations lined up on their machines as they start."""
    count, machines = duration.shape
    work = np.zeros(count + 1, dtype=np.int64)
    # Not negative, so that no index has to be looked at twice.
    job_before = np.full(count + 1, count, dtype=np.uint32)
    job_after = np.full(count + 1, count, dtype=np.uint32)
    before = np.full(count + 1, count, dtype=np.uint32)
    after = np.full(count + 1, count, dtype=np.uint32)
    first = np.full(machines, count, dtype=np.uint32)
    last = np.full(machines, count, dtype=np.uint32)
    for v in range(1, count):
        if job_of[v] == job_of[v - 1]:
            job_before[v] = v - 1
            job_after[v - 1] = v
    for v in np.argsort(start, kind="mergesort"):
        k = machine[v]
        work[v] = duration[v, k]
        before[v] = last[k]
        if last[k] == count:
            first[k] = v
        else:
            after[last[k]] = v
        last[k] = v
    return Lines(
        work,
        job_before,
        job_after,
        before,
        after,
        first,
        np.zeros(count, dtype=np.uint32),
        np.zeros(count + 1, dtype=np.int64),
        np.zeros(count + 1, dtype=np.int64),
        np.zeros(count + 1, dtype=np.int64),
    )


@kernel
def paths(lines):
    """Fill ends, rests and an order that fits; returns the longest path."""
    work, job_before, job_after, before, after, _, order, end, rest, waits = lines
    count = order.size
    done = 0
    for v in range(count):
        waits[v] = (job_before[v] < count) + (before[v] < count)
        if waits[v] == 0:
            order[done] = v
            done += 1
    waits[count] = FAR
    longest = 0
    for position in range(count):
        v = order[position]
        end[v] = max(end[job_before[v]], end[before[v]]) + work[v]
        longest = max(longest, end[v])
        for u in (job_after[v], after[v]):
            waits[u] -= 1
            if waits[u] == 0:
                order[done] = u
                done += 1
    for position in range(count - 1, -1, -1):
        v = order[position]
        rest[v] = max(rest[job_after[v]], rest[after[v]]) + work[v]
    return longest
