"""Our couriers beside other solvers: `python -m benchmarks.couriers PATH…`."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.couriers import plot, runs, summary
from benchmarks.couriers.contestants import CONTESTANTS, OURS
from benchmarks.couriers.readers import find, read
from benchmarks.report import PERFORMANCE, Report

PLOT = PERFORMANCE.parent / "couriers.svg"


def main() -> int:
    """Run what is asked for, or take rows from files, and report."""
    wanted = _arguments()
    if wanted.rows:
        rows = runs.load(wanted.rows)
    else:
        plan = runs.Plan(
            files=_files(wanted),
            contestants=[OURS, *wanted.peers],
            seeds=range(wanted.seed, wanted.seed + wanted.seeds),
            cpu_s=wanted.cpu_seconds,
            objective=wanted.objective,
            core=wanted.core,
        )
        rows = []
        for row in runs.run(plan, wanted.out):
            rows.append(row)
            _say(row)
    if not rows:
        sys.exit("no runs: name instances, or files of rows by --rows")
    if wanted.write:
        plot.draw(rows, PLOT)
    report = Report(
        name="Couriers",
        rows=summary.table(rows),
        goals=summary.goals(rows),
        notes=_notes(rows),
    )
    return report.finish(as_json=wanted.json, write=wanted.write, plot=PLOT)


def _files(wanted: argparse.Namespace) -> list[Path]:
    """Return the instance files of the sizes asked for."""
    for path in wanted.paths:
        if not path.exists():
            sys.exit(f"{path} is not there")
    files = find(wanted.paths)
    if not wanted.tasks:
        return files
    return [f for f in files if runs.size_class(read(f).tasks) in wanted.tasks]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.couriers")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--cpu-seconds", type=_seconds, default=None, metavar="S|auto")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--peers", type=_names, default=[], metavar="NAME,…")
    parser.add_argument("--objective", choices=["fleet", "distance"])
    parser.add_argument("--tasks", type=int, nargs="*", help="only these sizes")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, help="JSON lines; what is there is not run")
    parser.add_argument(
        "--rows", type=Path, nargs="*", help="report these, run nothing"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _seconds(text: str) -> float | None:
    return None if text == "auto" else float(text)


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = set(names) - set(CONTESTANTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no such peer: {', '.join(sorted(unknown))}")
    return names


def _say(row: runs.Row) -> None:
    figures = f"{row.get('vehicles', '')} {row.get('distance', '')}"
    head = [row[key] for key in runs.KEY]
    print(*head, figures, row["verdict"], file=sys.stderr, flush=True)


def _notes(rows: list[runs.Row]) -> list[str]:
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
