"""Opening hours laid out on real days: whatever the week, windows are in order."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.opening import (
    ALWAYS,
    checked_opening,
    checked_zone,
    in_zone,
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
        week, "UTC", from_at=MONDAY + 10 * HOUR, until_at=MONDAY + 34 * HOUR
    )
    assert windows == [
        (MONDAY + 10 * HOUR, MONDAY + 17 * HOUR),
        (MONDAY + 33 * HOUR, MONDAY + 34 * HOUR),
    ]


def test_a_night_over_midnight_is_one_window() -> None:
    night = [[0, 20 * 60, 1440], [1, 0, 4 * 60]]
    windows = open_windows(night, "UTC", from_at=MONDAY, until_at=MONDAY + 48 * HOUR)
    assert windows == [(MONDAY + 20 * HOUR, MONDAY + 28 * HOUR)]


def test_a_closed_lab_opens_when_it_said() -> None:
    windows = open_windows(
        ALWAYS,
        "UTC",
        from_at=MONDAY,
        until_at=MONDAY + 5 * HOUR,
        closed_until=MONDAY + 2 * HOUR,
    )
    assert windows == [(MONDAY + 2 * HOUR, MONDAY + 5 * HOUR)]
    assert not is_open(ALWAYS, "UTC", at=MONDAY, closed_until=MONDAY + HOUR)
    assert is_open(ALWAYS, "UTC", at=MONDAY + HOUR, closed_until=MONDAY + HOUR)
    assert not is_open([], "UTC", at=MONDAY)


def test_another_zone_is_the_same_moment() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    week = [[0, 0, 60]]
    at = (MONDAY + HOUR / 2).astimezone(there)
    assert is_open(week, "UTC", at=at)
    assert not is_open(week, "UTC", at=at + HOUR)


@given(st.lists(ROW, max_size=12), MOMENT, st.integers(1, 40 * 24 * 60), MOMENT)
def test_windows_are_in_order_apart_and_true(
    rows: list[tuple[int, int, int]], from_at: datetime, minutes: int, probe: datetime
) -> None:
    until_at = from_at + timedelta(minutes=minutes)
    windows = open_windows(rows, "UTC", from_at=from_at, until_at=until_at)
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


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


HELSINKI = "Europe/Helsinki"
DAYTIME = [[day, 9 * 60, 17 * 60] for day in range(7)]


@pytest.mark.parametrize("month", [1, 7])
def test_a_lab_opens_by_the_clock_on_its_wall_all_year(month: int) -> None:
    noon = local(HELSINKI, 2026, month, 6, 12)
    (window,) = open_windows(
        DAYTIME, HELSINKI, from_at=noon - 8 * HOUR, until_at=noon + 8 * HOUR
    )
    assert window == (
        local(HELSINKI, 2026, month, 6, 9),
        local(HELSINKI, 2026, month, 6, 17),
    )


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_of_23_or_25_hours_is_open_as_the_clock_says(
    month: int, day: int, hours: int
) -> None:
    """In Helsinki the clock goes from 3:00 to 4:00, and back from 4:00 to 3:00."""
    midnight = local(HELSINKI, 2026, month, day)
    span = {"from_at": midnight, "until_at": local(HELSINKI, 2026, month, day + 1)}
    assert span["until_at"] - midnight == hours * HOUR
    assert open_windows(ALWAYS, HELSINKI, **span) == [(midnight, span["until_at"])]
    (window,) = open_windows(DAYTIME, HELSINKI, **span)
    assert window == (midnight + (hours - 15) * HOUR, midnight + (hours - 7) * HOUR)
    night = [[6, 0, 3 * 60 + 30], [6, 4 * 60 + 30, 5 * 60]]
    gone = midnight + (3 if hours == 23 else 4.5) * HOUR
    assert open_windows(night, HELSINKI, **span) == [
        (midnight, gone),
        (midnight + (hours - 19.5) * HOUR, midnight + (hours - 19) * HOUR),
    ]


def test_hours_that_the_clock_skips_are_none() -> None:
    skipped = [[6, 3 * 60, 4 * 60]]
    whole_day = {
        "from_at": local(HELSINKI, 2026, 3, 29),
        "until_at": local(HELSINKI, 2026, 3, 30),
    }
    assert open_windows(skipped, HELSINKI, **whole_day) == []
    across = [[6, 3 * 60 + 15, 6 * 60]]
    (window,) = open_windows(across, HELSINKI, **whole_day)
    assert window == (local(HELSINKI, 2026, 3, 29, 4), local(HELSINKI, 2026, 3, 29, 6))


ZONES = st.sampled_from(
    ["UTC", HELSINKI, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
)


@given(
    st.lists(ROW, max_size=6),
    ZONES,
    st.integers(0, 300 * 24 * 60),
    st.integers(0, 9 * 24 * 60),
)
def test_whenever_the_clock_on_the_wall_says_so_it_is_open(
    rows: list[tuple[int, int, int]], zone: str, begin: int, later: int
) -> None:
    from_at = MONDAY + timedelta(minutes=begin)
    windows = open_windows(rows, zone, from_at=from_at, until_at=from_at + 240 * HOUR)
    for (_, ends), (begins, _) in pairwise(windows):
        assert ends < begins
    at = from_at + timedelta(minutes=later)
    wall = at.astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    told = any(row[0] == wall.weekday() and row[1] <= minute < row[2] for row in rows)
    found = any(begins <= at < ends for begins, ends in windows)
    is_twice = wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset()
    assert found == told or (found and is_twice)
    assert found == is_open(rows, zone, at=at)


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../passwd", "a\0b"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_zone(name)
    assert refused.value.field == "zone"


@given(st.lists(ROW, max_size=6), ZONES, MOMENT)
def test_hours_of_another_zone_are_the_same_times(
    rows: list[tuple[int, int, int]], zone: str, at: datetime
) -> None:
    moved = checked_opening(in_zone(rows, "UTC", zone, at=at))
    assert is_open(moved, zone, at=at) == is_open(rows, "UTC", at=at)
