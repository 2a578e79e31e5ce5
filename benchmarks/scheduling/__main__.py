"""Our scheduling beside other solvers: `python -m benchmarks.scheduling PATH…`."""

import argparse
import sys
from collections import defaultdict

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.report import Report
from benchmarks.scheduling import runs, summary
from benchmarks.scheduling.contestants import CONTESTANTS, OURS
from benchmarks.scheduling.readers import find


def main() -> int:
    """Run what is asked for, or take rows from files, and report."""
    wanted = _arguments()
    rows = contest.rows_of(
        wanted,
        lambda: runs.run(_plan(wanted), wanted.out),
        key=runs.KEY,
        figures=("makespan", "bound", "best_makespan"),
    )
    report = Report(
        name="Scheduling",
        rows=rows if wanted.json else summary.table(rows),
        goals=summary.goals(rows),
        notes=[*_notes(rows), *wanted.note],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _plan(wanted: argparse.Namespace) -> runs.Plan:
    return runs.Plan(
        files=find(wanted.paths),
        contestants=[OURS, *wanted.peers],
        seeds=range(wanted.seed, wanted.seed + wanted.seeds),
        cpu_s=wanted.cpu_seconds,
        core=wanted.core,
    )


def _arguments() -> argparse.Namespace:
    parser = contest.arguments("scheduling", CONTESTANTS)
    parser.add_argument("--cpu-seconds", type=float, default=10.0, metavar="S")
    return parser.parse_args()


def _notes(rows: list[Row]) -> list[str]:
    used = {row["contestant"]: row["version"] for row in rows}
    settings = "; ".join(
        f"{name} {used[name]} ({what})"
        for name, (what, _) in CONTESTANTS.items()
        if name in used
    )
    apart: dict[str, list[str]] = defaultdict(list)
    for runs_of in summary.groups_of(rows).values():
        for peer in runs_of.keys() - {OURS} if OURS in runs_of else ():
            apart[peer] += summary.behind(runs_of[OURS], runs_of[peer])
    notes = [
        "CPU seconds of one thread on one pinned core, building the model included; "
        "each run is a process of its own, compiling and loading are done before its "
        "clock starts. Every schedule is checked by the planner's referee, every bound "
        "against the best known makespan. Best known: ScheduleOpt/benchmarks.",
        f"Settings: {settings}.",
    ]
    return notes + [
        f"Behind {peer}: {', '.join(apart[peer])}." for peer in used if apart[peer]
    ]


if __name__ == "__main__":
    sys.exit(main())
