"""On problems that can be searched through to the end the plan is the cheapest there is.

Nobody is promised not to be served before a time: it would pay then to make later.
Time is not paid here: a courier who is paid from leaving on may leave later for what is
made later, so that the earliest slots are not always among the cheapest ones.
"""

from dataclasses import replace

import pytest

from routing.joint.check import check
from routing.joint.problem import Budget, JointProblem
from routing.joint.solve import solve
from tests.unit.routing.joint.exhaustive import least_plan
from tests.unit.routing.joint.exhaustive_parts import least_plan_with_parts
from tests.unit.routing.joint.tiny import (
    made_of_parts,
    promised,
    short_of_time,
    tiny,
    with_work_by_hand,
)

ROUNDED_CENTS = 3  # each part of the cost is rounded by itself


@pytest.mark.parametrize(
    "problem",
    [
        *(pytest.param(tiny(seed, orders=2), id=f"2-{seed}") for seed in range(40)),
        *(
            pytest.param(tiny(seed, orders=2, two_steps=True), id=f"2-steps-{seed}")
            for seed in range(100, 110)
        ),
        *(
            pytest.param(tiny(seed, orders=3), id=f"3-{seed}")
            for seed in range(200, 206)
        ),
        *(
            pytest.param(
                promised(tiny(seed, orders=2), seed, is_never_early=True),
                id=f"promised-{seed}",
            )
            for seed in range(400, 412)
        ),
        *(
            pytest.param(short_of_time(tiny(seed, orders=2), seed), id=f"short-{seed}")
            for seed in range(700, 730)
        ),
        *(
            pytest.param(
                with_work_by_hand(tiny(seed, orders=2, two_steps=True), seed),
                id=f"by-hand-{seed}",
            )
            for seed in range(800, 805)
        ),
    ],
)
def test_no_plan_is_cheaper(problem: JointProblem) -> None:
    unpaid = tuple(replace(c, cost_per_hour_cents=0) for c in problem.couriers)
    problem = replace(problem, couriers=unpaid)
    plan = solve(problem, budget=Budget(courier_iterations=600))
    assert check(problem, plan) == ()
    assert abs(plan.cost.total_cents - least_plan(problem) / 18_000) <= ROUNDED_CENTS


@pytest.mark.parametrize(
    "problem",
    [
        *(
            pytest.param(made_of_parts(tiny(seed, orders=2), seed), id=f"2-{seed}")
            for seed in range(500, 540)
        ),
        *(
            pytest.param(made_of_parts(tiny(seed, orders=3), seed), id=f"3-{seed}")
            for seed in range(600, 611)
        ),
    ],
)
def test_no_plan_is_cheaper_where_orders_are_made_of_others(
    problem: JointProblem,
) -> None:
    unpaid = tuple(replace(c, cost_per_hour_cents=0) for c in problem.couriers)
    problem = replace(problem, couriers=unpaid)
    plan = solve(problem, budget=Budget(courier_iterations=600))
    assert check(problem, plan) == ()
    least = least_plan_with_parts(problem) / 18_000
    assert abs(plan.cost.total_cents - least) <= ROUNDED_CENTS
