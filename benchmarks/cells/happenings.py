"""What happens in a region, each with the wish that the running node would write."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from benchmarks.cells.town import Town, store
from orchestrator.network.couriers import mark_back, mark_out
from orchestrator.network.facilities import close_facility, open_facility
from orchestrator.network.rows import MachineRow
from orchestrator.orders.life import cancel, held_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.wishes import wish


def order_placed(made: Town) -> None:
    """One order more."""
    rows = list(made.order_rows(1))
    store(made, iter(rows))
    order_id = rows[-1][1]["id"]
    with made.sessions.begin() as session:
        wish(session, "an order was placed", made.at, about=order_id)


def order_cancelled(made: Town) -> None:
    """One order less."""
    with made.sessions.begin() as session:
        ids = session.scalars(
            select(OrderRow.id).where(OrderRow.state == "planned").order_by(OrderRow.id)
        ).all()
        order_id = made.draw.choice(ids)
        cancel(session, held_order(session, order_id), now=made.at)
        wish(session, "an order was cancelled", made.at, about=order_id)


def machine_in_alarm(made: Town) -> None:
    """A machine stands, or goes on."""
    with made.sessions.begin() as session:
        machine_id = f"{made.draw.choice(made.labs)}-{made.draw.randrange(4)}"
        row = session.get_one(MachineRow, machine_id)
        row.state = "idle" if row.state == "alarm" else "alarm"
        wish(session, "a machine turned", made.at, about=machine_id)


def lab_closed(made: Town) -> None:
    """A lab closes for three hours, or opens again."""
    lab_id = made.draw.choice(made.labs)
    until = made.at + timedelta(hours=3)
    with made.sessions.begin() as session:
        if not close_facility(session, lab_id, until=until, now=made.at):
            open_facility(session, lab_id)
        wish(session, "a lab closed", made.at, about=lab_id)


def courier_out(made: Town) -> None:
    """A courier is out, or back."""
    courier_id = made.draw.choice(made.couriers)
    with made.sessions.begin() as session:
        if not mark_back(session, courier_id, now=made.at):
            mark_out(session, courier_id)
        wish(session, "a courier is out", made.at, about=courier_id)


HAPPENINGS: tuple[Callable[[Town], None], ...] = (
    order_placed,
    order_placed,
    order_cancelled,
    machine_in_alarm,
    courier_out,
    order_placed,
    lab_closed,
    order_placed,
)
