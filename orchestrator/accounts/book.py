"""The book itself: post once, reverse, ask for balances, find what was tampered with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from orchestrator.accounts.rows import PostingRow, TransactionRow
from orchestrator.accounts.transactions import (
    Posting,
    Transaction,
    checked_account,
)
from orchestrator.foundation.changes import announce
from orchestrator.foundation.database import insert_into
from orchestrator.foundation.errors import (
    ConflictError,
    FabcommonsError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money

RETURNED: Final = "payment-returned"  # the kind of what a payer's bank took back


class TransactionConflictError(ConflictError):
    """Another transaction stands in the book under this id."""

    code = "transaction-conflict"


class BookBrokenError(FabcommonsError):
    """What stands in the book is not what was posted. Stop and look who edited it."""

    code = "book-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a stretch of time brought, in minor units; taxes are in none of it.

    Only paid income counts as `settled_income`, refunds taken off; `direct_costs` is
    what contributors are owed of it. `unsettled_income` was invoiced meanwhile and not
    paid: it counts when it is.
    """

    currency: str
    settled_income: int
    direct_costs: int
    unsettled_income: int

    @property
    def surplus_before_rules(self) -> int:
        """What is left of the income after direct costs."""
        return self.settled_income - self.direct_costs


def post(
    session: Session, transaction: Transaction, *, now: datetime
) -> TransactionRow:
    """Enter the transaction in the caller's own; the same again is the same row.

    Errors: TransactionConflictError (another under this id; or its `reverses` is
    reversed already), NotFoundError (what it reverses).
    """
    if transaction.reverses is not None:
        _check_reversal(session, transaction)
    added = session.execute(
        insert_into(session, TransactionRow)
        .values(
            id=transaction.id,
            kind=transaction.kind,
            text=transaction.text,
            posted_at=now,
            order_id=transaction.order_id,
            by=transaction.by,
            reverses=transaction.reverses,
            told=dict(transaction.told),
            sha256=transaction.digest(now),
        )
        .on_conflict_do_nothing()
        .returning(TransactionRow.id)
    ).scalar()
    if added is None:
        return _same(session, transaction)
    session.add_all(
        PostingRow(
            transaction_id=transaction.id,
            position=position,
            account=one.account,
            currency=one.money.currency,
            cents=one.money.cents,
        )
        for position, one in enumerate(transaction.postings)
    )
    session.flush()
    announce(session, "accounts")
    return session.get_one(TransactionRow, transaction.id)


def reverse(
    session: Session, transaction_id: str, *, text: str, by: str | None, now: datetime
) -> TransactionRow:
    """Take a transaction back by its mirror image; twice is once.

    Errors: NotFoundError; ConflictError for a reversal: post anew instead.
    """
    first = transaction_of(session, transaction_id)
    known = reversal_of(session, transaction_id)
    if known is not None:
        return known
    return post(
        session,
        Transaction(
            id=derived_id("money", "reverses", first.id),
            kind=first.kind,
            text=text,
            postings=tuple(
                Posting(account=one.account, money=-one.money) for one in first.postings
            ),
            order_id=first.order_id,
            by=by,
            reverses=first.id,
        ),
        now=now,
    )


def known(session: Session, transaction_id: str) -> TransactionRow | None:
    """The transaction's row, or None."""
    return session.get(TransactionRow, transaction_id)


def reversal_of(session: Session, transaction_id: str) -> TransactionRow | None:
    """What took the transaction back; None: it stands."""
    return session.scalar(
        select(TransactionRow).where(TransactionRow.reverses == transaction_id)
    )


def return_of(session: Session, payment_id: str) -> TransactionRow | None:
    """That the payer's bank took this payment back; None: it did not."""
    return session.scalar(
        select(TransactionRow).where(
            TransactionRow.kind == RETURNED,
            TransactionRow.told["returns"].as_string() == payment_id,
        )
    )


def transaction_of(session: Session, transaction_id: str) -> Transaction:
    """The transaction as posted. Errors: NotFoundError."""
    row = session.get(TransactionRow, transaction_id)
    if row is None:
        raise NotFoundError(f"there is no money transaction {transaction_id[:64]}")
    return _told(row, _postings(session, [row.id]))


def balance(
    session: Session,
    account: str,
    currency: str,
    until: datetime | None = None,
    *,
    order_id: str | None = None,
) -> int:
    """Minor units in the account and those below it: debits less credits.

    Posted before `until`; of one order only, where `order_id` says which. 'assets'
    alone is all of them. Errors: InvalidInputError for what is no account.
    """
    return sum(
        balances(
            session, account, currency=currency, until=until, order_id=order_id
        ).values()
    )


def balances(
    session: Session,
    *accounts: str,
    currency: str,
    since: datetime | None = None,
    until: datetime | None = None,
    order_id: str | None = None,
) -> dict[str, int]:
    """As `balance`, by each single account that is not at zero, in their order."""
    query = (
        select(PostingRow.account, func.sum(PostingRow.cents))
        .join(TransactionRow, TransactionRow.id == PostingRow.transaction_id)
        .where(
            PostingRow.currency == currency,
            or_(*(_is_in(checked_account(account)) for account in accounts)),
        )
        .group_by(PostingRow.account)
    )
    if since is not None:
        query = query.where(TransactionRow.posted_at >= since)
    if until is not None:
        query = query.where(TransactionRow.posted_at < until)
    if order_id is not None:
        query = query.where(TransactionRow.order_id == order_id)
    found = {account: int(cents) for account, cents in session.execute(query)}
    return {account: cents for account, cents in sorted(found.items()) if cents}


def result(session: Session, currency: str, since: datetime, until: datetime) -> Result:
    """What was settled from `since` on and before `until`, by when it was posted.

    A payment that is told late is posted now, never into a stretch that has ended.
    """

    def turned(account: str) -> int:
        return sum(
            balances(
                session, account, currency=currency, since=since, until=until
            ).values()
        )

    return Result(
        currency=currency,
        settled_income=-turned("income:settled"),
        direct_costs=turned("expenses:direct"),
        unsettled_income=-turned("income:unsettled"),
    )


def transactions(
    session: Session,
    *,
    account: str | None = None,
    order_id: str | None = None,
    newest: int | None = None,
) -> list[tuple[TransactionRow, Transaction]]:
    """Transactions as posted, oldest first, ties by id; the `newest` so many of them."""
    query = select(TransactionRow)
    if account is not None:
        touched = select(PostingRow.transaction_id).where(
            _is_in(checked_account(account))
        )
        query = query.where(TransactionRow.id.in_(touched))
    if order_id is not None:
        query = query.where(TransactionRow.order_id == order_id)
    if newest is not None:
        query = query.order_by(
            TransactionRow.posted_at.desc(), TransactionRow.id.desc()
        ).limit(newest)
    rows = sorted(session.scalars(query), key=lambda row: (row.posted_at, row.id))
    is_whole = account is None and order_id is None and newest is None
    ids = None if is_whole else [row.id for row in rows]
    postings = _postings_of(session, ids)
    return [(row, _told(row, postings.get(row.id, ()))) for row in rows]


def digests(session: Session, moments: Sequence[datetime]) -> list[str]:
    """Check every transaction; one SHA-256 over all posted before each of `moments`.

    `moments` ascend. Errors: BookBrokenError, which names the first transaction that is
    not what was posted.
    """
    found, told = sha256(), list[str]()
    for row, transaction in transactions(session):
        if transaction.digest(row.posted_at) != row.sha256:
            raise BookBrokenError(
                f"transaction {row.id} of {row.posted_at:%Y-%m-%d} was edited"
            )
        while len(told) < len(moments) and row.posted_at >= moments[len(told)]:
            told.append(found.hexdigest())
        found.update(row.sha256.encode())
    return told + [found.hexdigest()] * (len(moments) - len(told))


def _is_in(account: str) -> ColumnElement[bool]:
    below = PostingRow.account.startswith(f"{account}:", autoescape=True)
    return or_(PostingRow.account == account, below)


def _check_reversal(session: Session, transaction: Transaction) -> None:
    first = transaction_of(session, str(transaction.reverses))
    if first.reverses is not None:
        raise ConflictError(
            f"{first.id} is itself a reversal: post what is right as a new transaction"
        )
    other = reversal_of(session, first.id)
    if other is not None and other.id != transaction.id:
        raise TransactionConflictError(f"{first.id} was reversed by {other.id}")


def _same(session: Session, transaction: Transaction) -> TransactionRow:
    row = session.get(TransactionRow, transaction.id, populate_existing=True)
    if row is None:
        raise TransactionConflictError(
            f"{transaction.reverses} was reversed by another transaction meanwhile"
        )
    stands = _told(row, _postings(session, [row.id]))
    if stands.digest(row.posted_at) != transaction.digest(row.posted_at):
        raise TransactionConflictError(
            f"transaction {row.id} stands in the book with other content: use a new id"
        )
    return row


def _postings(session: Session, ids: Sequence[str]) -> Sequence[PostingRow]:
    return _postings_of(session, ids).get(ids[0], ())


def _postings_of(
    session: Session, ids: Sequence[str] | None
) -> Mapping[str, Sequence[PostingRow]]:
    query = select(PostingRow).order_by(PostingRow.transaction_id, PostingRow.position)
    if ids is not None:
        query = query.where(PostingRow.transaction_id.in_(ids))
    rows = session.scalars(query)
    return {key: list(some) for key, some in groupby(rows, lambda r: r.transaction_id)}


def _told(row: TransactionRow, postings: Iterable[PostingRow]) -> Transaction:
    """Errors: BookBrokenError for a row that no longer is a transaction."""
    try:
        return Transaction(
            id=row.id,
            kind=row.kind,
            text=row.text,
            postings=tuple(
                Posting(
                    account=one.account,
                    money=Money(cents=one.cents, currency=one.currency),
                )
                for one in postings
            ),
            order_id=row.order_id,
            by=row.by,
            reverses=row.reverses,
            told=row.told,
        )
    except FabcommonsError as error:
        raise BookBrokenError(f"transaction {row.id} was edited: {error}") from error
