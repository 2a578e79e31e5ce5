"""Couriers over HTTP: who carries, their shift, and where they are while on it."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.orm import Session

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.agents import names_of
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import Principal, require_role
from orchestrator.members.shown import names_shown
from orchestrator.network import couriers
from orchestrator.network.errors import BadPositionError, NotOnShiftError
from orchestrator.network.rows import CourierRow
from orchestrator.network.wire import Latitude, Longitude, Told, told

router = APIRouter()


class CourierOut(BaseModel):
    """A courier. Where, until when, and why not: only to whom it concerns."""

    agent_id: str
    name: str
    profile: str
    status: str
    lat: float | None
    lon: float | None
    position_at: datetime | None
    shift_until_at: datetime | None


class ShiftIn(Strict):
    """Until when you carry; None ends the shift now."""

    until: AwareDatetime | None


class PositionIn(Strict):
    """Where you are."""

    lat: Latitude
    lon: Longitude
    observed_at: AwareDatetime


@router.get("/couriers", responses=refusals(NotSignedInError))
def list_couriers(principal: PrincipalDep, session: ReaderDep) -> list[CourierOut]:
    """All couriers; where one is, only the courier and stewards see."""
    return [_courier_out(session, row, principal) for row in couriers.couriers(session)]


@router.get("/couriers/{agent_id}", responses=refusals(NotSignedInError, NotFoundError))
def show_courier(
    agent_id: Id, principal: PrincipalDep, session: ReaderDep
) -> CourierOut:
    """One courier."""
    return _courier_out(session, couriers.courier_of(session, agent_id), principal)


@router.post(
    "/couriers/me/shift",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError
    ),
)
def set_shift(
    *,
    asked: ShiftIn,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Go on shift until then, or off shift now."""
    courier_id, now = _courier_id(principal), clock.now()
    if asked.until is None:
        changed = couriers.end_shift(session, courier_id, now=now)
    else:
        changed = couriers.start_shift(session, courier_id, until=asked.until, now=now)
    text = "The shift of a courier changed."
    return told(request, session, changed, text, now, about=courier_id)


@router.post(
    "/couriers/me/position",
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        NotFoundError,
        BadPositionError,
        NotOnShiftError,
    ),
)
def report_position(
    asked: PositionIn, principal: PrincipalDep, session: SessionDep, clock: ClockDep
) -> Told:
    """Tell where you are, while on shift."""
    changed = couriers.report_position(
        session,
        _courier_id(principal),
        lat=asked.lat,
        lon=asked.lon,
        observed_at=asked.observed_at,
        now=clock.now(),
    )
    return Told(changed=changed)


def _courier_id(principal: Principal) -> str:
    """A steward who does not carry is no courier either."""
    require_role(principal, "courier")
    return principal.agent_id


def _courier_out(session: Session, row: CourierRow, principal: Principal) -> CourierOut:
    concerned = principal.agent_id == row.agent_id or principal.is_steward
    shown = concerned and row.status != couriers.OFF_SHIFT
    is_away = row.status != couriers.ON_SHIFT  # whether sick is nobody's business
    names = (names_of if concerned else names_shown)(session, [row.agent_id])
    return CourierOut(
        agent_id=row.agent_id,
        name=names[row.agent_id],
        profile=row.profile,
        status=couriers.OFF_SHIFT if is_away and not concerned else row.status,
        lat=row.lat if shown else None,
        lon=row.lon if shown else None,
        position_at=row.position_at if shown else None,
        shift_until_at=row.shift_until_at if concerned else None,
    )
