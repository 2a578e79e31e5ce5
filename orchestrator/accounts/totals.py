"""The open totals: what came in, what it cost, what is set aside, for everybody to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.book import Result, balances, result
from orchestrator.accounts.rows import PostingRow, TransactionRow

DIVIDEND: Final = "dividend"  # the kind of a close's transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of one currency in minor units, each above zero where there is any.

    `income`: paid, refunds taken off, without taxes. `direct_costs`: of it earned by
    labs, couriers, designers. `shared`: of it given to contributors by closes.
    `network`: the rest. `reserve`: set aside by closes.
    `promised`: ordered, not handed over. `unpaid`: invoiced, not paid. `owed`: to
    contributors, not yet paid out. `to_pay_back`: deposits and refunds of shops.
    `taxes`: owed to the state. `bank`: what the bank has.
    """

    currency: str
    income: int
    direct_costs: int
    shared: int
    network: int
    reserve: int
    promised: int
    unpaid: int
    owed: int
    to_pay_back: int
    taxes: int
    bank: int


def currencies(session: Session) -> list[str]:
    """Every currency that the book holds, in their order."""
    return sorted(session.scalars(select(PostingRow.currency).distinct()))


def totals(session: Session, currency: str) -> Totals:
    """All sums of a currency, over all time."""
    sums: dict[str, int] = {}
    roots = ("assets", "liabilities", "equity", "income", "expenses")
    for account, cents in balances(session, *roots, currency=currency).items():
        group = ":".join(account.split(":")[:2])
        sums[group] = sums.get(group, 0) + cents

    def owed(*accounts: str) -> int:
        return -sum(sums.get(account, 0) for account in accounts)

    income, direct_costs = owed(chart.SETTLED), -owed(chart.DIRECT)
    shared = shared_by_closes(session, currency)
    return Totals(
        currency=currency,
        income=income,
        direct_costs=direct_costs,
        shared=shared,
        network=income - direct_costs - shared,
        reserve=owed(chart.RESERVE),
        promised=-owed(chart.CLAIMS),
        unpaid=-owed(chart.RECEIVABLE),
        owed=owed(chart.PAYABLE, chart.IN_PAYOUT),
        to_pay_back=owed(chart.REFUNDS, chart.DEPOSITS),
        taxes=owed(chart.TAX_DUE),
        bank=-owed(chart.BANK),
    )


def shared_by_closes(session: Session, currency: str) -> int:
    """What closed periods gave to contributors, in minor units."""
    to_contributors = (
        select(func.sum(PostingRow.cents))
        .join(TransactionRow, TransactionRow.id == PostingRow.transaction_id)
        .where(
            TransactionRow.kind == DIVIDEND,
            PostingRow.currency == currency,
            PostingRow.account.startswith(f"{chart.PAYABLE}:", autoescape=True),
        )
    )
    return -int(session.scalar(to_contributors) or 0)


def results(
    session: Session, currency: str, bounds: Sequence[datetime]
) -> list[Result]:
    """What each stretch between two neighbouring `bounds` brought."""
    return [
        result(session, currency, since, until) for since, until in pairwise(bounds)
    ]
