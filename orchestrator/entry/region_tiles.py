"""From an OpenStreetMap extract to the map's tiles, by the tilemaker program."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import osmium
from pmtiles.convert import mbtiles_to_pmtiles

CONFIG: Final = Path(__file__).with_name("regions") / "tiles.json"
LAYERS: Final = Path("/usr/share/doc/tilemaker/examples/process-openmaptiles.lua")
ZOOM_MAX: Final = 14
type Box = tuple[float, float, float, float]  # west, south, east, north in degrees

TILEMAKER_TIMEOUT_S: Final = 3_600


def build_map(extract: Path, out: Path, *, box: Box, scratch: Path) -> None:
    """Write vector tiles of `extract` (.osm.pbf) to `out` (.pmtiles).

    `scratch` is an empty folder of this call. Errors: FileNotFoundError if
    tilemaker is not installed; subprocess.CalledProcessError if it fails.
    """
    program = shutil.which("tilemaker")
    if program is None or not LAYERS.exists():
        raise FileNotFoundError("tilemaker is missing: apt install tilemaker")
    whole, tiles = scratch / "whole.osm.pbf", scratch / "map.mbtiles"
    make_whole(extract, whole, box)
    arguments = [program, "--threads", "1", "--input", str(whole)]
    arguments += ["--output", str(tiles), "--config", str(CONFIG)]
    arguments += ["--process", str(LAYERS)]
    subprocess.run(
        arguments, check=True, capture_output=True, timeout=TILEMAKER_TIMEOUT_S
    )
    mbtiles_to_pmtiles(str(tiles), str(out), ZOOM_MAX)  # type: ignore[no-untyped-call]


def make_whole(extract: Path, out: Path, box: Box) -> None:
    """Copy a clipped extract without ways and relations that miss a member.

    tilemaker 2.2 aborts on those, and draws nothing without a box in the header.
    """
    nodes: set[int] = set()
    ways: set[int] = set()
    for node in osmium.FileProcessor(str(extract), osmium.osm.NODE):
        nodes.add(node.id)
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(*box))
    with osmium.SimpleWriter(str(out), overwrite=True, header=header) as writer:
        for item in osmium.FileProcessor(str(extract)):
            if isinstance(item, osmium.osm.Way):
                if len(item.nodes) < 2 or any(n.ref not in nodes for n in item.nodes):
                    continue
                ways.add(item.id)
            elif isinstance(item, osmium.osm.Relation) and any(
                (member.type == "n" and member.ref not in nodes)
                or (member.type == "w" and member.ref not in ways)
                for member in item.members
            ):
                continue
            writer.add(item)


def box_of(extract: Path) -> Box | None:
    """Return the area that the extract says it covers, if it says so."""
    with osmium.io.Reader(str(extract)) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    return (
        box.bottom_left.lon,
        box.bottom_left.lat,
        box.top_right.lon,
        box.top_right.lat,
    )
