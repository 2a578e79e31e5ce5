"""Is deciding together worth it? `python -m benchmarks.joint`.

One day's orders (benchmarks/region/scene.py says what is assumed), planned at once in
four ways (benchmarks/joint/arms.py), each with the same CPU time of the same router:
0.1 s per order, at least 2 s, at most 20 s. Every plan is checked by the referee.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.joint.arms import ARMS, Outcome
from benchmarks.region.arguments import arguments
from benchmarks.region.scene import scene
from benchmarks.report import PERFORMANCE, Goal, Report
from routing.joint.problem import Budget, JointProblem
from routing.joint.solve import solve

PLOT = PERFORMANCE.parent / "joint.svg"
GOAL_PERCENT = 12.0
OTHERS = tuple(name for name in ARMS if name != "joint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One size in one region: by arm, the outcome of each seed."""

    region: str
    problem: JointProblem
    cpu_s: float
    outcomes: dict[str, list[Outcome]]

    def dearer_percent(self, arm: str) -> list[float]:
        """By how much of its own cost the arm is dearer than joint, by seed."""
        pairs = zip(self.outcomes[arm], self.outcomes["joint"], strict=True)
        return [100 * (other.cents - best.cents) / other.cents for other, best in pairs]

    def row(self) -> dict[str, Any]:
        """The line of the table; money in euros, means over the seeds."""
        line: dict[str, Any] = {
            "region": self.region,
            "orders": len(self.problem.orders),
            "labs": len(self.problem.fabs),
            "machines": len(self.problem.machines),
            "couriers": len(self.problem.couriers),
            "CPU s": self.cpu_s,
        }
        for arm, outcomes in self.outcomes.items():
            line[f"{arm} €"] = statistics.fmean(o.cents for o in outcomes) / 100
            line[f"left out, {arm}"] = sum(o.left_out for o in outcomes)
        for arm in OTHERS:
            gains = self.dearer_percent(arm)
            text = (
                f"{statistics.fmean(gains):.1f} ({min(gains):.1f} to {max(gains):.1f})"
            )
            line[f"saved over {arm} %"] = text
        return line


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    warm = Budget(courier_iterations=50)  # compiled before any clock runs
    solve(scene(wanted.regions[0], 20, 0), seed=0, budget=warm)
    cases = list(_cases(wanted))
    if wanted.write:
        _draw(cases)
    report = Report(
        name="Joint",
        rows=[case.row() for case in cases],
        goals=_goals(cases),
        notes=[
            "Saved: share of the other's cost, mean over seeds (least to most). "
            "`machines first` counts 60 % of a direct ride's price when it chooses a "
            "lab, `machines alone` no ride; both get the CPU time once for the machines "
            "(CP-SAT) and once for the couriers, which is twice what joint gets.",
            "Left out: orders of all seeds together; each costs 100.00.",
            f"Seeds {wanted.seed} to {wanted.seed + wanted.seeds - 1}.",
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write, plot=PLOT)


def _cases(wanted: argparse.Namespace) -> Iterator[Case]:
    for region in wanted.regions:
        for orders in wanted.sizes:
            cpu_s = min(20.0, max(2.0, orders / 10))
            outcomes: dict[str, list[Outcome]] = {name: [] for name in ARMS}
            for seed in range(wanted.seed, wanted.seed + wanted.seeds):
                problem = scene(region, orders, seed)
                for name, arm in ARMS.items():
                    outcomes[name].append(arm(problem, seed, cpu_s))
            case = Case(region=region, problem=problem, cpu_s=cpu_s, outcomes=outcomes)
            print(case.row(), file=sys.stderr, flush=True)
            yield case


def _goals(cases: Sequence[Case]) -> list[Goal]:
    return [
        Goal(
            name=f"{case.region}, {len(case.problem.orders)} orders: saved over {arm}",
            value=statistics.fmean(case.dearer_percent(arm)),
            unit="%",
            at_least=GOAL_PERCENT,
        )
        for case in cases
        for arm in ("machines first",)
    ]


def _draw(cases: Sequence[Case]) -> None:
    with mpl.rc_context({"svg.hashsalt": "joint", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        axes = figure.subplots(1, len({case.region for case in cases}), squeeze=False)
        for panel, region in zip(
            axes[0], dict.fromkeys(case.region for case in cases), strict=True
        ):
            own = [case for case in cases if case.region == region]
            sizes = [str(len(case.problem.orders)) for case in own]
            for arm in OTHERS:
                saved = [statistics.fmean(case.dearer_percent(arm)) for case in own]
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
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
