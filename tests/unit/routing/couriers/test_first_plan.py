"""The first plan is at hand at once, leaves nobody out for luck, refuses by name."""

from dataclasses import replace

import numpy as np
import pytest

from routing.couriers.check import check
from routing.couriers.problem import Courier, CourierProblem, Prices, Shipment
from routing.couriers.solve import solve
from routing.couriers.validate import COURIER_RANGES, SHIPMENT_RANGES
from routing.effort import Effort
from routing.errors import InvalidProblemError
from routing.travel.matrix import Profile, TravelMatrix

AT_ONCE = Effort(iterations=0)
LEG_S = 100


def one_each(count: int, couriers: int) -> CourierProblem:
    """From place 1 to place 2, the start at 0: nobody's shift is enough for two."""
    apart = np.full((3, 3), LEG_S) - np.diag([LEG_S] * 3)
    return CourierProblem(
        couriers=tuple(
            Courier(
                id=f"c{number}",
                place=0,
                shift=(0, 3 * LEG_S),
                capacity_pieces=1,
                capacity_grams=0,
                profile=Profile.VAN,
                cost_per_km_cents=1,
                cost_per_hour_cents=0,
            )
            for number in range(couriers)
        ),
        shipments=tuple(
            Shipment(
                id=f"s{number}",
                pickup_place=1,
                dropoff_place=2,
                ready_s=0,
                earliest_s=0,
                due_s=3 * LEG_S,
                deadline_s=3 * LEG_S,
                pieces=1,
                grams=0,
                pickup_service_s=0,
                dropoff_service_s=0,
                left_out_cents=1_000,
            )
            for number in range(count)
        ),
        matrices={
            Profile.VAN: TravelMatrix(
                profile=Profile.VAN, seconds=apart, metres=apart, source="road"
            )
        },
        prices=Prices(
            late_cents_per_minute=0,
            very_late_cents_per_minute=0,
            moved_courier_cents=0,
        ),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_is_overlooked_who_could_be_carried(seed: int) -> None:
    # A search overlooks one place in a hundred on purpose; here that would cost 150
    # shipments their only courier by turns.
    problem = one_each(150, couriers=150)
    plan = solve(problem, seed=seed, effort=AT_ONCE)
    assert check(problem, plan) == ()
    assert plan.left_out == ()


@pytest.mark.parametrize("couriers", [1, 2])
def test_with_a_dear_start_all_who_can_be_carried_are(couriers: int) -> None:
    # One route more costs more than all ways: fewer routes are sought first, but
    # never at the price of leaving out.
    problem = one_each(3, couriers)
    dear = tuple(replace(c, cost_fixed_cents=500) for c in problem.couriers)
    problem = replace(problem, couriers=dear)
    plan = solve(problem, seed=1, effort=Effort(iterations=100))
    assert check(problem, plan) == ()
    assert len(plan.left_out) == 3 - couriers


@pytest.mark.parametrize("field", SHIPMENT_RANGES)
def test_a_field_of_a_shipment_out_of_its_range_is_named(field: str) -> None:
    problem = one_each(2, couriers=1)
    for value in wrong(SHIPMENT_RANGES[field]):
        odd = replace(problem.shipments[1], **{field: value})
        odd_problem = replace(problem, shipments=(problem.shipments[0], odd))
        with pytest.raises(InvalidProblemError, match=f"shipment 's1': {field}"):
            solve(odd_problem, seed=1, effort=AT_ONCE)


@pytest.mark.parametrize("field", COURIER_RANGES)
def test_a_field_of_a_courier_out_of_its_range_is_named(field: str) -> None:
    problem = one_each(1, couriers=2)
    for value in wrong(COURIER_RANGES[field]):
        odd = replace(problem.couriers[1], **{field: value})
        odd_problem = replace(problem, couriers=(problem.couriers[0], odd))
        with pytest.raises(InvalidProblemError, match=f"courier 'c1': {field}"):
            solve(odd_problem, seed=1, effort=AT_ONCE)


def wrong(limits: tuple[int, int]) -> list[object]:
    least, most = limits
    return [least - 1, most + 1, 10**30, 1.5, True, "1", None]


def test_two_with_one_id_are_named() -> None:
    problem = one_each(2, couriers=2)
    twice = tuple(replace(shipment, id="s") for shipment in problem.shipments)
    with pytest.raises(InvalidProblemError, match="two shipments have the id 's'"):
        solve(replace(problem, shipments=twice), seed=1, effort=AT_ONCE)
    both = tuple(replace(courier, id="c") for courier in problem.couriers)
    with pytest.raises(InvalidProblemError, match="two couriers have the id 'c'"):
        solve(replace(problem, couriers=both), seed=1, effort=AT_ONCE)


@pytest.mark.parametrize("field", ["pickup_place", "dropoff_place"])
@pytest.mark.parametrize("place", [-1, 3])
def test_a_place_that_no_matrix_has_is_named(field: str, place: int) -> None:
    problem = one_each(1, couriers=1)
    lost = replace(problem.shipments[0], **{field: place})
    with pytest.raises(InvalidProblemError, match=f"shipment 's0' is at place {place}"):
        solve(replace(problem, shipments=(lost,)), seed=1, effort=AT_ONCE)
