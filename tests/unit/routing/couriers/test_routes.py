"""Routes against every route there is, and a referee that can say no."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from routing.couriers.check import check
from routing.couriers.problem import (
    Courier,
    CourierProblem,
    NextStop,
    Prices,
    Shipment,
    StopKind,
)
from routing.couriers.solve import solve
from routing.effort import Effort
from routing.errors import InvalidProblemError
from routing.measures import FINE_PER_CENT
from routing.travel.matrix import Profile, TravelMatrix

PRICES = Prices(
    late_cents_per_minute=6, very_late_cents_per_minute=40, moved_courier_cents=30
)


def plane(seed: int, count: int) -> TravelMatrix:
    """Places on a square of 6 by 6 km, 5 m/s, distances rounded up."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 6_000, (count, 2))
    apart = np.ceil(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)))
    metres = apart.astype(np.int64)
    return TravelMatrix(
        profile=Profile.BICYCLE,
        seconds=-(-metres // 5),
        metres=metres,
        source="road",
    )


def small_problem(seed: int, shipments: int = 3, couriers: int = 2) -> CourierProblem:
    rng = np.random.default_rng(seed + 100)
    matrix = plane(seed, 2 * shipments + couriers)
    return CourierProblem(
        couriers=tuple(
            Courier(
                id=f"c{i}",
                place=2 * shipments + i,
                shift=(0, 9_000),
                capacity_pieces=3,
                capacity_grams=5_000,
                profile=Profile.BICYCLE,
                cost_per_km_cents=40 + 15 * i,
                cost_per_hour_cents=1_500,
            )
            for i in range(couriers)
        ),
        shipments=tuple(
            Shipment(
                id=f"s{i}",
                pickup_place=2 * i,
                dropoff_place=2 * i + 1,
                ready_s=int(rng.integers(0, 2_000)),
                earliest_s=int(rng.integers(0, 3_000)),
                due_s=int(rng.integers(2_000, 5_000)),
                deadline_s=int(rng.integers(3_500, 7_000)),
                pieces=int(rng.integers(1, 3)),
                grams=500,
                pickup_service_s=60,
                dropoff_service_s=90,
                left_out_cents=int(rng.integers(300, 2_500)),
                previous_courier="c0" if i == 0 and couriers > 1 else None,
            )
            for i in range(shipments)
        ),
        matrices={Profile.BICYCLE: matrix},
        prices=PRICES,
    )


def route_fine(
    problem: CourierProblem, courier: Courier, order: tuple[tuple[int, bool], ...]
) -> int | None:
    """Drive (shipment, is it the drop-off) one by one, from first principles."""
    matrix = problem.matrices[courier.profile]
    place, free_s, fine, leave_s = courier.place, courier.shift[0], 0, None
    pieces = grams = 0
    for i, is_drop in order:
        s = problem.shipments[i]
        there = s.dropoff_place if is_drop else s.pickup_place
        drive_s = int(matrix.seconds[place, there])
        begin_s = max(free_s + drive_s, s.earliest_s if is_drop else s.ready_s)
        leave_s = begin_s - drive_s if leave_s is None else leave_s
        fine += 18 * courier.cost_per_km_cents * int(matrix.metres[place, there])
        sign = -1 if is_drop else 1
        pieces, grams = pieces + sign * s.pieces, grams + sign * s.grams
        free_s = begin_s + (s.dropoff_service_s if is_drop else s.pickup_service_s)
        is_full = pieces > courier.capacity_pieces or grams > courier.capacity_grams
        if is_full or free_s > courier.shift[1]:
            return None
        if is_drop:
            if begin_s > s.deadline_s:
                return None
            late_s = max(0, begin_s - s.due_s)
            fine += 300 * problem.prices.late_cents_per_minute * late_s
            if s.previous_courier not in {None, courier.id}:
                fine += 18_000 * problem.prices.moved_courier_cents
        place = there
    if leave_s is None:
        return 0
    return fine + 5 * courier.cost_per_hour_cents * (free_s - leave_s)


def brute_force_fine(problem: CourierProblem) -> int:
    """Try every assignment and every order of stops."""
    count = len(problem.shipments)
    cheapest: dict[tuple[int, frozenset[int]], int] = {}
    for number, courier in enumerate(problem.couriers):
        for picked in product([False, True], repeat=count):
            own = [i for i in range(count) if picked[i]]
            stops = [(i, is_drop) for i in own for is_drop in (False, True)]
            best = 1 << 60
            for order in permutations(stops):
                if any(order.index((i, False)) > order.index((i, True)) for i in own):
                    continue
                fine = route_fine(problem, courier, order)
                if fine is not None:
                    best = min(best, fine)
            cheapest[number, frozenset(own)] = best
    best = 1 << 60
    for carriers in product([None, *range(len(problem.couriers))], repeat=count):
        fine = sum(
            18_000 * problem.shipments[i].left_out_cents
            for i in range(count)
            if carriers[i] is None
        )
        for number in range(len(problem.couriers)):
            own = frozenset(i for i in range(count) if carriers[i] == number)
            fine += cheapest[number, own]
        best = min(best, fine)
    return best


@pytest.mark.parametrize("seed", range(10))
def test_cost_equals_that_of_trying_everything(seed: int) -> None:
    problem = small_problem(seed)
    plan = solve(problem, seed=1, effort=Effort(iterations=600))
    assert check(problem, plan) == ()
    assert plan.cost_fine == brute_force_fine(problem)


def test_more_thought_is_never_worse_and_repeats_itself() -> None:
    problem = small_problem(7, shipments=14, couriers=3)
    first = solve(problem, seed=3, effort=Effort(iterations=0))
    better = solve(problem, seed=3, effort=Effort(iterations=100))
    assert check(problem, first) == ()
    assert check(problem, better) == ()
    assert better.cost_fine <= first.cost_fine
    assert solve(problem, seed=3, effort=Effort(iterations=100)) == better


def test_what_is_aboard_is_brought_by_its_courier_even_after_the_shift() -> None:
    problem = small_problem(2)
    loaded = replace(problem.shipments[0], pickup_place=None, courier="c1")
    late = replace(problem.couriers[1], shift=(0, 10))
    problem = replace(
        problem,
        shipments=(loaded, *problem.shipments[1:]),
        couriers=(problem.couriers[0], late),
        prices=replace(PRICES, very_late_cents_per_minute=0),
    )
    plan = solve(problem, seed=1, effort=Effort(iterations=50))
    assert check(problem, plan) == ()
    (route,) = [route for route in plan.routes if route.courier == "c1"]
    assert [(stop.order, stop.kind) for stop in route.stops] == [
        ("s0", StopKind.DROPOFF)
    ]


def test_the_next_stop_stays_the_next_stop() -> None:
    problem = small_problem(4)
    heading = NextStop(order="s2", kind=StopKind.PICKUP)
    couriers = (problem.couriers[0], replace(problem.couriers[1], next_stop=heading))
    problem = replace(
        problem,
        couriers=couriers,
        shipments=tuple(
            replace(s, deadline_s=8_000, left_out_cents=9_000)
            for s in problem.shipments
        ),
    )
    plan = solve(problem, seed=1, effort=Effort(iterations=50))
    assert check(problem, plan) == ()
    (route,) = [route for route in plan.routes if route.courier == "c1"]
    assert (route.stops[0].order, route.stops[0].kind) == ("s2", StopKind.PICKUP)


def test_the_referee_sees_a_spoilt_route() -> None:
    problem = small_problem(5)
    shipments = tuple(replace(s, left_out_cents=9_000) for s in problem.shipments)
    problem = replace(problem, shipments=shipments)
    plan = solve(problem, seed=1, effort=Effort(iterations=50))
    route, *rest = plan.routes
    first, *others = route.stops
    spoilt_stops = [
        (replace(first, begin_s=first.begin_s - 1), *others),
        (replace(first, place=first.place + 1), *others),
        tuple(others),
        tuple(reversed(route.stops)),
    ]
    for stops in spoilt_stops:
        spoilt = replace(plan, routes=(replace(route, stops=stops), *rest))
        assert check(problem, spoilt)
    shorter = replace(route, metres=route.metres - 1)
    assert check(problem, replace(plan, routes=(shorter, *rest)))
    assert check(problem, replace(plan, left_out=("s0",)))
    assert check(problem, replace(plan, cost_fine=plan.cost_fine - 1))


def test_no_couriers_and_no_shipments_are_plans_too() -> None:
    problem = small_problem(1)
    nobody = solve(replace(problem, couriers=()), seed=1, effort=Effort(iterations=10))
    assert nobody.left_out == ("s0", "s1", "s2")
    assert (
        solve(
            replace(problem, shipments=()), seed=1, effort=Effort(iterations=10)
        ).routes
        == ()
    )


def test_a_shipment_aboard_nobody_is_refused_by_name() -> None:
    problem = small_problem(1)
    lost = replace(problem.shipments[0], pickup_place=None)
    with pytest.raises(InvalidProblemError, match="'s0' is aboard"):
        solve(replace(problem, shipments=(lost,)), seed=1, effort=Effort(iterations=1))


def as_in_force(problem: CourierProblem, seed: int = 1) -> CourierProblem:
    """The problem once more, with the routes of its plan as those in force."""
    plan = solve(problem, seed=seed, effort=Effort(iterations=60))
    stops = {
        route.courier: tuple(
            NextStop(order=stop.order, kind=stop.kind) for stop in route.stops
        )
        for route in plan.routes
    }
    couriers = tuple(
        replace(courier, previous=stops.get(courier.id, ()))
        for courier in problem.couriers
    )
    return replace(problem, couriers=couriers)


@pytest.mark.parametrize("seed", range(4))
def test_a_search_begins_with_the_routes_in_force(seed: int) -> None:
    problem = small_problem(seed, shipments=8, couriers=3)
    thought_out = solve(problem, seed=1, effort=Effort(iterations=60))
    at_once = solve(as_in_force(problem), seed=5, effort=Effort(iterations=0))
    assert at_once.cost_fine <= thought_out.cost_fine
    assert check(as_in_force(problem), at_once) == ()


def test_routes_that_can_no_longer_be_are_made_anew() -> None:
    problem = as_in_force(small_problem(3, shipments=6, couriers=2))
    tired = replace(problem.couriers[0], shift=(0, 900))
    problem = replace(
        problem,
        couriers=(tired, *problem.couriers[1:]),
        shipments=problem.shipments[1:],
    )
    assert check(problem, solve(problem, seed=1, effort=Effort(iterations=0))) == ()


@pytest.mark.parametrize("shipments", [0, 3])
def test_a_courier_whose_shift_is_over_stays_away_for_nothing(shipments: int) -> None:
    given = small_problem(4, shipments=shipments)
    over = replace(given.couriers[0], shift=(0, 500), cost_per_hour_cents=0)
    punctual = replace(PRICES, late_cents_per_minute=0, very_late_cents_per_minute=0)
    problem = replace(given, couriers=(over,), prices=punctual, now_s=900)
    plan = solve(problem, seed=1, effort=Effort(iterations=0))
    assert check(problem, plan) == ()
    out = sum(shipment.left_out_cents for shipment in given.shipments)
    assert (plan.routes, plan.cost_fine) == ((), FINE_PER_CENT * out)
