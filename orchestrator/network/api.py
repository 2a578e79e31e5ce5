"""Labs, machines, couriers, places and alarms over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import PrincipalDep, StewardDep, Strict
from orchestrator.members.principals import require_role
from orchestrator.network import (
    abilities_api,
    alarms,
    couriers_api,
    facilities,
    handing_over_api,
    invitations_api,
    machines,
    places,
    snapshot_api,
    stock_api,
    training_api,
)
from orchestrator.network.facilities import Access
from orchestrator.network.opening import is_open
from orchestrator.network.rows import FacilityRow
from orchestrator.network.wire import (
    LabOperatorDep,
    Latitude,
    Longitude,
    NetworkSettings,
    Told,
    close_and_tell,
    open_and_tell,
    set_opening_and_tell,
)

__all__ = ["NetworkSettings", "router"]

router = APIRouter(prefix="/api/v1", tags=["network"])
router.include_router(abilities_api.router)
router.include_router(couriers_api.router)
router.include_router(handing_over_api.router)
router.include_router(invitations_api.router)
router.include_router(stock_api.router)
router.include_router(training_api.router)
router.include_router(snapshot_api.router)


class FacilityOut(BaseModel):
    """A lab. `opening`: rows of weekday, opens, closes in minutes of the day.

    By the clock on the wall in `zone`, summer time and all.
    `access`: who may come and work there; null: nobody told.
    `arm_s`, `clear_s`: what promises allow its people to arm a job, to clear the bed.
    """

    id: str
    name: str
    address: str
    lat: float
    lon: float
    opening: list[list[int]]
    zone: str
    access: Access | None
    closed_until: datetime | None
    is_open: bool
    arm_s: int
    clear_s: int


class MachineOut(BaseModel):
    """A machine as it is now."""

    id: str
    facility_id: str
    name: str
    kind: str
    dialect: str
    state: str
    state_at: datetime
    done_ratio: float | None
    remaining_s: float | None
    nozzle_c: float | None
    bed_c: float | None
    text: str | None
    job_id: str | None
    hourly_cents: int
    capability: dict[str, Any]


class PlaceIn(Strict):
    """An address of yours."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    address: Annotated[str, Field(min_length=1, max_length=300)]
    lat: Latitude
    lon: Longitude


class PlaceOut(PlaceIn):
    """An address, kept."""

    id: str


class AlarmOut(BaseModel):
    """Something to look at."""

    id: str
    raised_at: datetime
    code: str
    subject: str
    text: str


class CloseIn(Strict):
    """Until when nothing is planned there."""

    until: AwareDatetime


class OpeningIn(Strict):
    """Weekly hours: rows of weekday, opens, closes in minutes of the day.

    By the clock on the wall in `zone` (Europe/Helsinki); None: in the lab's.
    """

    opening: Annotated[list[list[int]], Field(max_length=70)]
    zone: Annotated[str, Field(max_length=64)] | None = None


class AccessIn(Strict):
    """Who may come and work there; null: it is not told. Orders are made all the same."""

    access: Access | None


class HourlyIn(Strict):
    """What the machine's owner asks for an hour."""

    hourly_cents: Annotated[int, Field(ge=0, le=1_000_000)]


@router.get("/facilities")
def list_facilities(session: ReaderDep, clock: ClockDep) -> list[FacilityOut]:
    """All labs."""
    now = clock.now()
    return [_facility_out(row, now) for row in facilities.facilities(session)]


@router.get("/facilities/{facility_id}", responses=refusals(NotFoundError))
def show_facility(facility_id: Id, session: ReaderDep, clock: ClockDep) -> FacilityOut:
    """One lab."""
    return _facility_out(facilities.facility_of(session, facility_id), clock.now())


@router.post(
    "/facilities/{facility_id}/close",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError
    ),
)
def close_facility(
    *,
    facility_id: Id,
    asked: CloseIn,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Plan nothing there until then."""
    return close_and_tell(
        request, session, facility_id, until=asked.until, now=clock.now()
    )


@router.post(
    "/facilities/{facility_id}/open",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def open_facility(
    *,
    facility_id: Id,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Its usual hours hold again."""
    return open_and_tell(request, session, facility_id, clock.now())


@router.put(
    "/facilities/{facility_id}/opening",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError
    ),
)
def set_opening(
    *,
    facility_id: Id,
    asked: OpeningIn,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """New weekly hours."""
    return set_opening_and_tell(
        request,
        session,
        facility_id,
        asked.opening,
        zone=asked.zone,
        now=clock.now(),
    )


@router.put(
    "/facilities/{facility_id}/access",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def set_access(
    facility_id: Id, asked: AccessIn, _principal: LabOperatorDep, session: SessionDep
) -> Told:
    """Who may come and work there."""
    return Told(changed=facilities.set_access(session, facility_id, asked.access))


@router.get("/machines")
def list_machines(
    session: ReaderDep,
    facility_id: Annotated[str | None, Query(max_length=64)] = None,
) -> list[MachineOut]:
    """All machines (of a lab) that are in service."""
    return [
        MachineOut.model_validate(row, from_attributes=True)
        for row in machines.machines(session, facility_id=facility_id)
    ]


@router.get("/machines/{machine_id}", responses=refusals(NotFoundError))
def show_machine(machine_id: Id, session: ReaderDep) -> MachineOut:
    """One machine."""
    row = machines.machine_of(session, machine_id)
    return MachineOut.model_validate(row, from_attributes=True)


@router.put(
    "/machines/{machine_id}/hourly",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def set_hourly(
    machine_id: Id, asked: HourlyIn, principal: PrincipalDep, session: SessionDep
) -> Told:
    """What an hour of it costs from the next quote on."""
    row = machines.machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=row.facility_id)
    changed = machines.set_hourly(session, machine_id, asked.hourly_cents)
    return Told(changed=changed)


@router.get("/places", responses=refusals(NotSignedInError))
def list_places(principal: PrincipalDep, session: ReaderDep) -> list[PlaceOut]:
    """Your own addresses."""
    return [
        PlaceOut.model_validate(row, from_attributes=True)
        for row in places.places_of(session, principal.agent_id)
    ]


@router.post(
    "/places",
    status_code=201,
    responses=refusals(NotSignedInError, NotAllowedError, InvalidInputError),
)
def add_place(asked: PlaceIn, principal: PrincipalDep, session: SessionDep) -> PlaceOut:
    """Add an address of yours."""
    require_role(principal, "shop", "member")
    row = places.add_place(
        session,
        agent_id=principal.agent_id,
        name=asked.name,
        address=asked.address,
        lat=asked.lat,
        lon=asked.lon,
    )
    return PlaceOut.model_validate(row, from_attributes=True)


@router.get("/alarms", responses=refusals(NotSignedInError, NotAllowedError))
def list_alarms(_steward: StewardDep, session: ReaderDep) -> list[AlarmOut]:
    """What no steward has looked at yet."""
    return [
        AlarmOut.model_validate(row, from_attributes=True)
        for row in alarms.open_alarms(session)
    ]


@router.post(
    "/alarms/{alarm_id}/seen",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def mark_alarm_seen(
    alarm_id: Id, _steward: StewardDep, session: SessionDep, clock: ClockDep
) -> Told:
    """A steward has looked."""
    return Told(changed=alarms.mark_seen(session, alarm_id, now=clock.now()))


def _facility_out(row: FacilityRow, now: datetime) -> FacilityOut:
    return FacilityOut(
        id=row.id,
        name=row.name,
        address=row.address,
        lat=row.lat,
        lon=row.lon,
        opening=row.opening,
        zone=row.zone,
        access=facilities.access_told(row.access),
        closed_until=row.closed_until,
        is_open=is_open(row.opening, row.zone, at=now, closed_until=row.closed_until),
        arm_s=facilities.arm_s(row),
        clear_s=facilities.clear_s(row),
    )
