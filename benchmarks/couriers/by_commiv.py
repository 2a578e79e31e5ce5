"""commiv: pickup and delivery from one depot, hierarchical by its own driver."""

import time

import commiv

from benchmarks.couriers.instance import (
    Answer,
    CannotExpressError,
    Instance,
    Integers,
    Tour,
)
from benchmarks.couriers.walls import until_spent

ENDLESS = 10**12


def solve(
    instance: Instance, numbers: Integers, *, fleet_first: bool, cpu_s: float, seed: int
) -> Answer:
    """`fleet_min` with the wall budget that gives it its CPU seconds."""
    if instance.drops:
        raise CannotExpressError("one depot only")

    def run(wall_s: float, **more: int) -> commiv.CvrpSolution:
        return commiv.solve_pdptw(
            numbers.travel,
            pickups=[pickup for pickup, _ in instance.pairs],
            deliveries=[delivery for _, delivery in instance.pairs],
            demand=[int(instance.demand[pickup]) for pickup, _ in instance.pairs],
            capacity=instance.groups[0].capacity,
            ready=numbers.opens,
            due=numbers.closes,
            service=numbers.service,
            seed=seed,
            **more or {"fleet_min": fleet_first, "iters": ENDLESS},
            wall_ms=round(wall_s * 1_000),
        )

    plan, spent_s = until_spent(run, cpu_s)
    begun_s = time.process_time()
    run(0, iters=1)
    return Answer(
        tours=tuple(Tour(group=0, nodes=tuple(route)) for route in plan.routes),
        cpu_s=spent_s,
        first_plan_s=time.process_time() - begun_s,
    )


def warm() -> None:
    """Nothing is compiled here."""
