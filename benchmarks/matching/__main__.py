"""Do labs answer at once what they can make? `python -m benchmarks.matching`.

The real labs, repeated to 300, 3,000 and 30,000, are asked what 2,095 designs ask, one
query after the other on one core, and all at once on two. A sample of the answers is
checked against `eligible`, machine by machine.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence

from benchmarks.matching.fleet import requirements
from benchmarks.matching.node import NodeTimed, node_timed
from benchmarks.matching.timed import CORES, SAMPLE, Timed, timed
from benchmarks.report import Goal, Report

LABS = (300, 3_000, 30_000)
DESIGNS = 2_095
PAGES = 100
QUERY_GOAL_MS = 50
ALL_GOAL_S = 60


def main() -> int:
    """Run what is asked for and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labs", type=int, nargs="+", default=LABS)
    parser.add_argument("--designs", type=int, default=DESIGNS)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    wanted = parser.parse_args()
    asked = requirements(wanted.designs, wanted.seed)
    runs = [timed(labs, asked, wanted.seed) for labs in wanted.labs]
    nodes = {labs: node_timed(labs, asked[:PAGES], wanted.seed) for labs in wanted.labs}
    report = Report(
        name="Matching",
        rows=[_row(run, nodes[run.labs]) for run in runs],
        goals=_goals(runs, nodes, wanted.designs),
        notes=[
            f"CPU time, so that other work on the machine does not count. One query: the 50 best machines of all labs, ranked, with counts of why "
            f"the others are refused; {wanted.designs} different ones on one core. All: "
            f"the same shared by {CORES} processes on a core each, the slower one, from its birth, imports and index included. Wrong: "
            f"answers for {SAMPLE} of them that differ from asking machine by machine. "
            "Peak memory is of the one process after all sizes up to this one. In a "
            "node: machines as rows in SQLite; first: all read and indexed; page: "
            '"who can make this?" from opening the session to the 50 best labs with '
            f"all that they lack, for {PAGES} designs; after a word: the index again "
            "when one lab said something of one machine. Labs and machines are real, "
            "sizes within 5 mm of the real ones; what is loaded, in stock, and asked by "
            "manifests that do not say, is drawn (benchmarks/matching/fleet.py)."
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


def _row(run: Timed, node: NodeTimed) -> dict[str, object]:
    return {
        "labs": run.labs,
        "machines": run.machines,
        "index s": run.index_s,
        "query ms, median": statistics.median(run.query_ms),
        "p99": _p99(run.query_ms),
        f"all on {CORES} cores, s": run.all_s,
        "matches": run.matches,
        "wrong": run.wrong,
        "peak MB": run.peak_mb,
        "in a node: first s": node.first_s,
        "page ms, median": statistics.median(node.page_ms),
        "page p99": _p99(node.page_ms),
        "after a word, ms": node.told_ms,
    }


def _goals(
    runs: Sequence[Timed], nodes: Mapping[int, NodeTimed], designs: int
) -> list[Goal]:
    goals = [
        Goal(name="wrong answers", value=sum(run.wrong for run in runs), at_most=0)
    ]
    for run in runs:
        if run.labs == 3_000:
            goals += [
                Goal(
                    name="a query over 3,000 labs, p99",
                    value=_p99(run.query_ms),
                    unit="ms",
                    at_most=QUERY_GOAL_MS,
                ),
                Goal(
                    name="who can make this, in a node of 3,000 labs, p99",
                    value=_p99(nodes[run.labs].page_ms),
                    unit="ms",
                    at_most=QUERY_GOAL_MS,
                ),
                Goal(
                    name=f"{designs} designs beside 3,000 labs",
                    value=run.all_s,
                    unit="s",
                    at_most=ALL_GOAL_S,
                ),
            ]
    return goals


if __name__ == "__main__":
    raise SystemExit(main())
