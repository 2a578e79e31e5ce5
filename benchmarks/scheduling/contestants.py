"""Who takes part, by which settings, and one run of one of them in its own process."""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.scheduling.readers import read

OURS = "fabcommons"

# By name: what it is, and the distribution whose version is told.
CONTESTANTS = {
    OURS: (
        "list scheduling, then tabu search, then CP-SAT with the best as hint",
        "fabcommons",
    ),
    "cpsat": ("optional intervals, one worker, no start given", "ortools"),
    "pyjobshop": ("its OR-Tools model, one worker", "pyjobshop"),
}


def main() -> None:
    """Run the job that argv names as JSON and write the answer where it says."""
    job = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {job["core"]})
    solver = importlib.import_module(f"benchmarks.scheduling.by_{job['contestant']}")
    solver.warm()
    answer = solver.solve(
        read(Path(job["path"])), cpu_s=job["cpu_seconds"], seed=job["seed"]
    )
    Path(job["answer"]).write_text(json.dumps(asdict(answer)))


if __name__ == "__main__":
    main()
