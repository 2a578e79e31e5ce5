"""What is open to each job: its fabs, and for each task the modes worth a thought."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.scheduling.calendars import free_windows
from routing.scheduling.precedence import in_order
from routing.scheduling.problem import Job, Mode, SchedulingProblem, Task, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is possible before any two jobs compete.

    `free`: by machine, its windows without frozen tasks. `fabs`: by job, where it can
    be made (empty: nowhere). `modes`: by task and fab, the modes that fit an opening.
    `tasks`: by job, in a feasible order (empty on a circle).
    """

    free: Mapping[str, tuple[Window, ...]]
    fab_of_machine: Mapping[str, str]
    tasks: Mapping[str, tuple[Task, ...]]
    fabs: Mapping[str, tuple[str, ...]]
    modes: Mapping[tuple[str, str], tuple[Mode, ...]]


def options_of(problem: SchedulingProblem) -> Options:
    """Return what is open to each job of the problem."""
    free = free_windows(problem)
    fab_of_machine = {machine.id: machine.fab for machine in problem.machines}
    tasks: dict[str, tuple[Task, ...]] = {}
    fabs: dict[str, tuple[str, ...]] = {}
    modes: dict[tuple[str, str], tuple[Mode, ...]] = {}
    for job in problem.jobs:
        tasks[job.id] = in_order(job.tasks) or ()
        possible = []
        for fab in sorted(job.tail_s):
            found = {
                task.id: _modes(job, task, fab, free, fab_of_machine)
                for task in tasks[job.id]
            }
            if found and all(
                found[task.id] or _is_there(task, fab, fab_of_machine)
                for task in tasks[job.id]
            ):
                possible.append(fab)
                modes |= {(task, fab): ways for task, ways in found.items()}
        fabs[job.id] = tuple(possible)
    return Options(
        free=free, fab_of_machine=fab_of_machine, tasks=tasks, fabs=fabs, modes=modes
    )


def _is_there(task: Task, fab: str, fab_of_machine: Mapping[str, str]) -> bool:
    return task.frozen is not None and fab_of_machine[task.frozen.machine] == fab


def _modes(
    job: Job,
    task: Task,
    fab: str,
    free: Mapping[str, tuple[Window, ...]],
    fab_of_machine: Mapping[str, str],
) -> tuple[Mode, ...]:
    if task.frozen is not None:
        return ()
    return tuple(
        mode
        for mode in task.modes
        if fab_of_machine[mode.machine] == fab
        and any(
            closes_s - max(opens_s, job.release_s) >= mode.duration_s
            for opens_s, closes_s in free[mode.machine]
        )
    )
