"""Screen 26, Notices: what should reach me by mail; given and taken back at once."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.dispatch.api import DispatchSettings
from orchestrator.dispatch.notices import EVENTS, Event, is_stop_token, purpose
from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.errors import NotAllowedError
from orchestrator.members.consent import give_consent, has_consented, withdraw_consent

router = APIRouter()

Token = Annotated[str, Field(max_length=128)]
WORDS: Final[Mapping[Event, tuple[str, str]]] = {
    "to-accept": (
        N_("A job waits for your start"),
        N_("It lies at a machine of your lab, and its bed must be cleared."),
    ),
    "needs-you": (
        N_("A machine needs you"),
        N_("It stopped, is in alarm, or holds pieces to take out."),
    ),
    "hand-over": (
        N_("A hand-over waits"),
        N_("An order is made and its courier comes."),
    ),
    "attestation-ends": (
        N_("An attestation ends"),
        N_("A month and a week before: some licences ask for a valid one."),
    ),
    "duty-due": (
        N_("A duty of a licence is due"),
        N_("A week before and on its day, until you say that it is done."),
    ),
}


@router.get("/notices")
def notices_page(
    request: Request, principal: SignedInDep, session: ReaderDep, done: bool = False
) -> Response:
    """What this person gets by mail."""
    return render(
        request,
        "notices.html",
        page=Page(title="Notices"),
        words=WORDS,
        chosen=_chosen(session, principal.agent_id),
        is_operator="operator" in principal.roles,
        has_mail=bool(request.app.state.screens.mail_from),
        done=done,
    )


@router.post("/notices")
def choose(
    *,
    events: Annotated[list[str], Form(max_length=8)] = [],  # noqa: B006
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Just these from now on."""
    for event in EVENTS:
        _set(session, principal.agent_id, event, event in events, clock)
    return RedirectResponse("/notices?done=true", status_code=303)


@router.get("/notices/stop")
def stop_page(request: Request, who: Id, token: Token) -> Response:
    """The link in a mail: one press ends all of them, without signing in."""
    _check(request, who, token)
    return render(
        request,
        "notices_stop.html",
        page=Page(title="Stop all mails", bare=True),
        who=who,
        token=token,
        is_done=False,
    )


@router.post("/notices/stop")
def stop(
    request: Request, who: Id, token: Token, session: SessionDep, clock: ClockDep
) -> Response:
    """End all of this person's mails: by the page's button, or by the mail program."""
    _check(request, who, token)
    for event in EVENTS:
        _set(session, who, event, False, clock)
    return render(
        request,
        "notices_stop.html",
        page=Page(title="Stop all mails", bare=True),
        who=who,
        token=token,
        is_done=True,
    )


def _check(request: Request, who: str, token: str) -> None:
    settings: DispatchSettings = request.app.state.dispatch
    if not is_stop_token(settings.network_key, who, token):
        raise NotAllowedError("this link is not whole: copy all of it from the mail")


def _chosen(session: Session, agent_id: str) -> list[Event]:
    return [one for one in EVENTS if has_consented(session, agent_id, purpose(one))]


def _set(
    session: Session, agent_id: str, event: Event, is_wanted: bool, clock: Clock
) -> None:
    change = give_consent if is_wanted else withdraw_consent
    change(session, agent_id, purpose(event), now=clock.now())
