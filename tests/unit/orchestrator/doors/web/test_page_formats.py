"""Times, money and distances are written as people in a workshop read them."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.doors.web import formats
from orchestrator.foundation.clock import stamp


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=2, minutes=20), "14:20"),
        (timedelta(hours=20), "Wed 08:00"),
        (timedelta(days=-6), "Wed 12:00"),
        (timedelta(days=7), "1 Dec 12:00"),
        (timedelta(days=60), "23 Jan 2027 12:00"),
    ],
)
def test_a_time_says_no_more_than_is_needed(
    noon: datetime, ahead: timedelta, words: str
) -> None:
    assert formats.short_time(noon + ahead, noon, noon.tzinfo) == words  # type: ignore[arg-type]


def test_the_day_is_that_of_the_place_not_of_utc(noon: datetime) -> None:
    assert noon.tzinfo
    # 23:30 UTC is 01:30 of the next day in Helsinki.
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert formats.short_time(late, noon, UTC) == "23:30"
    assert formats.short_time(late, noon, noon.tzinfo) == "Wed 01:30"


def test_a_time_without_a_zone_is_refused(noon: datetime) -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        formats.short_time(datetime(2026, 1, 1), noon, UTC)  # noqa: DTZ001


def test_a_moment_in_a_sentence_is_told_in_the_zone_of_the_place(
    noon: datetime,
) -> None:
    assert noon.tzinfo
    late = datetime(2026, 11, 24, 23, 30, 59, tzinfo=UTC)
    text = f"Good until {stamp(late)}, not 2026-13-40T99:99Z; <time datetime='{late.isoformat()}'>"
    assert formats.stamps_there(text, noon, noon.tzinfo) == text.replace(
        "2026-11-24T23:30Z", "Wed 01:30"
    )
    with pytest.raises(ValueError, match="needs a zone"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_range_names_its_day_once(noon: datetime) -> None:
    assert noon.tzinfo
    start, end = noon + timedelta(hours=3), noon + timedelta(hours=3, minutes=30)
    assert formats.time_range(start, end, noon, noon.tzinfo) == "15:00-15:30"
    tomorrow = timedelta(days=1)
    assert (
        formats.time_range(start + tomorrow, end + tomorrow, noon, noon.tzinfo)
        == "Wed 15:00-15:30"
    )
    assert (
        formats.time_range(noon, noon + tomorrow, noon, noon.tzinfo)
        == "12:00-Wed 12:00"
    )


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (1420, "14.20 EUR"),
        (5, "0.05 EUR"),
        (-5, "-0.05 EUR"),
        (142_000_00, "142\u202f000.00 EUR"),
    ],
)
def test_money_keeps_its_cents_and_currency(cents: int, words: str) -> None:
    assert formats.money(cents, "EUR") == words


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "0 m"),
        (804, "800 m"),
        (994.9, "990 m"),
        (995, "1.0 km"),
        (3240, "3.2 km"),
        (140_300, "140 km"),
    ],
)
def test_distances(metres: float, words: str) -> None:
    assert formats.distance(metres) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3_569, "59 min"),
        (3_571, "1 h"),
        (11_520, "3 h 12 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_durations_round_without_jumping(seconds: float, words: str) -> None:
    assert formats.duration(seconds) == words


def test_nearly_done_is_not_done() -> None:
    assert formats.percent(0.999) == "99 %"
    assert formats.percent(1.0) == "100 %"


@pytest.mark.parametrize("typed", ["7k3f9q", "7K3 F9Q", "7k3-f9q "])
def test_a_code_is_read_as_it_was_meant(typed: str) -> None:
    assert formats.read_code(typed) == "7K3F9Q"


def test_letters_that_look_like_digits_are_digits() -> None:
    assert formats.read_code("oIl1") == "0LLL"
    assert formats.code_groups("7K3F9Q") == "7K3 F9Q"
    assert formats.code_groups("7K3F9QL") == "7K3 F9QL"
    assert formats.code_groups("7K3F9Q2A") == "7K3F 9Q2A"
