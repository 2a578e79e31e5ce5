"""Deliveries from several depots: the kernel of their own against the one for all."""

from dataclasses import replace

import numpy as np
import pytest

from routing.couriers.check import check
from routing.couriers.kernels.groups import TOTAL, WEIGHT, WEIGHT_MAX, WHOLE
from routing.couriers.kernels.search import walk
from routing.couriers.net import Prepared, deepened, prepare
from routing.couriers.problem import CourierProblem
from routing.couriers.search import first_plan
from routing.couriers.solve import solve
from routing.couriers.state import routes_now
from routing.effort import Effort
from tests.unit.routing.couriers.test_routes import small_problem

LIMIT_S = 4_000


def deliveries(seed: int, couriers: int = 12) -> CourierProblem:
    """40 orders that lie at the depot of whoever takes them; a start is free."""
    problem = small_problem(seed, shipments=40, couriers=couriers)
    return replace(
        problem,
        couriers=tuple(
            replace(
                courier,
                place=80 + number % 3,
                end_place=80 + number % 3,
                capacity_pieces=9,
                cost_per_km_cents=40,
                cost_per_hour_cents=0,
                route_max_s=LIMIT_S,
            )
            for number, courier in enumerate(problem.couriers)
        ),
        shipments=tuple(
            replace(
                shipment,
                pickup_place=None,
                from_depot=True,
                ready_s=0,
                due_s=shipment.deadline_s,
                previous_courier=None,
                left_out_cents=9_000,
            )
            for shipment in problem.shipments
        ),
    )


def with_the_kernel_for_all(prepared: Prepared) -> Prepared:
    return replace(prepared, net=prepared.net._replace(is_rich=True, is_drops=False))


@pytest.mark.parametrize("seed", range(5))
def test_both_kernels_find_the_same_places(seed: int) -> None:
    prepared = prepare(deliveries(seed))
    nobody: list[list[int]] = [[] for _ in prepared.home]
    own = first_plan(prepared, nobody, seed)
    other = first_plan(with_the_kernel_for_all(prepared), nobody, seed)
    assert prepared.net.is_drops
    assert routes_now(own) == routes_now(other)
    assert own.sums[TOTAL] == other.sums[TOTAL]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_keeps_the_rules_and_the_limit(seed: int) -> None:
    problem = deliveries(seed)
    at_once = solve(problem, seed=1, effort=Effort(iterations=0))
    effort = Effort(iterations=3_000)
    plan = solve(problem, seed=1, effort=effort)
    spans = [route.over_s - route.leave_s for route in plan.routes]
    assert check(problem, plan) == ()
    assert plan.cost_fine < at_once.cost_fine
    assert LIMIT_S // 2 < max(spans) <= LIMIT_S
    assert solve(problem, seed=1, effort=effort) == plan


def test_who_waits_is_left_out_while_somebody_is_idle() -> None:
    """Else a walk with couriers to spare never leaves what is allowed."""
    prepared = prepare(deliveries(1, couriers=30))
    state = first_plan(prepared, [[] for _ in prepared.home], 1)
    assert (state.length == 0).any()
    state.sums[[WEIGHT, WEIGHT_MAX]] = 40_000, 10**9
    walk(deepened(prepared.net), state, 2_000, 1_000.0, False, 500)
    assert 0 < state.counts[WHOLE] < 2_000
    assert np.isfinite(state.sums[TOTAL])
