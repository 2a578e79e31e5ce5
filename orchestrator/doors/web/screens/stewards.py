"""Who the stewards are, and what needs two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.commons import two_keys
from orchestrator.commons.rows import TwoKeyActRow
from orchestrator.doors.web.access import SignedInDep, StewardDeskDep
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import Id, ReaderDep, SessionDep
from orchestrator.members.agents import agents_with_role, names_of
from orchestrator.members.logins import agent_of_email
from orchestrator.network.handing_over import offers_to_confirm

router = APIRouter()

HOME: Final = "/stewards"
ACT_WORDS: Final[Mapping[str, str]] = {
    "steward-named": N_("%(name)s becomes a steward"),
    "steward-ended": N_("%(name)s is a steward no more"),
    "observer-named": N_("%(name)s becomes an observer"),
    "observer-ended": N_("%(name)s is an observer no more"),
}
LIMITS: Final[Sequence[tuple[str, str]]] = (
    (N_("Who is a steward or an observer"), N_("two stewards, here")),
    (N_("The close of a period, and so each dividend"), N_("two stewards")),
    (N_("A lab whose owner is gone"), N_("two stewards, and whoever accepts it")),
    (N_("Money that leaves the bank"), N_("two stewards: one proposes, one pays")),
    (N_("A rule"), N_("a vote of the members; no steward can")),
    (N_("What is in the ledger or the book"), N_("nobody: it is only corrected")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A proposal as the page shows it."""

    row: TwoKeyActRow
    words: str
    subject: str
    by: str
    is_mine: bool


@router.get(HOME)
def stewards_page(
    request: Request, principal: SignedInDep, session: ReaderDep
) -> Response:
    """Who they are and what they cannot do alone; for a steward, what waits."""
    waiting = two_keys.waiting(session)
    names = names_of(
        session,
        {row.subject_id for row in waiting} | {row.proposed_by for row in waiting},
    )
    return render(
        request,
        "stewards.html",
        page=Page(title="Stewards"),
        stewards=agents_with_role(session, "steward"),
        observers=agents_with_role(session, "observer"),
        limits=LIMITS,
        waiting=[
            Waiting(
                row=row,
                words=ACT_WORDS[row.act],
                subject=names.get(row.subject_id, row.subject_id),
                by=names.get(row.proposed_by, row.proposed_by),
                is_mine=row.proposed_by == principal.agent_id,
            )
            for row in waiting
        ],
        labs=offers_to_confirm(session),
        may_act=principal.is_steward and "observer" not in principal.roles,
    )


@router.post(HOME)
def propose(
    *,
    act: Annotated[str, Form(max_length=40)],
    email: Annotated[str, Form(max_length=254)] = "",
    subject_id: Annotated[Id, Form()] = "",
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """The first key: by the mail address somebody signs in with, or by id."""
    two_keys.propose(
        session,
        desk,
        act=act,
        subject_id=subject_id or agent_of_email(session, email),
    )
    return _back()


@router.post(f"{HOME}/{{proposal_id}}/confirm")
def confirm(
    proposal_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """The second key: it is done now."""
    two_keys.confirm(session, desk, proposal_id)
    return _back()


@router.post(f"{HOME}/{{proposal_id}}/withdraw")
def withdraw(
    proposal_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Taken from the table."""
    two_keys.withdraw(session, desk, proposal_id)
    return _back()


def _back() -> Response:
    return RedirectResponse(HOME, status_code=303)
