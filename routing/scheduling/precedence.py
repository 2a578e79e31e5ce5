"""In which order the tasks of a job may be done."""

from collections.abc import Sequence

from routing.scheduling.problem import Task


def last_of(tasks: Sequence[Task]) -> frozenset[str]:
    """Return the ids of those that no other waits for; all, if frozen ones form a circle."""
    waited_for = {earlier for task in tasks for earlier in task.after}
    every = frozenset(task.id for task in tasks)
    return every - waited_for or every


def in_order(tasks: Sequence[Task]) -> tuple[Task, ...] | None:
    """Return the tasks so that each follows those it waits for; None on a circle.

    A frozen task waits for nothing: it has started.
    """
    waiting = {task.id: set(task.after) for task in tasks if task.frozen is None}
    placed = [task for task in tasks if task.frozen is not None]
    done = {task.id for task in placed}
    left = [task for task in tasks if task.frozen is None]
    while left:
        free = [task for task in left if waiting[task.id] <= done]
        if not free:
            return None
        placed += free
        done |= {task.id for task in free}
        left = [task for task in left if task.id not in done]
    return tuple(placed)
