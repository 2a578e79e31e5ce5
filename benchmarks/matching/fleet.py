"""Real labs repeated until there are enough, and what real manifests ask of them."""

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.data import data_folder
from routing.matching.problem import Box, Capability, Requirement, Sheet

PROCESS_BY_WORD = (
    ("laser", "LAS-CUT"),
    ("epilog", "LAS-CUT"),
    ("speedy", "LAS-CUT"),
    ("vinyl", "CUT-VIN"),
    ("cameo", "CUT-VIN"),
    ("camm", "CUT-VIN"),
    ("gx-24", "CUT-VIN"),
    ("shopbot", "CNC-ROU"),
    ("router", "CNC-ROU"),
    ("cnc", "CNC-MIL-3AX"),
    ("mdx", "CNC-MIL-3AX"),
    ("srm", "CNC-MIL-3AX"),
    ("modela", "CNC-MIL-3AX"),
    ("mill", "CNC-MIL-3AX"),
    ("form", "3DP-SLA"),
    ("innov", "TEX-SEW"),
    ("scan", "SCN-3D"),
    ("kinect", "SCN-3D"),
)
MATERIALS = {
    "3DP-FDM": ("PLA", "PETG", "ABS", "TPU"),
    "3DP-SLA": ("standard resin", "tough resin"),
    "LAS-CUT": ("plywood", "acrylic", "cardboard", "MDF"),
    "CNC-MIL-3AX": ("aluminium", "beech", "FR1"),
    "CNC-ROU": ("plywood", "MDF"),
    "CUT-VIN": ("vinyl",),
}
BEDS = {
    "LAS-CUT": (600, 400, 8),
    "CNC-ROU": (2440, 1220, 50),
    "CUT-VIN": (600, 1000, 1),
}
SIDES_MM = (15, 40, 80, 120, 180, 210, 260, 400)


def fleet(labs: int, seed: int) -> list[Capability]:
    """Return the machines of so many labs; what the lists lack is drawn by the seed.

    Names, makers and sizes are real. What is loaded, in stock and trained is drawn, and
    sizes differ by some millimetres, so that machines are not each other's copies.
    """
    draw = Random(seed)
    return [
        _machine(f"lab-{number:05}", f"m{place}", told, draw)
        for number, lab in enumerate(islice(cycle(_labs()), labs))
        for place, told in enumerate(lab["machines"])
    ]


def requirements(count: int, seed: int) -> list[Requirement]:
    """Return what so many manifests ask: their process where they name one.

    Of most neither process nor size can be read; these are drawn by the seed, as a
    stand-in for what their files will tell.
    """
    draw = Random(seed)
    return [_asked(told, draw) for told in islice(cycle(_manifests()), count)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a real lab stands, and what it is called."""

    name: str
    country: str
    spot: tuple[float, float]


def places(labs: int) -> list[tuple[str, Place]]:
    """Return the labs of `fleet`, each with its place."""
    return [
        (
            f"lab-{number:05}",
            Place(lab["name"], lab["country"] or "", (lab["lat"], lab["lon"])),
        )
        for number, lab in enumerate(islice(cycle(_labs()), labs))
    ]


@cache
def _labs() -> list[dict[str, Any]]:
    path = data_folder("okw") / "fablabs_with_machines.json"
    labs: list[dict[str, Any]] = json.loads(path.read_text())
    return labs


@cache
def _sizes() -> dict[str, tuple[float, ...]]:
    path = data_folder("okw") / "machines-catalog" / "3d_printers.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["Model"].casefold(): _numbers(row["Build Size"]) for row in rows}


@cache
def _manifests() -> list[str]:
    return list(_processes(data_folder("okh", "manifests")))


def _processes(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.toml")):
        try:
            told = tomllib.loads(path.read_text(errors="replace"))
        except tomllib.TOMLDecodeError:
            told = {}
        codes = told.get("tsdc") or ""
        yield codes[0] if isinstance(codes, list) else str(codes)


def _machine(lab: str, name: str, told: dict[str, Any], draw: Random) -> Capability:
    called = f"{told['brand']} {told['name']}".casefold()
    words = (code for word, code in PROCESS_BY_WORD if word in called)
    process = next(words, "3DP-FDM")
    sides = _numbers(told.get("catalog_size") or "") or _sizes().get(called, ())
    materials = MATERIALS.get(process, ())
    off = draw.choice((0, 0, 1, 2, 5))
    bed = BEDS.get(process)
    return Capability(
        machine=name,
        facility=lab,
        name=told["name"][:40],
        processes=frozenset({process}),
        envelope_mm=Box(x_mm=sides[0] - off, y_mm=sides[1] - off, z_mm=sides[2])
        if len(sides) == 3
        else None,
        sheet=Sheet(x_mm=bed[0] - off, y_mm=bed[1], thickness_mm=bed[2])
        if bed
        else None,
        materials=frozenset(materials),
        loaded=frozenset(draw.sample(materials, min(1, len(materials)))),
        stocked=frozenset(draw.sample(materials, draw.randint(0, len(materials)))),
        tool_mm=draw.choice((0.2, 0.4, 0.6)),
    )


def _asked(code: str, draw: Random) -> Requirement:
    process = code if code in {"3DP", "CNC", "PCB", "MEC", "ASM"} else ""
    process = process or draw.choice(list(MATERIALS))
    x_mm, y_mm, z_mm = (draw.choice(SIDES_MM) + draw.random() for _ in range(3))
    flat = process in BEDS
    materials = MATERIALS.get(process, ())
    return Requirement(
        process=process,
        part_mm=None if flat else Box(x_mm=x_mm, y_mm=y_mm, z_mm=z_mm),
        sheet=Sheet(x_mm=x_mm, y_mm=y_mm, thickness_mm=3) if flat else None,
        material=draw.choice(materials) if materials else None,
        material_substitutes=materials[:1],
        feature_mm=draw.choice((None, 0.4)),
    )


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, re.findall(r"\d+(?:\.\d+)?", text)))
