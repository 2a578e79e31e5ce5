"""A large plan is improved part by part, and stays one plan."""

import pytest

from routing.couriers.check import check
from routing.couriers.search import PARTS_FROM
from routing.couriers.solve import solve
from routing.effort import Effort
from tests.unit.routing.couriers.test_routes import as_in_force, small_problem


@pytest.mark.parametrize(("couriers", "is_in_force"), [(12, True), (3, False)])
def test_a_plan_made_in_parts_breaks_no_rule_and_repeats_itself(
    couriers: int, is_in_force: bool
) -> None:
    problem = small_problem(5, shipments=PARTS_FROM, couriers=couriers)
    if is_in_force:
        problem = as_in_force(problem)
    at_once = solve(problem, seed=1, effort=Effort(iterations=0))
    effort = Effort(iterations=500)
    plan = solve(problem, seed=1, effort=effort)
    assert check(problem, plan) == ()
    assert plan.cost_fine < at_once.cost_fine
    assert solve(problem, seed=1, effort=effort) == plan
