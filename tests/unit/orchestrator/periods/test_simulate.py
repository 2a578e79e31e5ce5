"""A simulation is closes and nothing else, and the same seed is the same answer."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.rows import EntryRow
from orchestrator.periods.book import period_of, rules_of
from orchestrator.periods.closing import drafted
from orchestrator.periods.simulate import (
    RULE_SETS_MAX,
    Supposed,
    Uncertain,
    curve,
    paid_by_community,
    play,
    variants,
)
from tests.unit.orchestrator.periods.conftest import Network
from tests.unit.orchestrator.periods.worked_example import (
    CARRIED,
    RULES,
    SETTLED,
    the_points,
)

SUPPOSED = Supposed(
    period=7,
    direct_costs_cents=SETTLED.direct_costs_cents,
    carried=CARRIED,
    points=the_points(),
)
INCOME = Uncertain(
    low_cents=14_000_000, likely_cents=SETTLED.income_cents, high_cents=20_000_000
)


def test_ten_rule_sets_meet_the_same_incomes() -> None:
    sets = variants(RULES, [])
    assert len(sets) == 9
    sets |= {"a tenth": replace(RULES, shared_part=Fraction(1, 10))}
    assert len(sets) == RULE_SETS_MAX
    first = play(SUPPOSED, sets, INCOME, draws=200, seed=4)
    assert first == play(SUPPOSED, sets, INCOME, draws=200, seed=4)
    assert first != play(SUPPOSED, sets, INCOME, draws=200, seed=5)
    frozen = first[0]
    assert frozen.likely.paid_cents == 1_446_895
    assert frozen.paid.low_cents <= frozen.paid.middle_cents <= frozen.paid.high_cents
    nothing = next(one for one in first if one.name == "0 % shared")
    assert (nothing.paid.high_cents, nothing.pays_in) == (0, 0)
    with pytest.raises(InvalidInputError, match="1 to 10"):
        play(SUPPOSED, {**sets, "one more": RULES}, INCOME, draws=1, seed=1)


def test_a_community_gets_the_same_whole_or_by_its_members() -> None:
    for cents in (15_893_330, 15_893_331, 15_900_017, SETTLED.income_cents):
        by_member = SUPPOSED.closed(RULES, cents)
        whole = SUPPOSED.by_community().closed(RULES, cents)
        assert paid_by_community(whole) == paid_by_community(by_member)


def test_the_curve_never_falls_and_begins_at_the_threshold() -> None:
    told = curve(SUPPOSED, RULES, INCOME)
    makers = told.cents_of["makers"]
    assert list(makers) == sorted(makers)
    barrier = 15_893_330
    for income, cents in zip(told.income_cents, makers, strict=True):
        assert (cents > 0) == (income > barrier + 5)


def test_an_income_that_is_no_range_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="in this order"):
        Uncertain(low_cents=5, likely_cents=4, high_cents=6)


def test_a_simulation_writes_nothing(network: Network) -> None:
    network.happen("work", "agent-maker", "1", "h")
    row = period_of(network.session, 1)
    before = network.session.scalar(select(func.count()).select_from(EntryRow))
    draft = drafted(network.session, row)
    supposed = Supposed(period=1, direct_costs_cents=0, carried=(), points=draft.points)
    play(supposed, variants(rules_of(row), []), INCOME, draws=5, seed=1)
    assert not network.session.new
    assert not network.session.dirty
    assert row.body is None
    assert network.session.scalar(select(func.count()).select_from(EntryRow)) == before
