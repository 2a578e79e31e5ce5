"""Money: the open totals, a person's or shop's own account, what a steward goes through."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.accounts import earnings, expected, payouts, returns
from orchestrator.accounts.chart import NETWORK
from orchestrator.accounts.rows import BillRow
from orchestrator.accounts.totals import currencies, totals
from orchestrator.doors.web.access import AskerDep, SignedInDep, StewardDeskDep
from orchestrator.doors.web.account_view import HEIGHT, STEP, WIDTH, columns
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.order_words import PRICE_WORDS
from orchestrator.doors.web.pages import Page, currency_of, render, zone_of
from orchestrator.doors.web.screens.bills import typed
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import checked_id, new_id
from orchestrator.members.agents import agent_of, names_of
from orchestrator.members.bank_accounts import (
    bank_accounts_of,
    erase_bank_account,
    keep_bank_account,
)
from orchestrator.orders import bank_statements, treasury
from orchestrator.orders.bills import bills_of, unpaid_bills
from orchestrator.orders.treasury_api import read_statement

router = APIRouter()

RETURNED_SHOWN: Final = 20
HOME: Final = "/accounts"
PAYOUTS_SHOWN: Final = 20
LINES_SHOWN: Final = 30


@router.get(HOME)
def open_books(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """The open totals for everybody; a steward also sees who is owed what."""
    is_steward = asker.is_steward
    known = currencies(session) or [currency_of(request)]
    steward: dict[str, Any] = _for_steward(session, known) if is_steward else {}
    return render(
        request,
        "accounts.html",
        page=Page(title="Money"),
        books=[
            (
                totals(session, currency),
                columns(session, currency, clock.now(), zone_of(request)),
            )
            for currency in known
        ],
        amount=money,
        chart={"height": HEIGHT, "step": STEP, "width": WIDTH},
        is_steward=is_steward,
        me=asker.principal.agent_id if asker.principal else None,
        done=request.query_params.get("done"),
        **steward,
    )


@router.post(f"{HOME}/statements")
def hand_in_statement(
    file: UploadFile,
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A bank statement; what is left for a person is shown with why."""
    told = bank_statements.import_statement(session, desk, read_statement(file))
    return render(
        request,
        "statement.html",
        page=Page(title="What the bank told"),
        told=told,
        in_words=returns.in_words,
        amount=money,
    )


@router.post(f"{HOME}/payments")
def record_by_reference(
    *,
    reference: Annotated[str, Form(max_length=60)] = "",
    amount: Annotated[str, Form(max_length=20)] = "",
    currency: Annotated[str, Form(max_length=3)],
    payment_id: Annotated[Id, Form()],
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Money came in for what a reference names: a bill, a pledge, an agreed fee."""
    row = bank_statements.record_named(
        session,
        desk,
        reference=reference,
        money=typed(amount, currency),
        payment_id=checked_id(payment_id),
    )
    return RedirectResponse(f"{HOME}?done={row.id}", status_code=303)


@router.post(f"{HOME}/undo")
def take_back(
    transaction_id: Annotated[Id, Form()],
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A payment is taken back by its reversal."""
    treasury.take_back(session, desk, transaction_id, why="A steward took it back.")
    return RedirectResponse(HOME, status_code=303)


@router.get(f"{HOME}/mine")
def my_account(principal: SignedInDep) -> Response:
    """The way to one's own account."""
    return RedirectResponse(f"{HOME}/of/{principal.agent_id}", status_code=303)


@router.get(f"{HOME}/mine.csv")
def my_account_csv(principal: SignedInDep, session: ReaderDep) -> Response:
    """All that one earned and was paid, for a spreadsheet or the tax office."""
    return Response(
        earnings.csv_of(earnings.lines_of(session, principal.agent_id)),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="my-account.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.get(f"{HOME}/of/{{agent_id}}")
def account_page(
    request: Request, agent_id: Id, principal: SignedInDep, session: ReaderDep
) -> Response:
    """One's bills, what one is owed, and where one is paid; a steward sees anybody's.

    But for the bank account, which is shown to its owner alone.
    """
    is_own = principal.agent_id == agent_id
    if not is_own and "steward" not in principal.roles:
        raise NotFoundError(f"you have no account {agent_id!r}")
    bills = bills_of(session, agent_id)
    kept = bank_accounts_of(session, [agent_id]).get(agent_id) if is_own else None
    lines = earnings.lines_of(session, agent_id)
    return render(
        request,
        "account.html",
        page=Page(title="Account"),
        agent=agent_of(session, agent_id),
        bills=[(bill, treasury.open_cents(session, bill)) for bill in bills],
        owed=_owed_to_one(session, agent_id),
        lines=lines[:LINES_SHOWN],
        line_count=len(lines),
        parts=PRICE_WORDS,
        returned=returns.returned_to(session, agent_id, newest=RETURNED_SHOWN),
        is_own=is_own,
        kept=kept,
        amount=money,
    )


@router.post(f"{HOME}/bank")
def keep_mine(
    *,
    iban: Annotated[str, Form(max_length=60)] = "",
    holder: Annotated[str, Form(max_length=100)] = "",
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Agree to be paid there."""
    keep_bank_account(
        session, principal.agent_id, iban=iban, holder=holder, now=clock.now()
    )
    return RedirectResponse(f"{HOME}/mine", status_code=303)


@router.post(f"{HOME}/bank/erase")
def erase_mine(
    principal: SignedInDep, session: SessionDep, clock: ClockDep
) -> Response:
    """Erase it, and the consent with it."""
    erase_bank_account(session, principal.agent_id, now=clock.now())
    return RedirectResponse(f"{HOME}/mine", status_code=303)


def _owed_to_one(session: Session, agent_id: str) -> list[tuple[str, int]]:
    return [
        (currency, cents)
        for currency in currencies(session)
        if (cents := payouts.owed_to(session, currency).get(agent_id, 0))
    ]


def _for_steward(session: Session, known: list[str]) -> dict[str, Any]:
    owed = [
        (currency, agent_id, cents)
        for currency in known
        for agent_id, cents in payouts.owed_to(session, currency).items()
    ]
    unpaid: list[tuple[BillRow, int]] = unpaid_bills(session)
    awaited = expected.awaited(session)
    proposed = payouts.payouts(session, newest=PAYOUTS_SHOWN)
    people = {agent_id for _, agent_id, _ in owed}
    payers = {bill.payer_id for bill, _ in unpaid} | {one.payer_id for one in awaited}
    return {
        "owed": owed,
        "unpaid": unpaid,
        "awaited": awaited,
        "payment_id": new_id("money"),
        "payouts": proposed,
        "names": {NETWORK: NETWORK} | names_of(session, people | payers),
        "with_bank": frozenset(bank_accounts_of(session, people)),
        "payout_id": new_id("payout"),
        "currencies": known,
    }
