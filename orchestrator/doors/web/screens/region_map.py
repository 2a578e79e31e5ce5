"""Screen 3, Region map: what is happening around here? The map, and the same as lists."""

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.access import Asker, AskerDep, couriers_seen, topic_of
from orchestrator.doors.web.geography import region_view
from orchestrator.doors.web.live import (
    MACHINES_CHANGED,
    MAP_CHANGED,
    MAP_MOVED,
    ORDERS_CHANGED,
)
from orchestrator.doors.web.map_view import MapView
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.planning.api import PlanningSettings

router = APIRouter()


@router.get("/map")
def map_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """The region as the asker may see it."""
    moving: tuple[str, ...] = ()
    if asker.principal is not None:
        if asker.principal.is_steward:
            moving = (MAP_MOVED, ORDERS_CHANGED)
        else:
            seen = sorted(couriers_seen(session, asker.principal))
            moving = tuple(topic_of("courier", name) for name in seen)
    view = _view(request, asker, session, clock)
    return render(
        request,
        "map.html",
        page=Page(
            title="Map",
            topics=(MAP_CHANGED, MACHINES_CHANGED, *moving),
            with_map=True,
        ),
        view=view,
        # A steward's couriers glide; another's page reads the map again.
        map_topics=[topic for topic in moving if topic != MAP_MOVED],
        hands=sum(spot.state == "needs-you" for spot in view.labs),
        silent=sum(spot.state == "offline" for spot in view.labs),
    )


@router.get("/map.json")
def map_json(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> MapView:
    """The same for the map's script."""
    return _view(request, asker, session, clock)


def _view(
    request: Request, asker: Asker, session: ReaderDep, clock: ClockDep
) -> MapView:
    planning: PlanningSettings = request.app.state.planning
    return region_view(session, asker.principal, planning.ground, clock.now())
