"""When the last run is good, the order is made: said once, credited once."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.witness import Witness, cite
from orchestrator.foundation.changes import announce
from orchestrator.network.rows import MachineRow
from orchestrator.orders import life
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import StopRow, TaskRow
from orchestrator.planning.tasks import is_made
from orchestrator.planning.wishes import wish

OFF_PLAN: Final = timedelta(minutes=5)  # earlier or later than the courier expects


def finish_if_made(
    session: Session, witness: Witness, order: OrderRow, *, at: datetime
) -> bool:
    """Mark the order made when nothing is left to make, nor to do by hand.

    `at`: when that may be known of. The caller holds the order.
    """
    if order.state not in {"placed", "planned", "making"}:
        return False
    tasks = tasks_of(session, order.id)
    ready_at = max(
        (t.ready_at for t in tasks if t.pieces_good and t.ready_at), default=at
    )
    if not is_made(tasks) or ready_at > witness.now:
        return False
    at = max(at, ready_at)
    order.facility_id = facility_of(session, tasks)
    announce(session, f"lab/{order.facility_id}")
    life.mark_made(session, order, now=at)
    if order.part_of is None:  # the design is used once, however many labs make it
        cite(session, witness, order, occurred_at=at)
    pickup = session.scalar(
        select(StopRow).where(
            StopRow.order_id == order.id,
            StopRow.kind == "pickup",
            StopRow.state == "planned",
        )
    )
    if pickup is None or abs(pickup.arrive_at - at) > OFF_PLAN:
        text = f"order {order.number} is made"
        wish(session, text, witness.now, about=order.id)
    return True


def begin_making(
    session: Session, order: OrderRow, machine_id: str, *, at: datetime
) -> None:
    """The first run of the order began at this machine; later ones change nothing."""
    facility_id = session.get_one(MachineRow, machine_id).facility_id
    if order.state == "placed":  # the plan lost sight of it while a machine had it
        life.mark_planned(
            session,
            order,
            facility_id=facility_id,
            courier_id=order.courier_id,
            expected_at=order.promised_to_at,
            now=at,
        )
    if order.state == "planned":
        order.facility_id = facility_id
        life.mark_making(session, order, now=at)


def tasks_of(session: Session, order_id: str) -> list[TaskRow]:
    """The order's tasks of every attempt."""
    return list(
        session.scalars(
            select(TaskRow)
            .where(TaskRow.order_id == order_id)
            .order_by(TaskRow.step_id, TaskRow.run, TaskRow.attempt)
        )
    )


def facility_of(session: Session, tasks: list[TaskRow]) -> str:
    """The lab where the last good piece was made."""
    good = (task for task in tasks if task.state == "done" and task.pieces_good)
    last = max(good, key=lambda task: task.run)
    machine = session.get_one(MachineRow, last.machine_id)
    return machine.facility_id
