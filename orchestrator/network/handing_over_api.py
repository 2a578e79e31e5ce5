"""Handing a lab over, by HTTP: offered, confirmed, accepted, or ended."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from orchestrator.foundation.api import Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.desk_api import desk_of
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.network.facilities import facility_of
from orchestrator.network.handing_over import (
    accept_lab,
    confirm_offer,
    end_offer,
    may_offer,
    offer_lab,
    offer_of,
)
from orchestrator.network.rows import LabOfferRow
from orchestrator.network.wire import OTHER_OWNER, told_of_lab

router = APIRouter()


def _of_person(request: Request, principal: PrincipalDep) -> Desk:
    """A person who signed in, for a lab is given away by no key of theirs."""
    if principal.how != "session":
        raise NotAllowedError("sign in: no program hands a lab over")
    return desk_of(request, principal)


PersonDeskDep = Annotated[Desk, Depends(_of_person)]
CHANGES = refusals(NotSignedInError, NotAllowedError, NotFoundError, ConflictError)


class OfferIn(Strict):
    """To whom, by number. `stays`: its owner goes on working there afterwards."""

    to_id: Id
    stays: bool = False


class OfferOut(BaseModel):
    """A lab offered. `open_at`: from then on it may be accepted; None: not confirmed.

    `ended_at` None: it stands; `is_taken`: the lab is the receiver's since then.
    """

    id: str
    facility_id: str
    from_id: str
    to_id: str
    offered_at: datetime
    offered_by: str
    second_id: str | None
    stays: bool
    open_at: datetime | None
    ended_at: datetime | None
    is_taken: bool


class OwnerOut(BaseModel):
    """Whose lab it is, and the offer that stands."""

    owner_id: str
    offer: OfferOut | None


@router.get(
    "/facilities/{facility_id}/owner",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def show_owner(
    facility_id: Id, principal: PrincipalDep, session: ReaderDep
) -> OwnerOut:
    """To its owner, to whom it is offered, and to stewards."""
    lab = facility_of(session, facility_id)
    offer = offer_of(session, facility_id)
    is_receiver = offer is not None and offer.to_id == principal.agent_id
    if principal.how == "device" or not (
        is_receiver
        or principal.is_steward
        or may_offer(session, lab, principal.agent_id)
    ):
        raise NotAllowedError("its owner, a receiver or a steward reads this")
    return OwnerOut(
        owner_id=lab.owner_id, offer=None if offer is None else _offer_out(offer)
    )


@router.post(
    "/facilities/{facility_id}/offers",
    status_code=201,
    responses=CHANGES | refusals(InvalidInputError),
)
def make_offer(
    *,
    facility_id: Id,
    asked: OfferIn,
    session: SessionDep,
    desk: PersonDeskDep,
) -> OfferOut:
    """Its owner offers it to a member; a steward does so with a second one."""
    row = offer_lab(session, desk, facility_id, asked.to_id, stays=asked.stays)
    return _offer_out(row)


@router.post("/lab-offers/{offer_id}/confirm", responses=CHANGES)
def confirm(
    offer_id: Id,
    session: SessionDep,
    desk: PersonDeskDep,
) -> OfferOut:
    """The second steward's key."""
    return _offer_out(confirm_offer(session, desk, offer_id))


@router.post("/lab-offers/{offer_id}/end", responses=CHANGES)
def end(
    offer_id: Id,
    session: SessionDep,
    desk: PersonDeskDep,
) -> OfferOut:
    """Taken back, or not wanted."""
    return _offer_out(end_offer(session, desk, offer_id))


@router.post("/lab-offers/{offer_id}/accept", responses=CHANGES)
def accept(
    offer_id: Id,
    request: Request,
    session: SessionDep,
    desk: PersonDeskDep,
) -> OfferOut:
    """It is the receiver's from now on."""
    return _offer_out(accept_and_tell(request, session, desk, offer_id))


def accept_and_tell(
    request: Request, session: Session, desk: Desk, offer_id: str
) -> LabOfferRow:
    """Accept it, and tell whoever plans: other people work there now."""
    row = accept_lab(session, desk, offer_id)
    told_of_lab(request, session, row.facility_id, OTHER_OWNER, desk.now)
    return row


def _offer_out(row: LabOfferRow) -> OfferOut:
    return OfferOut.model_validate(row, from_attributes=True)
