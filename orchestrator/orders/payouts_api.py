"""Payouts over HTTP, and the files that banks and bookkeepers read."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from orchestrator.accounts import export, payouts
from orchestrator.accounts.transfers import pain_001, transfers_csv
from orchestrator.foundation.api import ReaderDep, SessionDep
from orchestrator.ledger.desk_api import StewardDeskDep
from orchestrator.members.principal_api import StewardDep, Strict
from orchestrator.orders import treasury
from orchestrator.orders.treasury_api import ACTS, REFUSED, Currency, Id, WhyIn

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])

PAYOUT_TEXT: Final = "Your share of the commons"


class PayoutIn(Strict):
    """A proposal; its id is drawn by the caller: the same again is once."""

    payout_id: Id
    currency: Currency


class PayoutOut(BaseModel):
    """A payout and who gets how much of it."""

    payout_id: str
    currency: str
    proposed_by: str
    proposed_at: datetime
    paid_by: str | None
    paid_at: datetime | None
    withdrawn_at: datetime | None
    cents_of: dict[str, int]


@router.post("/payouts", status_code=201, responses=ACTS)
def propose_payout(
    asked: PayoutIn,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PayoutOut:
    """A steward sets aside all that is owed to those who gave a bank account."""
    treasury.propose_payout(
        session, desk, currency=asked.currency, payout_id=asked.payout_id
    )
    return _payout_out(session, asked.payout_id)


@router.post("/payouts/{payout_id}/paid", responses=ACTS)
def pay_payout(
    payout_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PayoutOut:
    """Another steward says that the bank was told to pay."""
    treasury.pay_payout(session, desk, payout_id)
    return _payout_out(session, payout_id)


@router.post("/payouts/{payout_id}/withdrawn", responses=ACTS)
def withdraw_payout(
    *,
    payout_id: Id,
    asked: WhyIn,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PayoutOut:
    """A steward takes a proposal back before it is paid."""
    treasury.withdraw_payout(session, desk, payout_id, why=asked.why)
    return _payout_out(session, payout_id)


@router.get("/payouts/{payout_id}.xml", responses=ACTS, response_class=Response)
def payout_for_the_bank(
    payout_id: Id,
    _steward: StewardDep,
    session: ReaderDep,
    paid_from: Annotated[Id, Query()],
    pay_on: Annotated[date, Query()],
) -> Response:
    """The payout as SEPA pain.001.001.09, paid from the account that member gave."""
    file = pain_001(
        payout_id,
        treasury.transfers_of(session, payout_id),
        source=treasury.paying_account(session, paid_from),
        text=PAYOUT_TEXT,
        made_at=payouts.payout_of(session, payout_id).proposed_at,
        pay_on=pay_on,
    )
    return _file(file, "application/xml", f"{payout_id}.xml")


@router.get("/payouts/{payout_id}.csv", responses=ACTS, response_class=Response)
def payout_as_table(
    payout_id: Id, _steward: StewardDep, session: ReaderDep
) -> Response:
    """The payout as CSV."""
    text = transfers_csv(treasury.transfers_of(session, payout_id), PAYOUT_TEXT)
    return _file(text.encode(), "text/csv", f"{payout_id}.csv")


@router.get("/book.beancount", responses=REFUSED, response_class=Response)
def book_for_beancount(_steward: StewardDep, session: ReaderDep) -> Response:
    """The whole book as Beancount reads it, for stewards."""
    return _file(export.beancount(session).encode(), "text/plain", "book.beancount")


@router.get("/book.journal", responses=REFUSED, response_class=Response)
def book_for_hledger(_steward: StewardDep, session: ReaderDep) -> Response:
    """The whole book as hledger reads it, for stewards."""
    return _file(export.hledger(session).encode(), "text/plain", "book.journal")


def _file(body: bytes, media_type: str, name: str) -> Response:
    return Response(
        body,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _payout_out(session: Session, payout_id: str) -> PayoutOut:
    row = payouts.payout_of(session, payout_id)
    lines = payouts.payout_lines(session, payout_id)
    return PayoutOut(
        payout_id=row.id,
        currency=row.currency,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        paid_by=row.paid_by,
        paid_at=row.paid_at,
        withdrawn_at=row.withdrawn_at,
        cents_of={line.agent_id: line.cents for line in lines},
    )
