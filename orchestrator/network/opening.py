"""When a lab is open: weekly hours by the clock on its wall, laid out on real days."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.foundation.errors import InvalidInputError

type Span = tuple[datetime, datetime]
type Opening = Sequence[Sequence[int]]  # rows [weekday 0-6, opens, closes]

DAY_MINUTES: Final = 1_440
WEEK_MINUTES: Final = 7 * DAY_MINUTES
ROWS_MAX: Final = 70
ALWAYS: Final = [[weekday, 0, DAY_MINUTES] for weekday in range(7)]
DAY: Final = timedelta(days=1)


def checked_opening(opening: Opening) -> list[list[int]]:
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
                f"0-{DAY_MINUTES} of the day, got {list(row)[:4]}",
                field=f"opening[{index}]",
            )
    return sorted([list(row) for row in opening])


def checked_zone(name: str) -> str:
    """The name when it is that of a time zone. Errors: InvalidInputError."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError) as unknown:
        raise InvalidInputError(
            f"no time zone has the name {name[:40]!r}: write one such as Europe/Helsinki",
            field="zone",
        ) from unknown
    return name


def open_windows(
    opening: Opening,
    zone: str,
    *,
    from_at: datetime,
    until_at: datetime,
    closed_until: datetime | None = None,
) -> list[Span]:
    """The times from `from_at` to `until_at` when it is open, in order, none touching.

    Hours are those of the clock on the wall in `zone`: where it goes over some of them
    again, it is open from the first time on until the last; what it skips, is not.
    Nothing before `closed_until`. In UTC. Pure.
    """
    start_at = max(from_at, closed_until) if closed_until else from_at
    wall = ZoneInfo(zone)
    rows = sorted((weekday, opens, closes) for weekday, opens, closes in opening)
    windows: list[Span] = []
    day = from_at.astimezone(wall).date() - DAY  # the clock may go back over midnight
    last = until_at.astimezone(wall).date() + DAY
    while day <= last:
        for weekday, opens, closes in rows:
            if weekday != day.weekday():
                continue
            begins = max(_moment(day, opens, wall, fold=0), start_at)
            ends = min(_moment(day, closes, wall, fold=1), until_at)
            if begins < ends:
                _append(windows, begins.astimezone(UTC), ends.astimezone(UTC))
        day += DAY
    return windows


def is_open(
    opening: Opening,
    zone: str,
    *,
    at: datetime,
    closed_until: datetime | None = None,
) -> bool:
    """Whether it is open at `at`."""
    soon = at + timedelta(microseconds=1)
    return bool(
        open_windows(
            opening, zone, from_at=at, until_at=soon, closed_until=closed_until
        )
    )


def in_zone(
    opening: Opening, zone: str, other: str, *, at: datetime
) -> list[list[int]]:
    """The same times by the clock of another zone, as both go at `at`."""
    ahead = _ahead(ZoneInfo(other), at) - _ahead(ZoneInfo(zone), at)
    minutes = round(ahead.total_seconds() / 60)
    return week_of(
        (day * DAY_MINUTES + opens + minutes, day * DAY_MINUTES + closes + minutes)
        for day, opens, closes in opening
    )


def week_of(spans: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Rows of spans in minutes since Monday's midnight, which may go over others."""
    rows = []
    for opens, closes in spans:
        begins = opens
        while begins < closes:
            midnight = begins // DAY_MINUTES * DAY_MINUTES
            ends = min(closes, midnight + DAY_MINUTES)
            weekday = midnight % WEEK_MINUTES // DAY_MINUTES
            rows.append([weekday, begins - midnight, ends - midnight])
            begins = ends
    return sorted(rows)


def _moment(day: date, minute: int, wall: ZoneInfo, *, fold: int) -> datetime:
    """When the clock on the wall shows that minute of the day, in UTC.

    Where it does so twice, `fold` is which; a minute that it skips is when it does.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = shown.replace(tzinfo=wall, fold=fold).astimezone(UTC)
    if at.astimezone(wall).replace(tzinfo=None) == shown:
        return at
    before = shown.replace(tzinfo=wall, fold=1).astimezone(UTC)
    after = shown.replace(tzinfo=wall, fold=0).astimezone(UTC)
    was_ahead = _ahead(wall, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _ahead(wall, middle) == was_ahead:
            before = middle
        else:
            after = middle
    return after


def _ahead(wall: ZoneInfo, at: datetime) -> timedelta:
    """How far the clock on the wall is ahead of UTC."""
    return at.astimezone(wall).utcoffset() or timedelta()


def _append(windows: list[Span], begins: datetime, ends: datetime) -> None:
    if windows and begins <= windows[-1][1]:
        windows[-1] = (windows[-1][0], max(windows[-1][1], ends))
    else:
        windows.append((begins, ends))
