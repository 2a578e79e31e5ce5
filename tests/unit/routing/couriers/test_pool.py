"""The choice among pooled routes is the cheapest there is, and never a worse plan."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from routing.couriers.anneal import Clock, anneal
from routing.couriers.check import check
from routing.couriers.net import deepened, prepare
from routing.couriers.pool import Pool, Requests
from routing.couriers.problem import CourierProblem
from routing.couriers.search import START_SHARE, START_STEPS
from routing.couriers.solve import solve
from routing.effort import Effort
from tests.unit.routing.couriers.test_routes import small_problem

SHIPMENTS = 6
COURIERS = 3


def equals(seed: int) -> CourierProblem:
    """Three couriers who are equal, six shipments some of whom may be left out."""
    problem = small_problem(seed, shipments=SHIPMENTS, couriers=COURIERS)
    first = replace(problem.couriers[0], cost_fixed_cents=200)
    return replace(
        problem,
        couriers=tuple(replace(first, id=f"c{n}") for n in range(COURIERS)),
        shipments=tuple(replace(s, previous_courier=None) for s in problem.shipments),
    )


def cheapest_fine(pool: Pool, outs: list[float]) -> float:
    """Try every choice of at most three routes that share nobody."""
    best = sum(outs)
    for count in range(1, COURIERS + 1):
        for routes in combinations(pool.routes.items(), count):
            carried: Requests = frozenset().union(*(requests for requests, _ in routes))
            if len(carried) == sum(len(requests) for requests, _ in routes):
                fine = sum(price for _, (price, _) in routes)
                fine += sum(out for q, out in enumerate(outs) if q not in carried)
                best = min(best, fine)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_the_cheapest_of_all(seed: int) -> None:
    prepared = prepare(equals(seed))
    net = deepened(prepared.net)
    pool = Pool(net=net)
    nothing: list[list[int]] = [[] for _ in range(COURIERS)]
    plans = []
    for walk in range(3):
        clock = Clock(effort=Effort(iterations=20), begun_s=0.0)
        plans.append(anneal(net, prepared.home, nothing, walk, clock, pool=pool))
    known, fine = max(plans, key=lambda plan: plan[1])

    chosen = pool.choose(known, fine, seed=1, work=5.0, effort=Effort(iterations=1))

    assert chosen is not None
    outs = net.out.tolist()
    routes = [pool.requests_of(nodes) for nodes in chosen if nodes]
    carried: Requests = frozenset().union(*routes)
    found = sum(pool.routes[requests][0] for requests in routes)
    found += sum(out for q, out in enumerate(outs) if q not in carried)
    assert found == cheapest_fine(pool, outs) <= fine
    assert len(chosen) == COURIERS


def test_several_walks_and_the_choice_repeat_themselves() -> None:
    # So dear a start that fewer couriers come first: the case for several walks.
    problem = equals(3)
    problem = replace(
        problem,
        couriers=tuple(
            replace(c, cost_fixed_cents=20_000, shift=(0, 4_500))
            for c in problem.couriers
        ),
        shipments=tuple(
            replace(s, left_out_cents=90_000, deadline_s=4_500, due_s=4_500)
            for s in problem.shipments
        ),
    )
    effort = Effort(iterations=int(2 * SHIPMENTS * START_STEPS / START_SHARE))
    plan = solve(problem, seed=1, effort=effort)
    assert check(problem, plan) == ()
    assert solve(problem, seed=1, effort=effort) == plan
    less = solve(problem, seed=1, effort=Effort(iterations=50))
    assert plan.cost_fine <= less.cost_fine


def test_a_choice_without_a_plan_in_time_is_none() -> None:
    prepared = prepare(equals(1))
    pool = Pool(net=prepared.net)
    known = [np.array([0, 1]).tolist()]
    assert (
        pool.choose(known, 1.0, seed=1, work=1.0, effort=Effort(iterations=1)) is None
    )
