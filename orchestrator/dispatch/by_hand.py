"""Work by hand after a run: until when it goes on, and the lab's word that it is over."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.dispatch.errors import OutOfTurnError
from orchestrator.dispatch.held import Held
from orchestrator.dispatch.made import finish_if_made, tasks_of
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.changes import announce
from orchestrator.foundation.clock import stamp
from orchestrator.network.rows import MachineRow
from orchestrator.orders import life
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.by_hand import is_in_hand, ready_at
from orchestrator.planning.tasks import is_made
from orchestrator.planning.wishes import wish

OFF_PLAN: Final = timedelta(minutes=5)


def take_in_hand(
    session: Session, witness: Witness, held: Held, *, ended_at: datetime
) -> None:
    """Note until when people work on a run that ended well; its order is held.

    A new plan is wished for where the one in force expects them to end at another time.
    """
    order, task = held.order, held.task
    planned_at, task.ready_at = task.ready_at, ready_at(session, order, task, ended_at)
    if task.ready_at == ended_at:
        return
    if planned_at is None or abs(task.ready_at - planned_at) > OFF_PLAN:
        text = f"order {order.number} is worked on by hand until {stamp(task.ready_at)}"
        wish(session, text, witness.now, about=order.id)


def tell_by_hand(session: Session, order: OrderRow, *, now: datetime) -> None:
    """Say in the order's story that its machines are done, and until when people are not."""
    tasks = tasks_of(session, order.id)
    ends = [task.ready_at for task in tasks if is_in_hand(task, now) and task.ready_at]
    if ends and is_made(tasks):
        text = f"The machines are done. Work by hand goes on until {stamp(max(ends))}."
        life.tell(session, order, "by-hand", text, now=now)


def say_ready(
    session: Session, witness: Witness, order_id: str, *, facility_id: str
) -> OrderRow:
    """People of the lab are done with all of the order that its machines are done with.

    The caller has the turn. Errors: NotFoundError; OutOfTurnError when nothing of it is
    in their hands.
    """
    order = life.held_order(session, order_id)
    in_hand = [
        task
        for task in tasks_of(session, order.id)
        if is_in_hand(task, witness.now)
        and session.get_one(MachineRow, task.machine_id).facility_id == facility_id
    ]
    if not in_hand:
        raise OutOfTurnError(f"nothing of order {order.number} is worked on by hand")
    for task in in_hand:
        task.ready_at = witness.now
    announce(session, f"order/{order.id}", f"lab/{facility_id}")
    if not finish_if_made(session, witness, order, at=witness.now):
        text = f"order {order.number} is ready to go on"
        wish(session, text, witness.now, about=order.id)
    return order
