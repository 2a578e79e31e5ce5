"""What every schedule must obey, one sentence of the trade per function."""

from itertools import pairwise

from ortools.sat.python import cp_model

from routing.scheduling.carrying import add_transfers, done_at
from routing.scheduling.options import Options
from routing.scheduling.precedence import last_of
from routing.scheduling.problem import Job, SchedulingProblem
from routing.scheduling.sequence import add_setups
from routing.scheduling.sharing import add_sharing
from routing.scheduling.stocks import Key
from routing.scheduling.variables import Variables


def add_constraints(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    variables: Variables,
) -> None:
    """Add all of them for the jobs that have variables."""
    for job in problem.jobs:
        if job.id in variables.kept:
            _one_fab(model, options, job, variables)
            _one_way_each_in_that_fab(model, options, job, variables)
            _in_sequence(model, options, job, variables)
            _delivered_after_the_last_task(model, options, job, variables)
    add_sharing(model, options, variables)
    for intervals in variables.intervals.values():
        model.add_no_overlap(intervals)
    add_setups(model, problem, options, variables)
    _no_more_than_there_is(model, problem, options, variables)


def _one_fab(
    model: cp_model.CpModel, options: Options, job: Job, variables: Variables
) -> None:
    fabs = [variables.in_fab[job.id, fab] for fab in options.fabs[job.id]]
    model.add(sum(fabs) == variables.kept[job.id])


def _one_way_each_in_that_fab(
    model: cp_model.CpModel, options: Options, job: Job, variables: Variables
) -> None:
    last = last_of(job.tasks)
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        if options.transfers and task.id not in last:
            every = [literal for _, _, literal in variables.tasks[task.id].chosen]
            model.add(sum(every) == variables.kept[job.id])
            continue
        for fab in options.fabs[job.id]:
            ways = [
                literal
                for way_fab, _, literal in variables.tasks[task.id].chosen
                if way_fab == fab
            ]
            model.add(sum(ways) == variables.in_fab[job.id, fab])


def _in_sequence(
    model: cp_model.CpModel, options: Options, job: Job, variables: Variables
) -> None:
    task_of = {task.id: task for task in job.tasks}
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        start = variables.tasks[task.id].start
        for earlier in task.after:
            done = done_at(options, task_of[earlier], variables)
            model.add(start >= done).only_enforce_if(variables.kept[job.id])
    if options.transfers:
        add_transfers(model, options, job, variables)


def _no_more_than_there_is(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    variables: Variables,
) -> None:
    takers: dict[Key, list[tuple[cp_model.IntVar, int, cp_model.IntVar]]] = {}
    for task in (task for job in problem.jobs for task in job.tasks):
        if task.grams and task.id in variables.tasks:
            own = variables.tasks[task.id]
            for fab, _, literal in own.chosen:
                taker = (own.start, task.grams, literal)
                takers.setdefault((fab, task.material), []).append(taker)
    for key, steps in options.stocks.items():
        of_key = takers.get(key, [])
        there = steps[0][1]
        if sum(grams for _, grams, _ in of_key) <= there:
            continue
        comes = [
            (from_s, grams - before) for (_, before), (from_s, grams) in pairwise(steps)
        ]
        model.add_reservoir_constraint_with_active(
            [at_s for at_s, _ in comes] + [start for start, _, _ in of_key],
            [more for _, more in comes] + [-grams for _, grams, _ in of_key],
            [True for _ in comes] + [taken for _, _, taken in of_key],
            -there,
            sum(more for _, more in comes),
        )


def _delivered_after_the_last_task(
    model: cp_model.CpModel, options: Options, job: Job, variables: Variables
) -> None:
    kept, delivered = variables.kept[job.id], variables.delivered[job.id]
    tail = sum(
        job.tail_s[fab] * variables.in_fab[job.id, fab] for fab in options.fabs[job.id]
    )
    leaves = {
        fab: model.new_int_var_from_domain(
            cp_model.Domain.from_intervals(doors), f"{job.id} leaves {fab}"
        )
        for fab in options.fabs[job.id]
        if (doors := options.calendars.presence.doors(fab)) is not None
    }
    for task in options.tasks[job.id]:
        done = done_at(options, task, variables)
        model.add(delivered >= done + tail).only_enforce_if(kept)
        for fab, given_out in leaves.items():
            model.add(given_out >= done).only_enforce_if(variables.in_fab[job.id, fab])
    for fab, given_out in leaves.items():
        is_here = variables.in_fab[job.id, fab]
        model.add(delivered >= given_out + job.tail_s[fab]).only_enforce_if(is_here)
    if not job.must:
        model.add(delivered <= job.deadline_s).only_enforce_if(kept)
