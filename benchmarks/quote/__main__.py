"""Is a quote there at once, and kept? `python -m benchmarks.quote`.

One order into a live plan of 100 and of 1,000 (benchmarks/region/scene.py says what is
assumed), three seeds: CPU time of one thread from the order to its promise, the ways
between all places known (what a place that is new costs is in the section on travel).
Then days of quotes that are carried out (benchmarks/quote/kept.py).
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks.quote.kept import Kept, play
from benchmarks.quote.latency import Latency, latency
from benchmarks.region.arguments import arguments
from benchmarks.report import Goal, Report

GOALS_MS = {100: 2.0, 1_000: 20.0}
DAY_ORDERS = 100
SEEDS = 3
HOW = ("as planned", "with surprises")


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    seeds = range(wanted.seed, wanted.seed + SEEDS)
    sizes = [(region, size) for region in wanted.regions for size in wanted.sizes]
    days = [(region, how) for region in wanted.regions for how in HOW]
    with ProcessPoolExecutor(wanted.at_once) as pool:
        plans = {
            (case, seed): pool.submit(_ask, *case, seed, wanted)
            for case in sorted(sizes, key=lambda case: -case[1])
            for seed in seeds
        }
        played = {
            (case, seed): pool.submit(_play, *case, seed)
            for case in days
            for seed in seeds
        }
        quick = [
            (case[1], [plans[case, seed].result() for seed in seeds]) for case in sizes
        ]
        kept = {case: [played[case, seed].result() for seed in seeds] for case in days}
    rows = [_row(orders, found) for orders, found in quick]
    rows += [_day_row(*case, found) for case, found in kept.items()]
    report = Report(
        name="Quote",
        rows=rows,
        goals=_goals(quick),
        notes=[
            "ms: CPU milliseconds of one thread, from the order to its promise, of "
            f"{SEEDS} seeds together (the p95 of each, least to most, beside it). One "
            "plan of 1,000 orders is more than the network makes: it cuts a region into "
            "cells of some 100 orders, and a quote is one order more into one of them. "
            "Refused: whole plans with the quoted order that the referee did not accept, "
            f"of a sample. Days: {SEEDS}, one a seed, {DAY_ORDERS} orders asked for through the day; with surprises, "
            "machines take 0.9 to 1.1 times as long as planned and rides 0.9 to 1.2 times, "
            "which nobody knows before. Kept: handed over within what was promised, which "
            "ends 15 minutes after the planned time and 5 % of the time until then (air: "
            "mean of both). Within 5 min: no more than that too late.",
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _ask(region: str, orders: int, seed: int, wanted: argparse.Namespace) -> Latency:
    found = latency(
        region,
        orders,
        seed,
        quotes=wanted.quotes,
        plan_cpu_s=wanted.plan_cpu_seconds,
    )
    print(_row(orders, [found]), file=sys.stderr, flush=True)
    return found


def _play(region: str, how: str, seed: int) -> Kept:
    found = play(region, DAY_ORDERS, seed, is_smooth=how == HOW[0])
    print(_day_row(region, how, [found]), file=sys.stderr, flush=True)
    return found


def _percentile(found: Sequence[Latency], percent: float) -> float:
    """Return the milliseconds that so many percent of all quotes stay below."""
    return float(
        np.percentile([ms for one in found for ms in one.milliseconds], percent)
    )


def _row(orders: int, found: Sequence[Latency]) -> dict[str, Any]:
    by_seed = sorted(_percentile([one], 95) for one in found)
    return {
        "region": found[0].region,
        "what": f"one more into {orders}",
        "planned": statistics.fmean(one.orders for one in found),
        "labs": found[0].labs,
        "couriers": found[0].couriers,
        "p50 ms": _percentile(found, 50),
        "p95 ms": _percentile(found, 95),
        "by seed": f"{by_seed[0]:.2f} to {by_seed[-1]:.2f}",
        "p99 ms": _percentile(found, 99),
        "asked": sum(len(one.milliseconds) for one in found),
        "offered": sum(one.offered for one in found),
        "refused": f"{_refused(found)} of {sum(one.checked for one in found)}",
    }


def _refused(found: Sequence[Latency]) -> int:
    return sum(one.refused_by_referee for one in found)


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


def _goals(quick: Sequence[tuple[int, Sequence[Latency]]]) -> list[Goal]:
    goals = [
        Goal(
            name=f"{found[0].region}: one more order into {orders}, p95",
            value=_percentile(found, 95),
            unit="ms",
            at_most=GOALS_MS[orders],
        )
        for orders, found in quick
        if orders in GOALS_MS
    ]
    goals += [
        Goal(
            name=f"{found[0].region}: plans of {orders} and one that the referee refuses",
            value=_refused(found),
            at_most=0,
        )
        for orders, found in quick
    ]
    return goals


def _arguments() -> argparse.Namespace:
    parser = arguments("quote", sizes=[100, 1_000])
    parser.add_argument("--quotes", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--plan-cpu-seconds", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
