"""A schedule told to CP-SAT as the place where its search begins."""

from itertools import pairwise

from ortools.sat.python import cp_model

from routing.scheduling.problem import Schedule, SchedulingProblem, TaskSlot
from routing.scheduling.transfers import last_fab
from routing.scheduling.variables import Variables


def add_hints(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    variables: Variables,
    schedule: Schedule,
) -> None:
    """Hint at every choice of the schedule."""
    slot_of = {slot.task: slot for slot in schedule.slots}
    fab_of_machine = {machine.id: machine.fab for machine in problem.machines}
    of_job: dict[str, list[TaskSlot]] = {}
    for slot in schedule.slots:
        of_job.setdefault(slot.order, []).append(slot)
    for job in problem.jobs:
        if job.id not in variables.kept:
            continue
        kept = job.id not in schedule.left_out
        there = last_fab(job, of_job[job.id], fab_of_machine) if kept else ""
        model.add_hint(variables.kept[job.id], kept)
        for fab in job.tail_s:
            if (job.id, fab) in variables.in_fab:
                model.add_hint(variables.in_fab[job.id, fab], there == fab)
        for task in job.tasks:
            if task.frozen is None and kept:
                own, slot = variables.tasks[task.id], slot_of[task.id]
                model.add_hint(own.start, slot.start_s)
                model.add_hint(own.end, slot.end_s)
                for _, mode, literal in own.chosen:
                    is_it = (
                        mode.machine == slot.machine
                        and mode.duration_s == slot.end_s - slot.start_s
                    )
                    model.add_hint(literal, is_it)
    _hint_runs(model, variables, schedule)
    _hint_sequences(model, variables, schedule)


def _hint_runs(
    model: cp_model.CpModel, variables: Variables, schedule: Schedule
) -> None:
    """The first of those who share a run has it."""
    slot_of = {slot.task: slot for slot in schedule.slots}
    seen: set[tuple[str, int, int]] = set()
    for (task, mode), own in variables.owns.items():
        slot = slot_of.get(task)
        run = (mode.machine, -1, -1)
        if slot is not None and slot.machine == mode.machine:
            run = (slot.machine, slot.start_s, slot.end_s)
        is_own = run[2] - run[1] == mode.duration_s and run not in seen
        model.add_hint(own, is_own)
        if is_own:
            seen.add(run)


def _hint_sequences(
    model: cp_model.CpModel, variables: Variables, schedule: Schedule
) -> None:
    on_machine: dict[str, list[str | None]] = {}
    for slot in sorted(schedule.slots, key=lambda s: (s.start_s, s.end_s, s.task)):
        if slot.end_s > slot.start_s:
            on_machine.setdefault(slot.machine, [None]).append(slot.task)
    pairs = {
        (machine, before, after)
        for machine, tasks in on_machine.items()
        for before, after in pairwise(tasks)
    }
    for key, literals in variables.follows.items():
        if len(literals) == 1:
            model.add_hint(literals[0], key in pairs)
