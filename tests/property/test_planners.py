"""Whatever the problem: the referee accepts the plan, and the plan is repeatable.

With FABCOMMONS_SOAK=1 thousands of problems are tried.
"""

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.insert_all import insert_all
from routing.joint.problem import Budget, JointProblem, Order
from routing.joint.solve import solve
from routing.joint.standing import standing
from tests.property.planner_problems import joint_problems

IS_SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
QUICK = Budget(courier_iterations=20)


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


@settings(
    max_examples=2_000 if IS_SOAK else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(joint_problems())
def test_one_order_more_breaks_no_rule_and_moves_nobody(problem: JointProblem) -> None:
    order = next((o for o in problem.orders if _is_new(problem, o)), None)
    if order is None:
        return
    tasks = tuple(task for task in problem.tasks if task.order == order.id)
    rest = replace(
        problem,
        orders=tuple(other for other in problem.orders if other is not order),
        tasks=tuple(task for task in problem.tasks if task.order != order.id),
    )
    plan = solve(rest, seed=1, budget=QUICK)
    stands = standing(rest, plan)
    found = insert(stands, order, tasks)
    whole = plan_with(stands, order, tasks, found)

    breaches = check(problem_with(rest, order, tasks), whole)
    # What was promised is made even while nobody brings it: that is for a whole plan.
    assert [one for one in breaches if order.id not in one.text] == []
    assert found is None or breaches == ()
    assert set(plan.slots) <= set(whole.slots)
    kept = {id_: promise for id_, promise in whole.promises.items() if id_ != order.id}
    assert set(kept) == set(plan.promises)


@settings(
    max_examples=2_000 if IS_SOAK else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(joint_problems())
def test_an_order_with_its_parts_moves_nobody_either(problem: JointProblem) -> None:
    order = next(
        (o for o in problem.orders if o.parts and not _is_part(problem, o)), None
    )
    if order is None:
        return
    order_of = {each.id: replace(each, committed=False) for each in problem.orders}
    ids = [order.id]
    for id_ in ids:
        ids += order_of[id_].parts
    if not all(_is_fresh(problem, order_of[id_]) for id_ in ids):
        return
    rest = replace(
        problem,
        orders=tuple(each for each in problem.orders if each.id not in ids),
        tasks=tuple(task for task in problem.tasks if task.order not in ids),
    )
    new = [
        (order_of[id_], [task for task in problem.tasks if task.order == id_])
        for id_ in ids
    ]
    plan = solve(rest, seed=1, budget=QUICK)
    whole = insert_all(standing(rest, plan), new)

    every = rest
    for one, tasks in new:
        every = problem_with(every, one, tasks)
    assert check(every, whole) == ()
    assert set(plan.slots) <= set(whole.slots)
    assert set(plan.promises) <= set(whole.promises)
    assert (order.id in whole.promises) or whole.left_out[order.id].text


def _is_new(problem: JointProblem, order: Order) -> bool:
    return (
        _is_fresh(problem, order) and not _is_part(problem, order) and not order.parts
    )


def _is_part(problem: JointProblem, order: Order) -> bool:
    return any(order.id in other.parts for other in problem.orders)


def _is_fresh(problem: JointProblem, order: Order) -> bool:
    heading = {c.next_stop.order for c in problem.couriers if c.next_stop}
    begun = {task.order for task in problem.tasks if task.frozen is not None}
    return order.aboard is None and order.id not in heading | begun
