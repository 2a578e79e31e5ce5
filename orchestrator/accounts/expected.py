"""Money that members said they would pay by bank transfer: pledges, agreed fees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.billing import INVOICE, PAYOUTS
from orchestrator.accounts.bills import hold, next_number
from orchestrator.accounts.book import (
    TransactionConflictError,
    balance,
    known,
    post,
    return_of,
    reversal_of,
    reverse,
)
from orchestrator.accounts.rows import ExpectedRow, TransactionRow
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.iso7064 import creditor_reference
from orchestrator.foundation.money import Money

KIND: Final = "expected-paid"
EXPECTED: Final = (
    "expected"  # the counter of their numbers; its lock takes them in turn
)
FIRST_NUMBER: Final = 9 * 10**9  # no order gets there: a reference names one thing
LIMIT: Final = 200
TAX: Final = "tax-"  # begins the names of taxes in what a payment tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What the invoice of a fee says: tax lines that are in its sum, notes, when due."""

    taxes: Sequence[Mapping[str, str | int]]
    notes: Sequence[str]
    due_at: datetime


def expect(
    session: Session,
    *,
    about: str,
    payer_id: str,
    account: str,
    money: Money,
    most_cents: int | None,
    now: datetime,
    drawn: Drawn | None = None,
) -> ExpectedRow:
    """A member says what they will pay; said again, the amount is the new one.

    `drawn`: it is invoiced, with the next number. `most_cents`: what all accounts beside `account` may hold together with it. Errors:
    ConflictError when it was ended; InvalidInputError for less than was paid.
    """
    hold(session, EXPECTED)
    row = session.get(
        ExpectedRow,
        derived_id("expected", about, payer_id),
        with_for_update=True,
        populate_existing=True,
    )
    if row is None:
        row = ExpectedRow(
            id=derived_id("expected", about, payer_id),
            reference=creditor_reference(FIRST_NUMBER + next_number(session, EXPECTED)),
            about=about,
            payer_id=payer_id,
            account=account,
            currency=money.currency,
            cents=money.cents,
            paid_cents=0,
            most_cents=most_cents,
            said_at=now,
        )
        if drawn is not None:
            row.invoice_number = next_number(session, INVOICE)
            row.due_at = drawn.due_at
            row.taxes = [dict(one) for one in drawn.taxes]
            row.notes = list(drawn.notes)
        session.add(row)
    if row.ended_at is not None:
        raise ConflictError("this was ended: nothing is paid for it any more")
    if money.currency != row.currency or money.cents < max(1, row.paid_cents):
        least = Money(cents=max(1, row.paid_cents), currency=row.currency)
        raise InvalidInputError(f"say {least} or more", field="cents")
    row.cents = money.cents
    settle(row, now)
    session.flush()
    return row


def settle(row: ExpectedRow, now: datetime) -> None:
    """Since when all of it is paid, after anything changed; None: it is not."""
    is_paid = row.paid_cents >= row.cents
    row.settled_at = (row.settled_at or now) if is_paid else None


def pay(
    session: Session,
    row_id: str,
    money: Money,
    *,
    payment_id: str,
    by: str | None,
    now: datetime,
) -> TransactionRow:
    """Money came in for it, wholly or in part; what is beyond is owed back to the payer.

    The same payment again is the same row. Errors: NotFoundError;
    TransactionConflictError; InvalidInputError for another currency, or no amount.
    """
    row = held(session, row_id)
    stands = known(session, payment_id)
    if stands is not None:
        told = (stands.kind, stands.told.get("expected"), stands.told.get("cents"))
        if told != (KIND, row.id, money.cents):
            raise TransactionConflictError(
                f"{stands.id} stands in the book with other content: use a new id"
            )
        return stands
    if money.currency != row.currency or money.cents <= 0:
        raise InvalidInputError(
            f"this is paid in {row.currency}, got {money}", field="amount"
        )
    taken = min(money.cents, open_cents(session, row))
    tax_of = _taxes_in(session, row, taken)
    cents_of = {
        chart.BANK: money.cents,
        row.account: sum(tax_of.values()) - taken,
        f"{chart.REFUNDS}:{row.payer_id}": taken - money.cents,
    } | {f"{chart.TAX_DUE}:{name}": -cents for name, cents in tax_of.items()}
    row.paid_cents += taken
    settle(row, now)
    return post(
        session,
        Transaction(
            id=payment_id,
            kind=KIND,
            text=f"{money} came in by transfer with {row.reference}.",
            postings=tuple(
                Posting(
                    account=account, money=Money(cents=cents, currency=row.currency)
                )
                for account, cents in cents_of.items()
                if cents
            ),
            by=by,
            told={
                "expected": row.id,
                "cents": money.cents,
                "taken": taken,
                **{f"{TAX}{name}": cents for name, cents in tax_of.items()},
            },
        ),
        now=now,
    )


def undo(
    session: Session, transaction_id: str, *, by: str | None, why: str, now: datetime
) -> TransactionRow:
    """Take such a payment back by its mirror image; twice is once.

    Errors: NotFoundError; ConflictError where its money went on to others.
    """
    stands = known(session, transaction_id)
    if stands is None or stands.kind != KIND:
        raise NotFoundError(f"there is no payment {transaction_id[:64]!r}")
    hold(session, PAYOUTS)
    row = held(session, str(stands.told["expected"]))
    undone = reversal_of(session, transaction_id)
    if undone is not None:
        return undone
    if return_of(session, transaction_id) is not None:
        raise ConflictError(f"{stands.text} The payer's bank took it back already.")
    taken = int(stands.told["taken"])
    given_back = int(stands.told["cents"]) - taken
    still_owed = -balance(session, f"{chart.REFUNDS}:{row.payer_id}", row.currency)
    if (taken and row.ended_at is not None) or still_owed < given_back:
        raise ConflictError(
            f"{stands.text} It can't be taken back: the money went on to others."
        )
    row.paid_cents -= taken
    settle(row, now)
    return reverse(session, transaction_id, text=why, by=by, now=now)


def taxes_of(payment: TransactionRow) -> dict[str, int]:
    """What of this payment is tax, by the tax's name."""
    return {
        name.removeprefix(TAX): int(cents)
        for name, cents in payment.told.items()
        if name.startswith(TAX)
    }


def _taxes_in(session: Session, row: ExpectedRow, taken: int) -> dict[str, int]:
    """What of so many cents is tax, in proportion to what is left of each line."""
    if not row.taxes:
        return {}
    left = {str(one["name"]): int(one["cents"]) for one in row.taxes}
    standing = session.scalars(
        select(TransactionRow).where(
            TransactionRow.kind == KIND,
            TransactionRow.reverses.is_(None),
            TransactionRow.told["expected"].as_string() == row.id,
        )
    ).all()
    for one in standing:
        if reversal_of(session, one.id) is None and return_of(session, one.id) is None:
            for name, cents in taxes_of(one).items():
                left[name] -= cents
    net = row.cents - row.paid_cents - sum(left.values())
    parts = chart.taken(taken, [net, *left.values()])
    return dict(zip(left, parts[1:], strict=True))


def end(session: Session, about: str, *, now: datetime) -> None:
    """Nothing is paid for it any more: what still comes is owed back."""
    hold(session, EXPECTED)
    for row in session.scalars(
        select(ExpectedRow)
        .where(ExpectedRow.about == about, ExpectedRow.ended_at.is_(None))
        .order_by(ExpectedRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        row.ended_at = now
    session.flush()


def open_cents(session: Session, row: ExpectedRow) -> int:
    """What can still be paid for it."""
    if row.ended_at is not None:
        return 0
    left = row.cents - row.paid_cents
    if row.most_cents is None:
        return left
    beside = row.account.rpartition(":")[0]
    held = -balance(session, beside, row.currency)
    return max(0, min(left, row.most_cents - held))


def named(session: Session, reference: str) -> ExpectedRow | None:
    """What is paid with this reference."""
    return session.scalar(select(ExpectedRow).where(ExpectedRow.reference == reference))


def expected_of(session: Session, about: str, payer_id: str) -> ExpectedRow | None:
    """What this member said they would pay for it."""
    return session.get(ExpectedRow, derived_id("expected", about, payer_id))


def paid_by(session: Session, about: str) -> dict[str, int]:
    """Cents that came in for it, by payer."""
    rows = session.execute(
        select(ExpectedRow.payer_id, ExpectedRow.paid_cents)
        .where(ExpectedRow.about == about, ExpectedRow.paid_cents > 0)
        .order_by(ExpectedRow.payer_id)
    )
    return {payer_id: int(cents) for payer_id, cents in rows}


def awaited(session: Session) -> Sequence[ExpectedRow]:
    """What was not paid wholly yet, the oldest first."""
    return session.scalars(
        select(ExpectedRow)
        .where(
            ExpectedRow.ended_at.is_(None), ExpectedRow.paid_cents < ExpectedRow.cents
        )
        .order_by(ExpectedRow.said_at, ExpectedRow.id)
        .limit(LIMIT)
    ).all()


def held(session: Session, row_id: str) -> ExpectedRow:
    hold(session, EXPECTED)  # two at once could go beyond what an account may hold
    row = session.get(ExpectedRow, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"nobody said they would pay {row_id[:64]!r}")
    return row
