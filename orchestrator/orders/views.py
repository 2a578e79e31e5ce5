"""Who sees what of an order: the shop its own, a lab its work, a stranger no person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.tables import csv_text
from orchestrator.members.principals import Principal
from orchestrator.orders.codes import TRACK_GROUPS, grouped, normal
from orchestrator.orders.life import OPEN
from orchestrator.orders.life import timeline as timeline_of
from orchestrator.orders.rows import OrderRow

# next-lab: where a part is brought
type Side = Literal["shop", "lab", "next-lab", "courier", "steward"]

LIMIT_MAX: Final = 500
CSV_NAMES: Final = (
    "number",
    "state",
    "design",
    "quantity",
    "price",
    "currency",
    "placed_at",
    "wished_at",
    "latest_at",
    "promised_from_at",
    "promised_to_at",
    "expected_at",
    "delivered_at",
    "reason",
)
TRACK_WORDS: Final = {
    "placed": "Order placed.",
    "planned": "A lab will make it.",
    "unplanned": "A new lab is looked for.",
    "making": "It is being made.",
    "remaking": "It is made again.",
    "made": "It is made.",
    "brought-back": "It is back at the lab.",
    "on-the-way": "It is on the way.",
    "delivered": "Delivered.",
    "part-made": "A part of it is made.",
    "part-on-the-way": "A part of it is on the way to the next lab.",
    "part-delivered": "A part of it is at the next lab.",
    "part-remaking": "A part of it is made again.",
    "refused": "It can't be made.",
    "cancelled": "Cancelled.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLine:
    """One step of the way."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What anybody with the code may know: the thing and its way, no person."""

    title: str
    picture_sha256: str | None
    state: str
    promised_from_at: datetime
    promised_to_at: datetime
    expected_at: datetime | None
    delivered_at: datetime | None
    timeline: tuple[TrackLine, ...]


def sides_of(order: OrderRow, principal: Principal) -> frozenset[Side]:
    """As what the one who asks has to do with the order; empty: not at all.

    A shop has to do with the whole of what it ordered, not with the parts.
    """
    sides: set[Side] = set()
    if principal.how == "device":
        return frozenset()
    if principal.agent_id == order.shop_id and order.part_of is None:
        sides.add("shop")
    if "operator" in principal.roles:
        if order.facility_id in principal.facility_ids:
            sides.add("lab")
        if order.to_facility_id in principal.facility_ids:
            sides.add("next-lab")
    if "courier" in principal.roles and principal.agent_id == order.courier_id:
        sides.add("courier")
    if principal.is_steward:
        sides.add("steward")
    return frozenset(sides)


def order_for(session: Session, principal: Principal, order_id: str) -> OrderRow:
    """The order, when the one who asks has to do with it.

    Errors: NotFoundError otherwise, in the same words as for an order that is not.
    """
    row = session.get(OrderRow, order_id)
    if row is None or not sides_of(row, principal):
        raise NotFoundError(f"you have no order {order_id[:64]!r}", field="order_id")
    return row


def order_shown(session: Session, principal: Principal, order_id: str) -> OrderRow:
    """As `order_for`; in place of a part that isn't theirs, the whole that is."""
    row = session.get(OrderRow, order_id)
    if row is not None and row.part_of is not None and not sides_of(row, principal):
        return order_for(session, principal, row.part_of)
    return order_for(session, principal, order_id)


def find_orders(
    session: Session,
    principal: Principal,
    *,
    states: Sequence[str] = (),
    facility_id: str | None = None,
    late_at: datetime | None = None,
    before_number: int | None = None,
    limit: int = 100,
) -> Sequence[OrderRow]:
    """Orders of the one who asks, newest first; a steward's are all, parts aside.

    `facility_id`: what that lab makes, for its operators. `late_at`: open ones whose promise
    was broken by then, or will be as they are expected.
    """
    query = (
        select(OrderRow)
        .order_by(OrderRow.number.desc())
        .limit(max(1, min(limit, LIMIT_MAX)))
    )
    query = _visible(query, principal, facility_id)
    if states:
        query = query.where(OrderRow.state.in_(states))
    if late_at is not None:
        late = (OrderRow.promised_to_at < late_at) | (
            OrderRow.expected_at > OrderRow.promised_to_at
        )
        query = query.where(OrderRow.state.in_(OPEN), late)
    if before_number is not None:
        query = query.where(OrderRow.number < before_number)
    return session.scalars(query).all()


def titles_of(session: Session, orders: Iterable[OrderRow]) -> dict[str, str]:
    """Title by design version id, for a list of orders."""
    ids = {order.design_version_id for order in orders}
    versions = session.scalars(
        select(DesignVersionRow).where(DesignVersionRow.id.in_(ids))
    )
    return {version.id: version.title for version in versions}


def tracked(session: Session, code: str) -> Tracked:
    """What the code shows to anybody. Errors: NotFoundError."""
    letters = normal(code)
    wanted = grouped(letters, TRACK_GROUPS)
    row = None
    if len(letters) == sum(TRACK_GROUPS) and letters.isascii():
        row = session.scalar(select(OrderRow).where(OrderRow.track_code == wanted))
    if row is None:
        raise NotFoundError("nobody knows this code: look at it again", field="code")
    version = session.get_one(DesignVersionRow, row.design_version_id)
    lines = [
        TrackLine(at=line.at, text=TRACK_WORDS[line.code])
        for line in timeline_of(session, row.id)
        if line.code in TRACK_WORDS
    ]
    return Tracked(
        title=version.title,
        picture_sha256=version.picture_sha256,
        state=row.state,
        promised_from_at=row.promised_from_at,
        promised_to_at=row.promised_to_at,
        expected_at=row.expected_at,
        delivered_at=row.delivered_at,
        timeline=tuple(lines),
    )


def csv_of(orders: Sequence[OrderRow], titles: dict[str, str]) -> str:
    """The orders as CSV."""
    return csv_text(
        CSV_NAMES,
        (_cells(order, titles.get(order.design_version_id, "")) for order in orders),
    )


def _visible(
    query: Select[OrderRow], principal: Principal, facility_id: str | None
) -> Select[OrderRow]:
    is_steward = principal.is_steward
    if facility_id is not None:
        works_there = "operator" in principal.roles and (
            facility_id in principal.facility_ids
        )
        if not (is_steward or works_there):
            raise NotFoundError(
                f"you have no lab {facility_id[:64]!r}", field="facility_id"
            )
        return query.where(OrderRow.facility_id == facility_id)
    query = query.where(OrderRow.part_of.is_(None))
    if is_steward:
        return query
    return query.where(OrderRow.shop_id == principal.agent_id)


def _cells(order: OrderRow, title: str) -> list[str]:
    moments = (
        order.placed_at,
        order.wished_at,
        order.latest_at,
        order.promised_from_at,
        order.promised_to_at,
        order.expected_at,
        order.delivered_at,
    )
    return [
        str(order.number),
        order.state,
        title,
        str(order.quantity),
        f"{order.price_cents // 100}.{order.price_cents % 100:02}",
        order.currency,
        *(moment.isoformat(timespec="seconds") if moment else "" for moment in moments),
        order.reason_text or "",
    ]
