"""The one spelling of a close: what stewards sign, and what a second run must equal."""

import json
from collections.abc import Iterable
from typing import Final, cast

from orchestrator.foundation import canonical
from orchestrator.periods.close import Close, Holding, Shortfall

CLOSE_SCHEMA: Final = "fabcommons-close-1"


def spell(closed: Close) -> bytes:
    """RFC 8785 JSON. Sums are strings of digits: points may exceed a JSON integer.

    Nothing of order or time is in it: the same facts in another order are these bytes.
    """
    return canonical.dumps(
        {
            "close_schema": CLOSE_SCHEMA,
            "period": closed.period,
            "rules_sha256": closed.rules_sha256,
            "currency": closed.currency,
            "income_cents": str(closed.settled.income_cents),
            "threshold_cents": {
                name: str(cents) for name, cents in closed.threshold_cents_of.items()
            },
            "carried_in": _shortfalls(closed.carried_in),
            "surplus_cents": str(closed.surplus_cents),
            "pool_cents": str(closed.pool_cents),
            "reserve_cents": str(closed.reserve_cents),
            "part_cents": {
                community: str(cents)
                for community, cents in closed.part_cents_of.items()
            },
            "shares": [
                [one.community, one.agent_id, str(one.milli_points), str(one.cents)]
                for one in closed.shares
            ],
            "carried_on": _shortfalls(closed.carried_on),
            "forgiven": _shortfalls(closed.forgiven),
            "points_after": [
                [*holding, str(milli_points)]
                for holding, milli_points in sorted(closed.points_after.items())
            ],
        }
    )


def points_after_of(body: bytes) -> dict[Holding, int]:
    """What the next close begins with."""
    rows = _list(body, "points_after")
    return {
        Holding(community, agent_id, kind): int(milli_points)
        for community, agent_id, kind, milli_points in rows
    }


def carried_on_of(body: bytes) -> tuple[Shortfall, ...]:
    """The shortfalls that the next close looks at."""
    return tuple(
        Shortfall(period=int(period), cents=int(cents))
        for period, cents in _list(body, "carried_on")
    )


def _shortfalls(carried: Iterable[Shortfall]) -> list[list[str]]:
    return [[str(one.period), str(one.cents)] for one in carried]


def _list(body: bytes, name: str) -> list[list[str]]:
    return cast("list[list[str]]", json.loads(body)[name])  # as `spell` wrote it
