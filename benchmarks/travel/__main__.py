"""Matrices of real places: `python -m benchmarks.travel [--json] [--write]`.

Bicycle and van, places drawn by seed on the roads of each extract, one process and one
core; compiled kernels are loaded before. CPU time, because a shared machine's clock
tells of its neighbours. OSRM answers for the same places, its figures into arrays as
ours.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from routing.travel.network import Network, network_of
from routing.travel.table import TravelTable

SEED = 1
SIZES = (100, 200, 1_000)
MORE = {100: 2.0, 1_000: 20.0}  # ms that a quote has for its place, at so many places
MORE_COUNT = 60
EXTRACTS = ("Helsinki", "liechtenstein-latest")
RIDES = (Profile.BICYCLE, Profile.VAN)
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
        for ride in RIDES:
            with tempfile.TemporaryDirectory() as folder:
                _measure(extract, Path(folder), ride, rows, goals)
    report = Report(name="Travel", rows=rows, goals=goals, notes=NOTES)
    return report.finish(as_json=told.json, write=told.write)


NOTES = (
    "CPU milliseconds of one thread, best of three for a table. One more place: its row and its column, and the whole matrix handed out again. "
    "OSRM has no matrix to add to: its row and column alone, with hints. Ratios are "
    "ours to OSRM's over all pairs that both have a way for (median; 5 % and 95 %); its "
    "bicycle and car profiles and our speeds and turns are two opinions, neither is the "
    "truth. No way: pairs of places; a clipped extract cuts roads, and OSRM may snap to "
    "an end of one.",
)


def _measure(
    extract: Path,
    folder: Path,
    ride: Profile,
    rows: list[Mapping[str, Any]],
    goals: list[Goal],
) -> None:
    area = f"{extract.name.split('.')[0].split('-')[0].title()}, {ride}"
    graph, read_ms = _timed(lambda: read_roads(extract))
    network = network_of(graph, ride)
    places = _places(graph, network, max(SIZES) + MORE_COUNT)
    TravelTable(graph, ride).matrix(places[:3])  # compiled kernels are loaded
    hierarchy_of.cache_clear()
    _, contract_ms = _timed(lambda: hierarchy_of(graph, ride))
    osrm_graph, osrm_ms = _timed(lambda: by_osrm.build(extract, folder, ride))
    run = Run(
        area=area, ride=ride, graph=graph, engine=by_osrm.Engine(osrm_graph), at=places
    )
    rows.append(
        {
            "area": area,
            "what": f"build, {len(network.nodes)} states",
            "ours ms": read_ms + contract_ms,
            "OSRM ms": osrm_ms,
            "ours MB": len(graph_to_bytes(graph)) / 1e6,
            "OSRM MB": by_osrm.size_bytes(osrm_graph) / 1e6,
        }
    )
    rows.extend(_table(run, size) for size in SIZES)
    for size, most_ms in MORE.items():
        row = _one_more(run, size)
        rows.append(row)
        goals.append(
            Goal(
                name=f"{area}: one more place into {size}, p95",
                value=row["ours p95 ms"],
                unit="ms",
                at_most=most_ms,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One region by one profile: our graph, OSRM's, and the places asked for."""

    area: str
    ride: Profile
    graph: RoadGraph
    engine: by_osrm.Engine
    at: Sequence[Place]


def _table(run: Run, size: int) -> dict[str, Any]:
    """The best of three, and how far the two agree."""
    places, engine = run.at[:size], run.engine
    tables = [TravelTable(run.graph, run.ride) for _ in range(3)]
    ours = [_timed(lambda table=table: table.matrix(places)) for table in tables]
    theirs = [_timed(lambda: engine.table(places)) for _ in range(3)]
    matrix, (seconds, metres) = ours[0][0], theirs[0][0]
    apart = ~np.eye(len(places), dtype=np.bool_) & ~np.isnan(seconds)
    for pair in matrix.unreachable:
        apart[pair] = False
    return {
        "area": run.area,
        "what": f"table of {size}",
        "ours ms": min(ms for _, ms in ours),
        "OSRM ms": min(ms for _, ms in theirs),
        "ours MB": tables[0].size_bytes / 1e6,
        "no way, ours": len(matrix.unreachable),
        "no way, OSRM": int(np.isnan(seconds).sum()),
        "times": _ratio(matrix.seconds[apart], seconds[apart]),
        "metres": _ratio(matrix.metres[apart], metres[apart]),
    }


def _one_more(run: Run, size: int) -> dict[str, Any]:
    places, engine = run.at, run.engine
    table, known = TravelTable(run.graph, run.ride), list(places[:size])
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
        "area": run.area,
        "what": f"one more into {size}",
        "ours ms": float(np.median(ours)),
        "ours p95 ms": float(np.percentile(ours, 95)),
        "OSRM ms": float(np.median(theirs)),
        "ours MB": table.size_bytes / 1e6,
    }


def _places(graph: RoadGraph, network: Network, count: int) -> list[Place]:
    draw = np.random.default_rng(SEED)
    stops = network.main.states
    nodes = network.nodes[draw.choice(stops, count, replace=False)]
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
