"""An order's money: claimed, invoiced, paid, refunded; every act once, one at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.bills import (
    enter,
    held_bill,
    hold,
    left_of,
    line,
    next_number,
    same,
    shares_of,
    standing,
)
from orchestrator.accounts.book import (
    balance,
    known,
    return_of,
    reversal_of,
    reverse,
    transaction_of,
)
from orchestrator.accounts.chart import Share, taken
from orchestrator.accounts.rows import BillRow, TransactionRow
from orchestrator.accounts.transactions import Posting, moved
from orchestrator.foundation.database import insert_into
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money

INVOICE: Final = "invoice"
CREDIT_NOTE: Final = "credit-note"
PAYOUTS: Final = "payouts"


class NothingToRefundError(ConflictError):
    """More would be given back than what is left of the invoice."""

    code = "nothing-to-refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What stands on an invoice: shares that sum to the bill, and tax lines as data."""

    shares: Sequence[Share]
    taxes: Sequence[Mapping[str, str | int]]
    notes: Sequence[str]
    due_at: datetime


def claim(session: Session, bill: BillRow) -> BillRow:
    """An order was placed: its price is promised; the same order again is once."""
    values = {
        column.key: getattr(bill, column.key) for column in BillRow.__table__.columns
    }
    insert = insert_into(session, BillRow).values(**values).on_conflict_do_nothing()
    session.execute(insert)
    row = held_bill(session, bill.order_id)
    if row.cents:
        enter(
            session,
            row,
            kind="claim",
            transaction_id=claim_id(row.order_id),
            text=f"Order {row.order_number} was placed.",
            postings=moved(
                f"{chart.PROMISED}:{row.payer_id}",
                f"{chart.CLAIMS}:{row.payer_id}",
                row.cents,
                row.currency,
            ),
            now=row.claimed_at,
        )
    return row


def claim_id(order_id: str) -> str:
    """The id of the claim of an order."""
    return derived_id("money", "claim", order_id)


def invoice(
    session: Session, order_id: str, drawn: Invoice, *, now: datetime
) -> BillRow:
    """The order was handed over: it is invoiced once, and its deposit pays for it.

    Errors: NotFoundError; ConflictError when it was ended; ValueError when the shares
    do not sum to the bill.
    """
    bill = held_bill(session, order_id)
    if bill.invoiced_at is not None:
        return bill
    if bill.ended_at is not None:
        raise ConflictError(f"order {bill.order_number} was ended: nothing is owed")
    if sum(one.cents for one in drawn.shares) != bill.cents:
        raise ValueError(f"the shares of {order_id} do not sum to {bill.cents}")
    bill.invoice_number = next_number(session, INVOICE)
    bill.invoiced_at, bill.due_at = now, drawn.due_at
    bill.lines = [
        {"component": one.component, "agent_id": one.agent_id, "cents": one.cents}
        for one in drawn.shares
        if one.cents
    ]
    bill.taxes, bill.notes = [dict(one) for one in drawn.taxes], list(drawn.notes)
    if not bill.cents:
        return bill
    text = f"Invoice {bill.invoice_number} for order {bill.order_number}."
    reverse(session, claim_id(order_id), text=text, by=None, now=now)
    shares = [line(one.unsettled, -one.cents, bill) for one in shares_of(bill)]
    receivable = line(f"{chart.RECEIVABLE}:{bill.payer_id}", bill.cents, bill)
    enter(
        session,
        bill,
        kind="invoice",
        transaction_id=derived_id("money", "invoice", order_id),
        text=text,
        postings=(receivable, *shares),
        now=now,
    )
    deposit = standing(session, bill, chart.DEPOSITS)
    if deposit:
        _pay_in(
            session,
            bill,
            deposit,
            source=f"{chart.DEPOSITS}:{bill.payer_id}",
            kind="deposit-used",
            transaction_id=derived_id("money", "deposit-used", order_id),
            text=f"The deposit pays for order {bill.order_number}.",
            now=now,
        )
    return bill


def pay(
    session: Session,
    order_id: str,
    money: Money,
    *,
    payment_id: str,
    by: str | None,
    told: Mapping[str, str | int],
    now: datetime,
) -> TransactionRow:
    """Money came in for the order: a deposit, the invoice, and the rest to give back.

    The same payment again is the same row. Errors: NotFoundError; InvalidInputError
    for another currency than the bill's or an amount that is none.
    """
    bill = held_bill(session, order_id)
    stands = known(session, payment_id)
    if stands is not None:
        return same(stands, "payment", order_id, money.cents)
    if money.currency != bill.currency or money.cents <= 0:
        raise InvalidInputError(
            f"order {bill.order_number} is paid in {bill.currency}, got {money}",
            field="amount",
        )
    text = f"{money} came in for order {bill.order_number}."
    if bill.invoiced_at is None and bill.ended_at is None:
        return enter(
            session,
            bill,
            kind="payment",
            transaction_id=payment_id,
            text=text,
            postings=moved(
                f"{chart.DEPOSITS}:{bill.payer_id}",
                chart.BANK,
                money.cents,
                bill.currency,
            ),
            by=by,
            told={**told, "cents": money.cents},
            now=now,
        )
    return _pay_in(
        session,
        bill,
        money.cents,
        source=chart.BANK,
        kind="payment",
        transaction_id=payment_id,
        text=text,
        by=by,
        told=told,
        now=now,
    )


def end(session: Session, order_id: str, *, why: str, now: datetime) -> BillRow:
    """The order was cancelled or refused: nothing is owed, what was paid goes back.

    Errors: NotFoundError; ConflictError once it is invoiced: refund it.
    """
    bill = held_bill(session, order_id)
    if bill.ended_at is not None:
        return bill
    if bill.invoiced_at is not None:
        raise ConflictError(f"order {bill.order_number} is invoiced: refund it")
    bill.ended_at = now
    if bill.cents:
        reverse(session, claim_id(order_id), text=why, by=None, now=now)
    deposit = standing(session, bill, chart.DEPOSITS)
    if deposit:
        enter(
            session,
            bill,
            kind="refund",
            transaction_id=derived_id("money", "deposit-back", order_id),
            text=why,
            postings=moved(
                f"{chart.REFUNDS}:{bill.payer_id}",
                f"{chart.DEPOSITS}:{bill.payer_id}",
                deposit,
                bill.currency,
            ),
            told={"cents": deposit},
            now=now,
        )
    return bill


def refundable(session: Session, bill: BillRow) -> int:
    """Minor units of the invoice that no credit note has taken back yet."""
    return sum(left_of(session, bill, "unsettled")) + sum(
        left_of(session, bill, "settled")
    )


def refund(
    session: Session,
    order_id: str,
    cents: int,
    *,
    refund_id: str,
    by: str | None,
    why: str,
    now: datetime,
) -> TransactionRow:
    """Take `cents` of the invoice back by a credit note: what is unpaid first.

    Everybody's share shrinks in proportion and never below zero, so that nobody has
    more after than before, and after all of it nobody has anything. The same refund
    again is the same row. Errors: NotFoundError, NothingToRefundError,
    InvalidInputError.
    """
    bill = held_bill(session, order_id)
    stands = known(session, refund_id)
    if stands is not None:
        return same(stands, "refund", order_id, cents)
    if cents <= 0:
        raise InvalidInputError("a refund is above zero", field="amount")
    unpaid = sum(left_of(session, bill, "unsettled"))
    paid = sum(left_of(session, bill, "settled"))
    if cents > unpaid + paid:
        left = Money(cents=unpaid + paid, currency=bill.currency)
        raise NothingToRefundError(
            f"of order {bill.order_number} {left} can be refunded, no more",
            field="amount",
        )
    waived = min(cents, unpaid)
    postings = [
        *_taken(bill, waived, left_of(session, bill, "unsettled"), "unsettled"),
        *_taken(bill, cents - waived, left_of(session, bill, "settled"), "settled"),
        line(f"{chart.RECEIVABLE}:{bill.payer_id}", -waived, bill),
        line(f"{chart.REFUNDS}:{bill.payer_id}", waived - cents, bill),
    ]
    return enter(
        session,
        bill,
        kind="refund",
        transaction_id=refund_id,
        text=why,
        postings=postings,
        by=by,
        told={"number": next_number(session, CREDIT_NOTE), "cents": cents},
        now=now,
    )


def undo(
    session: Session, transaction_id: str, *, by: str | None, why: str, now: datetime
) -> TransactionRow:
    """Take back a payment or refund by its mirror image; twice is once.

    Errors: NotFoundError; ConflictError where what came after it used this money, or
    where it was paid out meanwhile: somebody would have more than before.
    """
    row = known(session, transaction_id)
    if row is None or row.order_id is None or row.kind not in {"payment", "refund"}:
        raise NotFoundError(f"there is no payment or refund {transaction_id[:64]!r}")
    bill = held_bill(session, row.order_id)
    hold(session, PAYOUTS)
    undone = reversal_of(session, transaction_id)
    if undone is not None:
        return undone
    if return_of(session, transaction_id) is not None:
        raise ConflictError(f"{row.text} The payer's bank took it back already.")
    moves: Counter[str] = Counter()
    for one in transaction_of(session, transaction_id).postings:
        moves[one.account] -= one.money.cents
    for account, cents in moves.items():
        is_paid_out = account.startswith((f"{chart.REFUNDS}:", f"{chart.PAYABLE}:"))
        owed = -balance(
            session,
            account,
            bill.currency,
            order_id=None if is_paid_out else bill.order_id,
        )
        if account.startswith(("liabilities", "income")) and owed < cents > 0:
            raise ConflictError(
                f"{row.text} It can't be taken back: the money went on to others. "
                "Take back what came after it first, or refund it."
            )
    return reverse(session, transaction_id, text=why, by=by, now=now)


def _pay_in(
    session: Session,
    bill: BillRow,
    cents: int,
    *,
    source: str,
    kind: str,
    transaction_id: str,
    text: str,
    now: datetime,
    by: str | None = None,
    told: Mapping[str, str | int] | None = None,
) -> TransactionRow:
    """Settle what is open of the invoice; what is over goes back to the payer."""
    left = left_of(session, bill, "unsettled")
    settled = min(cents, sum(left))
    postings = [
        line(source, cents, bill),
        line(f"{chart.RECEIVABLE}:{bill.payer_id}", -settled, bill),
        line(f"{chart.REFUNDS}:{bill.payer_id}", settled - cents, bill),
    ]
    for share, part in zip(shares_of(bill), taken(settled, left), strict=True):
        postings += [
            line(share.unsettled, part, bill),
            line(share.settled, -part, bill),
        ]
        if share.payable is not None:
            postings += [
                line(share.direct, part, bill),
                line(share.payable, -part, bill),
            ]
    return enter(
        session,
        bill,
        kind=kind,
        transaction_id=transaction_id,
        text=text,
        postings=postings,
        by=by,
        told={**(told or {}), "cents": cents},
        now=now,
    )


def _taken(
    bill: BillRow, cents: int, left: Sequence[int], which: str
) -> Iterable[Posting]:
    for share, part in zip(shares_of(bill), taken(cents, left), strict=True):
        yield line(getattr(share, which), part, bill)
        if which == "settled" and share.payable is not None:
            yield line(share.direct, -part, bill)
            yield line(share.payable, part, bill)
