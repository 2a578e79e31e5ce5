"""The example of docs/value.md: a close whose every cent is written there."""

import json
from dataclasses import replace

from orchestrator.periods.close import Holding, Settled, Shortfall
from orchestrator.periods.rules import (
    After,
    PeriodRules,
    default_period_rules,
    period_rules_of,
)

TABLE = json.loads(default_period_rules()) | {
    "threshold_cents": {
        "wage_policy": 4_150_000,
        "capital_return": 320_000,
        "capital_gain": 187_500,
        "investment": 1_200_000,
    }
}
RULES = period_rules_of(json.dumps(TABLE).encode())
SETTLED = Settled(income_cents=18_431_743, direct_costs_cents=9_624_010)
CARRIED = (Shortfall(period=6, cents=411_820),)
KIND_OF = {
    "designers": "cite {piece}",
    "makers": "work h",
    "couriers": "dropoff km",
    "shops": "transfer {piece}",
    "care": "accept {piece}",
}
POINTS_OF = {
    "designers": (1200, 333, 467),
    "makers": (4100, 2900, 3000),
    "couriers": (777, 776, 775),
    "shops": (1, 2),
    "care": (7, 7, 7),
}
CENTS_OF = {
    "designers": (228_457, 63_397, 88_908),
    "makers": (218_557, 154_589, 159_920),
    "couriers": (76_251, 76_152, 76_054),
    "shops": (50_768, 101_537),
    "care": (50_769, 50_768, 50_768),
}


def the_points() -> dict[Holding, int]:
    """Thousandths of each contributor; `maker-1` is the first of the makers."""
    return {
        Holding(community, f"{community}-{number}", KIND_OF[community]): points * 1000
        for community, told in POINTS_OF.items()
        for number, points in enumerate(told, start=1)
    }


def with_after(
    mode: After, kind: str = "work h", rules: PeriodRules = RULES
) -> PeriodRules:
    """The rules, but with another fate of the points of one kind."""
    return replace(rules, after_of={**rules.after_of, kind: mode})
