"""PyJobShop with its own model, its OR-Tools solver and one worker."""

import itertools
import math
import time

from ortools.sat.python import cp_model
from pyjobshop import Model
from pyjobshop.solvers.ortools import CPModel

from benchmarks.scheduling.instance import Answer, Instance
from routing.cpsat import run, solver_of
from routing.effort import Effort


def warm() -> None:
    """Load the solver's library."""
    cp_model.CpSolver().solve(cp_model.CpModel())


def solve(instance: Instance, *, cpu_s: float, seed: int) -> Answer:
    """Build and solve until `cpu_s` of this process are spent."""
    begun_s = time.process_time()
    model = Model()
    machines = [model.add_machine() for _ in range(instance.machines)]
    ways_of = []
    places = []
    for number, chain in enumerate(instance.jobs):
        job = model.add_job()
        tasks = [model.add_task(job=job) for _ in chain]
        for operation, (task, ways) in enumerate(zip(tasks, chain, strict=True)):
            places.append((number, operation))
            for machine, duration in ways:
                model.add_mode(task, machines[machine], duration)
                ways_of.append((len(places) - 1, machine))
        for before, task in itertools.pairwise(tasks):
            model.add_end_before_start(before, task)
    built = CPModel(model.data())
    effort = Effort(iterations=1, until_s=begun_s + cpu_s, clock=time.process_time)
    solver = solver_of(seed=seed, work=math.inf)
    found = run(solver, built.model, effort)
    slots = []
    if found:
        for (task, machine), chosen in zip(
            ways_of, built.variables.mode_vars, strict=True
        ):
            if solver.value(chosen):
                of_task = built.variables.task_vars[task]
                start, end = solver.value(of_task.start), solver.value(of_task.end)
                slots.append((*places[task], machine, start, end))
    return Answer(
        slots=tuple(slots),
        bound=round(solver.best_objective_bound),
        cpu_s=time.process_time() - begun_s,
    )
