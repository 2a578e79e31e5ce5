"""From rows of runs to the table by family and to the goals."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.contest import Row
from benchmarks.report import Goal
from benchmarks.scheduling.contestants import CONTESTANTS, OURS

type Group = tuple[str, float]  # family, CPU seconds

GAP_PERCENT, GAP_CPU_S = 1.0, 10.0


def groups_of(rows: Sequence[Row]) -> dict[Group, dict[str, list[Row]]]:
    """Return the rows by family and time, then by contestant."""
    found: dict[Group, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["family"], row["budget_s"]][row["contestant"]].append(row)
    return {group: dict(found[group]) for group in sorted(found)}


def table(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One line for each family, time and contestant."""
    return [
        {"instances": f"{family}, {budget_s:g} s", "contestant": name}
        | _figures(runs[name])
        for (family, budget_s), runs in groups_of(rows).items()
        for name in CONTESTANTS
        if name in runs
    ]


def goals(rows: Sequence[Row]) -> list[Goal]:
    """Return the goals on which these rows have a say."""
    found = []
    for (family, budget_s), runs in groups_of(rows).items():
        if OURS not in runs:
            continue
        where = f"{family}, {budget_s:g} s"
        ours = runs[OURS]
        share = 100 * sum(map(is_valid, ours)) / len(ours)
        found.append(Goal(name=f"{where}: valid", value=share, unit="%", at_least=100))
        worst = max(gaps(ours), default=math.nan)
        if budget_s == GAP_CPU_S:
            found.append(
                Goal(
                    name=f"{where}: worst gap to the best known",
                    value=worst,
                    unit="%",
                    at_most=GAP_PERCENT,
                )
            )
        found += [
            Goal(
                name=f"{where}: instances behind {peer} (mean over seeds)",
                value=len(behind(ours, theirs)),
                at_most=0,
            )
            for peer, theirs in runs.items()
            if peer != OURS
        ]
    return found


def gaps(runs: Sequence[Row]) -> list[float]:
    """Percent over the best known makespan, of valid schedules."""
    return [
        r["gap_percent"] for r in runs if is_valid(r) and r["gap_percent"] is not None
    ]


def behind(ours: Sequence[Row], peer: Sequence[Row]) -> list[str]:
    """Return the instances of both where our mean makespan over seeds is the longer."""
    mine, theirs = _means(ours), _means(peer)
    return sorted(
        name for name in mine.keys() & theirs.keys() if mine[name] > theirs[name]
    )


def is_valid(run: Row) -> bool:
    """Whether the referee accepted it."""
    return bool(run["verdict"] == "valid")


def _means(runs: Sequence[Row]) -> dict[str, float]:
    """Mean makespan; infinite where any run has no valid schedule."""
    found: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        found[run["instance"]].append(run["makespan"] if is_valid(run) else math.inf)
    return {name: statistics.fmean(of_one) for name, of_one in found.items()}


def _figures(runs: Sequence[Row]) -> dict[str, Any]:
    valid = [run for run in runs if is_valid(run)]
    shown = gaps(valid)
    bounds = [100 * (1 - run["bound"] / run["makespan"]) for run in valid]
    first_s = [run["first_s"] for run in valid if run["first_s"] is not None]
    return {
        "valid": f"{len(valid)} of {len(runs)}",
        "gap %": f"{statistics.fmean(shown):.2f}" if shown else "",
        "worst gap %": f"{max(shown):.2f}" if shown else "",
        "best known reached": sum(gap <= 0 for gap in shown),
        "proved optimal": sum(bound <= 0 for bound in bounds),
        "makespan over bound %": f"{statistics.fmean(bounds):.2f}" if bounds else "",
        "used CPU s": f"{statistics.fmean(r['cpu_s'] for r in valid):.2f}"
        if valid
        else "",
        "first plan ms": f"{1e3 * statistics.median(first_s):.1f}" if first_s else "",
    }
