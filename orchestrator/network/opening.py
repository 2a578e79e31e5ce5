"""When a lab is open: weekly hours in UTC minutes, laid out on real days."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.foundation.errors import InvalidInputError

type Span = tuple[datetime, datetime]

DAY_MINUTES: Final = 1_440
ROWS_MAX: Final = 70
ALWAYS: Final = [[weekday, 0, DAY_MINUTES] for weekday in range(7)]


def checked_opening(opening: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows [weekday 0-6, opens, closes] when they can be.

    A night is two rows: up to 1440, and from 0 on the next day.
    Errors: InvalidInputError with the row.
    """
    if len(opening) > ROWS_MAX:
        raise InvalidInputError(
            f"at most {ROWS_MAX} opening hours, got {len(opening)}", field="opening"
        )
    for index, row in enumerate(opening):
        if len(row) != 3 or not (
            0 <= row[0] <= 6 and 0 <= row[1] < row[2] <= DAY_MINUTES
        ):
            raise InvalidInputError(
                "opening hours are rows of weekday 0-6, opens and closes, in minutes "
                f"0-{DAY_MINUTES} of the UTC day, got {list(row)[:4]}",
                field=f"opening[{index}]",
            )
    return sorted([list(row) for row in opening])


def open_windows(
    opening: Sequence[Sequence[int]],
    *,
    from_at: datetime,
    until_at: datetime,
    closed_until: datetime | None = None,
) -> list[Span]:
    """The times from `from_at` to `until_at` when it is open, in order, none touching.

    Nothing before `closed_until`. Pure.
    """
    start_at = max(from_at, closed_until) if closed_until else from_at
    midnight = from_at.astimezone(UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    rows = sorted((weekday, opens, closes) for weekday, opens, closes in opening)
    windows: list[Span] = []
    while midnight < until_at:
        for weekday, opens, closes in rows:
            if weekday != midnight.weekday():
                continue
            begins = max(midnight + timedelta(minutes=opens), start_at)
            ends = min(midnight + timedelta(minutes=closes), until_at)
            if begins < ends:
                _append(windows, begins, ends)
        midnight += timedelta(days=1)
    return windows


def is_open(
    opening: Sequence[Sequence[int]],
    *,
    at: datetime,
    closed_until: datetime | None = None,
) -> bool:
    """Whether it is open at `at`."""
    soon = at + timedelta(microseconds=1)
    return bool(
        open_windows(opening, from_at=at, until_at=soon, closed_until=closed_until)
    )


def _append(windows: list[Span], begins: datetime, ends: datetime) -> None:
    if windows and begins <= windows[-1][1]:
        windows[-1] = (windows[-1][0], max(windows[-1][1], ends))
    else:
        windows.append((begins, ends))
