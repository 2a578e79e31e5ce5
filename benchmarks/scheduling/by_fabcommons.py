"""Our own scheduling, on a problem where the last end alone has a price."""

import math
import time

from benchmarks.scheduling.instance import Answer, Instance
from benchmarks.scheduling.translate import FINE_PER_UNIT, problem_of
from routing.effort import Effort
from routing.scheduling.problem import Schedule
from routing.scheduling.solve import solve as plan_machines


def warm() -> None:
    """Compile what is compiled at the first call, or load it."""
    ways = ((0, 2), (1, 3))
    instance = Instance(name="warm", family="", machines=2, jobs=((ways, ways),) * 3)
    plan_machines(problem_of(instance), seed=1, work=0.1)


def solve(instance: Instance, *, cpu_s: float, seed: int) -> Answer:
    """Plan until `cpu_s` of this process are spent; then measure the first plan."""
    begun_s = time.process_time()
    effort = Effort(iterations=1, until_s=begun_s + cpu_s, clock=time.process_time)
    problem = problem_of(instance)
    schedule = plan_machines(problem, seed=seed, work=math.inf, effort=effort)
    spent_s = time.process_time() - begun_s
    if schedule.left_out:
        raise RuntimeError(f"{len(schedule.left_out)} jobs were left out")
    begun_s = time.process_time()
    plan_machines(problem, seed=seed, work=0.0)
    return Answer(
        slots=_slots(schedule),
        bound=math.ceil(schedule.bound_fine / FINE_PER_UNIT),
        cpu_s=spent_s,
        first_s=time.process_time() - begun_s,
    )


def _slots(schedule: Schedule) -> tuple[tuple[int, int, int, int, int], ...]:
    found = []
    for slot in schedule.slots:
        job, operation = map(int, slot.task.split("."))
        found.append((job, operation, int(slot.machine), slot.start_s, slot.end_s))
    return tuple(found)
