"""The plain flexible job shop inside a problem, if it is one: arrays, nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.measures import (
    FINE_PER_CENT,
    FINE_PER_CENT_MINUTE_SECOND,
    SECONDS_MAX,
)
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, SchedulingProblem, TaskSlot

type Ints = NDArray[np.int64]

# The search keeps a number for each pair of operations.
OPERATIONS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """n operations, numbered job by job in sequence, on m machines that never close.

    `job_of` (n,); `duration_s` (n, m), -1 where the machine can't; `ids` (n,) tasks
    with their jobs; `machines` (m,) ids; `opens_s` when all of them open.
    """

    job_of: Ints
    duration_s: Ints
    ids: tuple[tuple[str, str], ...]
    machines: tuple[str, ...]
    opens_s: int

    def least_makespan_s(self) -> int:
        """Return what no schedule is shorter than: the longest job, the mean load."""
        shortest_s = np.where(self.duration_s < 0, SECONDS_MAX, self.duration_s).min(1)
        of_job_s = np.bincount(self.job_of, weights=shortest_s)
        return max(int(of_job_s.max()), -(-int(shortest_s.sum()) // len(self.machines)))

    def slots(self, start_s: Ints, machine_of: Ints) -> list[TaskSlot]:
        """Return the slots of operations that start then (n,) and are done there (n,)."""
        found = []
        for number, (job, task) in enumerate(self.ids):
            machine = int(machine_of[number])
            begin_s = self.opens_s + int(start_s[number])
            found.append(
                TaskSlot(
                    task=task,
                    order=job,
                    machine=self.machines[machine],
                    start_s=begin_s,
                    end_s=begin_s + int(self.duration_s[number, machine]),
                )
            )
        return found


def shop_of(problem: SchedulingProblem, options: Options) -> Shop | None:
    """Return the shop if the last end alone has a price and no calendar binds.

    That is: every job a chain of 1.. tasks that take time, none frozen, in the one fab
    of all machines; one opening common to them, long enough for all tasks in a row;
    each job released when it opens, never late in it, and dearer to leave out than
    the longest makespan; no price on modes, fabs or a change of machine; no set-ups,
    no operators, no stocks, no batches and no work by hand.
    Else None, and above 2000 tasks.
    """
    used = {
        mode.machine
        for job in problem.jobs
        for task in job.tasks
        for mode in task.modes
    }
    machines = tuple(sorted(used))
    windows = {options.free[machine] for machine in machines}
    chains = all(_is_chain(job, options) for job in problem.jobs)
    if not chains or len(windows) != 1 or problem.prices.moved_machine_cents:
        return None
    if problem.operators or problem.stocks or any(m.setups for m in problem.machines):
        return None
    if len({options.fab_of_machine[machine] for machine in machines}) != 1:
        return None
    openings = windows.pop()
    every = [task for job in problem.jobs for task in options.tasks[job.id]]
    if len(every) > OPERATIONS_MAX:
        return None
    longest_s = sum(max(mode.duration_s for mode in task.modes) for task in every)
    if len(openings) != 1 or openings[0][1] - openings[0][0] < longest_s:
        return None
    opens_s = openings[0][0]
    if not _is_all_worth(problem, opens_s, longest_s):
        return None
    column = {machine: index for index, machine in enumerate(machines)}
    duration_s = np.full((len(every), len(machines)), -1, dtype=np.int64)
    for row, task in enumerate(every):
        for mode in sorted(task.modes, key=lambda mode: -mode.duration_s):
            duration_s[row, column[mode.machine]] = mode.duration_s
    numbers = [i for i, job in enumerate(problem.jobs) for _ in job.tasks]
    return Shop(
        job_of=np.array(numbers, dtype=np.int64),
        duration_s=duration_s,
        ids=tuple((task.order, task.id) for task in every),
        machines=machines,
        opens_s=opens_s,
    )


def _is_chain(job: Job, options: Options) -> bool:
    tasks = options.tasks[job.id]
    before: tuple[str, ...] = ()
    for task in tasks:
        if task.frozen is not None or task.after != before or not task.modes:
            return False
        if task.batch is not None or task.lag_s:
            return False
        if any(m.cost_cents or m.attended_s or m.duration_s <= 0 for m in task.modes):
            return False
        before = (task.id,)
    return bool(tasks) and len(options.fabs[job.id]) == 1


def _is_all_worth(problem: SchedulingProblem, opens_s: int, longest_s: int) -> bool:
    """Whether no job can be late, and each is worth more than the longest makespan."""
    per_minute = problem.prices.makespan_cents_per_minute
    ends_s = opens_s + longest_s
    price = per_minute * (ends_s - problem.now_s) * FINE_PER_CENT_MINUTE_SECOND
    return per_minute > 0 and all(
        job.release_s <= opens_s
        and ends_s + max(job.tail_s.values()) <= min(job.due_s, job.deadline_s)
        and not any(job.fab_cost_cents.values())
        and job.left_out_cents * FINE_PER_CENT > price
        for job in problem.jobs
    )
