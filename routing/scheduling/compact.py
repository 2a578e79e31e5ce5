"""Nothing waits without cause: every task as early as its sequence allows."""

from collections.abc import Sequence
from dataclasses import replace

from routing.scheduling.board import Board
from routing.scheduling.cost import mode_of
from routing.scheduling.options import Options
from routing.scheduling.problem import SchedulingProblem, TaskSlot


def compacted(
    problem: SchedulingProblem, options: Options, slots: Sequence[TaskSlot]
) -> tuple[TaskSlot, ...]:
    """Return the same choices and sequences, no task later than before."""
    board = Board(problem, options)
    job_of = {job.id: job for job in problem.jobs}
    task_of = {task.id: task for job in problem.jobs for task in job.tasks}
    ended_s = {slot.task: slot.end_s for slot in slots if slot.frozen}
    early = [slot for slot in slots if slot.frozen]
    rank = {
        task.id: rank
        for tasks in options.tasks.values()
        for rank, task in enumerate(tasks)
    }
    moving = [slot for slot in slots if not slot.frozen]
    for slot in moving:
        board.put(slot)
    # A task without length may start with its successor: the job's order decides.
    for slot in sorted(moving, key=lambda s: (s.start_s, s.end_s, rank[s.task])):
        task = task_of[slot.task]
        mode = mode_of(task, slot)
        from_s = max(
            [
                job_of[slot.order].release_s,
                *(ended_s[earlier] for earlier in task.after),
            ]
        )
        at = board.take(slot)
        fit = board.fit(task, mode, from_s=from_s, at=at)
        start_s = slot.start_s if fit is None else fit.start_s
        moved = replace(slot, start_s=start_s, end_s=start_s + mode.duration_s)
        board.put(moved)
        ended_s[slot.task] = moved.end_s
        early.append(moved)
    return tuple(sorted(early, key=lambda s: (s.start_s, s.machine, s.task)))
