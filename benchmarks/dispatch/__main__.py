"""Is it worth looking ahead? `python -m benchmarks.dispatch`.

A day whose orders become known in half-hourly waves (benchmarks/dispatch/waves.py),
decided on in several ways (benchmarks/dispatch/policies.py): the same orders at the
same time, the same prices, what is begun goes on in each; and, as the measure of what is
possible, with all orders known when the day begins. Each plan is checked by the
referee; the day that comes of it is carried out as planned and added up anew
(benchmarks/dispatch/account.py): making, ways, paid time, lateness, and 100.00 for each
order that was never brought.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.dispatch.policies import HELD_TO_GOALS, POLICIES
from benchmarks.dispatch.waves import Outcome, foreseen, play, waves
from benchmarks.region.arguments import arguments
from benchmarks.report import Goal, Report

GOAL_CHEAPER_PERCENT = 20.0
GOAL_MOVED_PERCENT = 5.0
FORESEEN = "all known beforehand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days of one size in one region by one policy, beside those by greedy.

    `foreseen`: the same days, all orders known when they begin.
    """

    region: str
    policy: str
    outcomes: tuple[Outcome, ...]
    greedy: tuple[Outcome, ...]
    foreseen: tuple[Outcome, ...]

    @property
    def savings(self) -> list[float]:
        """What each day saves, in percent of what greedy costs that day."""
        pairs = zip(self.outcomes, self.greedy, strict=True)
        return [
            100 * (other.account.cents - own.account.cents) / other.account.cents
            for own, other in pairs
        ]

    @property
    def saved_percent(self) -> float:
        """The mean over the days."""
        return statistics.fmean(self.savings)

    @property
    def of_possible_percent(self) -> float:
        """Of what would be saved, all being known beforehand, the share that is."""
        own, greedy, best = (
            sum(one.account.cents for one in outcomes)
            for outcomes in (self.outcomes, self.greedy, self.foreseen)
        )
        return 100 * (greedy - own) / (greedy - best)

    @property
    def moved_percent(self) -> float:
        """Hand-overs more than 10 min outside of their first promise, of all orders."""
        asked = sum(one.account.asked for one in self.outcomes)
        return 100 * sum(one.moved for one in self.outcomes) / asked

    def _mean_euros(self, part: str) -> float:
        return statistics.fmean(getattr(o.account, part) for o in self.outcomes) / 100

    def row(self) -> dict[str, Any]:
        """The line of the table; money in euros, means over the days."""
        return {
            "region": self.region,
            "orders": self.outcomes[0].account.asked,
            "days": len(self.outcomes),
            "policy": self.policy,
            "€ a day": statistics.fmean(one.account.cents for one in self.outcomes)
            / 100,
            "making €": self._mean_euros("making_cents"),
            "riding €": self._mean_euros("riding_cents"),
            "lateness €": self._mean_euros("late_cents"),
            "saved %": self.saved_percent,
            "least to most": f"{min(self.savings):.1f} to {max(self.savings):.1f}",
            "of possible %": self.of_possible_percent,
            "not brought": sum(
                one.account.asked - one.account.brought for one in self.outcomes
            ),
            "late": sum(one.account.late for one in self.outcomes),
            "min late": sum(one.account.late_minutes for one in self.outcomes),
            "moved %": self.moved_percent,
            "CPU s a day": statistics.fmean(one.cpu_s for one in self.outcomes),
        }


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    found: list[Days] = []
    for region in wanted.regions:
        for orders in wanted.sizes:
            found += _days(
                region,
                orders,
                range(wanted.seed, wanted.seed + wanted.seeds),
                cpu_s=wanted.cpu_seconds,
                foreseen_cpu_s=wanted.foreseen_cpu_seconds,
            )
    report = Report(
        name="Dispatch",
        rows=[each.row() for each in found],
        goals=_goals(found),
        notes=[
            "Saved: share of greedy's cost, mean over the days. Moved: hand-overs more "
            "than 10 min outside of what was promised when the order was first planned. "
            "Greedy inserts each order where it costs least and moves nothing; rolling "
            "plans anew what is not begun, as the network does; anticipating also holds "
            "what most of 6 imagined futures of two hours would hold (iterative "
            "conditional dispatch), drawn as the day is; where change is free, promises are "
            "planned as if nobody had been told. Each may think "
            f"{wanted.cpu_seconds} s of CPU each wave, greedy takes what it takes. All known "
            "beforehand: one plan when the day begins, "
            f"{wanted.foreseen_cpu_seconds:g} s of CPU, nothing made before it is ordered: "
            "about the least that the day can cost. Of possible: of what would be saved so, "
            "the share that is.",
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _days(
    region: str, orders: int, seeds: range, *, cpu_s: float, foreseen_cpu_s: float
) -> list[Days]:
    outcomes: dict[str, list[Outcome]] = {name: [] for name in (*POLICIES, FORESEEN)}
    for seed in seeds:
        day_of = waves(region, orders, seed)
        for name, policy in POLICIES.items():
            outcomes[name].append(play(day_of, policy, seed, cpu_s=cpu_s))
        outcomes[FORESEEN].append(foreseen(day_of, seed, cpu_s=foreseen_cpu_s))
    found = [
        Days(
            region=region,
            policy=name,
            outcomes=tuple(own),
            greedy=tuple(outcomes["greedy"]),
            foreseen=tuple(outcomes[FORESEEN]),
        )
        for name, own in outcomes.items()
    ]
    for each in found:
        print(each.row(), file=sys.stderr, flush=True)
    return found


def _goals(found: Sequence[Days]) -> list[Goal]:
    goals = []
    for each in found:
        if each.policy not in HELD_TO_GOALS:
            continue
        name = f"{each.region}, {each.outcomes[0].account.asked} orders"
        goals += [
            Goal(
                name=f"{name}: {each.policy} saves over greedy",
                value=each.saved_percent,
                unit="%",
                at_least=GOAL_CHEAPER_PERCENT,
            ),
            Goal(
                name=f"{name}: {each.policy}, promised times moved",
                value=each.moved_percent,
                unit="%",
                at_most=GOAL_MOVED_PERCENT,
            ),
        ]
    return goals


def _arguments() -> argparse.Namespace:
    parser = arguments("dispatch", sizes=[40, 100])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cpu-seconds", type=float, default=0.2)
    parser.add_argument("--foreseen-cpu-seconds", type=float, default=20.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
