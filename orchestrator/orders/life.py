"""An order's states, the only moves between them, and its story in people's words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import new_id
from orchestrator.members.agents import agent_of
from orchestrator.network.facilities import facility_of
from orchestrator.orders import duties, money
from orchestrator.orders.errors import OrderStateError
from orchestrator.orders.parts import goal_of, hold_order, parts_of
from orchestrator.orders.rows import OrderEventRow, OrderRow

MOVES: Final[Mapping[str, frozenset[str]]] = {
    # a machine may begin in the very moment in which a plan lets go of the order
    "placed": frozenset({"planned", "making", "refused", "cancelled"}),
    "planned": frozenset({"placed", "making", "refused", "cancelled"}),
    "making": frozenset({"made", "refused"}),
    "made": frozenset({"on-the-way", "making", "refused"}),
    "on-the-way": frozenset({"delivered", "made", "making", "refused"}),
    "delivered": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}
BACK: Final = frozenset({"making"})
OPEN: Final = tuple(state for state, ways in MOVES.items() if ways)
WORDS: Final[Mapping[str, str]] = {
    "placed": "placed",
    "planned": "planned",
    "making": "being made",
    "made": "made",
    "on-the-way": "on the way",
    "delivered": "delivered",
    "refused": "refused",
    "cancelled": "cancelled",
}


def held_order(session: Session, order_id: str) -> OrderRow:
    """The order, locked until the caller's end as by `hold_order`. Errors: NotFoundError."""
    row = hold_order(session, order_id)
    if row is None:
        raise NotFoundError(f"there is no order {order_id[:64]!r}", field="order_id")
    return row


def timeline(session: Session, order_id: str) -> Sequence[OrderEventRow]:
    """What happened to the order, oldest first."""
    return session.scalars(
        select(OrderEventRow)
        .where(OrderEventRow.order_id == order_id)
        .order_by(OrderEventRow.at, OrderEventRow.position)
    ).all()


def tell(
    session: Session, order: OrderRow, code: str, text: str, *, now: datetime
) -> OrderEventRow:
    """Add a line to the order's story; its state stays."""
    with session.no_autoflush:  # a plan tells hundreds: they are written together
        kept_count = session.scalar(
            select(func.count()).where(OrderEventRow.order_id == order.id)
        )
    fresh_count = sum(
        isinstance(line, OrderEventRow) and line.order_id == order.id
        for line in session.new
    )
    row = OrderEventRow(
        id=new_id("line"),
        order_id=order.id,
        position=(kept_count or 0) + fresh_count,
        at=now,
        code=code,
        text=text,
    )
    session.add(row)
    announce(session, "orders", f"order/{order.id}")
    return row


def move(
    session: Session,
    order: OrderRow,
    state: str,
    *,
    text: str,
    now: datetime,
    code: str | None = None,
) -> bool:
    """Bring the order into `state` and tell it; False when it is there already.

    Errors: OrderStateError for a move that is not in `MOVES`.
    """
    if order.state == state:
        return False
    if state not in _ways(order):
        raise OrderStateError(
            f"order {order.number} is {WORDS[order.state]}: "
            f"it can't become {WORDS.get(state, state)}"
        )
    order.state = state
    tell(session, order, code or state, text, now=now)
    if order.part_of is not None:
        _tell_whole(session, order, code or state, text, now=now)
    return True


def _ways(order: OrderRow) -> frozenset[str]:
    """What is lost after a part of it was brought is made again, the part too."""
    return BACK if _is_brought(order) else MOVES.get(order.state, frozenset())


def _is_brought(order: OrderRow) -> bool:
    return order.part_of is not None and order.state == "delivered"


def _tell_whole(
    session: Session, part: OrderRow, code: str, text: str, *, now: datetime
) -> None:
    """What happens to a part stands in the story of the order that the shop placed.

    With its part, an order is begun.
    """
    whole = session.get_one(OrderRow, part.part_of)
    words = f"Part {part.number}: {text}"
    if code == "making" and whole.state in {"placed", "planned"}:
        move(session, whole, "making", text=words, now=now)
    else:
        tell(session, whole, f"part-{code}", words, now=now)


def mark_planned(
    session: Session,
    order: OrderRow,
    *,
    facility_id: str,
    courier_id: str | None,
    expected_at: datetime,
    now: datetime,
) -> bool:
    """The plan's present word on the order; True when something changed for the shop.

    A placed order becomes planned; in later states lab, courier and time may change.
    """
    lab = facility_of(session, facility_id).name
    moved_lab = order.facility_id not in {None, facility_id}
    before = (order.facility_id, order.courier_id, order.expected_at)
    order.facility_id, order.courier_id = facility_id, courier_id
    order.expected_at = expected_at
    if order.state == "placed":
        order.reason_code = order.reason_text = None
        return move(session, order, "planned", text=f"{lab} will make it.", now=now)
    if moved_lab:
        tell(session, order, "moved", f"{lab} will make it instead.", now=now)
    changed = before != (facility_id, courier_id, expected_at)
    if changed:
        announce(session, "orders", f"order/{order.id}")
    return changed


def mark_unplanned(
    session: Session, order: OrderRow, *, code: str, text: str, now: datetime
) -> bool:
    """No plan holds the order now, and why: it waits and keeps its promise."""
    same = order.reason_code == code  # its figures may change with every plan
    order.reason_code, order.reason_text = code, text
    order.expected_at = None
    if order.state == "planned":
        order.facility_id = order.courier_id = None
        return move(session, order, "placed", code="unplanned", text=text, now=now)
    if not same:
        tell(session, order, "waiting", text, now=now)
    return not same


def mark_making(session: Session, order: OrderRow, *, now: datetime) -> bool:
    """The first run began at a machine."""
    lab = _lab(session, order)
    return move(session, order, "making", text=f"{lab} began to make it.", now=now)


def mark_remaking(
    session: Session, order: OrderRow, *, why: str, now: datetime
) -> bool:
    """What was made is no good or lost: it is made again. False before it was made."""
    text = f"{why} It is made again."
    if order.state not in {"made", "on-the-way"} and not _is_brought(order):
        return False
    done = move(session, order, "making", code="remaking", text=text, now=now)
    if done:
        order.made_at = order.picked_up_at = order.delivered_at = None
        order.reason_code = order.reason_text = None
    return done


def mark_made(session: Session, order: OrderRow, *, now: datetime) -> bool:
    """Every run has ended well at its machine."""
    if order.state in {"placed", "planned"}:
        mark_making(session, order, now=now)  # its beginning was never heard
    lab = _lab(session, order)
    done = move(session, order, "made", text=f"Made. It waits at {lab}.", now=now)
    if done:
        order.made_at = now
    return done


def mark_picked_up(
    session: Session, order: OrderRow, *, courier_id: str, now: datetime
) -> bool:
    """A courier has it, by the lab's code."""
    name = agent_of(session, courier_id).name
    done = move(session, order, "on-the-way", text=f"{name} has it.", now=now)
    if done:
        order.courier_id, order.picked_up_at = courier_id, now
    return done


def mark_brought_back(
    session: Session, order: OrderRow, *, why: str, now: datetime
) -> bool:
    """The courier could not bring it: it lies at the lab again."""
    text = f"{why} It is back at the lab."
    done = move(session, order, "made", code="brought-back", text=text, now=now)
    if done:
        order.picked_up_at = None
    return done


def mark_delivered(session: Session, order: OrderRow, *, now: datetime) -> bool:
    """It was handed over, by the shop's code."""
    lab = None if order.to_facility_id is None else goal_of(session, order).name
    text = "Delivered." if lab is None else f"It is at {lab}."
    done = move(session, order, "delivered", text=text, now=now)
    if done:
        order.delivered_at = order.expected_at = now
        order.reason_code = order.reason_text = None
        money.invoice(session, order, now=now)
        duties.owe(session, order, now=now)
    return done


def refuse(
    session: Session, order: OrderRow, *, code: str, text: str, now: datetime
) -> bool:
    """Nobody can do it after all; the reason stands on the order, and on its parts."""
    done = move(session, order, "refused", text=text, now=now)
    if done:
        order.expected_at = None
        order.reason_code, order.reason_text = code, text
        money.give_back(session, order, why="The order was refused.", now=now)
    for part in parts_of(session, order) if done else ():
        if part.state in OPEN:
            refuse(session, part, code=code, text=text, now=now)
    return done


def cancel(session: Session, order: OrderRow, *, now: datetime) -> bool:
    """The shop takes it back with its parts, before anybody began to make any of it.

    Errors: OrderStateError afterwards, and for a part alone.
    """
    require_whole(session, order)
    if "cancelled" not in MOVES[order.state] and order.state != "cancelled":
        raise OrderStateError(
            f"order {order.number} is {WORDS[order.state]}: only an order that nobody "
            "began to make can be cancelled. Call the lab."
        )
    done = move(session, order, "cancelled", text="The shop cancelled it.", now=now)
    if done:
        order.expected_at = None
        order.reason_code, order.reason_text = "cancelled", "The shop cancelled it."
        money.give_back(session, order, why="The order was cancelled.", now=now)
    for part in parts_of(session, order) if done else ():
        move(session, part, "cancelled", text="The shop cancelled it.", now=now)
        part.expected_at = None
    return done


def require_whole(session: Session, order: OrderRow) -> None:
    """Errors: OrderStateError for a part: it has no end of its own."""
    if order.part_of is not None:
        whole = session.get_one(OrderRow, order.part_of)
        raise OrderStateError(
            f"order {order.number} is a part of order {whole.number}: end that one"
        )


def _lab(session: Session, order: OrderRow) -> str:
    if order.facility_id is None:
        return "The lab"
    return facility_of(session, order.facility_id).name
