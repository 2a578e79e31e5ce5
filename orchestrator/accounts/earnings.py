"""Where what an agent is owed comes from: line by line, for them and their tax office."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.book import transactions
from orchestrator.accounts.rows import TransactionRow
from orchestrator.accounts.transactions import Transaction
from orchestrator.foundation.tables import csv_text

COLUMNS = ("date", "kind", "part", "amount", "currency", "order", "text", "transaction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one transaction added to what is owed, in minor units; paid out: below zero.

    `part`: of an order's price, or None.
    """

    row: TransactionRow
    part: str | None
    cents: int
    currency: str


def lines_of(session: Session, agent_id: str) -> list[Line]:
    """Everything that changed what the agent is owed, the newest first.

    By currency the lines sum to what `payouts.owed_to` says.
    """
    accounts = [f"{one}:{agent_id}" for one in (chart.PAYABLE, chart.REFUNDS)]
    found = {
        row.id: (row, told)
        for account in accounts
        for row, told in transactions(session, account=account)
    }
    ordered = sorted(found.values(), key=lambda one: (one[0].posted_at, one[0].id))
    return [
        line
        for row, told in reversed(ordered)
        for line in _lines(row, told, accounts, agent_id)
    ]


def csv_of(lines: Iterable[Line]) -> str:
    """One line each, oldest first; amounts as `12.34`, days in UTC."""
    return csv_text(COLUMNS, (_told(one) for one in reversed([*lines])))


def _lines(
    row: TransactionRow, told: Transaction, accounts: Sequence[str], agent_id: str
) -> Iterator[Line]:
    rest: dict[str, int] = {}
    for posting in told.postings:
        if posting.account in accounts:
            currency = posting.money.currency
            rest[currency] = rest.get(currency, 0) - posting.money.cents
    for posting in told.postings:
        name, money = posting.account, posting.money
        if name.startswith(f"{chart.DIRECT}:") and name.endswith(f":{agent_id}"):
            part = name.split(":")[2]
            yield Line(row=row, part=part, cents=money.cents, currency=money.currency)
            rest[money.currency] = rest.get(money.currency, 0) - money.cents
    for currency, cents in rest.items():
        if cents:
            yield Line(row=row, part=None, cents=cents, currency=currency)


def _told(one: Line) -> tuple[object, ...]:
    row, sign = one.row, "-" if one.cents < 0 else ""
    whole, part = divmod(abs(one.cents), 100)
    return (
        *(f"{row.posted_at:%Y-%m-%d}", row.kind, one.part, f"{sign}{whole}.{part:02}"),
        *(one.currency, row.order_id, row.text, row.id),
    )
