"""Weekly hours are read as people write them and told as they read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.doors.web.hours import days_told, hours_told, week_read
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.opening import ALWAYS, checked_opening, is_open
from tests.unit.orchestrator.network.test_opening_hours import MOMENT, ROW

CLOSED = ("",) * 7


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("9-17",) * 5 + ("", ""), "Mon-Fri 9:00-17:00"),
        (("9:00 - 17.30", "9-17:30", *CLOSED[2:]), "Mon-Tue 9:00-17:30"),
        (("", "9-12, 13\u201317", *CLOSED[2:]), "Tue 9:00-12:00, 13:00-17:00"),
        (("", "", "", "", "20-4", "10-14", ""), "Fri 20:00-4:00, Sat 10:00-14:00"),
        ((*CLOSED[:6], "22-2"), "Sun 22:00-2:00"),
        (("0-24",) * 7, "around the clock"),
        (("0:00-24:00", *CLOSED[1:]), "Mon 0:00-24:00"),
        (("9-9", *CLOSED[1:]), "Mon 9:00-24:00, Tue 0:00-9:00"),
        (CLOSED, ""),
    ],
)
def test_a_week_is_told_as_it_was_written(days: tuple[str, ...], told: str) -> None:
    opening = checked_opening(week_read(days))
    assert hours_told(opening) == told
    assert week_read(days_told(opening)) == opening


@pytest.mark.parametrize(
    "text", ["9", "nine-five", "9-25", "9:60-10", "24-25", "9-17-"]
)
def test_what_cannot_be_read_is_refused_with_its_day(text: str) -> None:
    with pytest.raises(InvalidInputError, match="9:00-17:00") as refused:
        week_read(["9-17", text])
    assert refused.value.field == "day1"


def test_no_day_has_endless_breaks() -> None:
    with pytest.raises(InvalidInputError, match="at most 5"):
        week_read([",".join(["9-10"] * 6)])


@given(st.lists(ROW, max_size=12), MOMENT)
def test_what_is_told_and_read_again_opens_at_the_same_times(rows, at) -> None:  # type: ignore[no-untyped-def]
    read = week_read(days_told(rows)) if rows != ALWAYS else ALWAYS
    assert is_open(read, "UTC", at=at) == is_open(rows, "UTC", at=at)
