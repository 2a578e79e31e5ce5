"""Our own couriers: one vehicle outweighs any distance by its fixed price."""

import time

import numpy as np

from benchmarks.couriers.instance import (
    Answer,
    Group,
    Instance,
    Integers,
    Tour,
    integers_of,
)
from routing.couriers.problem import (
    Courier,
    CourierProblem,
    Prices,
    Shipment,
    StopKind,
)
from routing.couriers.solve import solve as plan_couriers
from routing.effort import Effort
from routing.measures import SECONDS_MAX
from routing.travel.matrix import Profile, TravelMatrix

ENDLESS = 10**12
METRES_PER_CENT = 1_000  # at a price of one cent per kilometre
PACE_ITERATIONS = 20_000


def solve(
    instance: Instance, numbers: Integers, *, fleet_first: bool, cpu_s: float, seed: int
) -> Answer:
    """Plan until `cpu_s` of this process are spent; then measure pace and first plan."""
    problem = problem_of(instance, numbers, fleet_first=fleet_first)
    begun_s = time.process_time()
    effort = Effort(
        iterations=ENDLESS, until_s=begun_s + cpu_s, clock=time.process_time
    )
    plan = plan_couriers(problem, seed=seed, effort=effort)
    spent_s = time.process_time() - begun_s
    if plan.left_out:
        raise RuntimeError(f"{len(plan.left_out)} shipments were left out")
    nodes = _nodes(instance)
    tours = tuple(
        Tour(
            group=int(route.courier.split("-")[0]),
            nodes=tuple(nodes[stop.order, stop.kind] for stop in route.stops),
        )
        for route in plan.routes
    )
    first_s = min(_seconds(problem, seed, 0) for _ in range(3))
    pace_s = max(1e-9, _seconds(problem, seed, PACE_ITERATIONS) - first_s)
    return Answer(
        tours=tours,
        cpu_s=spent_s,
        first_plan_s=first_s,
        thousand_iterations_per_s=PACE_ITERATIONS / pace_s / 1_000,
    )


def warm() -> None:
    """Compile what is compiled at the first call, or load it."""
    travel = np.array([[0.0, 3, 4], [3, 0, 5], [4, 5, 0]])
    instance = Instance(
        name="warm",
        family="",
        tasks=2,
        travel=travel,
        opens=np.zeros(3),
        closes=np.full(3, 100.0),
        service=np.zeros(3),
        demand=np.array([0, 1, -1]),
        groups=(Group(depot=0, count=1, capacity=1, route_s=np.inf),),
        pairs=((1, 2),),
    )
    problem = problem_of(instance, integers_of(instance), fleet_first=True)
    _seconds(problem, 1, 100)


def _seconds(problem: CourierProblem, seed: int, iterations: int) -> float:
    begun_s = time.process_time()
    plan_couriers(problem, seed=seed, effort=Effort(iterations=iterations))
    return time.process_time() - begun_s


def problem_of(
    instance: Instance, numbers: Integers, *, fleet_first: bool
) -> CourierProblem:
    vehicle_cents = numbers.vehicle_cost // METRES_PER_CENT + 1
    left_out_cents = 4 * vehicle_cents  # a vehicle of its own is always cheaper
    couriers = tuple(
        Courier(
            id=f"{number}-{index}",
            place=group.depot,
            end_place=group.depot,
            shift=(int(numbers.opens[group.depot]), int(numbers.closes[group.depot])),
            capacity_pieces=group.capacity,
            capacity_grams=0,
            profile=Profile.VAN,
            cost_per_km_cents=1,
            cost_per_hour_cents=0,
            cost_fixed_cents=vehicle_cents if fleet_first else 0,
            route_max_s=numbers.route_max[number],
        )
        for number, group in enumerate(instance.groups)
        for index in range(group.count)
    )
    trips = [*instance.pairs, *((None, node) for node in instance.drops)]
    return CourierProblem(
        couriers=couriers,
        shipments=tuple(
            _shipment(instance, numbers, number, trip, left_out_cents)
            for number, trip in enumerate(trips)
        ),
        matrices={
            Profile.VAN: TravelMatrix(
                profile=Profile.VAN,
                seconds=numbers.travel,
                metres=numbers.travel,
                source="road",
            )
        },
        prices=Prices(
            late_cents_per_minute=0,
            very_late_cents_per_minute=0,
            moved_courier_cents=0,
        ),
    )


def _shipment(
    instance: Instance,
    numbers: Integers,
    number: int,
    trip: tuple[int | None, int],
    left_out_cents: int,
) -> Shipment:
    pickup, delivery = trip
    closes_s = int(numbers.closes[delivery])
    opens_s = int(numbers.opens[pickup]) if pickup is not None else 0
    return Shipment(
        id=str(number),
        pickup_place=pickup,
        dropoff_place=delivery,
        from_depot=pickup is None,
        ready_s=opens_s,
        pickup_latest_s=SECONDS_MAX if pickup is None else int(numbers.closes[pickup]),
        earliest_s=int(numbers.opens[delivery]),
        due_s=closes_s,
        deadline_s=closes_s,
        pieces=-int(instance.demand[delivery]),
        grams=0,
        pickup_service_s=int(numbers.service[pickup]) if pickup is not None else 0,
        dropoff_service_s=int(numbers.service[delivery]),
        left_out_cents=left_out_cents,
    )


def _nodes(instance: Instance) -> dict[tuple[str, StopKind], int]:
    trips = [*instance.pairs, *((-1, node) for node in instance.drops)]
    return {
        (str(number), kind): node
        for number, trip in enumerate(trips)
        for kind, node in zip((StopKind.PICKUP, StopKind.DROPOFF), trip, strict=True)
    }
