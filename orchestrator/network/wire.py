"""What all endpoints of this room share: words of the wire, and who is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import Id
from orchestrator.members.principal_api import PrincipalDep
from orchestrator.members.principals import Principal, require_role
from orchestrator.network.facilities import (
    close_facility,
    facility_of,
    open_facility,
    set_opening,
)
from orchestrator.network.snapshots import Snapshots


def _lab_operator(facility_id: Id, principal: PrincipalDep) -> Principal:
    return require_role(principal, "operator", facility_id=facility_id)


# Who works in the lab of the address. Errors: NotSignedInError, NotAllowedError.
LabOperatorDep = Annotated[Principal, Depends(_lab_operator)]
RowId = Annotated[int, Path(ge=1, le=2**53)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]

OTHER_STOCK: Final = "{lab} has other stock"
OTHER_ABILITIES: Final = "what machines of {lab} can do changed"
OTHER_OWNER: Final = "{lab} is in other hands"
OTHER_TRAININGS: Final = "who may run what in {lab} changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """What the HTTP door puts in `app.state.network` before it serves.

    `replan`: told, in the same transaction, why the plan may have to change, and of
    which lab or courier.
    """

    replan: Callable[[Session, str, datetime, str], None]
    snapshots: Snapshots = field(default_factory=Snapshots)


class Told(BaseModel):
    """Whether that was news."""

    changed: bool


def close_and_tell(
    request: Request,
    session: Session,
    facility_id: str,
    *,
    until: datetime,
    now: datetime,
) -> Told:
    """Plan nothing at the lab until then. Errors: NotFoundError, InvalidInputError."""
    changed = close_facility(session, facility_id, until=until, now=now)
    words = "{lab} closed."
    return told_of_lab(request, session, facility_id, words, now, changed=changed)


def open_and_tell(
    request: Request, session: Session, facility_id: str, now: datetime
) -> Told:
    """Its usual hours hold again. Errors: NotFoundError."""
    changed = open_facility(session, facility_id)
    words = "{lab} opened."
    return told_of_lab(request, session, facility_id, words, now, changed=changed)


def set_opening_and_tell(
    request: Request,
    session: Session,
    facility_id: str,
    opening: Sequence[Sequence[int]],
    *,
    zone: str | None,
    now: datetime,
) -> Told:
    """The lab has new weekly hours. Errors: NotFoundError, InvalidInputError."""
    changed = set_opening(session, facility_id, opening, now=now, zone=zone)
    words = "{lab} has new hours."
    return told_of_lab(request, session, facility_id, words, now, changed=changed)


def told_of_lab(
    request: Request,
    session: Session,
    facility_id: str,
    words: str,
    now: datetime,
    *,
    changed: bool = True,
) -> Told:
    """The answer to a word on a lab. `words`: with its name. Errors: NotFoundError."""
    text = words.format(lab=facility_of(session, facility_id).name)
    return told(request, session, changed, text, now, about=facility_id)


def told(
    request: Request,
    session: Session,
    changed: bool,
    reason: str,
    now: datetime,
    *,
    about: str,
) -> Told:
    """The answer to an act on a lab or courier, after whoever plans was told of it."""
    if changed:
        settings: NetworkSettings = request.app.state.network
        settings.replan(session, reason, now, about)
    return Told(changed=changed)
