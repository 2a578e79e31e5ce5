"""Reads Li & Lim, Sartori & Buriol, and multi-depot VRPLIB files."""

import csv
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.couriers.instance import Group, Instance

LI_LIM = re.compile(r"^l(?:c|r|rc)\d(?:\d\d|_(\d+)_\d+)$")
BEST_FILES = ("best_known.csv", "bks.dat")


class UnreadableError(Exception):
    """Not an instance of a known form; the message says what was expected."""


def find(paths: list[Path]) -> list[Path]:
    """Return the instance files among files and in folders, in order of their name."""
    files: set[Path] = set()
    for path in paths:
        inside = [*path.rglob("*.txt"), *path.rglob("*.vrp")] if path.is_dir() else []
        files |= {*inside} if path.is_dir() else {path}
    return sorted(files, key=lambda file: (file.stat().st_size, file.name))


def read(path: Path) -> Instance:
    """Read one file. Errors: UnreadableError."""
    text = path.read_text()
    try:
        if "VEHICLES_DEPOT_SECTION" in text:
            return _vrplib(path.stem, text)
        if re.search(r"^NODES\s*$", text, re.M):
            return _sartori_buriol(path.stem, text)
        return _li_lim(path.stem, text)
    except (ValueError, IndexError, KeyError) as error:
        message = f"{path}: neither Li & Lim, Sartori & Buriol nor VRPLIB: {error}"
        raise UnreadableError(message) from error


def best_known(path: Path) -> tuple[int, float] | None:
    """Return (vehicles, distance) from a table that lies beside the instance."""
    for folder in (path.parent, path.parent.parent):
        for table in (folder / name for name in BEST_FILES):
            if not table.exists():
                continue
            with table.open(newline="") as lines:
                delimiter = ";" if table.suffix == ".dat" else ","
                for row in csv.DictReader(lines, delimiter=delimiter):
                    if row["instance"] == path.stem:
                        return int(row["vehicles"]), float(
                            row.get("distance") or row["cost"]
                        )
    return None


def _li_lim(name: str, text: str) -> Instance:
    """Head: vehicles, capacity, speed (0 or 1, not used by the set); then id x y demand opens closes service p d."""
    head, *lines = [line.split() for line in text.splitlines() if line.strip()]
    table = np.array([[float(cell) for cell in line] for line in lines])
    if table.shape[1] != 9:
        raise ValueError(f"expected 9 columns, got {table.shape[1]}")
    found = LI_LIM.match(name.lower())
    tasks = int(found[1]) * 100 if found and found[1] else 100
    return Instance(
        name=name,
        family="Li & Lim",
        tasks=tasks if found else 2 * len(_pairs(table)),
        travel=_euclid(table[:, 1:3]),
        groups=(
            Group(depot=0, count=int(head[0]), capacity=int(head[1]), route_s=math.inf),
        ),
        **_columns(table),
    )


def _sartori_buriol(name: str, text: str) -> Instance:
    """Lines `KEY: value`, NODES, EDGES in whole minutes; see how_read.txt of the set."""
    head, rest = re.split(r"^NODES\s*$", text, maxsplit=1, flags=re.M)
    nodes, edges = re.split(r"^EDGES\s*$", rest, maxsplit=1, flags=re.M)
    table = np.array([[float(cell) for cell in line.split()] for line in _full(nodes)])
    travel = np.array([[float(cell) for cell in line.split()] for line in _full(edges)])
    fields = dict(line.split(":", 1) for line in _full(head))
    if travel.shape != (len(table), len(table)):
        raise ValueError(f"{len(table)} nodes, but EDGES has the shape {travel.shape}")
    # No fleet is named: a vehicle for each pair can always do it.
    count = len(_pairs(table))
    capacity = int(fields["CAPACITY"])
    return Instance(
        name=name,
        family="Sartori & Buriol",
        tasks=len(table) - 1,
        travel=travel,
        groups=(Group(depot=0, count=count, capacity=capacity, route_s=math.inf),),
        **_columns(table),
    )


def _vrplib(name: str, text: str) -> Instance:
    """MDVRPTW in PyVRP's dialect: VEHICLES_DEPOT_SECTION, VEHICLES_MAX_DURATION."""
    fields = dict(re.findall(r"^(\w+)\s*:\s*(.+?)\s*$", text, re.M))
    blocks = re.findall(r"^(\w+)_SECTION\n((?:[-\d.\s]+\n)+)", text, re.M)
    sections = {
        title: np.array(
            [[float(cell) for cell in line.split()] for line in _full(body)]
        )
        for title, body in blocks
    }
    windows = sections["TIME_WINDOW"][:, 1:]
    depots = Counter(int(depot) - 1 for depot in sections["VEHICLES_DEPOT"][:, 1])
    return Instance(
        name=name,
        family="MDVRPTW",
        tasks=int(fields["DIMENSION"]) - len(depots),
        travel=_euclid(sections["NODE_COORD"][:, 1:]),
        opens=windows[:, 0],
        closes=windows[:, 1],
        service=sections["SERVICE_TIME"][:, 1],
        demand=-sections["DEMAND"][:, 1].astype(np.int64),
        groups=tuple(
            Group(
                depot=depot,
                count=count,
                capacity=int(fields["CAPACITY"]),
                route_s=float(fields.get("VEHICLES_MAX_DURATION", math.inf)),
            )
            for depot, count in sorted(depots.items())
        ),
        drops=tuple(n for n in range(int(fields["DIMENSION"])) if n not in depots),
    )


def _columns(table: NDArray[np.float64]) -> dict[str, object]:
    return {
        "demand": table[:, 3].astype(np.int64),
        "opens": table[:, 4],
        "closes": table[:, 5],
        "service": table[:, 6],
        "pairs": _pairs(table),
    }


def _pairs(table: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    pairs = tuple((n, int(row[8])) for n, row in enumerate(table) if row[8] > 0)
    if any(int(table[end][7]) != start for start, end in pairs):
        raise ValueError("a delivery does not name its pickup")
    return pairs


def _euclid(places: NDArray[np.float64]) -> NDArray[np.float64]:
    across = places[:, None, :] - places[None, :, :]
    return np.hypot(across[..., 0], across[..., 1])


def _full(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() not in {"", "EOF", "EO"}]
