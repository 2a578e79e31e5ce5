"""Couriers as a plan takes them: where they are, until when, what they have to do."""

from collections.abc import Callable, Sequence
from datetime import datetime

from orchestrator.planning.frozen import next_stop
from orchestrator.planning.picture import Picture
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.usable import courier_rejection
from routing.joint.problem import Courier, NextStop, Order, Profile, StopKind


def riders(
    picture: Picture,
    ground: RegionMap,
    orders: Sequence[Order],
    *,
    until_at: datetime,
    place: Callable[[float, float], int],
) -> tuple[Courier, ...]:
    """Those who may be asked, and those who have one of `orders` with them."""
    loaded = {order.aboard for order in orders if order.aboard}
    planned = {order.id for order in orders}
    couriers = []
    for row in picture.couriers:
        can_load = courier_rejection(row, picture) is None
        if not can_load and row.agent_id not in loaded:
            continue
        heading = next_stop(row, picture, ground)
        from_at = row.shift_from_at or picture.at
        to_at = row.shift_until_at or until_at
        if not can_load:  # what is aboard is brought to its end, nothing new begins
            from_at = to_at = picture.at
        couriers.append(
            Courier(
                id=row.agent_id,
                name=picture.names.get(row.agent_id, row.agent_id),
                place=place(row.lat, row.lon),
                shift=(_s(picture, from_at), _s(picture, to_at)),
                capacity_pieces=row.capacity_pieces,
                capacity_grams=row.capacity_g,
                profile=Profile(row.profile),
                cost_per_km_cents=row.cost_per_km_cents,
                cost_per_hour_cents=row.cost_per_hour_cents,
                next_stop=heading if heading and heading.order in planned else None,
                previous=tuple(
                    NextStop(order=stop.order_id, kind=StopKind(stop.kind))
                    for stop in picture.stops
                    if stop.courier_id == row.agent_id
                ),
            )
        )
    return tuple(couriers)


def _s(picture: Picture, at: datetime) -> int:
    return round((at - picture.at).total_seconds())
