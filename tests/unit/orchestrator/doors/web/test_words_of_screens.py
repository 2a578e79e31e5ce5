"""What screens say of licences, quantities, alarms and wishes; what a program draws."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orchestrator.commons.weights import MAX_OF, default_weights, weights_of
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.happenings import amount
from orchestrator.doors.web.licence_words import UNKNOWN, sentences_of
from orchestrator.doors.web.order_view import why_words
from orchestrator.doors.web.ordering import Draft, wish_of
from orchestrator.doors.web.remedies import ELSE, remedies_of
from orchestrator.doors.web.toolpath import SIDE, drawn
from orchestrator.doors.web.trade_words import kind_word, trade_of
from orchestrator.doors.web.weight_words import (
    WORDS_OF,
    changed_weights,
    told_weights,
)
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


def test_every_weight_of_the_plan_has_words_and_an_example_in_money() -> None:
    assert set(WORDS_OF) == set(MAX_OF)  # none is forgotten
    weights = weights_of(default_weights())
    told = {one.name: one for one in told_weights(weights, _euros)}
    for one in told.values():
        said = one.words.says.format(
            value=one.value, example=one.example, hundred="100.00 EUR"
        )
        assert one.value in said or "{value}" not in one.words.says
        assert ("{example}" in one.words.says) == (one.example != "0.00 EUR")
    assert told["late_cents_per_minute"].example == "3.00 EUR"
    assert told["near_percent"].example == "3.00 EUR"
    assert told["co2_cents_per_kg"].example == "0.20 EUR"
    assert told["lab_over_permille"].example == "5.00 EUR"
    assert told["lab_over_permille"].value == "5 %"
    assert told["promise_slack_s"].value == "15 min"


def test_what_a_version_changed_is_told_and_nothing_else() -> None:
    before = weights_of(default_weights())
    after = replace(before, rule_version="other", near_percent=50)
    (changed,) = changed_weights(before, after, _euros)
    assert (changed.before, changed.after) == ("200 %", "50 %")


def test_each_alternative_is_told_where_it_belongs() -> None:
    why = {
        "alternative": "Mini in Kallio costs 0.30 more",
        "extra_cents": 30,
        "alternatives": [
            {"kind": "lab", "text": "Kallio costs 1.20 more", "extra_cents": 120},
            {
                "kind": "time",
                "text": "an hour later is no cheaper",
                "extra_cents": None,
            },
        ],
    }
    assert why_words(why, "EUR") == "Mini in Kallio costs 0.30 EUR more."
    assert why_words(why, "EUR", "lab") == "Kallio costs 1.20 EUR more."
    assert why_words(why, "EUR", "time") == "An hour later is no cheaper."
    assert why_words(why, "EUR", "courier") == ""
    assert why_words(None, "EUR") == ""


def _euros(cents: int) -> str:
    return money(cents, "EUR")
