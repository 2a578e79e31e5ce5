"""Milling: our estimate beside G-code from opencamlib's drop-cutter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.estimates.meshes import HELD_OUT, TUNED_ON, write_stl
from benchmarks.estimates.timed import row, seconds_of
from benchmarks.peers import PEERS, run
from orchestrator.catalogue.estimates.milling import BLOCKS, Block, estimate_milling
from orchestrator.catalogue.files import stl
from orchestrator.catalogue.files.reading import Source
from orchestrator.catalogue.found import Mesh

NOTE: Final = (
    "The same STL: measured and estimated, and milled with a 6 mm end mill by lines "
    "that opencamlib's drop-cutter finds (`benchmarks/estimates/opencam.py`), timed as "
    "GRBL plans it on a usual machine. Wood and aluminium take turns."
)


def rows(word: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Each mesh with this word in its name. Errors: PeerFailedError."""
    for kind, meshes in (("tuned on", TUNED_ON), ("held out", HELD_OUT)):
        for number, (name, make) in enumerate(meshes.items()):
            if word not in name:
                continue
            path, block = folder / "mesh.stl", BLOCKS[number % len(BLOCKS)]
            write_stl(path, make())
            found = stl.read(Source(name=path.name, path=path)).what
            if not isinstance(found, Mesh):
                raise TypeError(name)
            ours_s = estimate_milling(found, block).run_s.value
            title = f"{name}, {block.material}"
            yield row(kind, title, seconds_of(_program(path, block)), ours_s)


def _program(mesh: Path, block: Block) -> Path:
    out = mesh.with_suffix(".nc")
    numbers = (block.depth_mm, block.width_mm, block.feed_mm_s)
    script = str(Path(__file__).with_name("opencam.py"))
    command = [str(PEERS / "python"), script, str(mesh), str(out), *map(str, numbers)]
    run(command, folder=mesh.parent)
    return out
