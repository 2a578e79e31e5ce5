"""Plans are whole or not at all, follow what happens, and give a reason for everything."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.network.couriers import end_shift
from orchestrator.network.facilities import ARM_S, CLEAR_S, close_facility
from orchestrator.network.rows import MachineRow
from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.plan import replan
from orchestrator.planning.rows import PlanRow, PlanWishRow, RejectionRow
from orchestrator.planning.views import changes_of
from orchestrator.planning.wishes import wish
from orchestrator.planning.worker import PlanWorker
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.solve import solve
from tests.unit.orchestrator.region import PACE, Region


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session) == []


def wishes(region: Region) -> list[str]:
    with region.reading() as session:
        return list(session.scalars(select(PlanWishRow.reason)))


def plans(region: Region) -> int:
    with region.reading() as session:
        return len(session.scalars(select(PlanRow.id)).all())


def ask(region: Region, reason: str = "somebody asks") -> None:
    with region.sessions.begin() as session:
        wish(session, reason, region.clock.at)


def test_nothing_is_planned_without_a_wish(region: Region) -> None:
    while wishes(region):
        region.plan()
    assert region.plan() is None


def test_an_order_gets_slots_stops_a_time_and_reasons(region: Region) -> None:
    order_id = region.order("clip", quantity=5)
    plan = region.plan()
    assert plan is not None
    assert wishes(region) == []
    order = region.row(order_id)
    tasks = region.tasks(order_id)
    assert [task.pieces for task in tasks] == [2, 2, 1]
    for task in tasks:
        assert task.start_at is not None
        assert task.end_at is not None
        assert task.end_at - task.start_at == timedelta(seconds=ARM_S + 600 + CLEAR_S)
        assert task.why is not None
        assert task.why["fab"] == order.facility_id
    assert order.expected_at is not None
    assert order.expected_at <= order.promised_to_at
    stops = region.stops(order_id)
    assert stops["pickup"].arrive_at >= max(
        task.end_at for task in tasks if task.end_at
    )
    with region.reading() as session:
        rejected = session.scalars(
            select(RejectionRow).where(RejectionRow.order_id == order_id)
        ).all()
    assert [(row.code, row.count) for row in rejected] == [("process", 4)]
    assert rejected[0].text == "4 machines of other processes, not 3D printing"
    sound(region)


def test_steps_follow_each_other_in_one_lab(region: Region) -> None:
    order_id = region.order("box", quantity=2)
    region.plan()
    tasks = sorted(
        region.tasks(order_id), key=lambda task: task.start_at or region.clock.at
    )
    labs = {region.lab_of(task.machine_id or "").facility_id for task in tasks}
    assert len(labs) == 1
    assert [(task.machine_id or "")[:3] for task in tasks] == [
        "las",
        "las",
        "pen",
        "pen",
    ]
    assert tasks[1].end_at is not None
    assert tasks[2].start_at is not None
    assert tasks[2].start_at >= tasks[1].end_at
    made: list[str] = []
    while region.row(order_id).state != "made":
        region.clock.turn(30)
        for command in region.send():
            assert isinstance(command, StartJob)
            made.append(command.machine_id[:3])
            region.make(command)
    assert made == ["las", "las", "pen", "pen"]
    sound(region)


def test_what_is_at_a_machine_does_not_move(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.tell(region.happened(command, "started"))
    before = region.tasks(order_id)
    for _ in range(3):
        region.order("clip", quantity=2)
    region.plan()
    after = region.tasks(order_id)
    assert [(t.id, t.machine_id, t.start_at) for t in after] == [
        (t.id, t.machine_id, t.start_at) for t in before
    ]
    sound(region)


def test_no_courier_left_is_said_and_made_meanwhile(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    with region.sessions.begin() as session:
        for courier in region.couriers:
            end_shift(session, courier, now=region.clock.at)
    region.plan()
    order = region.row(order_id)
    assert order.state == "planned"
    assert order.reason_code == "no-courier"
    assert region.tasks(order_id)[0].machine_id is not None
    with region.reading() as session:
        away = session.scalars(
            select(RejectionRow).where(RejectionRow.code == "off-shift")
        ).one()
    assert (away.count, away.text) == (2, "2 couriers are not on shift")
    sound(region)


def test_no_lab_left_is_said_and_taken_back_when_one_returns(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    for lab in region.labs:
        region.tell(region.death(lab))
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("placed", "no-machine")
    assert "silent" in (order.reason_text or "")
    assert order.expected_at is None
    assert region.tasks(order_id)[0].machine_id is None
    region.clock.turn(60)
    region.tell(region.birth(region.labs[1]))
    region.tell(region.state(region.labs[1].machines[0], "idle"))
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("planned", None)
    assert order.facility_id == region.labs[1].facility_id
    sound(region)


def test_a_closed_lab_is_planned_around(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    first = region.row(order_id).facility_id or ""
    with region.sessions.begin() as session:
        until = region.clock.at + timedelta(hours=5)
        close_facility(session, first, until=until, now=region.clock.at)
        wish(session, "closed", region.clock.at)
    region.plan()
    assert region.row(order_id).facility_id != first
    sound(region)


def test_a_planner_that_fails_leaves_plan_and_wishes(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    before = region.tasks(order_id)[0]
    ask(region, "again")

    def fails(_problem: JointProblem) -> JointPlan:
        raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError):
        replan(
            region.sessions, region.reading, region.ground, region.clock, solver=fails
        )
    assert wishes(region) == ["again"]
    assert region.tasks(order_id)[0].start_at == before.start_at


def test_a_planner_that_lies_is_refused(region: Region) -> None:
    order_id = region.order("clip", quantity=4)

    def lies(problem: JointProblem) -> JointPlan:
        plan = solve(problem, budget=PACE.budget)
        first = plan.slots[0]
        together = tuple(
            replace(
                slot, machine=first.machine, start_s=first.start_s, end_s=first.end_s
            )
            for slot in plan.slots
        )
        return replace(plan, slots=together)

    with pytest.raises(PlanRefusedError):
        replan(
            region.sessions, region.reading, region.ground, region.clock, solver=lies
        )
    assert plans(region) == 0 or region.row(order_id).state == "placed"
    assert wishes(region) != []


def test_a_plan_is_thought_anew_when_a_job_was_sent_meanwhile(region: Region) -> None:
    """The planner would move what a machine has begun; the second thought may not."""
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(400)  # late: not held by the next plan
    ask(region)
    thoughts: list[JointProblem] = []

    def slow(problem: JointProblem) -> JointPlan:
        if not thoughts:
            region.send()
        thoughts.append(problem)
        return solve(problem, budget=PACE.budget)

    row = replan(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        pace=PACE,
        solver=slow,
    )
    assert row is not None
    assert len(thoughts) == 2
    assert region.tasks(order_id)[0].state == "sent"
    sound(region)


def test_what_changed_is_said_with_its_cause(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    courier = region.stops(order_id)["pickup"].courier_id
    region.act("out", None, courier)
    plan = region.plan()
    assert plan is not None
    assert plan.triggers == ["a courier is out"]
    ask(region, "a look")
    region.clock.turn(60)
    with region.sessions.begin() as session:
        for machine in session.scalars(select(MachineRow)):
            if machine.id == region.tasks(order_id)[0].machine_id:
                machine.state = "alarm"
    again = region.plan()
    assert again is not None
    with region.reading() as session:
        newest, *older = changes_of(session, [order_id])
    assert (newest.plan_id, newest.what) == (again.id, "machine")
    assert newest.triggers == ["a look"]
    assert newest.affected[-1] == region.row(order_id).facility_id
    given = next(change for change in older if change.what == "courier")
    assert given.plan_id == plan.id
    assert given.affected[0] == courier
    assert older[-1].what == "planned"


def test_the_worker_answers_wishes_shifts_and_new_orders(region: Region) -> None:
    worker = PlanWorker(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        pace=PACE,
        debounce_s=0,
    )
    order_id = region.order("clip", quantity=2)
    assert worker.step()
    assert not worker.step()
    with region.sessions.begin() as session:
        end_shift(
            session, region.stops(order_id)["pickup"].courier_id, now=region.clock.at
        )
    assert worker.step()
    region.clock.turn(1_000)
    assert worker.step()
    planned = threading.Event()

    def solver(problem: JointProblem) -> JointPlan:
        planned.set()
        return solve(problem, budget=PACE.budget)

    running = PlanWorker(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        pace=PACE,
        solver=solver,
        debounce_s=0,
    )
    running.start()
    try:
        ask(region)
        assert planned.wait(20)
    finally:
        running.stop()
