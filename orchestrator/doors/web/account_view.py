"""How the money pages show the book: a chart of months, a bill's lines and its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.accounts.book import Result, return_of, reversal_of, transactions
from orchestrator.accounts.rows import BillRow, TransactionRow
from orchestrator.accounts.totals import results

MONTHS: Final = 6
HEIGHT: Final = 120  # of the tallest column, in the drawing's own units
STEP: Final = 80  # from month to month
WIDTH: Final = 30
UNDOABLE: Final = frozenset({"payment", "refund"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A month's pair of columns, from `x` on; heights in the drawing's units."""

    label: str
    x: int
    income_height: int
    costs_height: int
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of a bill's history; `undoable`: a steward may take it back."""

    row: TransactionRow
    undoable: bool
    undone: bool


def columns(
    session: Session, currency: str, now: datetime, zone: tzinfo
) -> list[Column]:
    """The last months, this one last: what was paid, and what of it others earned."""
    bounds = _months(now.astimezone(zone), MONTHS)
    found = results(session, currency, bounds)
    most = max(max(abs(one.settled_income), abs(one.direct_costs)) for one in found)
    return [
        Column(
            label=f"{since:%b}",
            x=number * STEP,
            income_height=_height(one.settled_income, most),
            costs_height=_height(one.direct_costs, most),
            result=one,
        )
        for number, (since, one) in enumerate(zip(bounds, found, strict=False))
    ]


def history_of(session: Session, bill: BillRow) -> list[Happened]:
    """What happened to a bill's money, oldest first; a claim ends without a line."""
    found: list[Happened] = []
    for row, _ in transactions(session, order_id=bill.order_id):
        if row.kind == "claim" and row.reverses is not None:
            continue
        is_act = row.kind in UNDOABLE and row.reverses is None
        undone = (
            is_act
            and (reversal_of(session, row.id) or return_of(session, row.id)) is not None
        )
        found.append(Happened(row=row, undone=undone, undoable=is_act and not undone))
    return found


def _months(now: datetime, count: int) -> Sequence[datetime]:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month = first.year * 12 + first.month - 1
    return [
        first.replace(year=one // 12, month=one % 12 + 1)
        for one in range(month - count + 1, month + 2)
    ]


def _height(cents: int, most: int) -> int:
    return max(0, cents) * HEIGHT // most if most else 0
