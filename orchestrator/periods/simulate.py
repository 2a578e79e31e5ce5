"""What would be if: rule sets side by side, and results that nobody knows yet.

Every figure is a `close`; there is no second formula, and nothing is written.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from orchestrator.commons.equation import COMMUNITIES
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.periods.close import Close, Holding, Settled, Shortfall, close
from orchestrator.periods.rules import CENTS_MAX, PeriodRules

RULE_SETS_MAX = 10
DRAWS_MAX = 10_000
STEPS = 24
TENTH, HALF, NINE_TENTHS = Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What does not change from one simulation to another: the period as it stands."""

    period: int
    direct_costs_cents: int
    carried: tuple[Shortfall, ...]
    points: Mapping[Holding, int]

    def closed(self, rules: PeriodRules, income_cents: int) -> Close:
        """The close under these rules at this income."""
        return close(
            period=self.period,
            rules=rules,
            settled=Settled(
                income_cents=income_cents, direct_costs_cents=self.direct_costs_cents
            ),
            carried=self.carried,
            points=self.points,
        )

    def by_community(self) -> "Supposed":
        """Each community as one contributor: what it gets is the same to the cent."""
        total_of: dict[tuple[str, str], int] = {}
        for holding, milli in self.points.items():
            key = (holding.community, holding.agent_id)
            total_of[key] = total_of.get(key, 0) + milli
        points: dict[Holding, int] = {}
        kind = next((one.kind for one in self.points), "work h")
        for (community, _), milli in total_of.items():
            if milli > 0:
                whole = Holding(community, "all", kind)
                points[whole] = points.get(whole, 0) + milli
        return replace(self, points=points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """What the income may be: surely between `low` and `high`, likely about `likely`."""

    low_cents: int
    likely_cents: int
    high_cents: int

    def __post_init__(self) -> None:
        if not (
            -CENTS_MAX
            <= self.low_cents
            <= self.likely_cents
            <= self.high_cents
            <= CENTS_MAX
        ):
            raise InvalidInputError(
                "an uncertain income is low, likely and high, in this order",
                field="likely",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """In nine of ten plays more than `low`, in half more than `middle`, …"""

    low_cents: int
    middle_cents: int
    high_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One rule set: its close at the likely income, and what chance makes of it."""

    name: str
    likely: Close
    paid: Spread
    reserve: Spread
    paid_of: Mapping[str, Spread]  # by community
    pays_in: int  # of all plays


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Who gets what at which income: one point a step, in cents."""

    income_cents: tuple[int, ...]
    cents_of: Mapping[str, tuple[int, ...]]  # by community, and "reserve"


def play(
    supposed: Supposed,
    rules_of: Mapping[str, PeriodRules],
    income: Uncertain,
    *,
    draws: int,
    seed: int,
) -> list[Played]:
    """Close `draws` times under each rule set; all meet the same incomes.

    The same seed is the same answer. Errors: InvalidInputError.
    """
    if not 1 <= len(rules_of) <= RULE_SETS_MAX:
        raise InvalidInputError(
            f"compare 1 to {RULE_SETS_MAX} rule sets", field="rules"
        )
    if not 1 <= draws <= DRAWS_MAX:
        raise InvalidInputError(f"play 1 to {DRAWS_MAX} times", field="draws")
    draw = random.Random(seed)  # noqa: S311 - chance, not a secret
    incomes = [
        round(draw.triangular(income.low_cents, income.high_cents, income.likely_cents))
        for _ in range(draws)
    ]
    whole = supposed.by_community()
    played = []
    for name, rules in rules_of.items():
        closes = [whole.closed(rules, cents) for cents in incomes]
        gets = [paid_by_community(one) for one in closes]
        played.append(
            Played(
                name=name,
                likely=supposed.closed(rules, income.likely_cents),
                paid=_spread([one.paid_cents for one in closes]),
                reserve=_spread([one.reserve_cents for one in closes]),
                paid_of={
                    community: _spread([one[community] for one in gets])
                    for community in COMMUNITIES
                },
                pays_in=sum(one.paid_cents > 0 for one in closes),
            )
        )
    return played


def curve(supposed: Supposed, rules: PeriodRules, income: Uncertain) -> Curve:
    """Who gets what from the low to the high income, in even steps."""
    whole = supposed.by_community()
    wide = income.high_cents - income.low_cents
    incomes = tuple(income.low_cents + wide * at // STEPS for at in range(STEPS + 1))
    closes = [whole.closed(rules, cents) for cents in incomes]
    gets = [paid_by_community(one) for one in closes]
    return Curve(
        income_cents=incomes,
        cents_of={
            **{name: tuple(one[name] for one in gets) for name in COMMUNITIES},
            "reserve": tuple(one.reserve_cents for one in closes),
        },
    )


def variants(
    rules: PeriodRules, known: Sequence[PeriodRules]
) -> dict[str, PeriodRules]:
    """Rule sets worth comparing: the frozen one, other versions, other shared parts."""
    found = {rules.rule_version: rules}
    found |= {one.rule_version: one for one in known}
    for tenths in (0, 2, 4, 5, 7, 8, 10):
        part = Fraction(tenths, 10)
        if part != rules.shared_part:
            found[f"{tenths * 10} % shared"] = replace(rules, shared_part=part)
    alike = dict.fromkeys(COMMUNITIES, Fraction(1, len(COMMUNITIES)))
    found["communities alike"] = replace(rules, weight_of=alike)
    return dict(list(found.items())[:RULE_SETS_MAX])


def paid_by_community(closed: Close) -> dict[str, int]:
    """What the contributors of each community get."""
    paid = dict.fromkeys(COMMUNITIES, 0)
    for share in closed.shares:
        paid[share.community] += share.cents
    return paid


def _spread(cents: Sequence[int]) -> Spread:
    ordered = sorted(cents)
    low, middle, high = (
        ordered[min(len(ordered) - 1, int(part * len(ordered)))]
        for part in (TENTH, HALF, NINE_TENTHS)
    )
    return Spread(low_cents=low, middle_cents=middle, high_cents=high)
