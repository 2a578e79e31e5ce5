"""Devices over HTTP: a code for a new one, enrolment, and shutting one out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from orchestrator.foundation.api import ClockDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
)
from orchestrator.foundation.signing import BadKeyError
from orchestrator.members import agents, devices
from orchestrator.members.logins import PER_ADDRESS
from orchestrator.members.principal_api import (
    PrincipalDep,
    SettingsDep,
    Strict,
    address_of,
)
from orchestrator.members.principals import require_role

router = APIRouter()


class EnrolIn(Strict):
    """What a new device brings: a code from its lab, and the key it made."""

    code: Annotated[str, Field(min_length=8, max_length=40)]
    device_name: Annotated[str, Field(min_length=1, max_length=80)]
    public_key: Annotated[str, Field(max_length=64)]  # Ed25519, 32 bytes in base64


class BrokerOut(Strict):
    """Where the broker listens."""

    host: str
    port: int
    tls: bool
    ca_pem: str | None


class EnrolOut(Strict):
    """All that a device needs to begin; the token is told this once."""

    device_id: str
    region: str
    facility_id: str
    broker: BrokerOut
    token: str
    key_id: str


class CodeIn(Strict):
    """For which lab a code is asked, and who owns the machines (None: you)."""

    facility_id: Annotated[str, Field(min_length=8, max_length=64)]
    owner_id: Annotated[str, Field(min_length=8, max_length=64)] | None = None


class CodeOut(Strict):
    """A one-time code, told this once."""

    code: str
    expires_at: datetime


@router.post(
    "/enrol",
    status_code=201,
    responses=refusals(
        devices.BadCodeError,
        BadKeyError,
        ConflictError,
        InvalidInputError,
        TooManyRequestsError,
    ),
)
def enrol(
    asked: EnrolIn,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    settings: SettingsDep,
) -> EnrolOut:
    """Turn a one-time code into a device. Asking again repeats the answer."""
    settings.attempts.check("enrol", address_of(request), PER_ADDRESS)
    enrolled = devices.enrol(
        session,
        code=asked.code,
        device_name=asked.device_name,
        public_key=asked.public_key,
        now=clock.now(),
    )
    broker = settings.broker
    return EnrolOut(
        device_id=enrolled.device_id,
        region=settings.region,
        facility_id=enrolled.facility_id,
        broker=BrokerOut(
            host=broker.host, port=broker.port, tls=broker.tls, ca_pem=broker.ca_pem
        ),
        token=enrolled.token,
        key_id=enrolled.key_id,
    )


@router.post(
    "/enrolment-codes",
    status_code=201,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def issue_code(
    asked: CodeIn, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> CodeOut:
    """A code for one new device of a lab that you operate."""
    require_role(principal, "operator", facility_id=asked.facility_id)
    owner = agents.agent_of(session, asked.owner_id or principal.agent_id)
    now = clock.now()
    code = devices.issue_code(
        session,
        facility_id=asked.facility_id,
        owner_id=owner.id,
        issued_by=principal.agent_id,
        now=now,
    )
    return CodeOut(code=code, expires_at=now + devices.CODE_LIFE)


@router.post(
    "/devices/{device_id}/revoke",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def revoke_device(
    device_id: str, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> None:
    """Shut a lost or stolen device out, at once."""
    require_role(principal, "operator")
    device = devices.device_of(session, device_id)
    require_role(principal, "operator", facility_id=device.facility_id)
    devices.revoke_device(session, device_id, now=clock.now())
