"""The close to the cent: the worked example, its edges, and what it refuses."""

import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from orchestrator.foundation import canonical
from orchestrator.periods.close import (
    MILLI_POINTS_MAX,
    Close,
    Holding,
    InvalidCloseError,
    Settled,
    Shortfall,
    close,
)
from orchestrator.periods.rules import After
from orchestrator.periods.spelling import carried_on_of, points_after_of, spell
from tests.unit.orchestrator.periods.worked_example import (
    CARRIED,
    CENTS_OF,
    RULES,
    SETTLED,
    the_points,
    with_after,
)

BARRIER_CENTS = 15_481_510 + 411_820


def closed(**changes: Any) -> Close:
    told: dict[str, Any] = {
        "period": 7,
        "rules": RULES,
        "settled": SETTLED,
        "carried": CARRIED,
        "points": the_points(),
    }
    return close(**(told | changes))


def with_result(income_cents: int, **changes: Any) -> Close:
    return closed(settled=replace(SETTLED, income_cents=income_cents), **changes)


def test_the_worked_example_to_the_cent() -> None:
    found = closed()
    assert found.threshold_cents == 15_481_510
    assert found.surplus_cents == 2_538_413
    assert found.pool_cents == 1_523_047
    assert found.part_cents_of == {
        "designers": 380_762,
        "makers": 533_066,
        "couriers": 228_457,
        "shops": 152_305,
        "users": 76_152,
        "care": 152_305,
    }
    assert {
        community: tuple(
            one.cents for one in found.shares if one.community == community
        )
        for community in CENTS_OF
    } == CENTS_OF
    assert found.paid_cents == 1_446_895
    assert found.reserve_cents == 1_091_518
    assert found.carried_on == found.forgiven == ()


def test_a_result_at_the_threshold_pays_nothing() -> None:
    found = with_result(BARRIER_CENTS)
    assert (found.surplus_cents, found.paid_cents, found.reserve_cents) == (0, 0, 0)
    assert found.carried_on == ()
    assert found.points_after == the_points()


def test_one_cent_above_gives_a_pool_of_nothing_and_one_cent_to_the_reserve() -> None:
    found = with_result(BARRIER_CENTS + 1)
    assert (found.pool_cents, found.reserve_cents) == (0, 1)
    assert found.points_after == the_points()


def test_what_lacks_is_carried_and_made_up_for_oldest_first() -> None:
    carried = (Shortfall(period=5, cents=300), Shortfall(period=6, cents=500))
    short = with_result(15_481_510 - 70, carried=carried)
    assert short.carried_on == (*carried, Shortfall(period=7, cents=70))
    assert short.surplus_cents == 0
    better = with_result(15_481_510 + 450, carried=carried)
    assert better.carried_on == (Shortfall(period=6, cents=350),)
    assert better.surplus_cents == 0


def test_a_shortfall_is_forgiven_after_the_published_number_of_closes() -> None:
    short = with_result(15_481_510 - 70, period=1, carried=())
    carried = short.carried_on
    assert carried == (Shortfall(period=1, cents=70),)
    for period in range(2, 2 + RULES.carry_periods_max - 1):
        later = with_result(15_481_510, period=period, carried=carried)
        assert later.carried_on == carried
    last = with_result(15_481_510, period=5, carried=carried)
    assert (last.carried_on, last.forgiven) == ((), carried)
    at_once = with_result(
        15_481_510 - 70, carried=(), rules=replace(RULES, carry_periods_max=0)
    )
    assert (at_once.carried_on, at_once.forgiven) == (
        (),
        (Shortfall(period=7, cents=70),),
    )


def test_points_are_used_up_reduced_or_kept_as_the_rules_say() -> None:
    """The first maker gets 2,185.57 for 4,100 points."""
    maker = Holding("makers", "makers-1", "work h")

    def left(mode: After) -> int:
        return closed(rules=with_after(mode)).points_after.get(maker, 0)

    assert left(After(mode="used-up", ratio=Fraction(0))) == 0
    assert left(After(mode="kept", ratio=Fraction(1))) == 4_100_000
    assert left(After(mode="kept", ratio=Fraction(1, 3))) == 1_366_666
    assert left(After(mode="reduced", ratio=Fraction(100))) == 4_100_000 - 2_185_570
    assert left(After(mode="reduced", ratio=Fraction(1, 10))) == 0


def test_who_got_no_cent_keeps_all_points() -> None:
    tiny = Holding("makers", "makers-0", "work h")
    found = closed(points=the_points() | {tiny: 1})
    assert next(one for one in found.shares if one.agent_id == "makers-0").cents == 0
    assert found.points_after[tiny] == 1


def test_a_debt_of_points_gets_nothing_and_stays_until_it_is_settled() -> None:
    """A reversed event of a paid period leaves its contributor below zero."""
    owing = Holding("makers", "makers-1", "use h")
    worked = Holding("makers", "makers-1", "work h")
    below = closed(points=the_points() | {owing: -5_000_000})
    assert all(one.agent_id != "makers-1" for one in below.shares)
    assert below.points_after[owing] == -5_000_000
    assert below.points_after[worked] == 4_100_000
    settled = closed(points=the_points() | {owing: -100_000})
    assert (
        next(one for one in settled.shares if one.agent_id == "makers-1").milli_points
        == 4_000_000
    )
    assert owing not in settled.points_after


def test_the_bytes_do_not_depend_on_the_order_of_the_facts() -> None:
    first = spell(closed())
    for seed in range(5):
        points = list(the_points().items())
        random.Random(seed).shuffle(points)
        assert spell(closed(points=dict(points))) == first
    assert canonical.dumps(canonical.loads(first)) == first


def test_the_next_close_begins_with_what_the_bytes_say() -> None:
    found = with_result(15_000_000)
    assert points_after_of(spell(found)) == found.points_after
    assert carried_on_of(spell(found)) == found.carried_on


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"settled": Settled(income_cents=math.nan, direct_costs_cents=0)},
            "income_cents",
        ),  # type: ignore[arg-type]
        (
            {"settled": Settled(income_cents=0, direct_costs_cents=-1)},
            "direct_costs_cents",
        ),
        (
            {"settled": Settled(income_cents=10**16, direct_costs_cents=0)},
            "income_cents",
        ),
        ({"points": {Holding("makers", "a", "work h"): math.nan}}, "points of a"),
        ({"points": {Holding("makers", "a", "work h"): 1.5}}, "points of a"),
        ({"points": {Holding("makers", "a", "work h"): True}}, "points of a"),
        (
            {"points": {Holding("makers", "a", "work h"): MILLI_POINTS_MAX * 1000}},
            "points of a",
        ),
        ({"points": {Holding("makers", "a", "work furlong"): 1}}, "work furlong"),
        ({"points": {Holding("bankers", "a", "work h"): 1}}, "bankers"),
        ({"carried": [Shortfall(period=7, cents=1)]}, "carried period"),
        ({"carried": [Shortfall(period=1, cents=-1)]}, "carried cents"),
        ({"period": 0}, "period"),
    ],
    ids=str,
)
def test_what_is_no_whole_number_or_unknown_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidCloseError, match=told):
        closed(**changes)
