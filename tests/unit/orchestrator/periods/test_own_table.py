"""Rules of one's own are read as any, and a fault is told with its line."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from orchestrator.periods.own_table import TABLE_MAX, own_rules
from orchestrator.periods.rules import (
    InvalidPeriodRulesError,
    default_period_rules,
    period_rules_of,
)

FROZEN = period_rules_of(default_period_rules())
TEXT = json.dumps(json.loads(default_period_rules()), indent=1)


def line_of(part: str, text: str = TEXT) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_rules_in_force_typed_again_are_the_same_rules() -> None:
    own = own_rules(TEXT, name="Yours", like=FROZEN)
    assert own.rule_version == "Yours"
    same = replace(own, rule_version=FROZEN.rule_version, sha256=FROZEN.sha256)
    assert same == FROZEN
    table = json.loads(TEXT)
    del table["rule_version"]  # nobody has to name what is only tried out
    table["shared_part"] = "1/4"
    changed = own_rules(json.dumps(table), name="Yours", like=FROZEN)
    assert changed.shared_part == Fraction(1, 4)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('"communities": {', '"communities": [', "not JSON"),
        ('"shared_part": "', '"shared_part": "5/', "shared_part"),
        ('"carry_periods_max": ', '"carry_periods_max": 0.', "has a fraction"),
        ('"makers": "', '"bakers": "', "makers is missing from communities"),
        ('"designers": "', '"designers": "3', "add up to"),
        ('"currency": "EUR"', '"currency": "CHF"', "currency is EUR in this period"),
        ('"use h": ', '"use h": 5, "x": ', "points of 'use h'|x is unknown"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_do(
    before: str, after: str, why: str
) -> None:
    text = TEXT.replace(before, after, 1)
    assert text != TEXT
    with pytest.raises(InvalidPeriodRulesError, match=why) as refused:
        own_rules(text, name="Yours", like=FROZEN)
    told = str(refused.value)
    assert told.startswith("Line ")
    assert "begin again with the rules in force" in told
    line = int(told.removeprefix("Line ").partition(":")[0])
    place = {"not JSON": line, "makers": line_of('"communities"')}
    place |= {"add up": line_of('"communities"')}
    wanted = next(
        (at for part, at in place.items() if part in why),
        line_of(before.split(":", maxsplit=1)[0]),
    )
    assert line == wanted > 1


def test_what_is_no_table_at_all_is_refused() -> None:
    for text in ("", "[]", "{}", "\ud800", "x" * (TABLE_MAX + 1), "[" * 99):
        with pytest.raises(InvalidPeriodRulesError):
            own_rules(text, name="Yours", like=FROZEN)
