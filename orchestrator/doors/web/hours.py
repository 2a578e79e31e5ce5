"""Weekly hours as people write and read them: `9:00-17:00`, by the clock on the wall."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.opening import (
    DAY_MINUTES,
    WEEK_MINUTES,
    Opening,
    week_of,
)

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SPANS_MAX: Final = 5
_SPAN: Final = re.compile(
    r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*[-\u2013]\s*(\d{1,2})(?:[:.](\d{2}))?\s*"
)


def hours_told(opening: Opening) -> str:
    """`Mon-Fri 9:00-17:00, Sat 10:00-14:00`; '' for never."""
    if _spans(opening) == [(0, WEEK_MINUTES)]:
        return "around the clock"
    told = []
    days = zip(WEEKDAYS, days_told(opening), strict=True)
    for hours, same in groupby(days, key=lambda day: day[1]):
        names = [name for name, _ in same]
        if hours:
            first_to_last = names[0] + (f"-{names[-1]}" if len(names) > 1 else "")
            told.append(f"{first_to_last} {hours}")
    return ", ".join(told)


def days_told(opening: Opening) -> tuple[str, ...]:
    """The hours of each day, Monday first; a night belongs to the day it begins on."""
    of_day: list[list[str]] = [[] for _ in WEEKDAYS]
    for whole in _spans(opening):
        for begins, ends in _by_day(*whole):
            told = f"{_clock(begins)}-{_clock(ends, is_end=True)}"
            of_day[begins // DAY_MINUTES % 7].append(told)
    return tuple(", ".join(spans) for spans in of_day)


def week_read(days: Sequence[str]) -> list[list[int]]:
    """Rows of what is written for each day, Monday first: '9-13, 14:30-18', '' closed.

    What ends no later than it begins goes on into the next day.
    Errors: InvalidInputError with the field, `day0` to `day6`.
    """
    spans = []
    for number, text in enumerate(days[:7]):
        written = [part for part in text.split(",") if part.strip()]
        if len(written) > SPANS_MAX:
            raise InvalidInputError(
                f"at most {SPANS_MAX} times a day", field=f"day{number}"
            )
        for part in written:
            opens, closes = _read(part, field=f"day{number}")
            if closes <= opens:
                closes += DAY_MINUTES
            spans.append((number * DAY_MINUTES + opens, number * DAY_MINUTES + closes))
    return week_of(spans)


def _read(text: str, *, field: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    wrong = InvalidInputError(
        f"hours are written 9:00-17:00, got {text.strip()[:20]!r}", field=field
    )
    if found is None:
        raise wrong
    hour, minute, end_hour, end_minute = (int(part or 0) for part in found.groups())
    opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or opens >= DAY_MINUTES or closes > DAY_MINUTES:
        raise wrong
    return opens, closes


def _spans(opening: Opening) -> list[tuple[int, int]]:
    """Begin and end in minutes of the week, in order; Sunday's night goes over its end."""
    spans: list[tuple[int, int]] = []
    for weekday, opens, closes in sorted(map(tuple, opening)):
        begins, ends = weekday * DAY_MINUTES + opens, weekday * DAY_MINUTES + closes
        if spans and begins <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ends))
        else:
            spans.append((begins, ends))
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == WEEK_MINUTES:
        spans[-1] = (spans[-1][0], WEEK_MINUTES + spans[0][1])
        del spans[0]
    return spans


def _by_day(begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """The span itself, or one a day where it is as long as a day."""
    while ends - begins >= DAY_MINUTES:
        midnight = (begins // DAY_MINUTES + 1) * DAY_MINUTES
        yield begins, midnight
        begins = midnight
    if begins < ends:
        yield begins, ends


def _clock(minute: int, *, is_end: bool = False) -> str:
    """`9:00`; the end of a day is `24:00`."""
    if is_end and minute % DAY_MINUTES == 0:
        return "24:00"
    hours, minutes = divmod(minute % DAY_MINUTES, 60)
    return f"{hours}:{minutes:02}"
