"""Which runs a contest of couriers has, and the judged outcome of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.couriers.contestants import CONTESTANTS
from benchmarks.couriers.instance import Tour
from benchmarks.couriers.readers import best_known, read
from benchmarks.couriers.referee import judge

KEY = ("instance", "objective", "contestant", "seed", "budget_s")
CPU_S = {100: 1.0, 200: 3.0, 400: 20.0, 800: 25.0}
CPU_LARGEST_S = 30.0
SIZES = (100, 200, 400, 600, 800, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which runs are wanted. `cpu_s` None: by size; `objective` None: the set's own."""

    files: Sequence[Path]
    contestants: Sequence[str]
    seeds: Sequence[int]
    cpu_s: float | None
    objective: str | None
    core: int


def budget_s(tasks: int) -> float:
    """CPU seconds by size, as the goals have them."""
    return next((cpu for size, cpu in CPU_S.items() if tasks <= size), CPU_LARGEST_S)


def size_class(tasks: int) -> int:
    """Return the size under which an instance is counted."""
    return next((size for size in SIZES if tasks <= size), SIZES[-1])


def run(plan: Plan, out: Path | None) -> Iterator[Row]:
    """Yield a row for each run; what is in `out` already is yielded as it is there."""
    outcome = partial(_outcome, core=plan.core)
    return contest.run(_jobs(plan), outcome, key=KEY, out=out)


def _jobs(plan: Plan) -> Iterator[tuple[Path, Row]]:
    for path in plan.files:
        instance = read(path)
        own = "distance" if instance.drops else "fleet"
        objective = plan.objective or own
        best = best_known(path) if objective == own else None
        for seed in plan.seeds:
            for name in plan.contestants:
                if seed != plan.seeds[0] and not CONTESTANTS[name].is_seeded:
                    continue
                yield (
                    path,
                    {
                        "instance": instance.name,
                        "family": instance.family,
                        "size": size_class(instance.tasks),
                        "objective": objective,
                        "contestant": name,
                        "version": version(name),
                        "seed": seed,
                        "budget_s": plan.cpu_s or budget_s(instance.tasks),
                        "best_vehicles": best[0] if best else None,
                        "best_distance": best[1] if best else None,
                    },
                )


def _outcome(path: Path, job: Row, core: int) -> Row:
    said = contest.answer_of("benchmarks.couriers.contestants", path, job, core)
    if isinstance(said, str):
        return {"verdict": said}
    if "cannot" in said:
        return {"verdict": f"cannot: {said['cannot']}"}
    tours = [Tour(group=t["group"], nodes=tuple(t["nodes"])) for t in said["tours"]]
    verdict = judge(path, tours)
    best = job["best_distance"]
    is_comparable = best and job["best_vehicles"] == verdict.vehicles
    return {
        "vehicles": verdict.vehicles,
        "distance": verdict.distance,
        "gap_percent": 100 * (verdict.distance / best - 1) if is_comparable else None,
        "cpu_s": said["cpu_s"],
        "first_plan_s": said["first_plan_s"],
        "thousand_iterations_per_s": said["thousand_iterations_per_s"],
        "verdict": verdict.fault or "valid",
        "routes": [[tour.group, *tour.nodes] for tour in tours],
    }
