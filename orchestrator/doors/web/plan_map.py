"""The couriers' routes of the plan on the map: lines, and stops with their numbers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.doors.web.geography import courier_spots, lab_spots
from orchestrator.doors.web.map_view import DECIMALS, MapStop, MapView
from orchestrator.doors.web.plan_story import ShownStop
from orchestrator.members.principals import Principal
from orchestrator.planning.travel import RegionMap


def plan_map(
    session: Session,
    principal: Principal,
    stops: Sequence[ShownStop],
    ground: RegionMap,
    now: datetime,
) -> MapView:
    """Labs, couriers and the stops that the person may see."""
    return MapView(
        as_of=now,
        labs=lab_spots(session),
        couriers=courier_spots(session, principal, ground),
        stops=tuple(
            MapStop(
                courier=stop.courier_id,
                number=stop.position,
                lon=round(stop.lon, DECIMALS),
                lat=round(stop.lat, DECIMALS),
                words=f"{stop.courier} {stop.position}: {stop.kind}, "
                f"{stop.order.number} {stop.title}, {stop.place}",
            )
            for stop in stops
        ),
    )
