"""What screens say of licences, quantities, alarms and wishes; what a program draws."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orchestrator.doors.web.happenings import amount
from orchestrator.doors.web.licence_words import UNKNOWN, sentences_of
from orchestrator.doors.web.ordering import Draft, wish_of
from orchestrator.doors.web.remedies import ELSE, remedies_of
from orchestrator.doors.web.toolpath import SIDE, drawn
from orchestrator.doors.web.trade_words import kind_word, trade_of
from orchestrator.foundation.errors import InvalidInputError

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)  # there it is 12:00


def test_of_two_licences_the_more_open_one_is_told() -> None:
    free, closed = sentences_of("CC0-1.0"), sentences_of("CC-BY-NC-4.0")
    assert sentences_of("CC-BY-NC-4.0 OR CC0-1.0") == free
    assert free != closed


def test_of_licences_together_the_strictest_is_told() -> None:
    together = sentences_of("CC0-1.0 AND CC-BY-NC-4.0")
    assert together[0] == sentences_of("CC-BY-NC-4.0")[0]


def test_a_licence_that_nobody_knows_is_not_guessed() -> None:
    assert sentences_of("LicenseRef-Mine") == (UNKNOWN,)


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        ("1", "{piece}", "1 piece"),
        ("20", "{piece}", "20 pieces"),
        ("0.15", "h", "9 min"),
        ("0.005", "h", "18 s"),
        ("3.5", "h", "3.5 h"),
        ("0.8123", "km", "0.8 km"),
        ("0.25", "1", "25 %"),
        ("12.50", "g", "12.5 g"),
    ],
)
def test_quantities_read_as_people_say_them(
    quantity: str, unit: str, words: str
) -> None:
    assert amount(Decimal(quantity), unit) == words


def test_an_alarm_has_three_remedies_by_its_own_words() -> None:
    for text in ("ALARM:9 homing: no limit switch found", "Thermal Runaway", "kill()"):
        remedies = remedies_of(text)
        assert len(remedies) == 3
        assert remedies != ELSE
    assert remedies_of(None) == ELSE


def test_the_longest_code_names_a_process_and_a_strange_one_names_itself() -> None:
    assert trade_of("LAS-ENG").word != trade_of("LAS-CUT").word
    assert trade_of("XYZ-1").word == "XYZ-1"
    assert kind_word("other", ("TEX-SEW",)) == trade_of("TEX-SEW").word


def test_a_program_is_drawn_by_its_first_layer_and_fits_its_square() -> None:
    square = "G0 X10 Y10\nG1 X30 Y10 F600\nG1 X30 Y20\nG1 X10 Y10\n"
    printed = f"G28\nG1 Z0.6 F600\n{square}G1 Z1.2\nG0 X500 Y500\nG1 X900 Y900\n"
    drawing = drawn(printed)
    assert drawing is not None
    assert (drawing.width, drawing.height) == (SIDE, SIDE // 2)
    assert (
        drawing.worked == f"M0 {SIDE // 2}l{SIDE} 0 0 -{SIDE // 2} -{SIDE} {SIDE // 2}"
    )


@pytest.mark.parametrize("program", ["", "G28\nM84\n", "G0 X1 Y1\n", "no program"])
def test_what_draws_nothing_has_no_drawing(program: str) -> None:
    assert drawn(program) is None


def test_the_days_end_is_that_of_the_shops_zone() -> None:
    asked = wish_of(_draft(date(2026, 5, 4), "any"), "shop", now=NOON, zone=HELSINKI)
    assert asked.latest_at.astimezone(UTC).hour == 20  # 23:59 there
    assert NOON < asked.wished_at <= asked.latest_at


def test_a_time_that_is_over_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        wish_of(_draft(date(2026, 5, 4), "10"), "shop", now=NOON, zone=HELSINKI)
    assert refusal.value.field == "wished_window"


def test_a_time_that_the_form_does_not_offer_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        wish_of(_draft(date(2026, 5, 5), "25"), "shop", now=NOON, zone=HELSINKI)


def _draft(day: date, window: str) -> Draft:
    return Draft(
        version_id="version-1", place_id="place-1", quantity=1, day=day, window=window
    )
