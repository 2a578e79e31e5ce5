"""Money over HTTP: open totals for all, one's own account, a steward's acts, exports."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.accounts import payouts
from orchestrator.accounts.rows import BillRow, TransactionRow
from orchestrator.accounts.statements import SIZE_MAX_BYTES, InvalidStatementError
from orchestrator.accounts.totals import Totals, currencies, totals
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.money import Money
from orchestrator.ledger.desk_api import StewardDeskDep
from orchestrator.members import bank_accounts
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import Principal
from orchestrator.orders import bank_statements, treasury
from orchestrator.orders.bills import bill_for, bills_of

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$")]
Cents = Annotated[int, Field(ge=1, le=10**12)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Why = Annotated[str, Field(min_length=1, max_length=300)]
REFUSED = refusals(NotSignedInError, NotAllowedError, InvalidInputError)
ACTS = refusals(
    NotSignedInError, NotAllowedError, NotFoundError, ConflictError, InvalidInputError
)


class BillOut(BaseModel):
    """What an order costs, what stands on its invoice, and what is open."""

    order_id: str
    order_number: int
    reference: str
    payer_id: str
    currency: str
    cents: int
    deposit_cents: int
    open_cents: int
    terms_version: str
    invoice_number: int | None
    invoiced_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    taxes: list[dict[str, str | int]]
    notes: list[str]


class MineOut(BaseModel):
    """One's own account: what the network owes by currency, and one's bills."""

    owed_cents_of: dict[str, int]  # below zero: to be taken off what is earned next
    bills: list[BillOut]


class PaymentIn(Strict):
    """Money that came in. `payment_id` is drawn by the caller: the same again is once."""

    order_id: Id
    cents: Cents
    currency: Currency
    payment_id: Id


class RefundIn(Strict):
    """What is given back: an amount, or so many pieces of the order."""

    order_id: Id
    cents: Cents | None = None
    pieces: Annotated[int, Field(ge=1, le=10_000)] | None = None
    refund_id: Id
    why: Why


class WhyIn(Strict):
    """Why something is taken back."""

    why: Why


class BankAccountIn(Strict):
    """Where one is paid. Kept for payouts alone, and erased at a word."""

    iban: Annotated[str, Field(max_length=60)]
    holder: Annotated[str, Field(max_length=70)]


class PostedOut(BaseModel):
    """A transaction in the book, and the hash that stands in the log."""

    transaction_id: str
    posted_at: datetime
    sha256: str


class ImportedOut(BaseModel):
    """What became of each payment of a statement, by the bank's name of it."""

    posted: list[str]
    returned: list[str]  # taken back by payers' banks: open again
    known: list[str]
    left: dict[str, str]  # why it is left for a person, and what to do


@router.get("/totals")
def open_totals(session: ReaderDep) -> list[Totals]:
    """Income, costs, reserve and what is open, by currency. Public."""
    return [totals(session, currency) for currency in currencies(session)]


@router.get("/mine", responses=refusals(NotSignedInError))
def my_account(principal: PrincipalDep, session: ReaderDep) -> MineOut:
    """What you are owed, and what your orders cost."""
    owed = {
        currency: payouts.owed_to(session, currency).get(principal.agent_id, 0)
        for currency in currencies(session)
    }
    bills = bills_of(session, principal.agent_id)
    return MineOut(
        owed_cents_of=owed, bills=[_bill_out(session, bill) for bill in bills]
    )


@router.get("/bills/{order_id}", responses=refusals(NotSignedInError, NotFoundError))
def show_bill(order_id: Id, principal: PrincipalDep, session: ReaderDep) -> BillOut:
    """The bill of an order, for its shop and for stewards."""
    return _bill_out(session, bill_for(session, principal, order_id))


@router.post("/payments", status_code=201, responses=ACTS)
def record_payment(
    asked: PaymentIn,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PostedOut:
    """A steward says that money came in for an order."""
    row = treasury.record_payment(
        session,
        desk,
        order_id=asked.order_id,
        money=Money(cents=asked.cents, currency=asked.currency),
        payment_id=asked.payment_id,
    )
    return _posted_out(row)


@router.post("/statements", status_code=201, responses=REFUSED)
def import_statement(
    file: Annotated[UploadFile, File(description="CAMT.053, CAMT.054 or CSV")],
    session: SessionDep,
    desk: StewardDeskDep,
) -> ImportedOut:
    """A steward hands in a bank statement; the same again changes nothing."""
    told = bank_statements.import_statement(session, desk, read_statement(file))
    return ImportedOut(
        posted=[line.bank_id for line in told.posted],
        returned=[line.bank_id for line in told.returned],
        known=[line.bank_id for line in told.known],
        left={one.line.bank_id: f"{one.why} {one.what_to_do}" for one in told.left},
    )


@router.post("/refunds", status_code=201, responses=ACTS)
def give_refund(
    asked: RefundIn,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PostedOut:
    """A steward gives part of an invoice back."""
    if (asked.cents is None) == (asked.pieces is None):
        raise InvalidInputError("say either cents or pieces", field="cents")
    cents = asked.cents or treasury.cents_of_pieces(
        session, asked.order_id, asked.pieces or 0
    )
    row = treasury.refund(
        session,
        desk,
        order_id=asked.order_id,
        cents=cents,
        refund_id=asked.refund_id,
        why=asked.why,
    )
    return _posted_out(row)


@router.post("/transactions/{transaction_id}/undo", status_code=201, responses=ACTS)
def take_back(
    *,
    transaction_id: Id,
    asked: WhyIn,
    session: SessionDep,
    desk: StewardDeskDep,
) -> PostedOut:
    """A steward takes a payment or refund back by its reversal."""
    row = treasury.take_back(session, desk, transaction_id, why=asked.why)
    return _posted_out(row)


@router.put("/bank-account", status_code=204, responses=REFUSED)
def keep_bank_account(
    asked: BankAccountIn, principal: PrincipalDep, session: SessionDep, clock: ClockDep
) -> None:
    """Agree to be paid there; it replaces what you gave before."""
    _require_person(principal)
    bank_accounts.keep_bank_account(
        session,
        principal.agent_id,
        iban=asked.iban,
        holder=asked.holder,
        now=clock.now(),
    )


@router.delete("/bank-account", status_code=204, responses=REFUSED)
def erase_bank_account(
    principal: PrincipalDep, session: SessionDep, clock: ClockDep
) -> None:
    """Erase your bank account and take your consent back."""
    _require_person(principal)
    bank_accounts.erase_bank_account(session, principal.agent_id, now=clock.now())


def read_statement(file: UploadFile) -> bytes:
    """What was handed in. Errors: InvalidStatementError for too much of it."""
    read = file.file.read(SIZE_MAX_BYTES + 1)
    if not read:
        raise InvalidStatementError("the file is empty", field="file")
    return read


def _require_person(principal: Principal) -> None:
    if principal.how == "device":
        raise NotAllowedError("a device has no bank account")


def _posted_out(row: TransactionRow) -> PostedOut:
    return PostedOut(transaction_id=row.id, posted_at=row.posted_at, sha256=row.sha256)


def _bill_out(session: Session, bill: BillRow) -> BillOut:
    told = {
        name: getattr(bill, name)
        for name in BillOut.model_fields
        if hasattr(bill, name)
    }
    told |= {
        "open_cents": treasury.open_cents(session, bill),
        "taxes": bill.taxes or [],
        "notes": bill.notes or [],
    }
    return BillOut.model_validate(told)
