"""Our couriers beside other solvers: `python -m benchmarks.couriers PATH…`."""

import argparse
import sys

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.couriers import plot, runs, summary
from benchmarks.couriers.contestants import CONTESTANTS, OURS
from benchmarks.couriers.readers import find, read
from benchmarks.report import PERFORMANCE, Report

PLOT = PERFORMANCE.parent / "couriers.svg"


def main() -> int:
    """Run what is asked for, or take rows from files, and report."""
    wanted = _arguments()
    rows = contest.rows_of(
        wanted,
        lambda: runs.run(_plan(wanted), wanted.out),
        key=runs.KEY,
        figures=("vehicles", "distance"),
    )
    if wanted.write:
        plot.draw(rows, PLOT)
    report = Report(
        name="Couriers",
        rows=summary.table(rows),
        goals=summary.goals(rows),
        notes=[*_notes(rows), *summary.runs_told(rows), *wanted.note],
    )
    return report.finish(as_json=wanted.json, write=wanted.write, plot=PLOT)


def _plan(wanted: argparse.Namespace) -> runs.Plan:
    """Return the runs on the instance files of the sizes asked for."""
    files = find(wanted.paths)
    if wanted.tasks:
        files = [f for f in files if runs.size_class(read(f).tasks) in wanted.tasks]
    return runs.Plan(
        files=files,
        contestants=[OURS, *wanted.peers],
        seeds=range(wanted.seed, wanted.seed + wanted.seeds),
        cpu_s=wanted.cpu_seconds,
        objective=wanted.objective,
        core=wanted.core,
    )


def _arguments() -> argparse.Namespace:
    parser = contest.arguments("couriers", CONTESTANTS)
    parser.add_argument("--cpu-seconds", type=_seconds, default=None, metavar="S|auto")
    parser.add_argument("--objective", choices=["fleet", "distance"])
    parser.add_argument("--tasks", type=int, nargs="*", help="only these sizes")
    return parser.parse_args()


def _seconds(text: str) -> float | None:
    return None if text == "auto" else float(text)


def _notes(rows: list[Row]) -> list[str]:
    used = {row["contestant"]: row["version"] for row in rows}
    settings = "; ".join(
        f"{name} {used[name]} ({CONTESTANTS[name].settings})"
        for name in CONTESTANTS
        if name in used
    )
    return [
        "CPU seconds of one thread on one pinned core; each run is a process of its "
        "own, compiling and loading are done before its clock starts. Every plan is "
        "checked on the doubles of the instance file by a referee that knows no "
        "solver. Fleet: vehicles over best known ones, in total over valid runs. Gap: "
        "distance over the best known one, only over runs with exactly the best known "
        "number of vehicles (`gap of`). Not worse: mean over seeds, vehicles first "
        "(plain distance: distance alone), an invalid plan loses.",
        f"Settings: {settings}. VROOM ends by itself; commiv and VROOM know the wall "
        "clock only and get their CPU time on it. Contestants without a seed run once.",
    ]


if __name__ == "__main__":
    sys.exit(main())
