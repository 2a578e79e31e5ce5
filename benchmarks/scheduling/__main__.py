"""Our scheduling beside other solvers: `python -m benchmarks.scheduling PATH…`."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.report import Report
from benchmarks.scheduling import runs, summary
from benchmarks.scheduling.contestants import CONTESTANTS, OURS
from benchmarks.scheduling.readers import find


def main() -> int:
    """Run what is asked for, or take rows from files, and report."""
    wanted = _arguments()
    if wanted.rows:
        rows = runs.load(wanted.rows)
    else:
        for path in wanted.paths:
            if not path.exists():
                sys.exit(f"{path} is not there")
        plan = runs.Plan(
            files=find(wanted.paths),
            contestants=[OURS, *wanted.peers],
            seeds=range(wanted.seed, wanted.seed + wanted.seeds),
            cpu_s=wanted.cpu_seconds,
            core=wanted.core,
        )
        rows = []
        for row in runs.run(plan, wanted.out):
            rows.append(row)
            _say(row)
    if not rows:
        sys.exit("no runs: name instances, or files of rows by --rows")
    report = Report(
        name="Scheduling",
        rows=rows if wanted.json else summary.table(rows),
        goals=summary.goals(rows),
        notes=_notes(rows),
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduling")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--cpu-seconds", type=float, default=10.0, metavar="S")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--peers", type=_names, default=[], metavar="NAME,…")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, help="JSON lines; what is there is not run")
    parser.add_argument(
        "--rows", type=Path, nargs="*", help="report these, run nothing"
    )
    parser.add_argument("--json", action="store_true", help="a row per run, schedules")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = set(names) - set(CONTESTANTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no such peer: {', '.join(sorted(unknown))}")
    return names


def _say(row: runs.Row) -> None:
    figures = f"{row.get('makespan', '')} (bound {row.get('bound', '')})"
    head = [row[key] for key in runs.KEY]
    print(
        *head,
        figures,
        row["best_makespan"],
        row["verdict"],
        file=sys.stderr,
        flush=True,
    )


def _notes(rows: list[runs.Row]) -> list[str]:
    used = {row["contestant"]: row["version"] for row in rows}
    settings = "; ".join(
        f"{name} {used[name]} ({what})"
        for name, (what, _) in CONTESTANTS.items()
        if name in used
    )
    apart = {
        peer: summary.behind(ours, theirs)
        for runs_of in summary.groups_of(rows).values()
        if (ours := runs_of.get(OURS))
        for peer, theirs in runs_of.items()
        if peer != OURS and summary.behind(ours, theirs)
    }
    notes = [
        "CPU seconds of one thread on one pinned core, building the model included; "
        "each run is a process of its own, compiling and loading are done before its "
        "clock starts. Every schedule is checked by the planner's referee, every bound "
        "against the best known makespan. Best known: ScheduleOpt/benchmarks.",
        f"Settings: {settings}.",
    ]
    notes += [f"Behind {peer}: {', '.join(names)}." for peer, names in apart.items()]
    return notes


if __name__ == "__main__":
    sys.exit(main())
