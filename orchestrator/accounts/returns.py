"""A payment that the payer's bank took back: what it paid for is open again, once.

The bank did it, so the book follows even where the money went on: then the payer owes
it, and whoever earned it has it taken off what they earn next. Nobody is richer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.billing import PAYOUTS
from orchestrator.accounts.bills import (
    held_bill,
    hold,
    left_of,
    line,
    shares_of,
    standing,
)
from orchestrator.accounts.book import RETURNED, known, post, return_of, reversal_of
from orchestrator.accounts.chart import taken
from orchestrator.accounts.expected import KIND as PAID
from orchestrator.accounts.expected import held as held_expected
from orchestrator.accounts.expected import settle, taxes_of
from orchestrator.accounts.rows import BillRow, ExpectedRow, TransactionRow
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.money import Money

# ISO 20022 external codes of a return, in words
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AC01": "the account number was wrong",
        "AC04": "the account is closed",
        "AC06": "the account is blocked",
        "AG01": "the account allows no such payment",
        "AM04": "there was not enough money",
        "AM05": "it was paid twice",
        "CUST": "the payer asked for it",
        "DUPL": "it was paid twice",
        "FOCR": "the payer called it back",
        "FRAD": "the payer called it a fraud",
        "MD01": "there was no mandate",
        "MD06": "the payer asked for it back",
        "MD07": "the payer has died",
        "MS02": "the payer refused it",
        "MS03": "the bank gives no reason",
        "SL01": "the payer's bank does not allow it",
        "TECH": "something went wrong at a bank",
        "UPAY": "it was not owed",
    }
)


def give_back(
    session: Session, payment_id: str, *, return_id: str, reason: str, now: datetime
) -> TransactionRow:
    """The bank took this payment back, for `reason` (a code of ISO 20022, or "").

    The same return again is the same row. Errors: NotFoundError for no payment;
    ConflictError when it was taken back already, by a steward or by the bank.
    """
    hold(session, PAYOUTS)
    stands = known(session, return_id)
    if stands is not None:
        return stands
    payment = known(session, payment_id)
    kinds = {"payment", PAID}
    if payment is None or payment.kind not in kinds or payment.reverses is not None:
        raise NotFoundError(f"there is no payment {payment_id[:64]!r}")
    if reversal_of(session, payment_id) or return_of(session, payment_id):
        raise ConflictError(f"{payment.text} It was taken back already.")
    if payment.kind == PAID:
        row = held_expected(session, str(payment.told["expected"]))
        what, postings = _of_expected(row, payment, now)
        payer_id, order_id = row.payer_id, None
    else:
        bill = held_bill(session, str(payment.order_id))
        what, postings = _of_bill(session, bill, int(payment.told["cents"]))
        payer_id, order_id = bill.payer_id, bill.order_id
    row_money = Money(cents=int(payment.told["cents"]), currency=_currency(postings))
    told = {"returns": payment_id, "reason": reason[:4], "payer": payer_id}
    return post(
        session,
        Transaction(
            id=return_id,
            kind=RETURNED,
            text=f"The payer's bank took {row_money} back{in_words(reason)}. {what}",
            postings=tuple(one for one in postings if one.money.cents),
            order_id=order_id,
            told=told | {"cents": row_money.cents},
        ),
        now=now,
    )


def in_words(reason: str) -> str:
    """ ", because …" for a known code, the code itself for another, "" for none."""
    if reason in REASONS:
        return f", because {REASONS[reason]} ({reason})"
    return f" ({reason[:4]})" if reason else ""


def returned_to(
    session: Session, payer_id: str, *, newest: int
) -> Sequence[TransactionRow]:
    """What this payer's bank took back, the newest first."""
    return session.scalars(
        select(TransactionRow)
        .where(
            TransactionRow.kind == RETURNED,
            TransactionRow.told["payer"].as_string() == payer_id,
        )
        .order_by(TransactionRow.posted_at.desc(), TransactionRow.id)
        .limit(newest)
    ).all()


def payments_like(
    session: Session, due: BillRow | ExpectedRow, cents: int
) -> list[TransactionRow]:
    """Payments for this of just so much that no bank took back.

    Those that a steward took back are among them: it may have been because of this.
    """
    query = select(TransactionRow).where(TransactionRow.reverses.is_(None))
    if isinstance(due, BillRow):
        query = query.where(
            TransactionRow.kind == "payment", TransactionRow.order_id == due.order_id
        )
    else:
        query = query.where(
            TransactionRow.kind == PAID,
            TransactionRow.told["expected"].as_string() == due.id,
        )
    return [
        row
        for row in session.scalars(query.order_by(TransactionRow.id))
        if row.told.get("cents") == cents and return_of(session, row.id) is None
    ]


def _currency(postings: Sequence[Posting]) -> str:
    return postings[0].money.currency


def _of_expected(
    row: ExpectedRow, payment: TransactionRow, now: datetime
) -> tuple[str, Sequence[Posting]]:
    """Open again; of one that was ended, the money went on: the payer owes it."""
    cents, own = int(payment.told["cents"]), int(payment.told["taken"])
    opens = 0 if row.ended_at is not None else own
    row.paid_cents -= opens
    settle(row, now)
    tax_of = taxes_of(payment) if opens else {}
    moves = {
        chart.BANK: -cents,
        row.account: opens - sum(tax_of.values()),
        f"{chart.REFUNDS}:{row.payer_id}": cents - opens,
    } | {f"{chart.TAX_DUE}:{name}": part for name, part in tax_of.items()}
    postings = [
        Posting(account=account, money=Money(cents=moved, currency=row.currency))
        for account, moved in moves.items()
    ]
    return _said(f"What was said with {row.reference}", opens, cents), postings


def _of_bill(
    session: Session, bill: BillRow, cents: int
) -> tuple[str, Sequence[Posting]]:
    """First what was to go back to the payer anyway; the rest is open again."""
    payer = bill.payer_id
    bank = line(chart.BANK, -cents, bill)
    if bill.invoiced_at is None and bill.ended_at is None:
        deposit = line(f"{chart.DEPOSITS}:{payer}", cents, bill)
        return _said(f"Order {bill.order_number}", cents, cents), (bank, deposit)
    settled = left_of(session, bill, "settled")
    over = min(cents, max(0, standing(session, bill, chart.REFUNDS)))
    opens = min(cents - over, sum(settled))
    postings = [
        bank,
        line(f"{chart.REFUNDS}:{payer}", cents - opens, bill),
        line(f"{chart.RECEIVABLE}:{payer}", opens, bill),
    ]
    for share, part in zip(shares_of(bill), taken(opens, settled), strict=True):
        postings += [
            line(share.settled, part, bill),
            line(share.unsettled, -part, bill),
        ]
        if share.payable is not None:
            postings += [
                line(share.payable, part, bill),
                line(share.direct, -part, bill),
            ]
    name = f"Invoice {bill.invoice_number}" if bill.invoiced_at else "What was ended"
    return _said(name, opens, cents), postings


def _said(name: str, opens: int, cents: int) -> str:
    if opens == cents:
        return f"{name} is open again."
    if opens:
        return f"{name} is open again in part; the rest was to go back to the payer."
    return f"{name} stays as it is: the money was to go back to the payer, or is owed."
