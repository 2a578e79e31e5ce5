"""Nothing waits without cause: every task as early as its sequence allows."""

from collections.abc import Sequence

from routing.measures import SECONDS_MAX
from routing.scheduling.calendars import earliest_start_s
from routing.scheduling.options import Options
from routing.scheduling.problem import SchedulingProblem, TaskSlot


def compacted(
    problem: SchedulingProblem, options: Options, slots: Sequence[TaskSlot]
) -> tuple[TaskSlot, ...]:
    """Return the same choices and sequences, no task later than before."""
    job_of = {job.id: job for job in problem.jobs}
    after = {task.id: task.after for job in problem.jobs for task in job.tasks}
    ended_s = {slot.task: slot.end_s for slot in slots if slot.frozen}
    free_from_s: dict[str, int] = {}
    early = [slot for slot in slots if slot.frozen]
    rank = {
        task.id: rank
        for tasks in options.tasks.values()
        for rank, task in enumerate(tasks)
    }
    moving = [slot for slot in slots if not slot.frozen]
    # A task without length may start with its successor: the job's order decides.
    for slot in sorted(moving, key=lambda s: (s.start_s, s.end_s, rank[s.task])):
        duration_s = slot.end_s - slot.start_s
        from_s = max(
            job_of[slot.order].release_s,
            free_from_s.get(slot.machine, -SECONDS_MAX),
            *(ended_s[earlier] for earlier in after[slot.task]),
        )
        start_s = earliest_start_s(
            options.free[slot.machine], from_s=from_s, duration_s=duration_s
        )
        start_s = slot.start_s if start_s is None else start_s
        moved = TaskSlot(
            task=slot.task,
            order=slot.order,
            machine=slot.machine,
            start_s=start_s,
            end_s=start_s + duration_s,
        )
        ended_s[slot.task] = free_from_s[slot.machine] = moved.end_s
        early.append(moved)
    return tuple(sorted(early, key=lambda s: (s.start_s, s.machine, s.task)))
