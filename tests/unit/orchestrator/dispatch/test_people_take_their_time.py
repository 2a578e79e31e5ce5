"""Arming and clearing take people's time: measured, allowed for, and not for ever."""

from datetime import timedelta

from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.network.facilities import ARM_S, CLEAR_S, arm_s, clear_s
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.quotes import Offer
from orchestrator.planning.rows import RejectionRow, TaskRow
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region


def one_lab(region: Region) -> FacilityRow:
    """Only the first lab is there; the row is for reading."""
    region.tell(region.death(region.labs[1]))
    with region.reading() as session:
        return session.get_one(FacilityRow, region.labs[0].facility_id)


def make(region: Region, command: StartJob, *, arm: float, clear: float) -> None:
    region.tell(region.accepted(command))
    region.clock.turn(arm)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    region.tell(region.state(command.machine_id, "running", command.job_id))
    region.clock.turn(600)
    region.tell(region.happened(command, "completed"))
    region.tell(region.state(command.machine_id, "needs-clearing", command.job_id))
    region.clock.turn(clear)
    region.tell(region.happened(command, "cleared"))
    region.tell(region.state(command.machine_id, "idle"))


def make_all(region: Region, delays: list[tuple[float, float]]) -> None:
    for arm, clear in delays:
        (command,) = region.send()
        assert isinstance(command, StartJob)
        make(region, command, arm=arm, clear=clear)
        with region.sessions.begin() as session:
            wish(session, "next", region.clock.at)
        region.plan()


def test_a_lab_is_allowed_what_its_last_jobs_took(region: Region) -> None:
    lab = one_lab(region)
    assert (arm_s(lab), clear_s(lab)) == (ARM_S, CLEAR_S)
    for quantity in (10, 10):
        region.order("clip", quantity=quantity, hours=20)
    region.plan()
    region.clock.turn(60)
    make_all(region, [(60, 30)] * 6 + [(500, 100)])
    lab = one_lab(region)
    assert (arm_s(lab), clear_s(lab)) == (ARM_S, CLEAR_S)
    make_all(region, [(500, 100)])
    lab = one_lab(region)
    assert (arm_s(lab), clear_s(lab)) == (500, 100)
    make_all(region, [(60, 30)] * 2)
    lab = one_lab(region)
    assert (arm_s(lab), clear_s(lab)) == (60, 30)


def test_a_promise_allows_for_the_people_and_for_those_before_it(
    region: Region,
) -> None:
    lab = one_lab(region)
    first = region.offer("clip", quantity=2)
    assert isinstance(first, Offer)
    one_run = timedelta(seconds=arm_s(lab) + 600 + clear_s(lab))
    assert first.promised_from_at >= region.clock.at + one_run - timedelta(minutes=5)
    region.order("clip", quantity=6, hours=20)
    region.plan()
    second = region.offer("clip", quantity=2, hours=20)
    assert isinstance(second, Offer)
    assert second.promised_from_at >= first.promised_from_at + 3 * one_run - timedelta(
        minutes=10
    )


def test_a_run_of_which_nothing_is_told_ends_its_length_after_its_start(
    region: Region,
) -> None:
    region.order("clip", quantity=4)
    one_lab(region)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.clock.turn(1_000)  # armed late
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    region.plan()
    with region.reading() as session:
        after = session.scalars(select(TaskRow).where(TaskRow.state == "planned")).one()
    assert after.start_at == region.clock.at + timedelta(seconds=600 + CLEAR_S)


def reasons(region: Region) -> dict[str, str]:
    with region.reading() as session:
        return {
            row.subject_id: row.code for row in session.scalars(select(RejectionRow))
        }


def test_a_bed_that_nobody_clears_gets_no_more_work(region: Region) -> None:
    one_lab(region)
    order_id = region.order("clip", quantity=2, hours=20)
    region.plan()
    machine_id = region.labs[0].machines[0]
    assert region.tasks(order_id)[0].machine_id == machine_id
    region.tell(region.state(machine_id, "needs-clearing"))
    region.clock.turn(3_600)
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    region.plan()
    assert region.row(order_id).reason_code == "no-machine"
    assert reasons(region)[machine_id] == "not-cleared"
    region.tell(region.state(machine_id, "idle"))
    region.plan()
    assert region.row(order_id).reason_code is None
    assert region.tasks(order_id)[0].machine_id == machine_id


def test_a_machine_in_doubt_gets_no_more_work(region: Region) -> None:
    one_lab(region)
    order_id = region.order("clip", quantity=8, hours=20)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.tell(
        region.happened(command, "started"), region.happened(command, "unknown")
    )
    region.plan()
    assert region.row(order_id).reason_code == "no-machine"
    assert reasons(region)[command.machine_id] == "unknown"
    with region.reading() as session:
        assert session.get_one(MachineRow, command.machine_id).state == "idle"
