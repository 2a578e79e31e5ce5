"""Whatever the problem: the referee accepts the plan, and the plan is repeatable.

With FABCOMMONS_SOAK=1 thousands of problems are tried.
"""

import os

from hypothesis import HealthCheck, given, settings

from routing.joint.check import check
from routing.joint.problem import Budget, JointProblem
from routing.joint.solve import solve
from tests.property.planner_problems import joint_problems

IS_SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
QUICK = Budget(scheduling_work=0.02, courier_iterations=20, rounds=2)


@settings(
    max_examples=5_000 if IS_SOAK else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(joint_problems())
def test_every_order_is_answered_and_no_rule_is_broken(problem: JointProblem) -> None:
    plan = solve(problem, seed=1, budget=QUICK)

    assert check(problem, plan) == ()
    assert set(plan.promises) | set(plan.left_out) == {o.id for o in problem.orders}
    # The budget counts work, not seconds: a busy machine plans no worse.
    assert solve(problem, seed=1, budget=QUICK) == plan
