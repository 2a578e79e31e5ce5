"""Whose lab it is, and how it comes into other hands."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.orm import Session

from orchestrator.belongings.labs import check_may_take, lab_archive, may_take
from orchestrator.doors.web.access import DeskDep, SignedInDep
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.members.agents import agent_of, names_of
from orchestrator.members.logins import agent_of_email
from orchestrator.members.principals import Principal
from orchestrator.members.shown import names_shown
from orchestrator.network import handing_over
from orchestrator.network.facilities import facility_of
from orchestrator.network.handing_over_api import accept_and_tell

router = APIRouter()


@router.get("/labs/{facility_id}/owner")
def owner_page(
    facility_id: Id,
    request: Request,
    me: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """To its owner, to whom it is offered, to who works there and to stewards."""
    return _page(request, session, me, facility_id, clock)


@router.get("/labs/{facility_id}/archive.zip")
def take_lab(
    facility_id: Id,
    request: Request,
    me: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
) -> StreamingResponse:
    """All of the lab in one file, made while it is sent."""
    check_may_take(session, facility_of(session, facility_id), me)
    return StreamingResponse(
        lab_archive(request.app.state.readers, facility_id, now=clock.now()),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{facility_id}.zip"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/labs/{facility_id}/owner/offer")
def offer(
    *,
    facility_id: Id,
    member: Annotated[str, Form(max_length=254)] = "",
    stays: Annotated[bool, Form()] = False,
    me: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    desk: DeskDep,
) -> Response:
    """To a member, by the mail address they sign in with, or by number."""
    try:
        to_id = agent_of_email(session, member) if "@" in member else member.strip()
        agent_of(session, to_id)
        handing_over.offer_lab(session, desk, facility_id, to_id, stays=stays)
    except (InvalidInputError, ConflictError, NotFoundError) as refusal:
        wrong = sentence(str(refusal))
        return _page(request, session, me, facility_id, clock, wrong=wrong)
    return _back(facility_id)


@router.post("/labs/{facility_id}/owner/{offer_id}/confirm")
def confirm(
    facility_id: Id, offer_id: Id, session: SessionDep, desk: DeskDep
) -> Response:
    """The second steward's key."""
    handing_over.confirm_offer(session, desk, offer_id)
    return _back(facility_id)


@router.post("/labs/{facility_id}/owner/{offer_id}/end")
def end(facility_id: Id, offer_id: Id, session: SessionDep, desk: DeskDep) -> Response:
    """Taken back, or not wanted."""
    row = handing_over.end_offer(session, desk, offer_id)
    if row.to_id == desk.agent_id:
        return RedirectResponse("/", status_code=303)
    return _back(facility_id)


@router.post("/labs/{facility_id}/owner/{offer_id}/accept")
def accept(
    facility_id: Id,
    offer_id: Id,
    request: Request,
    session: SessionDep,
    desk: DeskDep,
) -> Response:
    """It is theirs from now on."""
    accept_and_tell(request, session, desk, offer_id)
    return _back(facility_id)


def _page(
    request: Request,
    session: Session,
    me: Principal,
    facility_id: str,
    clock: ClockDep,
    *,
    wrong: str = "",
) -> Response:
    lab = facility_of(session, facility_id)
    standing = handing_over.offer_of(session, facility_id)
    is_steward = me.is_steward
    is_receiver = standing is not None and standing.to_id == me.agent_id
    concerns = me.agent_id == lab.owner_id or is_receiver or is_steward
    if not (concerns or facility_id in me.facility_ids):
        raise NotAllowedError("its owner, its people and stewards read this")
    ids = {lab.owner_id}
    if standing is not None:
        ids |= {standing.to_id, standing.offered_by, standing.from_id}
    return render(
        request,
        "lab_owner.html",
        page=Page(title="Whose lab it is"),
        facility=lab,
        offer=standing if concerns else None,
        names=names_of(session, ids) if concerns else names_shown(session, ids),
        me=me.agent_id,
        is_owner=me.agent_id == lab.owner_id,
        is_steward=is_steward and "observer" not in me.roles,
        is_receiver=is_receiver,
        may_take=may_take(session, lab, me),
        days=handing_over.OBJECT.days,
        now=clock.now(),
        wrong=wrong,
    )


def _back(facility_id: str) -> Response:
    return RedirectResponse(f"/labs/{facility_id}/owner", status_code=303)
