"""A simulation is closes and nothing else, and the same seed is the same answer."""

from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from orchestrator.doors.http import problems
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.rows import EntryRow
from orchestrator.periods import api
from orchestrator.periods.book import period_of, rules_of
from orchestrator.periods.closing import drafted
from orchestrator.periods.rules import default_period_rules
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


def test_programs_read_a_period_and_try_rules_of_their_own(network: Network) -> None:

    network.happen("work", network.stewards[0], "2", "h")
    network.earn(100_000)
    network.propose(1)
    app = FastAPI()
    app.state.readers = lambda: nullcontext(network.session)
    problems.install(app)
    app.include_router(api.router)
    client = TestClient(app)
    asked = {"low_cents": 0, "likely_cents": 100_000, "high_cents": 200_000}
    where = "/api/v1/periods/1"
    (told,) = client.get("/api/v1/periods").json()
    assert (told["number"], told["state"]) == (1, "proposed")
    row = period_of(network.session, 1)
    assert client.get(f"{where}/close").content == row.body
    assert client.get(f"{where}/rules").text == row.rules
    assert client.post(f"{where}/simulations", json=asked).status_code == 409
    row.cut = row.body = None  # as before it was proposed
    every = client.post(f"{where}/simulations", json=asked).json()
    assert len(every["played"]) == 9
    assert len(every["income_cents"]) == len(every["cents_of"]["makers"])
    mine = canonical.object_of(default_period_rules()) | {"shared_part": "1"}
    own = client.post(f"{where}/simulations", json=asked | {"rules": {"all": mine}})
    frozen, whole = own.json()["played"]
    assert whole["paid_cents"] > frozen["paid_cents"] > 0
    bad = mine | {"shared_part": "2"}
    refused = client.post(f"{where}/simulations", json=asked | {"rules": {"x": bad}})
    assert (refused.status_code, refused.json()["code"]) == (
        422,
        "invalid-period-rules",
    )
    assert client.get("/api/v1/periods/2").status_code == 404
