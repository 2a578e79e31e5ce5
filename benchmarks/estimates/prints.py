"""Print time and filament: our estimates beside PrusaSlicer's own."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.estimates.meshes import HELD_OUT, TUNED_ON, Triangles, write_stl
from benchmarks.peers import PeerFailedError
from orchestrator.catalogue.estimates.printing import estimate_print
from orchestrator.catalogue.estimates.profile import SOURCE, PrintProfile
from orchestrator.catalogue.estimates.slicer import is_installed, slice_mesh
from orchestrator.catalogue.files import stl

NOTE: Final = (
    f"Both with the same settings ({SOURCE}), as the mesh lies, without heating. "
    "Constants of the estimate were chosen on the first set; PrusaSlicer's own "
    "gallery was first looked at when they stood."
)
_SHAPES: Final = Path("/usr/share/PrusaSlicer/shapes")
_PERCENT: Final = 100.0


def rows(word: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Each mesh with this word in its name. Errors: PeerFailedError."""
    if not is_installed():
        raise PeerFailedError("PrusaSlicer is not installed: make peers")
    for kind, meshes in (("tuned on", TUNED_ON), ("held out", HELD_OUT)):
        for name, make in meshes.items():
            if word in name:
                yield _row(kind, name, make(), folder)
    for path in sorted(_SHAPES.glob("*.stl")):
        if word in path.stem:
            triangles, _ = stl.triangles_of(path.read_bytes())
            yield _row("held out", f"PrusaSlicer's {path.stem}", triangles, folder)


def _row(kind: str, name: str, triangles: Triangles, folder: Path) -> dict[str, Any]:
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
