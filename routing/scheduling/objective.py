"""What CP-SAT minimises: the same sum as cost.py, as linear terms."""

from ortools.sat.python import cp_model

from routing.measures import FINE_PER_CENT, FINE_PER_CENT_MINUTE_SECOND
from routing.scheduling.cost import mode_fine, setup_fine
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, SchedulingProblem
from routing.scheduling.variables import Variables, horizon_s


def add_objective(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    variables: Variables,
) -> None:
    """Minimise the price of making, lateness, change and all that is left out."""
    terms: list[cp_model.LinearExprT] = []
    for job in problem.jobs:
        if job.id in variables.kept:
            kept = variables.kept[job.id]
            terms.append(FINE_PER_CENT * job.left_out_cents * (1 - kept))
            terms += _places(problem, options, job, variables)
            terms += _lateness(model, problem, job, variables)
        else:
            terms.append(FINE_PER_CENT * job.left_out_cents)
    terms += _makespan(model, problem, options, variables)
    terms += [
        setup_fine(seconds, problem.prices) * literal
        for literal, seconds in variables.setups
        if seconds and problem.prices.setup_cents_per_minute
    ]
    terms += [FINE_PER_CENT * cents * needed for needed, cents in variables.carried]
    model.minimize(sum(terms))


def _makespan(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    variables: Variables,
) -> list[cp_model.LinearExprT]:
    per_minute = problem.prices.makespan_cents_per_minute
    if not per_minute:
        return []
    _, last_s = horizon_s(problem, options)
    last = model.new_int_var(0, max(0, last_s - problem.now_s), "makespan")
    for job in problem.jobs:
        if job.id not in variables.kept:
            continue
        kept = variables.kept[job.id]
        for task in job.tasks:
            end = task.frozen.end_s if task.frozen else variables.tasks[task.id].end
            model.add(last >= end - problem.now_s).only_enforce_if(kept)
    return [FINE_PER_CENT_MINUTE_SECOND * per_minute * last]


def _places(
    problem: SchedulingProblem, options: Options, job: Job, variables: Variables
) -> list[cp_model.LinearExprT]:
    terms: list[cp_model.LinearExprT] = [
        FINE_PER_CENT * job.fab_cost_cents.get(fab, 0) * variables.in_fab[job.id, fab]
        for fab in options.fabs[job.id]
    ]
    for task in job.tasks:
        if task.frozen is None:
            terms += [
                mode_fine(task, mode.machine, mode.cost_cents, problem.prices) * literal
                for _, mode, literal in variables.tasks[task.id].chosen
            ]
    return terms


def _lateness(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    job: Job,
    variables: Variables,
) -> list[cp_model.LinearExprT]:
    prices = problem.prices
    wishes = [(job.due_s, prices.late_cents_per_minute)]
    if job.must:
        wishes.append((job.deadline_s, prices.very_late_cents_per_minute))
    terms: list[cp_model.LinearExprT] = []
    for wished_s, cents_per_minute in wishes:
        delivered = variables.delivered[job.id]
        most_s = variables.delivered_max_s[job.id] - wished_s
        if most_s <= 0:
            continue
        late = model.new_int_var(0, most_s, f"late {job.id} {wished_s}")
        after_wish = model.add(late >= delivered - wished_s)
        after_wish.only_enforce_if(variables.kept[job.id])
        terms.append(FINE_PER_CENT_MINUTE_SECOND * cents_per_minute * late)
    return terms
