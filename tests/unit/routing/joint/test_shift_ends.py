"""A new promise ends within the courier's shift, wherever that can be."""

from dataclasses import replace

from routing.joint.check import check
from routing.joint.insert import insert
from routing.joint.problem import JointPlan, JointProblem, Promise
from routing.joint.solve import solve
from routing.joint.standing import standing
from tests.unit.routing.joint.test_joint_plans import HOUR_S, a_region

HANDED_OVER_S = HOUR_S + 60 + 480 + 60  # made, fetched in the west, brought
AIR_S = 900 + (HANDED_OVER_S - 60) * 5 // 100


def evening(*, spare_s: int = 0, **of_order: object) -> JointProblem:
    """Courier "c" is on shift until `spare_s` after the hand-over, a dear one longer."""
    plain = a_region()
    (early,) = plain.couriers
    early = replace(early, shift=(0, HANDED_OVER_S + spare_s))
    late = replace(
        early, id="late", shift=(0, 9 * HOUR_S), cost_per_km_cents=60
    )  # 3.00 for the way, not 0.50
    order = replace(plain.orders[0], deadline_s=9 * HOUR_S)
    return replace(
        plain,
        orders=(replace(order, **of_order),),  # type: ignore[arg-type]
        tasks=(replace(plain.tasks[0], modes=plain.tasks[0].modes[:1]),),
        couriers=(early, late),
    )


def solved(problem: JointProblem) -> JointPlan:
    plan = solve(problem)
    assert check(problem, plan) == ()
    return plan


def test_what_is_new_is_brought_by_who_has_time_for_all_that_is_promised() -> None:
    problem = evening(spare_s=AIR_S - 300)
    plan = solved(problem)
    assert plan.why["o"].courier == "late"
    assert plan.cost.lateness_cents == 0
    rest = replace(problem, orders=(), tasks=())
    found = insert(standing(rest), problem.orders[0], problem.tasks)
    assert found is not None
    assert found.courier == "late"


def test_who_has_that_time_is_as_good_as_anybody() -> None:
    plan = solved(evening(spare_s=AIR_S + 10))
    assert plan.why["o"].courier == "c"
    assert plan.cost.total_cents == 300 + 50


def test_where_nobody_has_that_time_it_is_brought_all_the_same() -> None:
    problem = evening()
    problem = replace(problem, couriers=problem.couriers[:1])
    plan = solved(problem)
    assert plan.promises["o"].planned_s == HANDED_OVER_S - 60
    assert plan.cost.lateness_cents > 50 * 15


def test_a_promise_that_ends_by_the_latest_time_needs_no_more() -> None:
    plan = solved(evening(deadline_s=HANDED_OVER_S - 60))
    assert plan.why["o"].courier == "c"
    assert plan.promises["o"].latest_s == HANDED_OVER_S - 60
    assert plan.cost.lateness_cents == 0


def test_what_was_promised_may_be_brought_in_the_last_minute() -> None:
    said = Promise(earliest_s=HOUR_S, planned_s=HOUR_S, latest_s=2 * HOUR_S)
    plan = solved(evening(promised=said, committed=True))
    assert plan.why["o"].courier == "c"
    assert plan.cost.lateness_cents == 0
