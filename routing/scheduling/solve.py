"""The schedule: list scheduling at once, then search for as long as it is worth.

A plain job shop (shop.py) is first walked by tabu search; CP-SAT goes on from there,
and alone where the problem is of another shape.
"""

import math
import sys
from collections.abc import Sequence

from ortools.sat.python import cp_model

from routing.cpsat import run, solver_of
from routing.effort import Effort
from routing.measures import FINE_PER_CENT
from routing.scheduling.compact import compacted
from routing.scheduling.constraints import add_constraints
from routing.scheduling.cost import schedule_fine
from routing.scheduling.greedy import frozen_slots, greedy_schedule
from routing.scheduling.hints import add_hints
from routing.scheduling.objective import add_objective
from routing.scheduling.options import Options, options_of
from routing.scheduling.problem import Schedule, SchedulingProblem, TaskSlot
from routing.scheduling.shop import Shop, shop_of
from routing.scheduling.tabu import tabu_schedule
from routing.scheduling.validate import validate
from routing.scheduling.variables import Variables, add_variables

COUNTED = Effort(iterations=1)

# Of a plain job shop's work; a walk gains long, a proof comes soon or not at all.
TABU_SHARE = 0.8
# Moves by operations: about a CPU second on some hundred operations.
OPERATIONS_PER_WORK = 12_000_000
# What a deterministic second of CP-SAT takes on job shops: 12 to 24 CPU seconds were
# measured there, 2 on problems with set-ups and calendars.
CPU_PER_DETERMINISTIC = 20.0
WORK_MAX = 600.0  # where only a proof would end the search


def solve(
    problem: SchedulingProblem,
    *,
    seed: int,
    work: float,
    effort: Effort = COUNTED,
) -> Schedule:
    """Return the best schedule found with `work` deterministic seconds.

    They are CP-SAT's; on a plain job shop they are about CPU seconds, and tabu search
    has its share of them. Never worse than list scheduling. The same arguments give the same schedule, unless `effort`
    brings a clock that ends it before. Errors: InvalidProblemError.
    """
    validate(problem)
    options = options_of(problem)
    slots, left_out = greedy_schedule(problem, options)
    best = _priced(problem, options, slots, left_out)
    shop = shop_of(problem, options) if work > 0 else None
    if shop is not None:
        walked = tabu_schedule(shop, seed=seed, effort=_share_of(shop, work, effort))
        slots = shop.slots(walked.start_s, walked.machine_of)
        best = _cheaper(best, _priced(problem, options, slots, ()))
        work *= (1 - TABU_SHARE) / CPU_PER_DETERMINISTIC
    if work <= 0 or not any(options.fabs.values()):
        return best
    model = cp_model.CpModel()
    variables = add_variables(model, problem, options)
    add_constraints(model, problem, options, variables)
    add_objective(model, problem, options, variables)
    _keep_the_worthy(model, problem, variables, best)
    add_hints(model, problem, variables, best)
    solver = solver_of(seed=seed, work=work)
    has_found = run(solver, model, effort)
    bound_fine = _bound_fine(solver)
    if has_found:
        slots, left_out = _read(problem, solver, variables)
        best = _cheaper(best, _priced(problem, options, slots, left_out))
    return Schedule(
        slots=best.slots,
        left_out=best.left_out,
        cost_fine=best.cost_fine,
        bound_fine=min(bound_fine, best.cost_fine),
    )


def _share_of(shop: Shop, work: float, effort: Effort) -> Effort:
    """The part of the work that is the tabu search's, as moves, and of the clock."""
    moves = OPERATIONS_PER_WORK * min(work, WORK_MAX) * TABU_SHARE / shop.job_of.size
    if effort.is_counted:
        return Effort(iterations=math.ceil(moves))
    return Effort(
        iterations=math.ceil(moves) if math.isfinite(work) else sys.maxsize,
        until_s=effort.until_s - (1 - TABU_SHARE) * max(0.0, effort.left_s()),
        clock=effort.clock,
    )


def _cheaper(one: Schedule, other: Schedule) -> Schedule:
    return min(one, other, key=lambda schedule: schedule.cost_fine)


def _keep_the_worthy(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    variables: Variables,
    best: Schedule,
) -> None:
    """No price is negative: what costs more than a whole schedule isn't left out."""
    for job in problem.jobs:
        is_worthy = FINE_PER_CENT * job.left_out_cents > best.cost_fine
        if is_worthy and job.id in variables.kept:
            model.add(variables.kept[job.id] == 1)


def _bound_fine(solver: cp_model.CpSolver) -> int:
    """The bound comes as a float: round down by what a float can't hold."""
    bound = solver.best_objective_bound
    return max(0, math.ceil(bound - max(0.5, abs(bound) * 1e-12)))


def _priced(
    problem: SchedulingProblem,
    options: Options,
    slots: Sequence[TaskSlot],
    left_out: Sequence[str],
) -> Schedule:
    early = compacted(problem, options, slots)
    return Schedule(
        slots=early,
        left_out=tuple(sorted(left_out)),
        cost_fine=schedule_fine(problem, early, left_out),
        bound_fine=0,
    )


def _read(
    problem: SchedulingProblem, solver: cp_model.CpSolver, variables: Variables
) -> tuple[list[TaskSlot], list[str]]:
    slots: list[TaskSlot] = []
    left_out: list[str] = []
    for job in problem.jobs:
        slots += frozen_slots(job)
        if job.id not in variables.kept or not solver.value(variables.kept[job.id]):
            left_out.append(job.id)
            continue
        for task in job.tasks:
            if task.frozen is not None:
                continue
            own = variables.tasks[task.id]
            mode = next(m for _, m, literal in own.chosen if solver.value(literal))
            start_s = solver.value(own.start)
            slots.append(
                TaskSlot(
                    task=task.id,
                    order=job.id,
                    machine=mode.machine,
                    start_s=start_s,
                    end_s=start_s + mode.duration_s,
                )
            )
    return slots, left_out
