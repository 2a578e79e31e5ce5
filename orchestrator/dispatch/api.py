"""Dispatch over HTTP: a courier's ride and acts, and a person's word on unknown jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select

from orchestrator.dispatch.by_hand import say_ready
from orchestrator.dispatch.deliveries import Act, Kind, Load, Reason, Scene, perform
from orchestrator.dispatch.errors import (
    CodesLockedError,
    NotYourStopError,
    OutOfTurnError,
    UnknownJobError,
    WrongCodeError,
)
from orchestrator.dispatch.ride import ride
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.dispatch.verdict import NothingToJudgeError, facility_of_job, judge
from orchestrator.dispatch.way_on import make_anew, refuse_order
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.signing import SigningKey
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import require_role
from orchestrator.network.rows import MachineRow
from orchestrator.orders.errors import OrderStateError
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.turn import take_turn

router = APIRouter(prefix="/api/v1", tags=["dispatch"])

Id = Annotated[str, Field(max_length=64)]
ENDED_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSettings:
    """What the HTTP door puts in `app.state.dispatch` before it serves."""

    ground: RegionMap
    network_key: SigningKey
    tempo: Tempo = TEMPO


class StopOut(BaseModel):
    """One stop of your ride."""

    stop_id: str
    order_id: str
    number: int
    kind: str
    at_lab: bool
    title: str
    quantity: int
    place_name: str
    address: str
    lat: float
    lon: float
    arrive_at: datetime
    is_ready: bool


class RideOut(BaseModel):
    """Your stops, the next one first, and the orders that you have."""

    courier_id: str
    status: str
    shift_until_at: datetime | None
    stops: list[StopOut]
    aboard: list[int]


class ActIn(Strict):
    """One act as the phone kept it; draw the id there, once."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$")]
    kind: Kind
    acted_at: AwareDatetime
    order_id: Id | None = None
    code: Annotated[str, Field(max_length=40)] | None = None
    reason: Reason | None = None
    note: Annotated[str, Field(max_length=300)] = ""
    load: Load | None = None


class ActOut(BaseModel):
    """The act as it is kept."""

    id: str
    kind: str
    order_id: str | None
    acted_at: datetime
    recorded_at: datetime


class VerdictIn(Strict):
    """How many pieces of a job are good, whose end nobody saw; 0: it failed."""

    pieces_good: Annotated[int, Field(ge=0, le=10_000)]
    note: Annotated[str, Field(max_length=300)] = ""


class JobOut(BaseModel):
    """A job at a machine."""

    id: str
    machine_id: str
    state: str
    sent_at: datetime
    not_after: datetime
    armed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cleared_at: datetime | None
    code: str | None
    text: str | None
    evidence: dict[str, Any] | None


class WhyIn(Strict):
    """What a steward found out, in words for the order's story."""

    why: Annotated[str, Field(min_length=1, max_length=300)]


class WayOnOut(BaseModel):
    """The order as it goes on from here."""

    id: str
    number: int
    state: str
    reason_code: str | None
    reason_text: str | None


@router.get("/ride", responses=refusals(NotSignedInError, NotFoundError))
def show_ride(principal: PrincipalDep, session: ReaderDep) -> RideOut:
    """Your stops in order."""
    require_role(principal, "courier")
    return RideOut.model_validate(
        ride(session, principal.agent_id), from_attributes=True
    )


@router.post(
    "/acts",
    status_code=201,
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        NotFoundError,
        ConflictError,
        NotYourStopError,
        OutOfTurnError,
        WrongCodeError,
        CodesLockedError,
        InvalidInputError,
    ),
)
def act(
    asked: ActIn, principal: PrincipalDep, request: Request, clock: ClockDep
) -> ActOut:
    """Fetched, handed over, a problem, out, back: the same id again changes nothing."""
    require_role(principal, "courier")
    settings: DispatchSettings = request.app.state.dispatch
    scene = Scene(
        witness=Witness(key=settings.network_key, now=clock.now()),
        ground=settings.ground,
        tempo=settings.tempo,
    )
    done = Act(agent_id=principal.agent_id, **asked.model_dump())
    row = perform(request.app.state.sessions, done, scene)
    return ActOut.model_validate(row, from_attributes=True)


@router.get(
    "/facilities/{facility_id}/jobs",
    responses=refusals(NotSignedInError, NotAllowedError),
)
def list_jobs(
    facility_id: Id, principal: PrincipalDep, session: ReaderDep
) -> list[JobOut]:
    """Your lab's jobs: the newest first, the ones that wait for your word among them."""
    require_role(principal, "operator", facility_id=facility_id)
    rows = session.scalars(
        select(JobRow)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .where(MachineRow.facility_id == facility_id)
        .order_by(JobRow.sent_at.desc(), JobRow.id)
        .limit(ENDED_SHOWN_MAX)
    )
    return [JobOut.model_validate(row, from_attributes=True) for row in rows]


@router.post(
    "/jobs/{job_id}/verdict",
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        UnknownJobError,
        NothingToJudgeError,
        InvalidInputError,
    ),
)
def say_verdict(
    *,
    job_id: Id,
    asked: VerdictIn,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> JobOut:
    """Say how a job ended whose end nobody saw, after you looked at the machine."""
    take_turn(session)
    facility_id = facility_of_job(session, job_id)
    require_role(principal, "operator", facility_id=facility_id)
    settings: DispatchSettings = request.app.state.dispatch
    row = judge(
        session,
        Witness(key=settings.network_key, now=clock.now()),
        job_id,
        agent_id=principal.agent_id,
        pieces_good=asked.pieces_good,
        note=asked.note,
    )
    return JobOut.model_validate(row, from_attributes=True)


@router.post(
    "/facilities/{facility_id}/orders/{order_id}/ready",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, OutOfTurnError
    ),
)
def say_order_ready(
    *,
    facility_id: Id,
    order_id: Id,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> WayOnOut:
    """Your lab is done by hand with what its machines made of the order."""
    require_role(principal, "operator", facility_id=facility_id)
    take_turn(session)
    settings: DispatchSettings = request.app.state.dispatch
    witness = Witness(key=settings.network_key, now=clock.now())
    order = say_ready(session, witness, order_id, facility_id=facility_id)
    return WayOnOut.model_validate(order, from_attributes=True)


@router.post(
    "/orders/{order_id}/anew",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, OrderStateError
    ),
)
def make_order_anew(
    *,
    order_id: Id,
    asked: WhyIn,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> WayOnOut:
    """A steward has the whole order made once more, in any lab that can."""
    require_role(principal, "steward")
    take_turn(session)
    settings: DispatchSettings = request.app.state.dispatch
    witness = Witness(key=settings.network_key, now=clock.now())
    order = make_anew(session, witness, order_id, why=asked.why)
    return WayOnOut.model_validate(order, from_attributes=True)


@router.post(
    "/orders/{order_id}/refuse",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, OrderStateError
    ),
)
def end_order(
    order_id: Id,
    asked: WhyIn,
    principal: PrincipalDep,
    session: SessionDep,
    clock: ClockDep,
) -> WayOnOut:
    """A steward ends an order that nobody can make or bring."""
    require_role(principal, "steward")
    take_turn(session)
    order = refuse_order(session, order_id, why=asked.why, now=clock.now())
    return WayOnOut.model_validate(order, from_attributes=True)
