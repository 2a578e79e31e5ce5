"""Ordering the same again: what a new quote would be asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import latest_of, version_of
from orchestrator.orders.rows import OrderRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The same order once more; `newer_version`: the design has changed since."""

    version_id: str
    place_id: str
    quantity: int
    wished_at: datetime
    latest_at: datetime
    newer_version: bool


def order_again(session: Session, order: OrderRow, *, now: datetime) -> Again:
    """The design's newest version, the same place, number and time to wait."""
    design_id = version_of(session, order.design_version_id).design_id
    newest = latest_of(session, design_id)
    shortest = timedelta(minutes=30)
    return Again(
        version_id=newest.id,
        place_id=order.place_id,
        quantity=order.quantity,
        wished_at=now + max(order.wished_at - order.placed_at, shortest),
        latest_at=now + max(order.latest_at - order.placed_at, 2 * shortest),
        newer_version=newest.id != order.design_version_id,
    )
