"""A close makes no cent and loses none, whoever computes it and in whatever order.

Random closes of 1 to 10,000 parties, weights to 10**18, pools to 10**12; each is
computed again in SQL (`value_sql.py`). FABCOMMONS_SOAK=1: a hundred thousand of them.
"""

import os
import random
from collections.abc import Iterator
from fractions import Fraction

import psycopg
import pytest

from orchestrator.commons.equation import COMMUNITIES
from orchestrator.periods.close import Close, Holding, Settled, Shortfall, close
from orchestrator.periods.rules import COMPONENTS, KINDS, After, PeriodRules
from orchestrator.periods.spelling import spell
from tests.conftest import Cluster
from tests.property.value_sql import TABLES, Answer, Batch, answer

CLOSES = 100_000 if os.environ.get("FABCOMMONS_SOAK") else 600
BATCH = 300
SEED = 20261128
PARTIES_MAX = 10_000
WEIGHT_MAX = 10**18
POOL_MAX = 10**12
MODES = ("used-up", "reduced", "kept")


class Case:
    """The arguments of one random close, and the integers that they were made of."""

    def __init__(self, draw: random.Random, number: int) -> None:
        self.period = draw.randint(1, 12)
        weights = [_size(draw, WEIGHT_MAX) - 1 for _ in COMMUNITIES]
        if not sum(weights):
            weights[0] = 1
        self.weight_of = dict(zip(COMMUNITIES, weights, strict=True))
        down = draw.randint(1, 1000)
        self.shared_part = (draw.randint(0, down), down)
        threshold_of = {name: draw.randint(0, 10**6) for name in COMPONENTS}
        self.rules = PeriodRules(
            rule_version="random",
            sha256="0" * 64,
            currency="EUR",
            threshold_cents_of=threshold_of,
            shared_part=Fraction(*self.shared_part),
            weight_of={
                name: Fraction(weight, sum(weights))
                for name, weight in self.weight_of.items()
            },
            carry_periods_max=draw.randint(0, 6),
            after_of={kind: _after(draw) for kind in KINDS},
        )
        self.carried = [
            Shortfall(period=before, cents=_size(draw, 10**7))
            for before in range(1, self.period)
            if draw.random() < 0.3
        ]
        direct = draw.randint(0, 10**6)
        self.threshold = direct + sum(threshold_of.values())
        self.settled = Settled(
            income_cents=self.threshold
            + _size(draw, POOL_MAX)
            - draw.randint(0, 10**7),
            direct_costs_cents=direct,
        )
        most = PARTIES_MAX if number % 100 == 0 else 100
        self.points = _points(draw, most if number == 0 else _size(draw, most))

    def closed(self, points: dict[Holding, int]) -> Close:
        return close(
            period=self.period,
            rules=self.rules,
            settled=self.settled,
            carried=self.carried,
            points=points,
        )


def _size(draw: random.Random, most: int) -> int:
    """1 to `most`, each order of magnitude as likely as another."""
    return draw.randint(1, min(most, 10 ** draw.randint(0, len(str(most)))))


def _after(draw: random.Random) -> After:
    mode = draw.choice(MODES)
    down = draw.randint(1, 50)
    up = {"used-up": 0, "kept": draw.randint(0, down)}.get(mode, draw.randint(1, 10**6))
    return After(mode=mode, ratio=Fraction(up, down))  # type: ignore[arg-type]


def _points(draw: random.Random, parties: int) -> dict[Holding, int]:
    """Often with equal points, for it is ties that an order could decide."""
    most = draw.choice((WEIGHT_MAX, WEIGHT_MAX, 3))
    points: dict[Holding, int] = {}
    for number in range(parties):
        community = draw.choice(COMMUNITIES)
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            milli = _size(draw, most) * draw.choice((1, 1, 1, 1, 1, 0, -1))
            points[Holding(community, f"a-{number}", draw.choice(KINDS))] = milli
    return points


@pytest.fixture(scope="module")
def second_hand(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A database that knows nothing of ours but four tables of numbers."""
    with psycopg.connect(
        host="127.0.0.1", port=cluster.port, user="fab", dbname="postgres"
    ) as connection:
        connection.execute(TABLES)
        connection.commit()
        yield connection


def test_random_closes_conserve_and_agree_with_sql(
    second_hand: psycopg.Connection,
) -> None:
    draw = random.Random(SEED)
    largest = 0
    for start in range(0, CLOSES, BATCH):
        cases = [Case(draw, number) for number in range(start, start + BATCH)]
        found = [case.closed(case.points) for case in cases]
        for case, closed in zip(cases, found, strict=True):
            _hold(case, closed)
            shuffled = list(case.points.items())
            draw.shuffle(shuffled)
            assert spell(case.closed(dict(shuffled))) == spell(closed)
        _agree(cases, found, answer(second_hand, _batch(cases)))
        largest = max(largest, *(len(case.points) for case in cases))
    assert largest >= PARTIES_MAX


def _hold(case: Case, closed: Close) -> None:
    """Nothing is lost or made; each is within one cent of exact, in integers."""
    assert sum(closed.part_cents_of.values()) == closed.pool_cents
    assert closed.paid_cents + closed.reserve_cents == closed.surplus_cents
    assert closed.paid_cents <= closed.pool_cents <= closed.surplus_cents
    _within_one(
        closed.pool_cents,
        [(closed.part_cents_of[name], case.weight_of[name]) for name in COMMUNITIES],
    )
    for community in COMMUNITIES:
        shares = [one for one in closed.shares if one.community == community]
        if shares:
            part = closed.part_cents_of[community]
            assert sum(one.cents for one in shares) == part
            _within_one(part, [(one.cents, one.milli_points) for one in shares])
    over = case.settled.income_cents - case.threshold
    owed = sum(one.cents for one in case.carried) + max(0, -over)
    left = sum(one.cents for one in (*closed.carried_on, *closed.forgiven))
    assert owed - left == min(max(0, over), owed)
    for holding, milli in closed.points_after.items():
        assert abs(milli) <= abs(case.points[holding])


def _within_one(total: int, shares: list[tuple[int, int]]) -> None:
    weights = sum(weight for _, weight in shares)
    for share, weight in shares:
        assert abs(share * weights - total * weight) < weights
        assert weight or not share


def _batch(cases: list[Case]) -> Batch:
    return Batch(
        period=[
            (
                at,
                case.period,
                case.settled.income_cents,
                case.threshold,
                *case.shared_part,
                case.rules.carry_periods_max,
            )
            for at, case in enumerate(cases)
        ],
        lacked=[
            (at, one.period, one.cents)
            for at, case in enumerate(cases)
            for one in case.carried
        ],
        community=[
            (at, name, weight)
            for at, case in enumerate(cases)
            for name, weight in case.weight_of.items()
        ],
        held=[
            (
                at,
                *holding,
                milli,
                after.mode,
                after.ratio.numerator,
                after.ratio.denominator,
            )
            for at, case in enumerate(cases)
            for holding, milli in case.points.items()
            for after in (case.rules.after_of[holding.kind],)
        ],
    )


def _agree(cases: list[Case], found: list[Close], told: Answer) -> None:
    closes = list(enumerate(found))
    assert told.pool == {
        at: (closed.surplus_cents, closed.pool_cents) for at, closed in closes
    }
    assert told.part == {
        (at, name): cents
        for at, closed in closes
        for name, cents in closed.part_cents_of.items()
    }
    assert told.share == {
        (at, one.community, one.agent_id): (one.milli_points, one.cents)
        for at, closed in closes
        for one in closed.shares
    }
    assert told.lacking == sorted(
        (at, one.period, one.cents, forgiven)
        for at, closed in closes
        for forgiven, told_of in ((False, closed.carried_on), (True, closed.forgiven))
        for one in told_of
    )
    assert told.points == {
        (at, *holding): milli
        for at, closed in closes
        for holding, milli in closed.points_after.items()
    }
