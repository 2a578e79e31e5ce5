"""A steward's way on where nobody else has one: make it anew, or end the order."""

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.dispatch.carrying import cancel_stops
from orchestrator.dispatch.held import AT_MACHINE
from orchestrator.dispatch.made import tasks_of
from orchestrator.dispatch.outgoing import put_cancel
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.witness import Witness
from orchestrator.orders import life
from orchestrator.orders.errors import OrderStateError
from orchestrator.orders.parts import family, made_before
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.tasks import next_attempt
from orchestrator.planning.wishes import wish


def make_anew(
    session: Session, witness: Witness, order_id: str, *, why: str
) -> OrderRow:
    """Make the whole order once more, in any lab and on any machine that can.

    So are its parts, and of a part those that it is made from.
    What was made of it, waits in a lab that is dark, or is gone with a courier counts
    no more; its jobs are taken back. A job that ends well all the same still counts,
    as long as no other began. The caller has the turn.
    Errors: NotFoundError; OrderStateError when the order is over.
    """
    order = life.held_order(session, order_id)
    if order.state not in life.OPEN:
        raise OrderStateError(f"order {order.number} is {life.WORDS[order.state]}")
    for one in (*made_before(order, family(session, order)), order):
        _make_anew(session, witness, one, why=why)
    wish(session, f"order {order.number} is made anew", witness.now, about=order.id)
    return order


def _make_anew(
    session: Session, witness: Witness, order: OrderRow, *, why: str
) -> None:
    tasks = tasks_of(session, order.id)
    for task in tasks:
        job = session.get(JobRow, task.id)
        if job is not None and job.state in AT_MACHINE:
            put_cancel(session, job, now=witness.now)
        if task.state == "done":
            task.pieces_good = 0
        elif task.state != "planned":
            task.state = "cancelled"
    session.flush()
    for task in tasks:
        next_attempt(session, task)
    cancel_stops(session, order.id)
    order.courier_id = order.expected_at = None
    order.reason_code = order.reason_text = None
    if not life.mark_remaking(session, order, why=why, now=witness.now):
        life.tell(session, order, "again", f"{why} It is made anew.", now=witness.now)


def refuse_order(
    session: Session, order_id: str, *, why: str, now: datetime
) -> OrderRow:
    """End an order that nobody can make or bring; recovery takes its jobs back.

    Errors: NotFoundError; OrderStateError when it is over, or only a part of another.
    """
    order = life.held_order(session, order_id)
    life.require_whole(session, order)
    life.refuse(session, order, code="refused", text=why, now=now)
    wish(session, f"order {order.number} is refused", now, about=order.id)
    return order
