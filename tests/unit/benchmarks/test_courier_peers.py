"""Other solvers' plans of small problems pass our referee, and none is cheaper."""

import importlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.couriers import by_pyvroom
from benchmarks.couriers.by_fabcommons import problem_of
from benchmarks.couriers.instance import Group, Instance, Integers, Tour, integers_of
from routing.couriers.check import check, plan_fine
from routing.couriers.problem import (
    CourierPlan,
    CourierProblem,
    Route,
    Stop,
    StopKind,
)
from routing.couriers.solve import solve
from routing.effort import Effort

DAY = 1_000
CPU_S = 0.1
ITERATIONS = 24_000


def road(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Whole minutes, another way there than back, no way round that is shorter."""
    apart = rng.integers(5, 120, (count, count)).astype(np.float64)
    np.fill_diagonal(apart, 0)
    for middle in range(count):
        apart = np.minimum(apart, apart[:, [middle]] + apart[[middle]])
    return apart


def shipments(seed: int) -> Instance:
    """Seven shipments from one depot, tight windows, three fit into a vehicle."""
    rng = np.random.default_rng(seed)
    count = 15
    opens = rng.integers(0, 500, count).astype(np.float64)
    opens[0] = 0
    closes = opens + rng.integers(100, 400, count)
    closes[0] = DAY
    demand = np.zeros(count, np.int64)
    demand[1:8] = rng.integers(1, 4, 7)
    demand[8:] = -demand[1:8]
    travel = road(rng, count)
    # Each alone can be brought: out, straight to the hand-over, home again.
    for pickup in range(1, 8):
        opens[pickup + 7] = max(opens[pickup + 7], opens[pickup])
        ready = max(opens[pickup], travel[0, pickup])
        closes[pickup] = max(closes[pickup], ready)
        ready += 10 + travel[pickup, pickup + 7]
        closes[pickup + 7] = max(closes[pickup + 7], ready)
    return Instance(
        name=f"shipments {seed}",
        family="small",
        tasks=14,
        travel=travel,
        opens=opens,
        closes=closes,
        service=np.array([0.0, *[10.0] * 14]),
        demand=demand,
        groups=(Group(depot=0, count=7, capacity=6, route_s=np.inf),),
        pairs=tuple((pickup, pickup + 7) for pickup in range(1, 8)),
    )


def deliveries(seed: int) -> Instance:
    """Ten deliveries from two depots whose vehicles may be out for a while only."""
    rng = np.random.default_rng(seed)
    opens = np.array([0, 0, *rng.integers(0, 300, 10)], np.float64)
    closes = np.array([DAY, DAY, *(opens[2:] + 400)], np.float64)
    return Instance(
        name=f"deliveries {seed}",
        family="small",
        tasks=10,
        travel=road(rng, 12),
        opens=opens,
        closes=closes,
        service=np.array([0.0, 0.0, *[10.0] * 10]),
        demand=np.array([0, 0, *-rng.integers(1, 4, 10)]),
        groups=(
            Group(depot=0, count=4, capacity=8, route_s=350.0),
            Group(depot=1, count=4, capacity=8, route_s=350.0),
        ),
        drops=tuple(range(2, 12)),
    )


def plan_of(
    problem: CourierProblem, instance: Instance, tours: Sequence[Tour]
) -> CourierPlan:
    """Give tours the times of couriers who are back early and leave late for that."""
    used: Counter[int] = Counter()
    routes = []
    for tour in tours:
        courier = f"{tour.group}-{used[tour.group]}"
        used[tour.group] += 1
        routes.append(route_of(instance, courier, tour))
    plan = CourierPlan(routes=tuple(routes), left_out=(), cost_fine=0)
    return CourierPlan(
        routes=plan.routes, left_out=(), cost_fine=plan_fine(problem, plan)
    )


def route_of(instance: Instance, courier: str, tour: Tour) -> Route:
    numbers = integers_of(instance)
    depot = instance.groups[tour.group].depot
    nodes = [depot, *tour.nodes, depot]
    begins_s = latest(numbers, nodes)
    ways = [int(numbers.travel[way]) for way in itertools.pairwise(nodes)]
    stops = []
    leave_s = begins_s[0]
    for node, way, begin_s in zip(nodes[1:-1], ways, begins_s[1:], strict=False):
        stops.append(stop_of(instance, node, leave_s + way, begin_s))
        leave_s = stops[-1].depart_s
    return Route(
        courier=courier,
        leave_s=begins_s[0],
        stops=tuple(stops),
        metres=sum(ways),
        end_s=leave_s + ways[-1],
    )


def latest(numbers: Integers, nodes: list[int]) -> list[int]:
    """Return the latest begin at each node that still ends as early as can be."""
    begin_s = int(numbers.opens[nodes[0]])
    for here, there in itertools.pairwise(nodes):
        begin_s += int(numbers.service[here] + numbers.travel[here, there])
        begin_s = max(begin_s, int(numbers.opens[there]))
    begins_s = [begin_s]
    for here, there in reversed([*itertools.pairwise(nodes)]):
        begin_s -= int(numbers.service[here] + numbers.travel[here, there])
        begin_s = min(begin_s, int(numbers.closes[here]))
        begins_s.append(begin_s)
    return begins_s[::-1]


def stop_of(instance: Instance, node: int, arrive_s: int, begin_s: int) -> Stop:
    trips = [*instance.pairs, *((-1, drop) for drop in instance.drops)]
    order = next(number for number, trip in enumerate(trips) if node in trip)
    return Stop(
        order=str(order),
        kind=StopKind.PICKUP if node == trips[order][0] else StopKind.DROPOFF,
        place=node,
        arrive_s=arrive_s,
        begin_s=begin_s,
        depart_s=begin_s + int(integers_of(instance).service[node]),
    )


@pytest.mark.parametrize("peer", ["ortools", "pyvrp"])
@pytest.mark.parametrize("fleet_first", [True, False], ids=["fleet", "distance"])
@pytest.mark.parametrize("make", [shipments, deliveries])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_peers_plan_is_allowed_and_not_cheaper(
    peer: str, fleet_first: bool, make: Callable[[int], Instance], seed: int
) -> None:
    instance = make(seed)
    numbers = integers_of(instance)
    problem = problem_of(instance, numbers, fleet_first=fleet_first)
    ours = solve(problem, seed=1, effort=Effort(iterations=ITERATIONS))
    assert check(problem, ours) == ()
    assert not ours.left_out

    solver = importlib.import_module(f"benchmarks.couriers.by_{peer}")
    answer = solver.solve(
        instance, numbers, fleet_first=fleet_first, cpu_s=CPU_S, seed=1
    )

    theirs = plan_of(problem, instance, answer.tours)
    assert check(problem, theirs) == ()
    assert ours.cost_fine <= theirs.cost_fine


def test_vroom_gets_no_price_that_it_cannot_hold() -> None:
    near = shipments(1)
    far = replace(
        near,
        travel=near.travel * 1e5 + 0.5,
        opens=near.opens * 1e5,
        closes=near.closes * 1e5 + 100,
    )
    far.__dict__["scale"] = 1_000
    assert integers_of(far).vehicle_cost > by_pyvroom.PRICE_MAX

    answer = by_pyvroom.solve(
        far, integers_of(far), fleet_first=True, cpu_s=CPU_S, seed=1
    )

    nodes = [node for tour in answer.tours for node in tour.nodes]
    assert sorted(nodes) == [*range(1, 15)]
