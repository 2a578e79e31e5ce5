"""My data: what is kept of me and why, my consents, all of it to take, and the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.orm import Session

from orchestrator.belongings.archive import Source, archive
from orchestrator.belongings.hindrances import Hindrance, hindrances
from orchestrator.belongings.leaving import GRACE, ask_to_leave, leaving_of, stay
from orchestrator.belongings.own import count_own
from orchestrator.belongings.purposes import PURPOSES
from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.dispatch.notices import EVENTS
from orchestrator.dispatch.notices import purpose as purpose_of
from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.notices import WORDS as NOTICE_WORDS
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.api import LedgerSettings
from orchestrator.members import bank_accounts
from orchestrator.members.agents import agent_of
from orchestrator.members.consent import consents_of, give_consent, withdraw_consent
from orchestrator.members.principals import Principal
from orchestrator.members.rows import ConsentRow
from orchestrator.members.shown import NAME, POSITION

router = APIRouter()

HOME: Final = "/my-data"
# purpose: what is agreed to, and what follows
CONSENT_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    NAME: (
        N_("Show my name beside what I do"),
        N_("On designs, proposals, rules and shares. Without it others read a number."),
    ),
    POSITION: (
        N_("Show where I am while I carry"),
        N_("To the shop whose order I bring, and the lab I come to. Stewards see it."),
    ),
    bank_accounts.PURPOSE: (
        N_("Keep my bank account"),
        N_("For payouts alone. Taking it back erases the account."),
    ),
    **{
        purpose_of(event): (
            NOTICE_WORDS[event][0],
            N_("Told by mail, to the address you sign in with."),
        )
        for event in EVENTS
    },
}
HINDRANCE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "order": (N_("Order %(name)s is open."), N_("Wait for it, or cancel it")),
    "ride": (
        N_("You have parcels to bring."),
        N_("Bring them, or say that you are out"),
    ),
    "jobs": (
        N_("Jobs run in %(name)s and nobody else works there."),
        N_("See them to their end"),
    ),
    "lab": (N_("You answer for %(name)s."), N_("Offer it to another member")),
    "device": (N_("The computer %(name)s is yours."), N_("Remove it from the lab")),
    "bill": (N_("Invoice %(name)s is open: %(amount)s."), N_("Pay it")),
    "expected": (
        N_("You announced a transfer of %(amount)s by %(name)s."),
        N_("Pay it, or wait until it is not wanted any more"),
    ),
    "owed": (
        N_("The network owes you %(amount)s."),
        N_("Say where you are paid and wait for the payout, or leave without it below"),
    ),
    "owes": (
        N_("You owe %(amount)s because of a refund."),
        N_("Ask a steward how to pay it"),
    ),
    "payout": (N_("A payout of %(amount)s is on its way."), N_("Wait for it")),
    "steward": (
        N_("You are a steward."),
        N_("Two others end that, and another one must remain"),
    ),
    "duties": (N_("A licence still asks something of you."), N_("Do it")),
    "funding": (
        N_("Common money is being given out with your part in it."),
        N_("Wait for the close"),
    ),
    "challenge": (N_("You entered a challenge that is open."), N_("Wait for its end")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One switch. `history`: when it was given and taken back, the newest first."""

    purpose: str
    title: str
    help: str
    is_given: bool
    history: Sequence[tuple[datetime, datetime | None]]
    give_at: str  # another page, where more is asked; "": here


@router.get(HOME)
def my_data_page(
    request: Request, principal: SignedInDep, session: ReaderDep
) -> Response:
    """What is kept of me, and what of it I agreed to."""
    me = principal.agent_id
    counts = {
        table: count_own(session, table, me) for one in PURPOSES for table in one.tables
    }
    return render(
        request,
        "my_data.html",
        page=Page(title="My data"),
        agent=agent_of(session, me),
        purposes=PURPOSES,
        counts=counts,
        consents=_consents(session, principal),
        leaving=leaving_of(session, me),
    )


@router.post(f"{HOME}/consents")
def change_consent(
    *,
    purpose: Annotated[str, Form(max_length=80)],
    wanted: Annotated[bool, Form()] = False,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Give it, or take it back: from now on."""
    me, now = principal.agent_id, clock.now()
    if purpose not in CONSENT_WORDS:
        raise InvalidInputError("there is no such consent", field="purpose")
    if purpose == bank_accounts.PURPOSE:
        if not wanted:
            bank_accounts.erase_bank_account(session, me, now=now)
    elif wanted:
        give_consent(session, me, purpose, now=now)
    else:
        withdraw_consent(session, me, purpose, now=now)
    return RedirectResponse(f"{HOME}#consents", status_code=303)


@router.get(f"{HOME}/archive.zip")
def take_all(
    request: Request, principal: SignedInDep, clock: ClockDep
) -> StreamingResponse:
    """All of it in one file, made while it is sent."""
    catalogue: CatalogueSettings = request.app.state.catalogue
    ledger: LedgerSettings = request.app.state.ledger
    source = Source(
        readers=request.app.state.readers,
        files=catalogue.files,
        origin=ledger.origin,
        key=ledger.key,
        now=clock.now(),
    )
    return StreamingResponse(
        archive(source, principal.agent_id),
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="my-data.zip"',
            "Cache-Control": "no-store",
        },
    )


@router.get(f"{HOME}/leave")
def leave_page(
    request: Request, principal: SignedInDep, session: ReaderDep
) -> Response:
    """What happens when I leave, and what has to be ended first."""
    me = principal.agent_id
    found = hindrances(session, me)
    return render(
        request,
        "leave.html",
        page=Page(title="Leave"),
        purposes=PURPOSES,
        leaving=leaving_of(session, me),
        hindrances=[one for one in found if one.kind != "owed"],
        owed=[one for one in found if one.kind == "owed"],
        words=HINDRANCE_WORDS,
        told=_told,
        days=GRACE.days,
    )


@router.post(f"{HOME}/leave")
def leave(
    *,
    gives_up: Annotated[bool, Form()] = False,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Every role sleeps from now on; all is erased in two weeks."""
    ask_to_leave(session, principal.agent_id, gives_up=gives_up, now=clock.now())
    return RedirectResponse(f"{HOME}/leave", status_code=303)


@router.post(f"{HOME}/stay")
def stay_after_all(
    principal: SignedInDep, session: SessionDep, clock: ClockDep
) -> Response:
    """All as it was."""
    stay(session, principal.agent_id, now=clock.now())
    return RedirectResponse(HOME, status_code=303)


def _told(one: Hindrance) -> dict[str, str]:
    return {
        "name": one.name,
        "amount": money(one.cents, one.currency) if one.currency else "",
    }


def _consents(session: Session, principal: Principal) -> list[Consent]:
    """Those that there is a use for: only who carries is asked where she is."""
    rows_of: dict[str, list[ConsentRow]] = {}
    for row in consents_of(session, principal.agent_id):
        rows_of.setdefault(row.purpose, []).append(row)
    return [
        Consent(
            purpose=name,
            title=title,
            help=told,
            is_given=any(row.withdrawn_at is None for row in rows_of.get(name, ())),
            history=[(row.given_at, row.withdrawn_at) for row in rows_of.get(name, ())],
            give_at="/accounts/mine" if name == bank_accounts.PURPOSE else "",
        )
        for name, (title, told) in CONSENT_WORDS.items()
        if name != POSITION or "courier" in principal.roles or name in rows_of
    ]
