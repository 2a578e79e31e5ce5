"""Screens 17 and 18, Courier: where next? And what is left? Works without a network."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.dispatch import ride as rides
from orchestrator.dispatch.api import DispatchSettings
from orchestrator.dispatch.deliveries import Act as CourierAct
from orchestrator.dispatch.deliveries import Kind, Load, Reason, Scene, perform
from orchestrator.dispatch.ride import Ride, RideStop
from orchestrator.dispatch.witness import Witness
from orchestrator.doors.web.access import CourierDep, topic_of
from orchestrator.doors.web.acts import act_of, answer_act
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.map_view import MapSpot, MapView
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.members.agents import agent_of
from orchestrator.members.principals import Principal
from orchestrator.network.couriers import courier_of, end_shift, mark_back, start_shift
from orchestrator.network.rows import CourierRow
from orchestrator.network.wire import told
from orchestrator.planning.travel import distance_m, way_points

router = APIRouter()

CODE_LENGTH: Final = 7
REASONS: Final[tuple[tuple[Reason, str], ...]] = (
    ("nobody-there", N_("Nobody is there")),
    ("cannot-find", N_("I can not find it")),
    ("not-ready", N_("It is not ready")),
    ("does-not-fit", N_("It does not fit")),
    ("damaged", N_("It is damaged")),
    ("lost", N_("It is lost")),
    ("other", N_("Something else")),
)
BEFORE_PICKUP: Final = frozenset(
    {"nobody-there", "cannot-find", "not-ready", "does-not-fit", "other"}
)
SHIFT_HOURS: Final = (2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The stops with the metres that lead to each, from where the courier is."""

    ride: Ride
    legs_m: tuple[int, ...]

    @property
    def left_m(self) -> int:
        """All the way that is left."""
        return sum(self.legs_m)


@router.get("/ride")
def ride_page(request: Request, courier: CourierDep, session: ReaderDep) -> Response:
    """The next stop, and how to finish it."""
    way = _way(session, request, courier)
    return render(
        request,
        "ride.html",
        page=Page(title="Ride", topics=_topics(courier), with_acts=True, glance=True),
        way=way,
        reasons=_reasons,
        code_length=CODE_LENGTH,
        shift_hours=SHIFT_HOURS,
        on_shift_until=way.ride.shift_until_at,
        is_on_shift=way.ride.status == "on-shift",
        is_out=way.ride.status == "out",
    )


@router.get("/ride/list")
def ride_list(request: Request, courier: CourierDep, session: ReaderDep) -> Response:
    """What is left, in order, on a map and as a list."""
    return render(
        request,
        "ride_list.html",
        page=Page(title="What is left", topics=_topics(courier), with_map=True),
        way=_way(session, request, courier),
    )


@router.get("/ride/map.json")
def ride_map(
    request: Request, courier: CourierDep, session: ReaderDep, clock: ClockDep
) -> MapView:
    """The courier's own stops, for the map."""
    way = _way(session, request, courier)
    row = courier_of(session, courier.agent_id)
    here = MapSpot(
        id=row.agent_id,
        name=agent_of(session, row.agent_id).name,
        lon=row.lon,
        lat=row.lat,
        state=Shown.RUNNING,
        line=_line(request, row, way.ride.stops),
    )
    return MapView(
        as_of=clock.now(),
        labs=_spots(way.ride.stops, are_labs=True),
        shops=_spots(way.ride.stops, are_labs=False),
        couriers=(here,),
    )


@router.post("/ride/acts")
def ride_act(
    *,
    kind: Annotated[Kind, Form()],
    request: Request,
    courier: CourierDep,
    clock: ClockDep,
    order_id: Annotated[str | None, Form(max_length=64)] = None,
    code: Annotated[str | None, Form(max_length=40)] = None,
    reason: Annotated[Reason | None, Form()] = None,
    note: Annotated[str, Form(max_length=300)] = "",
    load: Annotated[Load | None, Form()] = None,
    act_id: Annotated[str | None, Form(max_length=64)] = None,
    acted_at: Annotated[str | None, Form(max_length=40)] = None,
) -> Response:
    """One act of the courier, as the phone kept it; the same id again is one act."""
    settings: DispatchSettings = request.app.state.dispatch
    now = clock.now()
    sent = {"act_id": act_id, "acted_at": acted_at}
    act = act_of(sent, now=now)
    scene = Scene(
        witness=Witness(key=settings.network_key, now=now),
        ground=settings.ground,
        tempo=settings.tempo,
    )
    done = CourierAct(
        id=act.id,
        agent_id=courier.agent_id,
        kind=kind,
        acted_at=act.done_at,
        order_id=order_id,
        code=code,
        reason=reason,
        note=note,
        load=load,
    )
    perform(request.app.state.sessions, done, scene)
    return answer_act(request, then="/ride")


@router.post("/ride/shift")
def set_shift(
    *,
    hours: Annotated[int, Form(ge=0, le=16)],
    request: Request,
    courier: CourierDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """On shift for so many hours; 0 ends it."""
    now, agent_id = clock.now(), courier.agent_id
    if hours:
        changed = mark_back(session, agent_id, now=now)
        until = now + timedelta(hours=hours)
        changed |= start_shift(session, agent_id, until=until, now=now)
    else:
        changed = end_shift(session, agent_id, now=now)
    text = "The shift of a courier changed."
    told(request, session, changed, text, now, about=agent_id)
    return RedirectResponse("/ride", status_code=303)


def _topics(courier: Principal) -> tuple[str, ...]:
    return (topic_of("ride", courier.agent_id), PLAN_CHANGED)


def _way(session: Session, request: Request, courier: Principal) -> Way:
    settings: DispatchSettings = request.app.state.dispatch
    found = rides.ride(session, courier.agent_id)
    row = courier_of(session, courier.agent_id)
    at = (row.lat, row.lon)
    legs = []
    for stop in found.stops:
        there = (stop.lat, stop.lon)
        same = at == there
        leg_m = 0 if same else distance_m(settings.ground, at, there, row.profile)
        legs.append(leg_m)
        at = there
    return Way(ride=found, legs_m=tuple(legs))


def _line(
    request: Request, row: CourierRow, stops: tuple[RideStop, ...]
) -> tuple[tuple[float, float], ...]:
    """The way from here through all stops, along the roads."""
    settings: DispatchSettings = request.app.state.dispatch
    at = (row.lat, row.lon)
    points: list[tuple[float, float]] = []
    for stop in stops:
        there = (stop.lat, stop.lon)
        points += way_points(settings.ground, at, there, row.profile)
        at = there
    return tuple(points)


def _reasons(stop: RideStop) -> list[tuple[str, str]]:
    """What can go wrong there: what is not aboard can not be lost."""
    if stop.kind == "pickup":
        return [one for one in REASONS if one[0] in BEFORE_PICKUP]
    return [one for one in REASONS if one[0] != "not-ready"]


def _spots(stops: tuple[RideStop, ...], *, are_labs: bool) -> tuple[MapSpot, ...]:
    """One spot a place, with the numbers of its stops before its name."""
    at_place: dict[tuple[float, float], list[tuple[int, RideStop]]] = {}
    for number, stop in enumerate(stops, start=1):
        if stop.at_lab == are_labs:
            at_place.setdefault((stop.lat, stop.lon), []).append((number, stop))
    return tuple(
        MapSpot(
            id=found[0][1].stop_id,
            name=f"{', '.join(str(number) for number, _ in found)}. {stop.place_name}",
            lon=stop.lon,
            lat=stop.lat,
            state=Shown.READY if stop.is_ready else Shown.WAITING,
            detail=stop.address,
        )
        for found in at_place.values()
        for stop in [found[0][1]]
    )
