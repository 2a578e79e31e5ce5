"""What the demo shows: how it stands while it runs, and one table at its end."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.points import credits_of_order, milli_points_by_agent
from orchestrator.entry.demo.shops import Placed
from orchestrator.foundation.money import Money
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.parts import parts_of
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow

WHOLES = select(OrderRow.state).where(OrderRow.part_of.is_(None))
OVER = frozenset({"delivered", "refused", "cancelled"})


def are_over(session: Session, placed: Sequence[Placed]) -> bool:
    """Whether every order of these came to its end."""
    ids = [one.order_id for one in placed if one.order_id is not None]
    states = session.scalars(select(OrderRow.state).where(OrderRow.id.in_(ids))).all()
    return all(state in OVER for state in states)


def open_orders(session: Session) -> int:
    """How many orders are not over."""
    states = session.scalars(WHOLES).all()
    return sum(state not in OVER for state in states)


def idle_machines(session: Session) -> int:
    """How many machines are free."""
    states = session.scalars(select(MachineRow.state)).all()
    return sum(state == "idle" for state in states)


def standing(session: Session, clock_now: datetime, zone: ZoneInfo) -> Table:
    """How the region stands: orders by state, machines by state."""
    orders = Counter(session.scalars(WHOLES).all())
    machines = Counter(session.scalars(select(MachineRow.state)).all())
    table = Table.grid(padding=(0, 2))
    table.add_row("time", f"{clock_now.astimezone(zone):%a %H:%M}")
    table.add_row("orders", _counted(orders) or "none yet")
    table.add_row("machines", _counted(machines) or "none yet")
    return table


def table_of(session: Session, placed: Sequence[Placed], zone: ZoneInfo) -> Table:
    """One row for each wish: who made it, who brought it, promised, actual, credits."""
    table = Table(title=f"{len(placed)} orders", show_lines=False)
    for column in ("#", "what", "for", "lab", "machine", "courier"):
        table.add_column(column)
    for column in ("price", "promised", "delivered", "points"):
        table.add_column(column, justify="right")
    for one in placed:
        table.add_row(*_row(session, one, zone))
    return table


def reasons_of(placed: Sequence[Placed]) -> list[str]:
    """Why each wish that became no order was refused."""
    return [
        f"{one.wish.number}: {one.refusal}" for one in placed if one.order_id is None
    ]


def _row(session: Session, one: Placed, zone: ZoneInfo) -> list[str]:
    what = f"{one.wish.quantity} × {one.wish.design_key}"
    shop = one.wish.shop.person.name
    order = session.get(OrderRow, one.order_id) if one.order_id else None
    if order is None:
        return [str(one.wish.number), what, shop, "refused, see below"]
    family = (*parts_of(session, order), order)
    ids = [one.id for one in family]
    places = [session.get(FacilityRow, one.facility_id or "") for one in family]
    courier = session.get(AgentRow, order.courier_id or "")
    found = [credit for name in ids for credit in credits_of_order(session, name)]
    credit = milli_points_by_agent(found)
    labs = ", then ".join(place.name for place in places if place)
    ended = order.delivered_at
    return [
        str(one.wish.number),
        what,
        shop,
        labs or order.reason_text or order.state,
        ", ".join(_machines(session, ids)),
        courier.name if courier else "",
        f"{Money(cents=order.price_cents, currency=order.currency)}",
        f"{order.promised_to_at.astimezone(zone):%H:%M}",
        f"{ended.astimezone(zone):%H:%M}" if ended else order.state,
        f"{sum(credit.values()) / 1000:.1f} to {len(credit)}",
    ]


def _machines(session: Session, order_ids: Sequence[str]) -> list[str]:
    names = session.scalars(
        select(MachineRow.name)
        .join(TaskRow, TaskRow.machine_id == MachineRow.id)
        .where(TaskRow.order_id.in_(order_ids), TaskRow.state == "done")
        .distinct()
        .order_by(MachineRow.name)
    )
    return list(names)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
