"""Whatever is wrong with one order, it alone is set aside, with its reason."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from orchestrator.network.rows import AlarmRow
from orchestrator.orders.quotes import Offer
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.plan import replan
from orchestrator.planning.rows import PlanWishRow, TaskRow
from orchestrator.planning.wishes import wish
from orchestrator.planning.worker import PlanWorker
from routing.cells import FIRST
from routing.joint.problem import JointPlan, JointProblem, Reason
from routing.joint.solve import solve
from tests.unit.orchestrator.region import PACE, Region


def ask(region: Region) -> None:
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)


def make_impossible(region: Region, order_id: str) -> None:
    """Rows that contradict each other, as no act of anybody should leave them."""
    with region.sessions.begin() as session:
        order = session.get_one(OrderRow, order_id)
        order.state, order.courier_id = "on-the-way", region.couriers[0]
        order.facility_id = region.labs[0].facility_id
        order.quantity = -5


def test_an_order_that_contradicts_itself_is_set_aside(region: Region) -> None:
    orders = [region.order("clip", quantity=2) for _ in range(5)]
    region.plan()
    region.order("box")
    make_impossible(region, orders[2])
    plan = region.plan()
    assert plan is not None
    assert (plan.order_count, plan.left_out_count) == (5, 0)
    odd = region.row(orders[2])
    assert odd.reason_code == "set-aside"
    assert "steward" in (odd.reason_text or "")
    with region.reading() as session:
        assert session.scalar(select(PlanWishRow.id)) is None
        alarm = session.scalars(select(AlarmRow)).one()
        assert (alarm.code, alarm.subject) == ("order-set-aside", orders[2])
    assert isinstance(region.offer("clip"), Offer)


def test_what_is_set_aside_is_not_thought_of_again_until_a_person_acts(
    region: Region,
) -> None:
    orders = [region.order("clip", quantity=2) for _ in range(3)]
    region.plan()
    make_impossible(region, orders[0])
    ask(region)
    region.plan()
    thoughts: list[JointProblem] = []

    def counts(problem: JointProblem) -> JointPlan:
        thoughts.append(problem)
        return solve(problem, budget=PACE.budget)

    ask(region)
    again = replan(
        region.sessions, region.reading, region.ground, region.clock, solver=counts
    )
    assert again is not None
    assert len(thoughts) == 1


def test_the_job_of_an_order_set_aside_keeps_its_machine(region: Region) -> None:
    first = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    others = [region.order("clip", quantity=2) for _ in range(2)]
    with region.sessions.begin() as session:
        session.get_one(OrderRow, first).quantity = -5
    region.plan()
    assert region.row(first).reason_code == "set-aside"
    with region.reading() as session:
        held = session.get_one(TaskRow, command.job_id)
        beside = session.scalars(
            select(TaskRow).where(
                TaskRow.order_id.in_(others), TaskRow.machine_id == held.machine_id
            )
        ).all()
        assert held.state == "sent"
        assert held.end_at is not None
        assert all(task.start_at and task.start_at >= held.end_at for task in beside)


def test_a_promise_that_the_planner_breaks_stops_no_other(region: Region) -> None:
    orders = [region.order("clip", quantity=2) for _ in range(3)]

    def forgets_one(problem: JointProblem) -> JointPlan:
        """All but the first order, which it could do as well."""
        rest = replace(
            problem,
            orders=tuple(o for o in problem.orders if o.id != orders[0]),
            tasks=tuple(t for t in problem.tasks if t.order != orders[0]),
        )
        plan = solve(rest, budget=PACE.budget)
        return replace(
            plan,
            left_out={orders[0]: Reason(code="full", text="full", remedy="more")},
            cost=replace(
                plan.cost,
                left_out_cents=problem.orders[0].left_out_cents,
                broken_cents=problem.weights.broken_promise_cents,
            ),
        )

    plan = replan(
        region.sessions, region.reading, region.ground, region.clock, solver=forgets_one
    )
    assert plan is not None
    states = [region.row(order).state for order in orders]
    assert states == ["placed", "planned", "planned"]
    assert region.row(orders[0]).reason_code == "full"


def test_a_planner_that_fails_for_everybody_changes_nothing(region: Region) -> None:
    orders = [region.order("clip", quantity=2) for _ in range(3)]
    region.plan()
    before = [region.tasks(order)[0].machine_id for order in orders]
    ask(region)

    def fails(problem: JointProblem) -> JointPlan:
        if problem.orders:
            raise RuntimeError("out of ideas")
        return solve(problem, budget=PACE.budget)

    with pytest.raises(RuntimeError):
        replan(
            region.sessions, region.reading, region.ground, region.clock, solver=fails
        )
    assert [region.tasks(order)[0].machine_id for order in orders] == before
    assert {region.row(order).reason_code for order in orders} == {None}


def test_a_planner_that_fails_for_days_is_still_asked(region: Region) -> None:
    asked: list[JointProblem] = []

    def fails(problem: JointProblem) -> JointPlan:
        asked.append(problem)
        raise RuntimeError("out of ideas")

    worker = PlanWorker(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        solver=fails,
        debounce_s=0,
    )
    worker._failures[FIRST] = 5_000
    worker._stop.set()
    region.order("clip")
    with pytest.raises(RuntimeError):
        worker.step()
    assert asked
