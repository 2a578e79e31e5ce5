"""The referee must be able to find fault: each invariant is broken on purpose."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.dispatch.rows import ActRow, JobRow
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import StopRow, TaskRow
from tests.unit.orchestrator.region import Region


def lived(region: Region) -> None:
    """One order delivered, one made, one planned with two runs; the log sequenced."""
    for quantity in (2, 2):
        order_id = region.order("clip", quantity=quantity)
        region.plan()
        while region.row(order_id).state != "made":
            region.clock.turn(30)
            for command in region.send():
                assert isinstance(command, StartJob)
                region.make(command)
        if quantity and region.numbers:
            region.plan()
        order = region.row(order_id)
        courier = region.stops(order_id)["pickup"].courier_id
        if order.number == 1:
            region.act("picked-up", order_id, courier, code=order.pickup_code)
            region.act("delivered", order_id, courier, code=order.delivery_code)
    region.order("clip", quantity=6)
    region.plan()
    with region.sessions.begin() as session:
        sequence(session)
        sign_checkpoint(session, origin="test", key=region.key, now=region.clock.at)


def lose_an_act(session: Session) -> None:
    session.execute(delete(ActRow).where(ActRow.kind == "delivered"))


def lose_the_evidence(session: Session) -> None:
    session.execute(update(JobRow).values(state="failed"))


def forget_the_arming(session: Session) -> None:
    session.execute(update(JobRow).values(armed_at=None))


def start_a_second_job(session: Session) -> None:
    session.execute(update(JobRow).values(state="running", machine_id=machine(session)))


def make_too_many(session: Session) -> None:
    session.execute(
        update(TaskRow).where(TaskRow.state == "done").values(pieces_good=3)
    )


def book_a_slot_twice(session: Session) -> None:
    planned = session.scalars(select(TaskRow).where(TaskRow.state == "planned")).all()
    for task in planned:
        task.machine_id = planned[0].machine_id
        task.start_at, task.end_at = planned[0].start_at, planned[0].end_at


def book_a_courier_twice(session: Session) -> None:
    for stop in session.scalars(select(StopRow).where(StopRow.state == "planned")):
        stop.courier_id = session.scalars(select(StopRow.courier_id)).first() or ""
        stop.depart_at = stop.arrive_at + timedelta(hours=9)


def say_delivered(session: Session) -> None:
    session.execute(update(OrderRow).values(state="delivered"))


def change_an_entry(session: Session) -> None:
    row = session.scalars(select(EntryRow).where(EntryRow.action == "use")).first()
    assert row is not None
    row.body = row.body.replace(b"0.15", b"9.15")


def lose_an_entry(session: Session) -> None:
    row = session.scalars(select(EntryRow).where(EntryRow.position == 3)).one()
    session.delete(row)


def produce_twice(session: Session) -> None:
    rows = session.scalars(select(EntryRow).where(EntryRow.action == "produce")).all()
    for row in rows:
        row.job_id = rows[0].job_id


def cite_twice(session: Session) -> None:
    rows = session.scalars(select(EntryRow).where(EntryRow.unit == "{piece}")).all()
    for row in rows[:2]:
        row.action, row.order_id = "cite", rows[0].order_id


def pay_a_part(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(price_cents=1)
    )


def cite_for_a_part(session: Session) -> None:
    part = session.scalars(select(OrderRow).where(OrderRow.part_of.is_not(None))).one()
    row = session.scalars(select(EntryRow).where(EntryRow.order_id == part.id)).first()
    assert row is not None
    row.action, row.unit = "cite", "{piece}"


def outlive_the_order(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_(None)).values(state="refused")
    )
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(state="making")
    )


def make_without_its_part(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(state="on-the-way")
    )


def make_it_elsewhere(session: Session) -> None:
    part = session.scalars(select(OrderRow).where(OrderRow.part_of.is_not(None))).one()
    part.to_facility_id = part.facility_id


def bring_a_part_for_nothing(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(goes_into=None)
    )


def bring_a_part_to_itself(session: Session) -> None:
    part = session.scalars(select(OrderRow).where(OrderRow.part_of.is_not(None))).one()
    part.goes_into = part.id


def make_a_step_in_two_parts(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(steps=[0, 1])
    )


def forget_a_step(session: Session) -> None:
    session.execute(
        update(OrderRow).where(OrderRow.part_of.is_not(None)).values(steps=[])
    )


def machine(session: Session) -> str:
    return session.scalars(select(JobRow.machine_id)).first() or ""


PLANTED: list[tuple[str, Callable[[Session], None]]] = [
    ("I2", forget_the_arming),
    ("I2", start_a_second_job),
    ("I2", make_too_many),
    ("I3", produce_twice),
    ("I3", cite_twice),
    ("I4", change_an_entry),
    ("I4", lose_an_entry),
    ("I5", book_a_slot_twice),
    ("I5", book_a_courier_twice),
    ("I6", lose_an_act),
    ("I6", lose_the_evidence),
    ("I6", say_delivered),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_planted_fault_is_found(region: Region) -> None:
    lived(region)
    with region.reading() as session:
        assert breaches(session, settled=True) == []
    for invariant, plant in PLANTED:
        with region.sessions() as session:
            plant(session)
            session.flush()
            found = {breach.invariant for breach in breaches(session, settled=True)}
            session.rollback()
        assert invariant in found, f"{plant.__name__} was not found, only {found}"


PLANTED_IN_PARTS: list[tuple[str, Callable[[Session], None]]] = [
    ("I3", pay_a_part),
    ("I3", cite_for_a_part),
    ("I6", outlive_the_order),
    ("I6", make_without_its_part),
    ("I6", make_it_elsewhere),
    ("I6", bring_a_part_for_nothing),
    ("I6", bring_a_part_to_itself),
    ("I6", make_a_step_in_two_parts),
    ("I6", forget_a_step),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_planted_fault_of_parts_is_found(region: Region) -> None:
    region.share_out()
    whole_id = region.order("lamp")
    (part,) = region.parts(whole_id)
    for order_id in (part.id, whole_id):
        region.plan()
        while region.row(order_id).state != "made":
            region.clock.turn(30)
            for command in region.send():
                assert isinstance(command, StartJob)
                region.make(command)
        region.plan()
        order = region.row(order_id)
        courier = region.stops(order_id)["pickup"].courier_id
        region.act("picked-up", order_id, courier, code=order.pickup_code)
        region.act("delivered", order_id, courier, code=order.delivery_code)
    with region.reading() as session:
        assert breaches(session, settled=True) == []
    for invariant, plant in PLANTED_IN_PARTS:
        with region.sessions() as session:
            plant(session)
            session.flush()
            found = {breach.invariant for breach in breaches(session, settled=True)}
            session.rollback()
        assert invariant in found, f"{plant.__name__} was not found, only {found}"
