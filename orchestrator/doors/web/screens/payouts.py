"""A payout: proposed by one steward, downloaded for the bank, paid by another."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.accounts import payouts
from orchestrator.doors.web.access import StewardDep, StewardDeskDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.ids import checked_id
from orchestrator.members.agents import names_of
from orchestrator.members.bank_accounts import paying_organisations
from orchestrator.orders import treasury

router = APIRouter()

HOME: Final = "/accounts/payouts"


@router.post(HOME)
def propose(
    *,
    payout_id: Annotated[Id, Form()],
    currency: Annotated[str, Form(max_length=3)],
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Set aside all that is owed to those who gave a bank account."""
    treasury.propose_payout(
        session,
        desk,
        currency=currency,
        payout_id=checked_id(payout_id),
    )
    return RedirectResponse(f"{HOME}/{payout_id}", status_code=303)


@router.get(f"{HOME}/{{payout_id}}")
def payout_page(
    request: Request,
    payout_id: Id,
    steward: StewardDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """Who gets how much, the files for the bank, and what is to be done next."""
    payout = payouts.payout_of(session, payout_id)
    lines = payouts.payout_lines(session, payout_id)
    acted = {payout.proposed_by} | ({payout.paid_by} if payout.paid_by else set())
    return render(
        request,
        "payout.html",
        page=Page(title="Payout"),
        payout=payout,
        lines=lines,
        total=sum(line.cents for line in lines),
        names=names_of(session, {line.agent_id for line in lines} | acted),
        sources=paying_organisations(session),
        pay_on=(clock.now() + timedelta(days=1)).date().isoformat(),
        may_pay=steward.agent_id != payout.proposed_by,
        amount=money,
    )


@router.post(f"{HOME}/{{payout_id}}/paid")
def pay(
    payout_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """The bank was told to pay it."""
    treasury.pay_payout(session, desk, payout_id)
    return RedirectResponse(f"{HOME}/{payout_id}", status_code=303)


@router.post(f"{HOME}/{{payout_id}}/withdraw")
def withdraw(
    payout_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Take the proposal back: all of it is owed again."""
    treasury.withdraw_payout(
        session,
        desk,
        payout_id,
        why="A steward withdrew the payout.",
    )
    return RedirectResponse(f"{HOME}/{payout_id}", status_code=303)
