"""PyVRP: shipments, depots and route durations are its own words."""

import time

import pyvrp
from pyvrp.IteratedLocalSearch import (
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
)

from benchmarks.couriers.instance import Answer, Instance, Integers, Tour

# In longest legs. 1, 3, 10 and 100 did alike on eight instances; minimise_fleet for half
# of the time was better on one of them, worse on five.
VEHICLE_LEGS = 10


class _Clock:
    """Stops on CPU time, where PyVRP's own criterion asks the wall."""

    def __init__(self, until_s: float) -> None:
        self.until_s = until_s

    def __call__(self, best_cost: float) -> bool:
        return time.process_time() >= self.until_s


class _FirstPlan(IteratedLocalSearchCallbacks):
    def __init__(self) -> None:
        self.at_s: float | None = None

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        if ils.initial_solution.is_feasible():
            self.at_s = time.process_time()

    def on_best(self, best: pyvrp.Solution) -> None:
        if self.at_s is None and best.is_feasible():
            self.at_s = time.process_time()


def solve(
    instance: Instance, numbers: Integers, *, fleet_first: bool, cpu_s: float, seed: int
) -> Answer:
    """Price a vehicle moderately and search until `cpu_s` of this process are spent."""
    begun_s = time.process_time()
    data = _data(instance, numbers, fleet_first=fleet_first)
    until_s = begun_s + cpu_s
    first = _FirstPlan()
    params = pyvrp.SolveParams(ils=IteratedLocalSearchParams(callbacks=first))
    result = pyvrp.solve(
        data, _Clock(until_s), seed=seed, collect_stats=False, params=params
    )
    spent_s = time.process_time() - begun_s
    if not result.is_feasible():
        raise RuntimeError("no feasible plan was found")
    return Answer(
        tours=tuple(_tour(instance, route) for route in result.best.routes()),
        cpu_s=spent_s,
        first_plan_s=None if first.at_s is None else first.at_s - begun_s,
    )


def warm() -> None:
    """Nothing is compiled here."""


def _data(
    instance: Instance, numbers: Integers, *, fleet_first: bool
) -> pyvrp.ProblemData:
    vehicle_cost = VEHICLE_LEGS * int(numbers.travel.max()) if fleet_first else 0
    depots = [group.depot for group in instance.groups]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in numbers.travel],
        clients=[
            pyvrp.Client(
                location=node,
                delivery=[-int(instance.demand[node])],
                service_duration=int(numbers.service[node]),
                tw_early=int(numbers.opens[node]),
                tw_late=int(numbers.closes[node]),
            )
            for node in instance.drops
        ],
        depots=[pyvrp.Depot(location=depot) for depot in depots],
        vehicle_types=[
            pyvrp.VehicleType(
                num_available=group.count,
                capacity=[group.capacity],
                start_depot=number,
                end_depot=number,
                fixed_cost=vehicle_cost,
                tw_early=int(numbers.opens[group.depot]),
                tw_late=int(numbers.closes[group.depot]),
                **({} if bound is None else {"shift_duration": bound}),
            )
            for number, (group, bound) in enumerate(
                zip(instance.groups, numbers.route_max, strict=True)
            )
        ],
        distance_matrices=[numbers.travel],
        duration_matrices=[numbers.travel],
        shipments=[
            pyvrp.Shipment(
                pickup_location=pickup,
                delivery_location=delivery,
                pickup_tw_early=int(numbers.opens[pickup]),
                pickup_tw_late=int(numbers.closes[pickup]),
                pickup_service_duration=int(numbers.service[pickup]),
                delivery_tw_early=int(numbers.opens[delivery]),
                delivery_tw_late=int(numbers.closes[delivery]),
                delivery_service_duration=int(numbers.service[delivery]),
                amount=[int(instance.demand[pickup])],
            )
            for pickup, delivery in instance.pairs
        ],
    )


def _tour(instance: Instance, route: pyvrp.Route) -> Tour:
    nodes = []
    for activity in route:
        if activity.is_pickup():
            nodes.append(instance.pairs[activity.idx][0])
        elif activity.is_delivery():
            nodes.append(instance.pairs[activity.idx][1])
        elif activity.is_client():
            nodes.append(instance.drops[activity.idx])
    return Tour(group=route.vehicle_type(), nodes=tuple(nodes))
