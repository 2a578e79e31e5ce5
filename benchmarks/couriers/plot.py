"""Fleet and gap by size, one line per contestant."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from benchmarks.contest import Row
from benchmarks.couriers.contestants import CONTESTANTS
from benchmarks.couriers.runs import SIZES
from benchmarks.couriers.summary import fleet_ratio, gaps, groups_of

COLOURS = ("#0b6e4f", "#c1121f", "#e09f3e", "#3a6ea5", "#7d5ba6")
MARKERS = ("o", "s", "^", "D", "v")

type Lines = dict[str, list[tuple[int, float]]]


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write an SVG of the Li & Lim runs by their longest time; same rows, same bytes."""
    fleets, distances = _lines(rows)
    style = {"svg.hashsalt": "couriers", "svg.fonttype": "none", "font.size": 9}
    with mpl.rc_context(style):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _panel(left, fleets, "Vehicles over best known, %")
        _panel(right, distances, "Distance over best known, % (same fleet)")
        figure.legend(
            *left.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=5,
            frameon=False,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _lines(rows: Sequence[Row]) -> tuple[Lines, Lines]:
    latest = {}
    for (family, objective, size, cpu_s), runs in groups_of(rows).items():
        if (family, objective) == ("Li & Lim", "fleet"):
            latest[size] = max(
                (cpu_s, runs), latest.get(size, (0.0, runs)), key=lambda x: x[0]
            )
    fleets: Lines = defaultdict(list)
    distances: Lines = defaultdict(list)
    for size, (_, runs) in sorted(latest.items()):
        for name, of_one in runs.items():
            ratio = fleet_ratio([run for run in of_one if run["verdict"] == "valid"])
            shown = gaps(of_one)
            if not math.isnan(ratio):
                fleets[name].append((size, 100 * (ratio - 1)))
            if shown:
                distances[name].append((size, statistics.fmean(shown)))
    return fleets, distances


def _panel(axes: Axes, lines: Lines, title: str) -> None:
    looks = zip(CONTESTANTS, COLOURS, MARKERS, strict=True)
    for name, colour, marker in looks:
        if name in lines:
            sizes, values = zip(*lines[name], strict=True)
            axes.plot(sizes, values, color=colour, marker=marker, label=name, lw=1.6)
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.xaxis.set_minor_formatter(ScalarFormatter())
    axes.set_xticks([], minor=True)
    axes.set_xlabel("tasks")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
