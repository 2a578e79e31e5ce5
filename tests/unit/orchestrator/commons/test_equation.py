"""The value equation is data: read strictly, with no kind left out."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from orchestrator.commons.equation import InvalidEquationError, equation_of
from orchestrator.commons.rules import default_table
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.events import UNITS_OF_ACTION


def changed(change: Callable[[Any], object]) -> bytes:
    table = json.loads(default_table())
    change(table)
    return json.dumps(table).encode()


def test_the_default_has_every_kind_that_the_ledger_records() -> None:
    equation = equation_of(default_table())
    kinds = {
        (action, unit) for action, units in UNITS_OF_ACTION.items() for unit in units
    }
    assert set(equation.rule_of) == kinds
    assert equation.upstream_share == Fraction(3, 10)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table["rules"].pop(),
        lambda table: table["rules"].append(table["rules"][0]),
        lambda table: table["rules"][0].update(action="steal"),
        lambda table: table["rules"][0].update(points="-1"),
        lambda table: table["rules"][0].update(points="1/0"),
        lambda table: table["rules"][0].update(points="0.5"),
        lambda table: table["rules"][0].update(points=5),
        lambda table: table["rules"][0].update(points="9999999"),
        lambda table: table["rules"][0].update(points="__import__('os')"),
        lambda table: table["rules"][0].update(community="kings"),
        lambda table: table["rules"][0].update(more="x"),
        lambda table: table["upstream"].update(share="11/10"),
        lambda table: table["upstream"].update(depth_max=1000),
        lambda table: table.update(rule_version=""),
        lambda table: table.update(more="x"),
    ],
)
def test_a_table_that_says_too_little_or_too_much_is_refused(
    change: Callable[[Any], object],
) -> None:
    with pytest.raises(InvalidEquationError):
        equation_of(changed(change))


def test_what_is_no_json_is_no_table() -> None:
    for table in (b"", b"[]", b'{"rules":1.5}', b'{"rules":[],"rules":[]}'):
        with pytest.raises(InvalidInputError):
            equation_of(table)
