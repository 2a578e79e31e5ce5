"""However an order comes to a stand, its reason is said and somebody has a way on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import Command, ControlJob, StartJob
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import breaches
from orchestrator.dispatch.verdict import NothingToJudgeError, judge
from orchestrator.dispatch.way_on import make_anew, refuse_order
from orchestrator.dispatch.witness import Witness
from orchestrator.network.rows import AlarmRow
from orchestrator.orders.errors import OrderStateError
from orchestrator.orders.life import timeline
from orchestrator.planning.rows import StopRow, TaskRow
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session) == []


def plan_again(region: Region) -> None:
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    region.plan()


def sent(region: Region, quantity: int = 2) -> StartJob:
    region.order("clip", quantity=quantity, hours=20)
    region.plan()
    region.clock.turn(60)
    command = region.send()[0]
    assert isinstance(command, StartJob)
    return command


def made(region: Region, quantity: int = 2) -> str:
    """An order that lies at a lab."""
    order_id = region.order("clip", quantity=quantity, hours=20)
    region.plan()
    while region.row(order_id).state != "made":
        region.clock.turn(60)
        for command in region.send():
            assert isinstance(command, StartJob)
            region.make(command)
        plan_again(region)
    return order_id


def fetched(region: Region) -> tuple[str, str]:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=region.row(order_id).pickup_code)
    return order_id, courier


def anew(region: Region, order_id: str) -> None:
    with region.sessions.begin() as session:
        witness = Witness(key=region.key, now=region.clock.at)
        make_anew(session, witness, order_id, why="The lab burnt down.")


def test_what_was_to_come_back_and_is_lost_is_made_again(region: Region) -> None:
    order_id, courier = fetched(region)
    region.act("out", None, courier, load="back")
    assert region.row(order_id).reason_code == "coming-back"
    region.act("problem", order_id, courier, reason="lost")
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("making", None)
    assert region.tasks(order_id)[-1].machine_id is not None
    sound(region)


def test_what_was_to_come_back_and_is_delivered_has_no_reason_left(
    region: Region,
) -> None:
    order_id, courier = fetched(region)
    region.act("out", None, courier, load="back")
    region.act("delivered", order_id, courier, code=region.row(order_id).delivery_code)
    order = region.row(order_id)
    assert (order.state, order.reason_code, order.reason_text) == (
        "delivered",
        None,
        None,
    )


def test_what_is_lost_is_made_in_any_lab(region: Region) -> None:
    """Its first lab went dark meanwhile: nothing good lies there any more."""
    order_id, courier = fetched(region)
    lab = region.row(order_id).facility_id
    dark = next(each for each in region.labs if each.facility_id == lab)
    region.tell(region.death(dark))
    region.act("problem", order_id, courier, reason="lost")
    region.plan()
    order = region.row(order_id)
    assert order.reason_code is None
    assert order.facility_id != lab
    while region.row(order_id).state != "made":
        region.clock.turn(60)
        for command in region.send():
            assert isinstance(command, StartJob)
            region.make(command)
    assert region.row(order_id).facility_id != lab
    sound(region)


def test_a_lab_that_went_dark_with_half_an_order_ends_by_a_persons_word(
    region: Region,
) -> None:
    command = sent(region, quantity=8)
    order_id = command.credit.order_id
    region.make(command)
    lab = region.lab_of(command.machine_id)
    region.tell(region.death(lab))
    region.plan()
    assert region.row(order_id).reason_code is not None
    anew(region, order_id)
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("making", None)
    assert order.facility_id != lab.facility_id
    planned = [task for task in region.tasks(order_id) if task.state == "planned"]
    assert sum(task.pieces for task in planned) == 8
    assert not {task.machine_id for task in planned} & set(lab.machines)
    sound(region)


def test_a_silent_lab_s_job_may_be_judged_by_a_person(region: Region) -> None:
    command = sent(region)
    lab = region.lab_of(command.machine_id)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    late = region.happened(command, "completed")
    witness = Witness(key=region.key, now=region.clock.at)
    with pytest.raises(NothingToJudgeError), region.sessions.begin() as session:
        judge(session, witness, command.job_id, agent_id=lab.operator_id, pieces_good=0)
    region.tell(region.death(lab))
    region.clock.turn(1_200)
    assert recover(region.sessions, region.clock, region.key).silent == 1
    with region.sessions.begin() as session:
        judge(session, witness, command.job_id, agent_id=lab.operator_id, pieces_good=0)
    assert [task.state for task in region.tasks(command.credit.order_id)] == [
        "failed",
        "planned",
    ]
    region.tell(late)
    assert region.job(command.job_id).state == "failed"
    sound(region)


def test_runs_that_went_wrong_everywhere_wait_for_a_person_who_may_say_again(
    region: Region,
) -> None:
    order_id = region.order("clip", quantity=2, hours=20)
    region.plan()
    for _ in range(12):
        region.clock.turn(60)
        for command in region.send():
            region.tell(region.accepted(command, "refused"))
        plan_again(region)
    assert region.row(order_id).reason_code == "keeps-failing"
    anew(region, order_id)
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("planned", None)
    sound(region)


def test_a_run_that_went_wrong_on_its_lab_s_only_machine_goes_there_again(
    region: Region,
) -> None:
    """Its order's good pieces lie there: another lab's machine is no way out."""
    command = sent(region, quantity=4)
    order_id = command.credit.order_id
    region.make(command)
    sending: list[Command] = []
    while not sending:
        region.clock.turn(60)
        sending = region.send()
    (second,) = sending
    assert second.machine_id == command.machine_id
    region.tell(region.accepted(second, "refused"))
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("making", None)
    (again,) = [task for task in region.tasks(order_id) if task.state == "planned"]
    assert (again.attempt, again.machine_id) == (2, command.machine_id)
    sound(region)


def test_a_courier_who_is_gone_with_a_load_does_not_keep_the_order(
    region: Region,
) -> None:
    order_id, courier = fetched(region)
    region.act("out", None, courier, load="keep")
    anew(region, order_id)
    region.plan()
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("making", None)
    assert order.courier_id != courier
    sound(region)


def test_making_anew_takes_a_running_job_back(region: Region) -> None:
    command = sent(region)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    anew(region, command.credit.order_id)
    (control,) = region.commands()
    assert isinstance(control, ControlJob)
    region.plan()
    region.tell(region.happened(command, "completed"))  # it could not be stopped
    tasks = region.tasks(command.credit.order_id)
    assert [task.state for task in tasks] == ["done", "cancelled"]
    sound(region)


def test_a_steward_may_end_an_order_that_nobody_can_make(region: Region) -> None:
    command = sent(region, quantity=4)
    order_id = command.credit.order_id
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    with region.sessions.begin() as session:
        refuse_order(session, order_id, why="Nobody has PLA.", now=region.clock.at)
    order = region.row(order_id)
    assert (order.state, order.reason_code) == ("refused", "refused")
    recover(region.sessions, region.clock, region.key)
    (control,) = region.commands()
    assert isinstance(control, ControlJob)
    region.tell(region.happened(command, "completed"))
    assert region.row(order_id).state == "refused"
    assert not {task.state for task in region.tasks(order_id)} & {"planned", "running"}
    with pytest.raises(OrderStateError):
        anew(region, order_id)
    sound(region)


def test_pieces_that_left_the_lab_are_not_counted_away(region: Region) -> None:
    command = sent(region)
    order_id = command.credit.order_id
    region.tell(region.happened(command, "started"))
    region.tell(region.happened(command, "completed"))
    courier = region.stops(order_id)["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=region.row(order_id).pickup_code)
    region.tell(region.happened(command, "cleared", pieces_good=1))
    assert region.row(order_id).state == "on-the-way"
    with region.reading() as session:
        lines = [line.text for line in timeline(session, order_id)]
    assert any("1 of 2 pieces are good" in line for line in lines)
    sound(region)


def test_the_two_halves_of_an_order_are_never_made_in_two_labs(region: Region) -> None:
    """A job given up comes alive in its lab while the rest is begun in another."""
    command = sent(region, quantity=4)
    order_id = command.credit.order_id
    lab = region.lab_of(command.machine_id)
    region.tell(region.death(lab))
    region.clock.turn(2_100)
    recover(region.sessions, region.clock, region.key)
    plan_again(region)
    with region.sessions.begin() as session:  # the other half comes first there
        again, other = sorted(
            session.scalars(select(TaskRow).where(TaskRow.state == "planned")),
            key=lambda task: task.attempt,
            reverse=True,
        )
        again.start_at, other.start_at = (
            region.clock.at + timedelta(hours=1),
            region.clock.at,
        )
    region.clock.turn(60)
    (first,) = [each for each in region.send() if isinstance(each, StartJob)]
    assert first.job_id == other.id
    region.tell(region.happened(first, "armed"), region.happened(first, "started"))
    region.tell(region.birth(lab), region.happened(command, "started"))
    region.tell(region.happened(command, "completed"))
    good = {
        region.lab_of(task.machine_id or "").facility_id
        for task in region.tasks(order_id)
        if task.state in {"running", "done"}
    }
    assert len(good) == 1
    sound(region)


def test_a_reason_whose_figures_change_is_told_once(region: Region) -> None:
    order_id = region.order("clip", quantity=2, hours=20)
    for lab in region.labs:
        region.tell(region.death(lab))
    region.plan()
    for _ in range(4):
        region.clock.turn(900)
        for lab in region.labs:
            region.tell(region.birth(lab), region.death(lab))
        plan_again(region)
    with region.reading() as session:
        told = [line.code for line in timeline(session, order_id)]
    assert told.count("waiting") == 1
    assert region.row(order_id).reason_code == "no-machine"


def test_an_order_long_past_its_promise_is_shown_to_a_steward_once(
    region: Region,
) -> None:
    order_id, courier = fetched(region)
    region.act("out", None, courier, load="keep")
    assert recover(region.sessions, region.clock, region.key).overdue == 0
    region.clock.turn(20 * 3_600)
    assert recover(region.sessions, region.clock, region.key).overdue == 1
    with region.sessions.begin() as session:
        alarm = session.scalars(select(AlarmRow)).one()
        assert (alarm.code, alarm.subject) == ("order-overdue", order_id)
        alarm.seen_at = region.clock.at
    assert recover(region.sessions, region.clock, region.key).overdue == 0


def test_stops_of_an_order_made_anew_are_taken_off(region: Region) -> None:
    order_id, _ = fetched(region)
    anew(region, order_id)
    with region.reading() as session:
        left = session.scalars(
            select(StopRow).where(
                StopRow.order_id == order_id, StopRow.state == "planned"
            )
        ).all()
    assert left == []
    assert region.row(order_id).promised_to_at > region.clock.at - timedelta(days=1)
