"""Who takes part, by which settings, and one run of one of them in its own process."""

import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.couriers.instance import CannotExpressError, integers_of
from benchmarks.couriers.readers import read

OURS = "fabcommons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """`settings` for the page; without a seed one run per instance is enough."""

    settings: str
    is_seeded: bool = True


CONTESTANTS = {
    OURS: Contestant(settings="a fixed price per courier above any distance"),
    "pyvrp": Contestant(
        settings="shipments; fixed cost per vehicle of ten longest legs"
    ),
    "pyvroom": Contestant(
        settings="exploration level 5, fixed cost per vehicle", is_seeded=False
    ),
    "commiv": Contestant(settings="solve_pdptw with fleet_min"),
    "ortools": Contestant(
        settings="parallel cheapest insertion, guided local search, fixed cost",
        is_seeded=False,
    ),
}


def main() -> None:
    """Run the job that argv names as JSON and write the answer where it says."""
    job = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {job["core"]})
    solver = importlib.import_module(f"benchmarks.couriers.by_{job['contestant']}")
    instance = read(Path(job["path"]))
    solver.warm()
    try:
        answer = solver.solve(
            instance,
            integers_of(instance),
            fleet_first=job["objective"] == "fleet",
            cpu_s=job["cpu_seconds"],
            seed=job["seed"],
        )
        said = asdict(answer)
    except CannotExpressError as error:
        said = {"cannot": str(error)}
    Path(job["answer"]).write_text(json.dumps(said))


if __name__ == "__main__":
    main()
