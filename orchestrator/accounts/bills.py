"""What every act on an order's money needs: its bill locked, its shares, what is left."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.book import (
    TransactionConflictError,
    balance,
    balances,
    post,
)
from orchestrator.accounts.chart import Share
from orchestrator.accounts.rows import BillRow, CounterRow, TransactionRow
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.database import insert_into
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.money import Money


def held_bill(session: Session, order_id: str) -> BillRow:
    """The order's bill, locked until the caller's end. Errors: NotFoundError."""
    row = session.get(BillRow, order_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"order {order_id[:64]} has no bill", field="order_id")
    return row


def shares_of(bill: BillRow) -> list[Share]:
    """Who earns what of the invoice; nobody before there is one."""
    return [
        Share(
            component=str(line["component"]),
            agent_id=str(line["agent_id"]),
            cents=int(line["cents"]),
        )
        for line in bill.lines or ()
    ]


def left_of(session: Session, bill: BillRow, which: str) -> list[int]:
    """What remains of each share, unpaid or paid, as the book has it."""
    roots = {
        "unsettled": (chart.UNSETTLED, chart.TAX_OPEN),
        "settled": (chart.SETTLED, chart.TAX_DUE),
    }[which]
    found = balances(session, *roots, currency=bill.currency, order_id=bill.order_id)
    return [-found.get(getattr(one, which), 0) for one in shares_of(bill)]


def standing(session: Session, bill: BillRow, account: str) -> int:
    """What this order has in an account of its payer that is owed to somebody."""
    return -balance(
        session,
        f"{account}:{bill.payer_id}",
        bill.currency,
        order_id=bill.order_id,
    )


def line(account: str, cents: int, bill: BillRow) -> Posting:
    """One posting in the bill's currency."""
    return Posting(account=account, money=Money(cents=cents, currency=bill.currency))


def enter(
    session: Session,
    bill: BillRow,
    *,
    kind: str,
    transaction_id: str,
    text: str,
    postings: Iterable[Posting],
    now: datetime,
    by: str | None = None,
    told: Mapping[str, str | int] | None = None,
) -> TransactionRow:
    """Post a transaction of the order, what moves nothing left out."""
    transaction = Transaction(
        id=transaction_id,
        kind=kind,
        text=text,
        postings=tuple(one for one in postings if one.money.cents),
        order_id=bill.order_id,
        by=by,
        told=told or {},
    )
    return post(session, transaction, now=now)


def same(row: TransactionRow, kind: str, order_id: str, cents: int) -> TransactionRow:
    """The row when it is the same act again. Errors: TransactionConflictError."""
    if (row.kind, row.order_id, row.told.get("cents")) != (kind, order_id, cents):
        raise TransactionConflictError(
            f"{row.id} stands in the book with other content: use a new id"
        )
    return row


def hold(session: Session, name: str) -> CounterRow:
    """The counter, locked until the caller's end: acts of this name come in turn."""
    fresh = insert_into(session, CounterRow).values(name=name, last=0)
    session.execute(fresh.on_conflict_do_nothing())
    return session.get_one(
        CounterRow, name, with_for_update=True, populate_existing=True
    )


def next_number(session: Session, name: str) -> int:
    """The next number of its kind, without gaps."""
    counter = hold(session, name)
    counter.last += 1
    return counter.last
