"""What a contributor takes along: activity and payments of closed periods as CSV."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from orchestrator.foundation.tables import csv_text
from orchestrator.periods.statements import Statement

COLUMNS = (
    *("period", "closed_on", "what", "community", "kind", "events", "quantity"),
    *("points", "community_points", "amount", "currency", "close_sha256"),
)


def csv_of(statements: Iterable[Statement]) -> str:
    """One line a kind of activity, then one a payment; amounts as `12.34`."""
    ordered = sorted(statements, key=lambda one: one.period.number)
    return csv_text(COLUMNS, (row for one in ordered for row in _rows(one)))


def _rows(one: Statement) -> Iterator[tuple[object, ...]]:
    row = one.period
    closed_on = None if row.closed_at is None else f"{row.closed_at:%Y-%m-%d}"
    for (community, kind), (count, quantity, milli) in activity_of(one).items():
        yield (
            *(row.number, closed_on, "activity", community, kind, count),
            *(f"{quantity:f}", points_text(milli), None, None, None, None),
        )
    for paid in one.paid:
        yield (
            *(row.number, closed_on, "dividend", paid.community, None, None, None),
            *(points_text(paid.milli_points), points_text(paid.whole_milli_points)),
            *(cents_text(paid.cents), one.currency, row.sha256),
        )


def activity_of(one: Statement) -> dict[tuple[str, str], tuple[int, Decimal, int]]:
    """By community and kind: how many events, their quantity, their thousandths."""
    found: dict[tuple[str, str], tuple[int, Decimal, int]] = {}
    for line in one.lines:
        key = (line.community, line.told.kind)
        count, quantity, milli = found.get(key, (0, Decimal(0), 0))
        own = line.told.amount if line.depth == 0 else Decimal(0)
        found[key] = (count + 1, quantity + own, milli + line.milli_points)
    return dict(sorted(found.items()))


def points_text(milli_points: int) -> str:
    """`12.5`: thousandths as people read them."""
    sign = "-" if milli_points < 0 else ""
    whole, part = divmod(abs(milli_points), 1000)
    return f"{sign}{whole}.{part:03}".rstrip("0").rstrip(".")


def cents_text(cents: int) -> str:
    """`12.34`, as spreadsheets read it."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole}.{part:02}"
