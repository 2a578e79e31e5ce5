"""Which runs a contest of scheduling has, and the judged outcome of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.scheduling.contestants import CONTESTANTS
from benchmarks.scheduling.instance import Answer
from benchmarks.scheduling.readers import best_known, read
from benchmarks.scheduling.referee import judge

KEY = ("instance", "contestant", "seed", "budget_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which runs are wanted."""

    files: Sequence[Path]
    contestants: Sequence[str]
    seeds: Sequence[int]
    cpu_s: float
    core: int


def run(plan: Plan, out: Path | None) -> Iterator[Row]:
    """Yield a row for each run; what is in `out` already is yielded as it is there."""
    outcome = partial(_outcome, core=plan.core)
    return contest.run(_jobs(plan), outcome, key=KEY, out=out)


def _jobs(plan: Plan) -> Iterator[tuple[Path, Row]]:
    for path in plan.files:
        instance = read(path)
        best = best_known(instance.name)
        for seed in plan.seeds:
            for name in plan.contestants:
                yield (
                    path,
                    {
                        "instance": instance.name,
                        "family": instance.family,
                        "contestant": name,
                        "version": version(CONTESTANTS[name][1]),
                        "seed": seed,
                        "budget_s": plan.cpu_s,
                        "best_bound": best[0] if best else None,
                        "best_makespan": best[1] if best else None,
                    },
                )


def _outcome(path: Path, job: Row, core: int) -> Row:
    said = contest.answer_of("benchmarks.scheduling.contestants", path, job, core)
    if isinstance(said, str):
        return {"verdict": said}
    answer = Answer(**said | {"slots": tuple(map(tuple, said["slots"]))})
    best = job["best_makespan"]
    known = (job["best_bound"], best) if best else None
    verdict = judge(read(path), answer, known)
    return {
        "makespan": verdict.makespan,
        "bound": answer.bound,
        "gap_percent": 100 * (verdict.makespan / best - 1) if best else None,
        "cpu_s": answer.cpu_s,
        "first_s": answer.first_s,
        "verdict": verdict.fault or "valid",
        "schedule": answer.slots,
    }
