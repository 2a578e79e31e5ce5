"""Which plans the comparison has: one row for each day, way of planning and seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.joint.arms import ARMS
from benchmarks.region.scene import scene
from routing.joint.problem import JointProblem, Weights

KEY = ("region", "orders", "seed", "arm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The days to plan: regions, sizes in orders, seeds."""

    regions: Sequence[str]
    sizes: Sequence[int]
    seeds: Sequence[int]


def cpu_s(orders: int) -> float:
    """CPU seconds that each way gets for a day of so many orders."""
    return min(20.0, max(2.0, orders / 10))


def run(wanted: Wanted, out: Path | None) -> Iterator[Row]:
    """Yield a row for each plan, one seed after the other; what is in `out` as it is."""

    def outcome(_: Path, job: Row) -> Row:
        problem = scene(job["region"], job["orders"], job["seed"])
        # Nothing is promised here, so nobody needs air before a shift ends.
        airless = Weights(promise_slack_s=0, promise_slack_percent=0)
        problem = replace(problem, weights=airless)
        done = ARMS[job["arm"]](problem, job["seed"], job["cpu_s"])
        return {
            "cents": done.cents,
            "left_out": done.left_out,
            "labs": len(problem.fabs),
            "machines": len(problem.machines),
            "couriers": len(problem.couriers),
            "making_least_cents": making_least_cents(problem),
        }

    return contest.run(_jobs(wanted), outcome, key=KEY, out=out)


def making_least_cents(problem: JointProblem) -> int:
    """Return what making everything costs at least, each task at its cheapest."""
    return sum(min(mode.cost_cents for mode in task.modes) for task in problem.tasks)


def _jobs(wanted: Wanted) -> Iterator[tuple[Path, Row]]:
    for seed in wanted.seeds:
        for region in wanted.regions:
            for orders in wanted.sizes:
                for arm in ARMS:
                    yield (
                        Path(),
                        {
                            "region": region,
                            "orders": orders,
                            "seed": seed,
                            "arm": arm,
                            "cpu_s": cpu_s(orders),
                        },
                    )
