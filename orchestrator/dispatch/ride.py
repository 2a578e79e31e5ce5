"""A courier's day: my stops in order, the next one first, with all a phone needs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.network.couriers import courier_of
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.parts import goal_of
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.picture import COMING_BACK
from orchestrator.planning.rows import StopRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RideStop:
    """One stop. `is_ready`: what is fetched is made; what is brought is aboard."""

    stop_id: str
    order_id: str
    number: int
    kind: str  # pickup | dropoff | back
    at_lab: bool  # a lab's people hand over or take it, not a shop's
    title: str
    quantity: int
    place_name: str
    address: str
    lat: float
    lon: float
    arrive_at: datetime
    is_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """All of it; `stops` in the order of the way."""

    courier_id: str
    status: str
    shift_until_at: datetime | None
    stops: tuple[RideStop, ...]
    aboard: tuple[int, ...]  # numbers of the orders that the courier has


def ride(session: Session, courier_id: str) -> Ride:
    """The courier's stops that are not done. Errors: NotFoundError for no courier."""
    courier = courier_of(session, courier_id)
    aboard = session.scalars(
        select(OrderRow)
        .where(OrderRow.courier_id == courier_id, OrderRow.state == "on-the-way")
        .order_by(OrderRow.number)
    ).all()
    rows = session.execute(
        select(StopRow, OrderRow)
        .join(OrderRow, OrderRow.id == StopRow.order_id)
        .where(StopRow.courier_id == courier_id, StopRow.state == "planned")
        .order_by(StopRow.position, StopRow.arrive_at, StopRow.id)
    )
    stops = [
        _stop(session, order, stop.kind, stop.id, stop.arrive_at)
        for stop, order in rows
    ]
    back = [
        _stop(session, order, "back", f"back-{order.id}", order.placed_at)
        for order in aboard
        if order.reason_code == COMING_BACK
    ]
    return Ride(
        courier_id=courier_id,
        status=courier.status,
        shift_until_at=courier.shift_until_at,
        stops=(*back, *stops),
        aboard=tuple(order.number for order in aboard),
    )


def _stop(
    session: Session, order: OrderRow, kind: str, stop_id: str, arrive_at: datetime
) -> RideStop:
    is_drop = kind == "dropoff"
    lab = session.get_one(FacilityRow, order.facility_id) if not is_drop else None
    spot = lab or goal_of(session, order)
    return RideStop(
        stop_id=stop_id,
        order_id=order.id,
        number=order.number,
        kind=kind,
        at_lab=not is_drop or order.to_facility_id is not None,
        title=session.get_one(DesignVersionRow, order.design_version_id).title,
        quantity=order.quantity,
        place_name=spot.name,
        address=spot.address,
        lat=spot.lat,
        lon=spot.lon,
        arrive_at=arrive_at,
        is_ready=order.state == ("made" if kind == "pickup" else "on-the-way"),
    )
