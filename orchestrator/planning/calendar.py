"""When a lab is open: weekly hours in UTC minutes, laid out on real days."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

type Span = tuple[datetime, datetime]


def open_spans(
    opening: Sequence[Sequence[int]],
    *,
    from_at: datetime,
    until_at: datetime,
    closed_until: datetime | None = None,
) -> list[Span]:
    """The times between `from_at` and `until_at` when it is open, joined and sorted.

    `opening`: rows of weekday (Monday 0), opens, closes; minutes of the UTC day, 1440
    is its end. Nothing before `closed_until`.
    """
    begin_at = max(from_at, closed_until) if closed_until else from_at
    midnight = from_at.astimezone(UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    spans: list[Span] = []
    day_count = (until_at - midnight).days + 1
    for day in (midnight + timedelta(days=index) for index in range(day_count)):
        for weekday, opens, closes in opening:
            if weekday == day.weekday():
                start_at = max(day + timedelta(minutes=opens), begin_at)
                end_at = min(day + timedelta(minutes=closes), until_at)
                if start_at < end_at:
                    spans.append((start_at, end_at))
    return _joined(sorted(spans))


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start_at, end_at in spans:
        if joined and start_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_at))
        else:
            joined.append((start_at, end_at))
    return joined
