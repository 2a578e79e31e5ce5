"""A task after one in another fab: only where a transfer joins them, and after it."""

from collections.abc import Iterable
from itertools import product

from ortools.sat.python import cp_model

from routing.scheduling.options import Options
from routing.scheduling.problem import Job, Task
from routing.scheduling.variables import Variables


def add_transfers(
    model: cp_model.CpModel, options: Options, job: Job, variables: Variables
) -> None:
    """Add the time for each transfer; note with its price whether it is needed."""
    task_of = {task.id: task for task in job.tasks}
    places = {
        task.id: _places(model, options, task, variables)
        for task in options.tasks[job.id]
    }
    leaves = {
        task.id: _leaves(model, options, task, places[task.id], variables)
        for task in options.tasks[job.id]
    }
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        start = variables.tasks[task.id].start
        for earlier in task.after:
            pairs = product(places[earlier].items(), places[task.id].items())
            for (origin, was_there), (fab, is_here) in pairs:
                if origin == fab:
                    continue
                transfer = options.transfers.get((origin, fab))
                left = leaves[earlier].get(origin)
                if transfer is None or left is None:
                    model.add_bool_or(~was_there, ~is_here)
                    continue
                done = done_at(options, task_of[earlier], variables)
                needed = model.new_bool_var(f"{earlier} {origin} to {task.id} {fab}")
                model.add_bool_or(~was_there, ~is_here, needed)
                model.add(left >= done).only_enforce_if(needed)
                model.add(start >= left + transfer.seconds).only_enforce_if(needed)
                variables.carried.append((needed, transfer.cents))


def done_at(
    options: Options, task: Task, variables: Variables
) -> cp_model.IntVar | int:
    """Return when the task of a job that can be made is done, by hand as well."""
    if task.frozen is None:
        return variables.tasks[task.id].done
    done_s = options.calendars.frozen_done_s(task)
    if done_s is None:
        raise ValueError(f"task {task.id!r} is never done by hand")
    return done_s


def _places(
    model: cp_model.CpModel, options: Options, task: Task, variables: Variables
) -> dict[str, cp_model.IntVar]:
    """By fab: whether the task is done there."""
    found: dict[str, cp_model.IntVar] = {}
    if task.frozen is not None:
        always = model.new_constant(1)
        return {options.fab_of_machine[task.frozen.machine]: always}
    chosen = variables.tasks[task.id].chosen
    for fab in dict.fromkeys(fab for fab, _, _ in chosen):
        found[fab] = model.new_bool_var(f"{task.id} in {fab}")
        model.add(
            sum(literal for where, _, literal in chosen if where == fab) == found[fab]
        )
    return found


def _leaves(
    model: cp_model.CpModel,
    options: Options,
    task: Task,
    fabs: Iterable[str],
    variables: Variables,
) -> dict[str, cp_model.LinearExprT]:
    """By fab: when what the task made there leaves it, if it does. Absent: never."""
    found: dict[str, cp_model.LinearExprT] = {}
    for fab in fabs:
        doors = options.calendars.presence.doors(fab)
        if doors is None:
            found[fab] = done_at(options, task, variables)
        elif doors:
            found[fab] = model.new_int_var_from_domain(
                cp_model.Domain.from_intervals(doors), f"{task.id} leaves {fab}"
            )
    return found
