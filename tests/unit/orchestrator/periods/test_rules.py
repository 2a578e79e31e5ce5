"""A table of period rules is whole and adds up, or it is no table."""

import json
from copy import deepcopy
from typing import Any

import pytest

from orchestrator.periods.rules import (
    InvalidPeriodRulesError,
    default_period_rules,
    period_rules_of,
)

TABLE: dict[str, Any] = json.loads(default_period_rules())


def test_the_first_table_can_be_read_and_adds_up() -> None:
    rules = period_rules_of(default_period_rules())
    assert sum(rules.weight_of.values()) == 1
    assert len(rules.sha256) == 64


def test_another_spelling_of_the_same_table_has_the_same_hash() -> None:
    turned = json.dumps(dict(reversed(TABLE.items())), indent=7).encode()
    assert (
        period_rules_of(turned).sha256 == period_rules_of(default_period_rules()).sha256
    )


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (("communities", "makers"), "3/10", "add up to 19/20"),
        (("communities", "makers"), "-7/20", "makers"),
        (("shared_part",), "6/5", "shared_part is at most 1"),
        (("shared_part",), "NaN", "shared_part"),
        (("shared_part",), "3/0", "shared_part"),
        (("threshold_cents", "investment"), -1, "investment"),
        (("threshold_cents", "investment"), 10**16 // 2, "investment"),
        (("threshold_cents", "investment"), True, "investment"),
        (("carry_periods_max",), "4", "carry_periods_max"),
        (("currency",), "BTC", "currency"),
        (("points_after", "work h"), "forgotten", "work h"),
        (("points_after", "work h"), {"kept_with_decay": "3/2"}, "keeps at most 1"),
        (("points_after", "work h"), {"reduced_by_cents_per_point": "0"}, "above 0"),
        (("points_after", "work furlong"), "used-up", "work furlong is unknown"),
        (("a_formula",), "1 + 1", "a_formula is unknown"),
    ],
)
def test_a_table_that_says_what_none_may_say_is_refused(
    at: tuple[str, ...], value: object, told: str
) -> None:
    table = deepcopy(TABLE)
    inner = table
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = value
    with pytest.raises(InvalidPeriodRulesError, match=told):
        period_rules_of(json.dumps(table).encode())


@pytest.mark.parametrize("name", ["currency", "communities", "points_after"])
def test_a_table_that_leaves_something_out_is_refused(name: str) -> None:
    table = {key: value for key, value in TABLE.items() if key != name}
    with pytest.raises(InvalidPeriodRulesError, match=f"{name} is missing"):
        period_rules_of(json.dumps(table).encode())
