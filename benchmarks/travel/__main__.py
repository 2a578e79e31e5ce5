"""Matrices of real places: `python -m benchmarks.travel [--json] [--write]`.

Bicycle, places drawn by seed on the roads of each extract, one process and one core;
compiled kernels are loaded before. CPU time, because a shared machine's clock tells of
its neighbours. OSRM answers for the same places, its figures into arrays as ours.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

import numpy as np

from benchmarks.data import data_folder
from benchmarks.report import Goal, Report
from benchmarks.travel import by_osrm
from orchestrator.entry.region_roads import read_roads
from routing.travel.graph import RoadGraph, graph_to_bytes
from routing.travel.hierarchy import hierarchy_of
from routing.travel.matrix import Place, Profile
from routing.travel.network import network_of
from routing.travel.table import TravelTable

SEED = 1
SIZES = (100, 200, 1_000)
MORE = {100: 2.0, 1_000: 20.0}  # ms that a quote has for its place, at so many places
MORE_COUNT = 60
EXTRACTS = ("Helsinki", "liechtenstein-latest")
RIDE = Profile.BICYCLE
SCATTER_DEG = 2e-4  # off the roads, as house doors are


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    told = parser.parse_args(arguments)
    rows: list[Mapping[str, Any]] = []
    goals: list[Goal] = []
    for name in EXTRACTS:
        extract = data_folder("osm") / f"{name}.osm.pbf"
        with tempfile.TemporaryDirectory() as folder:
            _measure(extract, Path(folder), rows, goals)
    report = Report(name="Travel", rows=rows, goals=goals, notes=NOTES)
    return report.finish(as_json=told.json, write=told.write)


NOTES = (
    "CPU milliseconds of one thread, best of three for a table. One more place: its row and its column, and the whole matrix handed out again. "
    "OSRM has no matrix to add to: its row and column alone, with hints. Ratios are "
    "ours to OSRM's over all pairs of 1,000 places (median; 5 % and 95 %); its bicycle "
    "profile and our speeds are two opinions, neither is the truth.",
)


def _measure(
    extract: Path, folder: Path, rows: list[Mapping[str, Any]], goals: list[Goal]
) -> None:
    area = extract.name.split(".")[0].split("-")[0].title()
    graph, read_ms = _timed(lambda: read_roads(extract))
    TravelTable(graph, RIDE).matrix(_places(graph, 3))  # compiled kernels are loaded
    network = network_of(graph, RIDE)
    hierarchy_of.cache_clear()
    _, contract_ms = _timed(lambda: hierarchy_of(graph, RIDE))
    osrm_graph, osrm_ms = _timed(lambda: by_osrm.build(extract, folder))
    engine = by_osrm.Engine(osrm_graph)
    rows.append(
        {
            "area": area,
            "what": f"build, {len(network.nodes)} nodes",
            "ours ms": read_ms + contract_ms,
            "OSRM ms": osrm_ms,
            "ours MB": len(graph_to_bytes(graph)) / 1e6,
            "OSRM MB": by_osrm.size_bytes(osrm_graph) / 1e6,
        }
    )
    places = _places(graph, max(SIZES) + MORE_COUNT)
    rows.extend(_table(area, graph, engine, places[:size]) for size in SIZES)
    for size, most_ms in MORE.items():
        row = _one_more(area, graph, engine, places, size)
        rows.append(row)
        goals.append(
            Goal(
                name=f"{area}: one more place into {size}, p95",
                value=row["ours p95 ms"],
                unit="ms",
                at_most=most_ms,
            )
        )


def _table(
    area: str, graph: RoadGraph, engine: by_osrm.Engine, places: Sequence[Place]
) -> dict[str, Any]:
    """The best of three, and how far the two agree."""
    tables = [TravelTable(graph, RIDE) for _ in range(3)]
    ours = [_timed(lambda table=table: table.matrix(places)) for table in tables]
    theirs = [_timed(lambda: engine.table(places)) for _ in range(3)]
    matrix, (seconds, metres) = ours[0][0], theirs[0][0]
    apart = ~np.eye(len(places), dtype=np.bool_) & ~np.isnan(seconds)
    for pair in matrix.unreachable:
        apart[pair] = False
    return {
        "area": area,
        "what": f"table of {len(places)}",
        "ours ms": min(ms for _, ms in ours),
        "OSRM ms": min(ms for _, ms in theirs),
        "ours MB": tables[0].size_bytes / 1e6,
        "no way, ours": len(matrix.unreachable),
        "no way, OSRM": int(np.isnan(seconds).sum()),
        "times": _ratio(matrix.seconds[apart], seconds[apart]),
        "metres": _ratio(matrix.metres[apart], metres[apart]),
    }


def _one_more(
    area: str,
    graph: RoadGraph,
    engine: by_osrm.Engine,
    places: Sequence[Place],
    size: int,
) -> dict[str, Any]:
    table, known = TravelTable(graph, RIDE), list(places[:size])
    table.matrix(known)
    ours, theirs = [], []
    for place in places[size : size + MORE_COUNT]:
        asked = [*known, place]
        ours.append(_timed(lambda asked=asked: table.matrix(asked))[1])
    for place in places[size : size + 5]:
        asked = [*known, place]
        hints = engine.hints(asked)
        work = lambda asked=asked, hints=hints: engine.row_and_column(asked, hints)  # noqa: E731
        theirs.append(_timed(work)[1])
    return {
        "area": area,
        "what": f"one more into {size}",
        "ours ms": float(np.median(ours)),
        "ours p95 ms": float(np.percentile(ours, 95)),
        "OSRM ms": float(np.median(theirs)),
        "ours MB": table.size_bytes / 1e6,
    }


def _places(graph: RoadGraph, count: int) -> list[Place]:
    draw = np.random.default_rng(SEED)
    network = network_of(graph, RIDE)
    nodes = network.nodes[draw.choice(len(network.nodes), count, replace=False)]
    off = draw.normal(0, SCATTER_DEG, (count, 2))
    return [
        Place(
            longitude_deg=float(graph.longitudes_e6[node]) / 1e6 + east,
            latitude_deg=float(graph.latitudes_e6[node]) / 1e6 + north / 2,
        )
        for node, (east, north) in zip(nodes, off.tolist(), strict=True)
    ]


def _ratio(ours: Any, theirs: Any) -> str:
    low, middle, high = np.percentile(ours / np.maximum(theirs, 1), (5, 50, 95))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _timed[T](work: Callable[[], T]) -> tuple[T, float]:
    """The work's result and its CPU time, that of programs it runs included."""
    begun_s = _cpu_s()
    result = work()
    return result, (_cpu_s() - begun_s) * 1_000


def _cpu_s() -> float:
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main())
