"""CP-SAT's view of a schedule: one literal per choice, one start per task."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from routing.scheduling.options import Options
from routing.scheduling.presence import work_spans
from routing.scheduling.problem import Job, Mode, SchedulingProblem, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVariables:
    """A task that may still be placed: when, and in which (fab, mode).

    `done`: when the work by hand after its end is done, too, or later.
    """

    start: cp_model.IntVar
    end: cp_model.IntVar
    done: cp_model.IntVar
    chosen: tuple[tuple[str, Mode, cp_model.IntVar], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharer:
    """A task that may lie on a bed with others, if it is done by this mode."""

    task: Task
    mode: Mode
    start: cp_model.IntVar
    end: cp_model.IntVar
    chosen: cp_model.IntVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """All variables of the model, by id.

    `kept`: is the job in the plan. `in_fab`: by job and fab. `delivered`: when the
    job is handed over, at most `delivered_max_s`. `intervals`: by machine, all that may
    lie on it. `follows`: by machine, the task before (None: it is the first) and the
    task; `setups`: each of these literals with the seconds of its set-up.
    `carried`: by transfer of a job, whether it is needed, and its cents. `sharers`: by
    machine with a bed; `owns`: whether one of them has a run of its own.
    """

    kept: dict[str, cp_model.IntVar] = field(default_factory=dict)
    in_fab: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    tasks: dict[str, TaskVariables] = field(default_factory=dict)
    delivered: dict[str, cp_model.IntVar] = field(default_factory=dict)
    delivered_max_s: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, list[cp_model.IntervalVar]] = field(default_factory=dict)
    follows: dict[tuple[str, str | None, str], list[cp_model.IntVar]] = field(
        default_factory=lambda: defaultdict(list)
    )
    setups: list[tuple[cp_model.IntVar, int]] = field(default_factory=list)
    carried: list[tuple[cp_model.IntVar, int]] = field(default_factory=list)
    sharers: dict[str, list[Sharer]] = field(default_factory=dict)
    owns: dict[tuple[str, Mode], cp_model.IntVar] = field(default_factory=dict)


def add_variables(
    model: cp_model.CpModel, problem: SchedulingProblem, options: Options
) -> Variables:
    """Add the variables of every job that can be made somewhere."""
    variables = Variables()
    for job in problem.jobs:
        if options.fabs[job.id]:
            _add_job(model, problem, options, job, variables)
    return variables


def horizon_s(problem: SchedulingProblem, options: Options) -> tuple[int, int]:
    """Return the first and the last second in which a task may lie."""
    bounds = [second for ways in options.free.values() for w in ways for second in w]
    bounds += [
        task.frozen.end_s for job in problem.jobs for task in job.tasks if task.frozen
    ]
    presence = options.calendars.presence
    for fab in {machine.fab for machine in problem.machines}:
        bounds += [second for hours in presence.doors(fab) or () for second in hours]
    return min(bounds, default=0), max(bounds, default=0)


def _add_job(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    variables: Variables,
) -> None:
    first_s, last_s = horizon_s(problem, options)
    variables.kept[job.id] = model.new_bool_var(f"kept {job.id}")
    for fab in options.fabs[job.id]:
        variables.in_fab[job.id, fab] = model.new_bool_var(f"{job.id} in {fab}")
    for task in options.tasks[job.id]:
        if task.frozen is None:
            variables.tasks[task.id] = _task(
                model, problem, options, (job, task), variables
            )
    tails = [job.tail_s[fab] for fab in options.fabs[job.id]]
    latest_s = last_s + max(tails) + max(task.lag_s for task in job.tasks)
    variables.delivered_max_s[job.id] = latest_s
    variables.delivered[job.id] = model.new_int_var(
        first_s, latest_s, f"delivered {job.id}"
    )


def _task(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    what: tuple[Job, Task],
    variables: Variables,
) -> TaskVariables:
    job, task = what
    ways = tuple(
        dict.fromkeys(
            (options.fab_of_machine[mode.machine], mode)
            for fab in options.fabs[job.id]
            for mode in options.modes[task.id, fab]
        )
    )
    starts = {
        (fab, mode): [
            (max(first_s, job.release_s), last_s)
            for first_s, last_s in options.calendars.starts(mode)
            if last_s >= job.release_s
        ]
        for fab, mode in ways
    }
    first_s = min(low_s for lows in starts.values() for low_s, _ in lows)
    last_s = max(high_s for highs in starts.values() for _, high_s in highs)
    longest_s = max(mode.duration_s for _, mode in ways)
    start = model.new_int_var(first_s, last_s, f"start {task.id}")
    end = model.new_int_var(first_s, last_s + longest_s, f"end {task.id}")
    chosen = []
    for index, (fab, mode) in enumerate(ways):
        literal = model.new_bool_var(f"{task.id} by way {index}")
        interval = model.new_optional_interval_var(
            start, mode.duration_s, end, literal, f"{task.id} on {mode.machine}"
        )
        domain = cp_model.Domain.from_intervals(starts[fab, mode])
        model.add_linear_expression_in_domain(start, domain).only_enforce_if(literal)
        if mode.duration_s and task.batch and mode.machine in options.beds:
            sharer = Sharer(task=task, mode=mode, start=start, end=end, chosen=literal)
            variables.sharers.setdefault(mode.machine, []).append(sharer)
        elif mode.duration_s:  # an instant keeps nobody from the machine
            variables.intervals.setdefault(mode.machine, []).append(interval)
        chosen.append((fab, mode, literal))
    done = end
    if task.lag_s:
        most_s = horizon_s(problem, options)[1] + task.lag_s
        done = model.new_int_var(first_s, most_s, f"done {task.id}")
        _work_by_hand(model, options, task, chosen, (end, done))
    return TaskVariables(start=start, end=end, done=done, chosen=tuple(chosen))


def _work_by_hand(
    model: cp_model.CpModel,
    options: Options,
    task: Task,
    chosen: Sequence[tuple[str, Mode, cp_model.IntVar]],
    times: tuple[cp_model.IntVar, cp_model.IntVar],
) -> None:
    """Let `done` be no sooner than people of the chosen fab can do it after `end`."""
    end, done = times
    for fab in dict.fromkeys(fab for fab, _, _ in chosen):
        literals = [literal for where, _, literal in chosen if where == fab]
        doors = options.calendars.presence.doors(fab)
        if doors is None:
            for literal in literals:
                model.add(done >= end + task.lag_s).only_enforce_if(literal)
            continue
        spans = []
        for span in work_spans(doors, task.lag_s):
            ends_in = model.new_bool_var(f"{task.id} ends by {span.to_s} in {fab}")
            within = cp_model.Domain(span.from_s, span.to_s)
            model.add_linear_expression_in_domain(end, within).only_enforce_if(ends_in)
            done_s = end + span.lag_s if span.is_worked else span.lag_s
            model.add(done >= done_s).only_enforce_if(ends_in)
            spans.append(ends_in)
        model.add(sum(spans) == sum(literals))
