"""Opening hours laid out on real days: whatever the week, windows are in order."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.opening import (
    ALWAYS,
    checked_opening,
    is_open,
    open_windows,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROW = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)).filter(
    lambda row: row[1] < row[2]
)
MOMENT = st.integers(0, 300 * 86_400).map(lambda s: MONDAY + timedelta(seconds=s))


def test_a_working_day_is_cut_at_both_ends() -> None:
    week = [[day, 9 * 60, 17 * 60] for day in range(5)]
    windows = open_windows(
        week, from_at=MONDAY + 10 * HOUR, until_at=MONDAY + 34 * HOUR
    )
    assert windows == [
        (MONDAY + 10 * HOUR, MONDAY + 17 * HOUR),
        (MONDAY + 33 * HOUR, MONDAY + 34 * HOUR),
    ]


def test_a_night_over_midnight_is_one_window() -> None:
    night = [[0, 20 * 60, 1440], [1, 0, 4 * 60]]
    windows = open_windows(night, from_at=MONDAY, until_at=MONDAY + 48 * HOUR)
    assert windows == [(MONDAY + 20 * HOUR, MONDAY + 28 * HOUR)]


def test_a_closed_lab_opens_when_it_said() -> None:
    windows = open_windows(
        ALWAYS,
        from_at=MONDAY,
        until_at=MONDAY + 5 * HOUR,
        closed_until=MONDAY + 2 * HOUR,
    )
    assert windows == [(MONDAY + 2 * HOUR, MONDAY + 5 * HOUR)]
    assert not is_open(ALWAYS, at=MONDAY, closed_until=MONDAY + HOUR)
    assert is_open(ALWAYS, at=MONDAY + HOUR, closed_until=MONDAY + HOUR)
    assert not is_open([], at=MONDAY)


def test_another_zone_is_the_same_moment() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    week = [[0, 0, 60]]
    at = (MONDAY + HOUR / 2).astimezone(there)
    assert is_open(week, at=at)
    assert not is_open(week, at=at + HOUR)


@given(st.lists(ROW, max_size=12), MOMENT, st.integers(1, 40 * 24 * 60), MOMENT)
def test_windows_are_in_order_apart_and_true(
    rows: list[tuple[int, int, int]], from_at: datetime, minutes: int, probe: datetime
) -> None:
    until_at = from_at + timedelta(minutes=minutes)
    windows = open_windows(rows, from_at=from_at, until_at=until_at)
    for begins, ends in windows:
        assert from_at <= begins < ends <= until_at
    for (_, ends), (begins, _) in pairwise(windows):
        assert ends < begins
    at = from_at + (probe - probe.replace(hour=0, minute=0, second=0))
    minute = at.hour * 60 + at.minute + (at.second + at.microsecond / 1e6) / 60
    told = any(row[0] == at.weekday() and row[1] <= minute < row[2] for row in rows)
    if from_at <= at < until_at:
        assert told == any(begins <= at < ends for begins, ends in windows)


@pytest.mark.parametrize(
    "row", [[7, 0, 60], [0, 60, 60], [0, 0, 1441], [0, -1, 5], [0, 1], [0, 1, 2, 3]]
)
def test_hours_that_cannot_be_are_refused_with_their_row(row: list[int]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_opening([[0, 0, 60], row])
    assert refused.value.field == "opening[1]"
