"""Is a quote there at once, and kept? `python -m benchmarks.quote`.

One order into a live plan of 100 and of 1,000 (benchmarks/region/scene.py says what is
assumed): CPU time of one thread from the order to its promise, the ways between all
places known (what a place that is new costs is in the section on travel). Then days of
quotes that are carried out (benchmarks/quote/kept.py).
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.quote.kept import Kept, play
from benchmarks.quote.latency import Latency, latency
from benchmarks.region.arguments import arguments
from benchmarks.report import Goal, Report

GOALS_MS = {100: 2.0, 1_000: 20.0}
DAY_ORDERS = 100
DAYS = 3


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    quick: list[tuple[int, Latency]] = []
    kept: dict[tuple[str, str], list[Kept]] = {}
    for region in wanted.regions:
        for orders in wanted.sizes:
            found = latency(
                region,
                orders,
                wanted.seed,
                quotes=wanted.quotes,
                plan_cpu_s=wanted.plan_cpu_seconds,
            )
            quick.append((orders, found))
            print(_row(orders, found), file=sys.stderr, flush=True)
        for how in ("as planned", "with surprises"):
            is_smooth = how == "as planned"
            kept[region, how] = [
                play(region, DAY_ORDERS, wanted.seed + k, is_smooth=is_smooth)
                for k in range(DAYS)
            ]
            print(_day_row(region, how, kept[region, how]), file=sys.stderr, flush=True)
    rows = [_row(orders, found) for orders, found in quick]
    rows += [_day_row(region, how, days) for (region, how), days in kept.items()]
    report = Report(
        name="Quote",
        rows=rows,
        goals=_goals(quick),
        notes=[
            "ms: CPU milliseconds of one thread, from the order to its promise. Refused: "
            "whole plans with the quoted order that the referee did not accept, of a "
            f"sample. Days: {DAY_ORDERS} orders asked for through the day; with surprises, "
            "machines take 0.9 to 1.1 times as long as planned and rides 0.9 to 1.2 times, "
            "which nobody knows before. Kept: handed over within what was promised, which "
            "ends 15 minutes after the planned time and 5 % of the time until then (air: "
            "mean of both). Within 5 min: no more than that too late.",
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _row(orders: int, found: Latency) -> dict[str, Any]:
    return {
        "region": found.region,
        "what": f"one more into {orders}",
        "planned": found.orders,
        "labs": found.labs,
        "couriers": found.couriers,
        "p50 ms": found.percentile(50),
        "p95 ms": found.percentile(95),
        "p99 ms": found.percentile(99),
        "asked": len(found.milliseconds),
        "offered": found.offered,
        "refused": f"{found.refused_by_referee} of {found.checked}",
    }


def _day_row(region: str, how: str, days: Sequence[Kept]) -> dict[str, Any]:
    later_s = sorted(later for day in days for later in day.later_s)
    return {
        "region": region,
        "what": f"{len(days)} days of quotes, {how}",
        "asked": sum(day.asked for day in days),
        "offered": sum(day.offered for day in days),
        "air, min": sum(day.air_s for day in days)
        / (60 * max(1, sum(day.offered for day in days))),
        "kept %": _kept_percent(days),
        "too early %": 100
        * sum(day.early for day in days)
        / max(1, sum(day.offered for day in days)),
        "kept within 5 min %": _kept_percent(days, grace_s=300),
        "worst, min late": later_s[-1] / 60 if later_s else 0.0,
    }


def _kept_percent(days: Sequence[Kept], grace_s: int = 0) -> float:
    kept = sum(day.kept for day in days)
    kept += sum(later <= grace_s for day in days for later in day.later_s)
    return 100 * kept / max(1, sum(day.offered for day in days))


def _goals(
    quick: Sequence[tuple[int, Latency]],
) -> list[Goal]:
    goals = [
        Goal(
            name=f"{found.region}: one more order into {orders}, p95",
            value=found.percentile(95),
            unit="ms",
            at_most=GOALS_MS[orders],
        )
        for orders, found in quick
        if orders in GOALS_MS
    ]
    goals += [
        Goal(
            name=f"{found.region}: plans of {orders} and one that the referee refuses",
            value=found.refused_by_referee,
            at_most=0,
        )
        for orders, found in quick
    ]
    return goals


def _arguments() -> argparse.Namespace:
    parser = arguments("quote", sizes=[100, 1_000])
    parser.add_argument("--quotes", type=int, default=200)
    parser.add_argument("--plan-cpu-seconds", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
