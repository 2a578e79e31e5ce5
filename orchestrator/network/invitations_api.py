"""What a computer may know of an invitation before it is taken up: which lab it is for."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, ReaderDep, refusals
from orchestrator.foundation.errors import TooManyRequestsError
from orchestrator.members import devices
from orchestrator.members.logins import PER_ADDRESS
from orchestrator.members.principal_api import SettingsDep, Strict, address_of
from orchestrator.network.facilities import facility_of

router = APIRouter()


class InvitationIn(Strict):
    """A one-time code."""

    code: Annotated[str, Field(min_length=8, max_length=40)]


class InvitationOut(BaseModel):
    """The lab that the code is for."""

    facility_id: str
    name: str
    address: str
    region: str


@router.post(
    "/invitations/look", responses=refusals(devices.BadCodeError, TooManyRequestsError)
)
def look(
    asked: InvitationIn,
    request: Request,
    session: ReaderDep,
    clock: ClockDep,
    settings: SettingsDep,
) -> InvitationOut:
    """Which lab a code is for; the code stays good. POST: a code is in no address."""
    settings.attempts.check("enrol", address_of(request), PER_ADDRESS)
    lab = facility_of(session, devices.lab_of_code(session, asked.code, clock.now()))
    return InvitationOut(
        facility_id=lab.id, name=lab.name, address=lab.address, region=settings.region
    )
