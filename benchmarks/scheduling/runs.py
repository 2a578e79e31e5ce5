"""Runs contestants one after another, judges each schedule, and remembers every row."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.child import run_child
from benchmarks.scheduling.contestants import CONTESTANTS
from benchmarks.scheduling.instance import Answer
from benchmarks.scheduling.readers import best_known, read
from benchmarks.scheduling.referee import judge

type Row = dict[str, Any]

KEY = ("instance", "contestant", "seed", "budget_s")
WALL_FACTOR, WALL_EXTRA_S = 10, 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which runs are wanted."""

    files: Sequence[Path]
    contestants: Sequence[str]
    seeds: Sequence[int]
    cpu_s: float
    core: int


def load(files: Sequence[Path]) -> list[Row]:
    """Return the rows of JSON-lines files; of two with one key the later."""
    rows = [json.loads(line) for f in files for line in f.read_text().splitlines()]
    return [*{tuple(row[key] for key in KEY): row for row in rows}.values()]


def run(plan: Plan, out: Path | None) -> Iterator[Row]:
    """Yield a row for each run; what is in `out` already is yielded as it is there."""
    known = load([out]) if out is not None and out.exists() else []
    done = {tuple(row[key] for key in KEY): row for row in known}
    for path, job in _jobs(plan):
        row = done.get(tuple(job[key] for key in KEY))
        if row is None:
            row = job | _outcome(path, job, plan.core)
            if out is not None:
                with out.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
        yield row


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
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        order = {
            "path": str(path.resolve()),
            "contestant": job["contestant"],
            "seed": job["seed"],
            "cpu_seconds": job["budget_s"],
            "core": core,
            "answer": str(file),
        }
        fault = run_child(
            "benchmarks.scheduling.contestants",
            order,
            wall_s=WALL_FACTOR * job["budget_s"] + WALL_EXTRA_S,
        )
        if fault:
            return {"verdict": fault}
        said = json.loads(file.read_text())
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
