"""From rows of runs to the table by size and to the goals."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.contest import Row
from benchmarks.couriers.contestants import CONTESTANTS, OURS
from benchmarks.report import Goal

type Group = tuple[str, str, int, float]  # set, objective, size, CPU seconds

NOT_WORSE = 0.005  # best known distances have two decimals
# size: (CPU seconds, fleet at most, gap in percent at most)
TARGETS = (
    (100, 0.3, 1.0, 0.05),
    (100, 1.0, 1.0, 0.0),
    (200, 3.0, 1.002, 0.5),
    (200, 10.0, 1.002, 0.2),
    (400, 20.0, 1.01, 2.0),
    (1_000, 30.0, 1.03, 3.0),
)
FIRST_PLAN_MS = {100: 1.0, 400: 5.0, 1_000: 30.0}
DISTANCE_SIZES, DISTANCE_CPU_S = (100, 200, 400), (1.0, 10.0)


def groups_of(rows: Sequence[Row]) -> dict[Group, dict[str, list[Row]]]:
    """Return the rows by set, objective, size and time, then by contestant."""
    found: dict[Group, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        group = (row["family"], row["objective"], row["size"], row["budget_s"])
        found[group][row["contestant"]].append(row)
    return {group: dict(found[group]) for group in sorted(found)}


def table(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One line for each set, size, time and contestant."""
    lines = []
    for group, runs in groups_of(rows).items():
        for name in (name for name in CONTESTANTS if name in runs):
            head = {"instances": _called(group), "contestant": name}
            lines.append(head | _figures(runs[name]))
    return lines


def runs_told(rows: Sequence[Row]) -> list[str]:
    """Say, for each set, size and time, who had which instances and seeds."""
    told = []
    for group, runs in groups_of(rows).items():
        who: dict[str, list[str]] = defaultdict(list)
        for name, own in runs.items():
            seeds: dict[str, list[int]] = defaultdict(list)
            for run in own:
                seeds[run["instance"]].append(run["seed"])
            had = [f"{i} ({','.join(map(str, s))})" for i, s in sorted(seeds.items())]
            who[" ".join(had)].append(name)
        text = "; ".join(f"{', '.join(names)}: {had}" for had, names in who.items())
        told.append(f"{_called(group)}, instances (seeds): {text}.")
    return told


def _called(group: Group) -> str:
    family, objective, size, budget_s = group
    first = ", distance" if objective == "distance" else ""
    return f"{family} {size}, {budget_s:g} s{first}"


def goals(rows: Sequence[Row]) -> list[Goal]:
    """Return the goals on which these rows have a say."""
    return [
        goal
        for (family, objective, size, cpu_s), runs in groups_of(rows).items()
        if OURS in runs
        for goal in _group_goals(
            f"{family} {size}, {cpu_s:g} s", objective, (family, size, cpu_s), runs
        )
    ]


def fleet_ratio(runs: Sequence[Row]) -> float:
    """Vehicles over best known ones, in total; NaN if a run has no valid plan."""
    if not runs or any(not _is_valid(run) or not run["best_vehicles"] for run in runs):
        return math.nan
    return sum(r["vehicles"] for r in runs) / sum(r["best_vehicles"] for r in runs)


def gaps(runs: Sequence[Row]) -> list[float]:
    """Percent over the best known distance, of valid plans with that very fleet."""
    return [
        r["gap_percent"] for r in runs if _is_valid(r) and r["gap_percent"] is not None
    ]


def not_worse_percent(
    ours: Sequence[Row], peer: Sequence[Row], objective: str
) -> float:
    """Share of the instances of both where our mean over seeds is not worse."""
    mine, theirs = (_by_instance(runs, objective) for runs in (ours, peer))
    both = sorted(mine.keys() & theirs.keys())
    if not both:
        return math.nan
    good = 0
    for name in both:
        (vehicles, distance), (vehicles_peer, distance_peer) = mine[name], theirs[name]
        if vehicles == vehicles_peer:
            good += distance <= distance_peer + NOT_WORSE
        else:
            good += vehicles < vehicles_peer
    return 100 * good / len(both)


def _by_instance(runs: Sequence[Row], objective: str) -> dict[str, tuple[float, float]]:
    """(mean vehicles, mean distance); infinite where any run has no valid plan."""
    found: dict[str, list[Row]] = defaultdict(list)
    for run in runs:
        if not run["verdict"].startswith("cannot"):
            found[run["instance"]].append(run)
    means = {}
    for name, of_one in found.items():
        if all(_is_valid(run) for run in of_one):
            vehicles = statistics.fmean(run["vehicles"] for run in of_one)
            distance = statistics.fmean(run["distance"] for run in of_one)
            means[name] = (vehicles if objective == "fleet" else 0.0, distance)
        else:
            means[name] = (math.inf, math.inf)
    return means


def _figures(runs: Sequence[Row]) -> dict[str, Any]:
    cannot = [run["verdict"] for run in runs if run["verdict"].startswith("cannot")]
    valid = [run for run in runs if _is_valid(run)]
    shown = gaps(valid)
    first_s = [run["first_plan_s"] for run in valid if run["first_plan_s"] is not None]
    pace = [p for run in valid if (p := run["thousand_iterations_per_s"]) is not None]
    ratio = fleet_ratio(valid)
    return {
        "valid": cannot[0] if cannot else f"{len(valid)} of {len(runs)}",
        "vehicles": sum(run["vehicles"] for run in valid) if valid else "",
        "fleet": "" if math.isnan(ratio) else f"{ratio:.3f}",
        "gap %": f"{statistics.fmean(shown):.2f}" if shown else "",
        "worst gap %": f"{max(shown):.2f}" if shown else "",
        "gap of": len(shown),
        "distance": f"{statistics.fmean(r['distance'] for r in valid):.1f}"
        if valid
        else "",
        "used CPU s": f"{statistics.fmean(r['cpu_s'] for r in valid):.2f}"
        if valid
        else "",
        "first plan ms": f"{1e3 * statistics.median(first_s):.1f}" if first_s else "",
        "k it/s": f"{statistics.median(pace):.0f}" if pace else "",
    }


def _group_goals(
    where: str,
    objective: str,
    place: tuple[str, int, float],
    runs: dict[str, list[Row]],
) -> Iterator[Goal]:
    family, size, cpu_s = place
    ours = runs[OURS]
    share = 100 * sum(map(_is_valid, ours)) / len(ours)
    yield Goal(name=f"{where}: valid plans", value=share, unit="%", at_least=100)
    if family == "Li & Lim" and objective == "fleet":
        yield from _known_goals(where, size, cpu_s, ours)
    is_distance_goal = size in DISTANCE_SIZES and cpu_s in DISTANCE_CPU_S
    for peer, rows in runs.items():
        if peer == OURS or all(r["verdict"].startswith("cannot") for r in rows):
            continue
        is_strict = objective == "distance" and peer == "pyvrp" and is_distance_goal
        yield Goal(
            name=f"{where}: not worse than {peer} ({objective})",
            value=not_worse_percent(ours, rows, objective),
            unit="%",
            at_least=100 if is_strict else 95,
        )


def _known_goals(
    where: str, size: int, cpu_s: float, ours: Sequence[Row]
) -> Iterator[Goal]:
    for target_size, target_s, fleet, gap in TARGETS:
        if (target_size, target_s) != (size, cpu_s):
            continue
        shown = gaps(ours)
        ratio = fleet_ratio(ours)
        mean = statistics.fmean(shown) if shown else math.nan
        yield Goal(name=f"{where}: fleet", value=ratio, unit="×", at_most=fleet)
        # 0.00 % means: to the two decimals in which best known distances come.
        most = max(gap, 0.005)
        yield Goal(name=f"{where}: gap", value=mean, unit="%", at_most=most)
    first_s = [r["first_plan_s"] for r in ours if _is_valid(r)]
    if size in FIRST_PLAN_MS and first_s:
        yield Goal(
            name=f"{where}: slowest first plan",
            value=1e3 * max(first_s),
            unit="ms",
            at_most=FIRST_PLAN_MS[size],
        )


def _is_valid(run: Row) -> bool:
    return bool(run["verdict"] == "valid")
