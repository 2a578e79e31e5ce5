"""Nothing waits without cause: every task as early as its sequence allows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from routing.scheduling.board import Board
from routing.scheduling.cost import mode_of
from routing.scheduling.greedy import free_from_s
from routing.scheduling.options import Options
from routing.scheduling.problem import SchedulingProblem, TaskSlot
from routing.scheduling.transfers import finished


def compacted(
    problem: SchedulingProblem, options: Options, slots: Sequence[TaskSlot]
) -> tuple[TaskSlot, ...]:
    """Return the same choices and sequences, no task later than before.

    Tasks that share a run stay where they are.
    """
    board = Board(problem, options)
    job_of = {job.id: job for job in problem.jobs}
    task_of = {task.id: task for job in problem.jobs for task in job.tasks}
    fab_of = options.fab_of_machine
    presence = options.calendars.presence
    ended = {
        s.task: finished(presence, task_of[s.task], s, fab_of[s.machine])
        for s in slots
        if s.frozen
    }
    early = [slot for slot in slots if slot.frozen]
    rank = {
        task.id: rank
        for tasks in options.tasks.values()
        for rank, task in enumerate(tasks)
    }
    moving = [slot for slot in slots if not slot.frozen]
    for slot in moving:
        board.put(slot)
    sharing = Counter((slot.machine, slot.start_s, slot.end_s) for slot in moving)
    # A task without length may start with its successor: the job's order decides.
    for slot in sorted(moving, key=lambda s: (s.start_s, s.end_s, rank[s.task])):
        task = task_of[slot.task]
        mode = mode_of(task, slot)
        before = [ended[earlier] for earlier in task.after]
        fab = fab_of[slot.machine]
        from_s = free_from_s(options, job_of[slot.order], before, fab)
        at = board.take(slot)
        fit = None
        is_alone = sharing[slot.machine, slot.start_s, slot.end_s] == 1
        is_alone = is_alone or mode.duration_s == 0
        if from_s is not None and is_alone:
            fit = board.fit(task, mode, from_s=from_s, at=at)
        start_s = slot.start_s if fit is None else fit.start_s
        moved = replace(slot, start_s=start_s, end_s=start_s + mode.duration_s)
        board.put(moved)
        ended[slot.task] = finished(presence, task, moved, fab)
        early.append(moved)
    return tuple(sorted(early, key=lambda s: (s.start_s, s.machine, s.task)))
