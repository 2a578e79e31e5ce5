"""Is deciding together worth it? `python -m benchmarks.joint`.

One day's orders (benchmarks/region/scene.py says what is assumed), planned at once in
four ways (benchmarks/joint/arms.py), each with the same CPU time of the same router:
0.1 s per order, at least 2 s, at most 20 s. Every plan is checked by the referee.
Regions may be run side by side, each with its own `--out`, and told together: `--rows`.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.joint.arms import ARMS
from benchmarks.joint.runs import KEY, Wanted, run
from benchmarks.region.arguments import arguments
from benchmarks.region.scene import scene
from benchmarks.report import PERFORMANCE, Goal, Report
from routing.joint.problem import Budget
from routing.joint.solve import solve

PLOT = PERFORMANCE.parent / "joint.svg"
GOAL_PERCENT = 12.0
FIRST = "machines first"
OTHERS = tuple(name for name in ARMS if name != "joint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One size in one region: by arm, the row of each day (seed) that it planned."""

    region: str
    orders: int
    rows: dict[str, dict[int, Row]]

    def both(self, arm: str) -> list[tuple[Row, Row]]:
        """Return the arm's row and that of joint, for each day that both planned."""
        other, best = self.rows.get(arm, {}), self.rows.get("joint", {})
        return [(other[seed], best[seed]) for seed in sorted(other) if seed in best]

    def saved_percent(self, arm: str) -> list[float]:
        """What joint saves of the arm's cost, by day."""
        return [100 * (a["cents"] - b["cents"]) / a["cents"] for a, b in self.both(arm)]

    def saved_beside_making_percent(self, arm: str) -> float:
        """What joint saves of what the arm costs beyond the cheapest making."""
        pairs = self.both(arm)
        rest = sum(other["cents"] - other["making_least_cents"] for other, _ in pairs)
        return 100 * sum(a["cents"] - b["cents"] for a, b in pairs) / rest

    def row(self) -> dict[str, Any]:
        """The line of the table; money in euros, means over the days."""
        pairs = self.both(FIRST)
        any_row = pairs[0][0]
        line: dict[str, Any] = {
            "region": self.region,
            "orders": self.orders,
            "labs": any_row["labs"],
            "couriers": any_row["couriers"],
            "CPU s": any_row["cpu_s"],
            "days": len(pairs),
            "cheapest making €": _euros([a["making_least_cents"] for a, _ in pairs]),
            "joint €": _euros([best["cents"] for _, best in pairs]),
            "left out, joint": sum(best["left_out"] for _, best in pairs),
            f"{FIRST} €": _euros([other["cents"] for other, _ in pairs]),
            f"left out, {FIRST}": sum(other["left_out"] for other, _ in pairs),
        }
        for arm in OTHERS:
            gains = self.saved_percent(arm)
            text = "not run"
            if gains:
                low, high = min(gains), max(gains)
                text = f"{statistics.fmean(gains):.1f} ({low:.1f} to {high:.1f})"
            if len(gains) != len(pairs) and gains:
                text += f", {len(gains)} of the days"
            line[f"saved over {arm} %"] = text
        line["saved beside the cheapest making %"] = self.saved_beside_making_percent(
            FIRST
        )
        return line


def main() -> int:
    """Run what is asked for, or take rows from files, and report."""
    wanted = _arguments()
    if not wanted.rows:
        warm = Budget(courier_iterations=50)  # compiled before any clock runs
        solve(scene(wanted.regions[0], 20, 0), seed=0, budget=warm)
    seeds = range(wanted.seed, wanted.seed + wanted.seeds)
    days = Wanted(regions=wanted.regions, sizes=wanted.sizes, seeds=seeds)
    rows = contest.rows_of(
        wanted,
        lambda: run(days, wanted.out),
        key=KEY,
        figures=("cents", "left_out"),
    )
    cases = cases_of(rows)
    if wanted.write:
        _draw(cases)
    report = Report(
        name="Joint",
        rows=[case.row() for case in cases],
        goals=_goals(cases),
        notes=[
            "Saved: share of the other's cost, mean over days (least to most); beside "
            "the cheapest making: of what machines first costs beyond that. "
            "`machines first` counts 60 % of a direct ride's price when it chooses a "
            "lab, `machines alone` no ride; both get the CPU time once for the machines "
            "(CP-SAT) and once for the couriers, which is twice what joint gets.",
            "Left out: orders of all days together; each costs 100.00. Cheapest making: "
            "every task on the machine that is cheapest for it, whoever else wants "
            "that; no plan that makes all can cost less, however it rides.",
            *wanted.note,
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write, plot=PLOT)


def cases_of(rows: Sequence[Row]) -> list[Case]:
    """Return the cases by region and size in which joint and machines first stand."""
    found: dict[tuple[str, int], Case] = {}
    for row in rows:
        region, orders = row["region"], row["orders"]
        blank = Case(region=region, orders=orders, rows={})
        arms = found.setdefault((region, orders), blank).rows
        arms.setdefault(row["arm"], {})[row["seed"]] = row
    return [case for _, case in sorted(found.items()) if case.both(FIRST)]


def _euros(cents: Sequence[int]) -> float:
    return statistics.fmean(cents) / 100


def _goals(cases: Sequence[Case]) -> list[Goal]:
    return [
        Goal(
            name=f"{case.region}, {case.orders} orders: saved over {FIRST}",
            value=statistics.fmean(case.saved_percent(FIRST)),
            unit="%",
            at_least=GOAL_PERCENT,
        )
        for case in cases
    ]


def _draw(cases: Sequence[Case]) -> None:
    with mpl.rc_context({"svg.hashsalt": "joint", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        axes = figure.subplots(1, len({case.region for case in cases}), squeeze=False)
        for panel, region in zip(
            axes[0], dict.fromkeys(case.region for case in cases), strict=True
        ):
            own = [case for case in cases if case.region == region]
            for arm in OTHERS:
                told = [case for case in own if case.both(arm)]
                sizes = [str(case.orders) for case in told]
                saved = [statistics.fmean(case.saved_percent(arm)) for case in told]
                panel.plot(sizes, saved, marker="o", label=arm)
            panel.axhline(GOAL_PERCENT, color="#888", linewidth=1, linestyle="--")
            panel.set_title(region)
            panel.set_xlabel("orders")
            panel.set_ylabel("joint saves, %")
        axes[0][0].legend(frameon=False)
        figure.savefig(PLOT, format="svg", metadata={"Date": None, "Creator": None})


def _arguments() -> argparse.Namespace:
    parser = arguments("joint", sizes=[20, 50, 100, 200, 500])
    parser.add_argument("--seeds", type=int, default=3)
    contest.add_rows(parser)
    parser.set_defaults(paths=[])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
