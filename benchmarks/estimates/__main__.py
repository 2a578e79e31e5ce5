"""Print time and filament: our estimates beside PrusaSlicer's own.

python -m benchmarks.estimates [--json] [--write] [--only WORD]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np

from benchmarks.estimates.meshes import HELD_OUT, TUNED_ON, Triangles
from benchmarks.report import Goal, Report
from orchestrator.catalogue.estimates.printing import estimate_print
from orchestrator.catalogue.estimates.profile import SOURCE, PrintProfile
from orchestrator.catalogue.estimates.slicer import is_installed, slice_mesh

_SHAPES: Final = Path("/usr/share/PrusaSlicer/shapes")
_GOAL_PERCENT: Final = 15.0
_PERCENT: Final = 100.0
_STL: Final = np.dtype(
    [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("end", "<u2")]
)


def chosen(word: str) -> Iterator[tuple[str, str, Triangles]]:
    """(set, name, triangles) of each mesh with this word in its name."""
    for kind, meshes in (("tuned on", TUNED_ON), ("held out", HELD_OUT)):
        for name, make in meshes.items():
            if word in name:
                yield kind, name, make()
    for path in sorted(_SHAPES.glob("*.stl")):
        if word in path.stem:
            yield "held out", f"PrusaSlicer's {path.stem}", read_stl(path)


def read_stl(path: Path) -> Triangles:
    """The triangles of a binary STL file."""
    records = np.frombuffer(path.read_bytes()[84:], dtype=_STL)
    return records["corners"].astype(float)


def write_stl(path: Path, triangles: Triangles) -> None:
    """A binary STL file."""
    records = np.zeros(len(triangles), dtype=_STL)
    edges = triangles[:, 1:] - triangles[:, :1]
    records["normal"] = np.cross(edges[:, 0], edges[:, 1])
    records["corners"] = triangles
    count = len(triangles).to_bytes(4, "little")
    path.write_bytes(bytes(80) + count + records.tobytes())


def row_of(kind: str, name: str, triangles: Triangles, folder: Path) -> dict[str, Any]:
    """One mesh, sliced and estimated; errors in percent of the slicer's figure."""
    profile, path = PrintProfile(), folder / "mesh.stl"
    write_stl(path, triangles)
    sliced = slice_mesh(path, profile)
    began_s = time.perf_counter()
    own = estimate_print(triangles, profile)
    took_s = time.perf_counter() - began_s
    return {
        "mesh": name,
        "set": kind,
        "slicer s": sliced.run_s,
        "ours s": own.run_s,
        "time error %": _PERCENT * (own.run_s / sliced.run_s - 1),
        "slicer g": sliced.filament_g,
        "ours g": own.filament_g,
        "filament error %": _PERCENT * (own.filament_g / sliced.filament_g - 1),
        "computed in s": took_s,
    }


def report(rows: Sequence[dict[str, Any]]) -> Report:
    """The table, and the mean absolute error of each set against the goal."""
    goals = [
        Goal(
            name=f"{what}, {len(own)} meshes {kind}: mean absolute error",
            value=mean(abs(row[f"{what} error %"]) for row in own),
            unit="%",
            at_most=_GOAL_PERCENT,
        )
        for kind in ("held out", "tuned on")
        if (own := [row for row in rows if row["set"] == kind])
        for what in ("time", "filament")
    ]
    return Report(
        name="Estimates",
        rows=rows,
        goals=goals,
        notes=[
            f"Both with the same settings ({SOURCE}), as the mesh lies, without heating. "
            "Constants of the estimate were chosen on the first set; PrusaSlicer's own "
            "gallery was first looked at when they stood."
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="meshes with this in their name")
    asked = parser.parse_args(arguments)
    if not is_installed():
        parser.exit(2, "PrusaSlicer is not installed: apt-get install prusa-slicer\n")
    with tempfile.TemporaryDirectory() as folder:
        rows = [row_of(*each, Path(folder)) for each in chosen(asked.only)]
    return report(rows).finish(as_json=asked.json, write=asked.write)


if __name__ == "__main__":
    sys.exit(main())
