"""Whose bills are whose: a shop sees its own, a steward all."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.chart import RECEIVABLE
from orchestrator.accounts.rows import BillRow, PostingRow, TransactionRow
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.principals import Principal

LIMIT = 200


def bill_for(session: Session, principal: Principal, order_id: str) -> BillRow:
    """The bill, when it is the asker's own or a steward asks.

    Errors: NotFoundError otherwise, in the same words as for one that is not.
    """
    row = session.get(BillRow, order_id)
    is_steward = principal.is_steward
    is_own = row is not None and row.payer_id == principal.agent_id
    if row is None or principal.how == "device" or not (is_steward or is_own):
        raise NotFoundError(f"you have no bill of {order_id[:64]!r}", field="order_id")
    return row


def bills_of(session: Session, agent_id: str) -> Sequence[BillRow]:
    """The newest bills of a payer, newest first."""
    return session.scalars(
        select(BillRow)
        .where(BillRow.payer_id == agent_id)
        .order_by(BillRow.order_number.desc())
        .limit(LIMIT)
    ).all()


def unpaid_bills(session: Session) -> list[tuple[BillRow, int]]:
    """Invoices and what is open of each, the first due first."""
    still_open = func.sum(PostingRow.cents)
    rows = session.execute(
        select(BillRow, still_open)
        .join(TransactionRow, TransactionRow.order_id == BillRow.order_id)
        .join(PostingRow, PostingRow.transaction_id == TransactionRow.id)
        .where(PostingRow.account == RECEIVABLE + ":" + BillRow.payer_id)
        .group_by(BillRow.order_id)
        .having(still_open > 0)
        .order_by(BillRow.due_at, BillRow.order_number)
        .limit(LIMIT)
    )
    return [(bill, int(cents)) for bill, cents in rows]
