"""Attestations: what I am and who vouches for it; a steward looks at the evidence."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import DeskDep, SignedInDep, StewardDeskDep
from orchestrator.doors.web.licence_table import FORM_WORDS
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.members import attestations
from orchestrator.members.agents import agent_of, names_of
from orchestrator.members.attestations import State, state_of
from orchestrator.orders import attesting

router = APIRouter()

HOME: Final = "/licences/attestations"
Typed = Annotated[str, Form(max_length=400)]
STATES: Final[dict[State, tuple[Shown, str]]] = {
    "waiting": (Shown.WAITING, N_("Waits for a steward")),
    "valid": (Shown.DONE, N_("Valid")),
    "ending": (Shown.NEEDS_YOU, N_("Renew it soon")),
    "expired": (Shown.FAILED, N_("Expired")),
    "ended": (Shown.OFFLINE, N_("Ended")),
}


@router.get(HOME)
def attestations_page(
    request: Request, me: SignedInDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """Mine; for a steward those that wait, and all that stand."""
    now = clock.now()
    is_steward = me.is_steward
    looked_at = attestations.waiting(session, now) if is_steward else ()
    standing = attestations.standing(session, now) if is_steward else ()
    own = attestations.attestations_of(session, me.agent_id)
    agents = {row.agent_id for row in (*looked_at, *standing)}
    return render(
        request,
        "attestations.html",
        page=Page(title="Attestations"),
        me=agent_of(session, me.agent_id),
        own=[(row, *STATES[state_of(row, now)]) for row in own],
        waiting=[row for row in looked_at if row.agent_id != me.agent_id],
        standing=standing,
        names=names_of(session, agents),
        forms=FORM_WORDS,
        until=_today(request, now) + timedelta(days=365),
    )


@router.post(HOME)
def tell(
    *,
    claim: Typed,
    label: Typed = "",
    issuer: Typed = "",
    evidence: Typed = "",
    until: Typed = "",
    request: Request,
    me: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """A new one; it counts once a steward has looked at it."""
    attestations.tell(
        session,
        agent_id=me.agent_id,
        claim=claim if claim in FORM_WORDS else label,
        issuer=issuer,
        evidence=evidence,
        valid_until=datetime.combine(_day(until), time(), zone_of(request)),
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/{{attestation_id}}/confirmed")
def confirm(
    attestation_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A steward saw the evidence."""
    attesting.confirm(session, desk, attestation_id)
    return _back()


@router.post(f"{HOME}/{{attestation_id}}/ended")
def end(
    attestation_id: Id, me: SignedInDep, session: SessionDep, desk: DeskDep
) -> Response:
    """Its member withdraws it, or a steward refuses or revokes it."""
    row = attestations.attestation_of(session, attestation_id)
    if row.agent_id != me.agent_id and "steward" not in me.roles:
        raise NotFoundError(f"you have no attestation {attestation_id[:64]!r}")
    attesting.end(session, desk, attestation_id)
    return _back()


def _today(request: Request, now: datetime) -> date:
    return now.astimezone(zone_of(request)).date()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as unreadable:
        raise InvalidInputError(
            f"a day is like 2027-03-31, not {text[:20]!r}", field="until"
        ) from unreadable


def _back() -> Response:
    return RedirectResponse(HOME, status_code=303)
