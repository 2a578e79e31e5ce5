"""Plain CP-SAT: one start per operation, an optional interval per way, no start given."""

import math
import time

from ortools.sat.python import cp_model

from benchmarks.scheduling.instance import Answer, Instance
from routing.cpsat import run, solver_of
from routing.effort import Effort


def warm() -> None:
    """Load the solver's library."""
    cp_model.CpSolver().solve(cp_model.CpModel())


def solve(instance: Instance, *, cpu_s: float, seed: int) -> Answer:
    """Build and solve with one worker until `cpu_s` of this process are spent."""
    begun_s = time.process_time()
    model = cp_model.CpModel()
    horizon = instance.horizon
    makespan = model.new_int_var(0, horizon, "makespan")
    on_machine: list[list[cp_model.IntervalVar]] = [
        [] for _ in range(instance.machines)
    ]
    chosen = []
    for job, chain in enumerate(instance.jobs):
        before = None
        for number, ways in enumerate(chain):
            start = model.new_int_var(0, horizon, "")
            end = model.new_int_var(0, horizon, "")
            literals = [model.new_bool_var("") for _ in ways]
            model.add_exactly_one(literals)
            for (machine, duration), literal in zip(ways, literals, strict=True):
                interval = model.new_optional_interval_var(
                    start, duration, end, literal, ""
                )
                on_machine[machine].append(interval)
                chosen.append((job, number, machine, start, end, literal))
            if before is not None:
                model.add(start >= before)
            before = end
        if before is not None:
            model.add(makespan >= before)
    for intervals in on_machine:
        model.add_no_overlap(intervals)
    model.minimize(makespan)
    effort = Effort(iterations=1, until_s=begun_s + cpu_s, clock=time.process_time)
    solver = solver_of(seed=seed, work=math.inf)
    found = run(solver, model, effort)
    slots = tuple(
        (job, number, machine, solver.value(start), solver.value(end))
        for job, number, machine, start, end, literal in (chosen if found else ())
        if solver.value(literal)
    )
    return Answer(
        slots=slots,
        bound=round(solver.best_objective_bound),
        cpu_s=time.process_time() - begun_s,
    )
