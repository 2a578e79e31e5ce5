"""VROOM: shipments and a fixed price per vehicle; no bound on a route with waiting."""

import time
from datetime import timedelta

import vroom
from vroom.solution.solution import Solution

from benchmarks.couriers.instance import (
    Answer,
    CannotExpressError,
    Instance,
    Integers,
    Tour,
    integers_of,
)
from benchmarks.couriers.walls import until_spent

LEVEL = 5
PRICE_MAX = 2**32 - 1


def solve(
    instance: Instance,
    numbers: Integers,
    *,
    fleet_first: bool,
    cpu_s: float,
    seed: int,  # noqa: ARG001 - all contestants are called alike
) -> Answer:
    """Level 5 with a time limit; it ends by itself and has no seed."""
    if any(bound is not None for bound in numbers.route_max):
        raise CannotExpressError("bounds driving, not the whole of a route")
    problem = _input(instance, _held(instance, numbers), fleet_first=fleet_first)

    def run(wall_s: float, level: int = LEVEL) -> Solution:
        return problem.solve(level, nb_threads=1, timeout=timedelta(seconds=wall_s))

    plan, spent_s = until_spent(run, cpu_s)
    begun_s = time.process_time()
    run(cpu_s, level=0)
    if plan.summary.unassigned:
        raise RuntimeError(f"{plan.summary.unassigned} steps were left out")
    steps = plan.routes[plan.routes["type"].isin(["pickup", "delivery"])]
    return Answer(
        tours=tuple(
            Tour(group=0, nodes=tuple(int(node) for node in route["id"]))
            for _, route in steps.groupby("vehicle_id", sort=True)
        ),
        cpu_s=spent_s,
        first_plan_s=time.process_time() - begun_s,
    )


def warm() -> None:
    """Nothing is compiled here."""


def _held(instance: Instance, numbers: Integers) -> Integers:
    """Coarser by tens until VROOM can hold a vehicle's price and a plan's sum."""
    scale = instance.scale
    while numbers.vehicle_cost > PRICE_MAX and scale > 1:
        scale //= 10
        numbers = integers_of(instance, scale)
    return numbers


def _input(instance: Instance, numbers: Integers, *, fleet_first: bool) -> vroom.Input:
    problem = vroom.Input()
    problem.set_durations_matrix("car", numbers.travel)
    for index in range(instance.groups[0].count):
        depot = instance.groups[0].depot
        problem.add_vehicle(
            vroom.Vehicle(
                index + 1,
                start=depot,
                end=depot,
                capacity=[instance.groups[0].capacity],
                time_window=_window(numbers, depot),
                costs=vroom.VehicleCosts(
                    fixed=numbers.vehicle_cost if fleet_first else 0
                ),
            )
        )
    for pickup, delivery in instance.pairs:
        problem.add_shipment(
            pickup=_step(numbers, pickup),
            delivery=_step(numbers, delivery),
            amount=vroom.Amount([int(instance.demand[pickup])]),
        )
    return problem


def _step(numbers: Integers, node: int) -> vroom.ShipmentStep:
    return vroom.ShipmentStep(
        node,
        location=node,
        default_service=int(numbers.service[node]),
        time_windows=[_window(numbers, node)],
    )


def _window(numbers: Integers, node: int) -> vroom.TimeWindow:
    return vroom.TimeWindow(int(numbers.opens[node]), int(numbers.closes[node]))
