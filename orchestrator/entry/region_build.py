"""The builder of a region's assets: roads, map and what must be said about them."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from orchestrator.entry.region import (
    ATTRIBUTION,
    ATTRIBUTION_FILE,
    MAP_FILE,
    NOTICE,
    REGION_FILE,
    ROADS_FILE,
    Region,
    reach,
)
from orchestrator.entry.region_place import replacing
from orchestrator.entry.region_roads import read_roads
from orchestrator.entry.region_tiles import Box, box_of, build_map
from routing.travel.graph import RoadGraph, graph_to_bytes
from routing.travel.matrix import Profile

CHUNK_BYTES: Final = 1 << 20
FILES: Final = frozenset({MAP_FILE, ROADS_FILE, REGION_FILE, ATTRIBUTION_FILE})


def build_region(
    extract: Path, out: Path, *, name: str, say: Callable[[str], None]
) -> Region:
    """Make roads.bin, map.pmtiles, region.json and ATTRIBUTION.md in the folder `out`.

    An older build stays whole until the new one takes its place whole. `say` hears of
    each step. Errors: those of `replacing`, `read_roads` and `build_map`.
    """
    with replacing(out, holds=FILES) as folder:
        say(f"1/3 roads: reading {extract.stat().st_size / 1e6:.1f} MB")
        graph = read_roads(extract)
        (folder / ROADS_FILE).write_bytes(graph_to_bytes(graph))
        say(f"    {graph.node_count} nodes, {graph.edge_count} directed pieces")
        for profile in Profile:
            say(f"    {profile}: {reach(graph, profile)}")
        box = box_of(extract) or box_of_roads(graph)
        say("2/3 map: drawing its tiles")
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            build_map(extract, folder / MAP_FILE, box=box, scratch=Path(scratch))
        say("3/3 putting all in place")
        west, south, east, north = box
        region = Region(
            name=name,
            bbox=box,
            centre=(round((west + east) / 2, 6), round((south + north) / 2, 6)),
            attribution=ATTRIBUTION,
            notice=NOTICE,
            extract_sha256=_sha256(extract),
        )
        (folder / REGION_FILE).write_text(region.model_dump_json(indent=1) + "\n")
        (folder / ATTRIBUTION_FILE).write_text(_attribution(region))
    return region


def box_of_roads(graph: RoadGraph) -> Box:
    """Return the box around all roads, for an extract that does not name its own."""
    return (
        float(graph.longitudes_e6.min()) / 1e6,
        float(graph.latitudes_e6.min()) / 1e6,
        float(graph.longitudes_e6.max()) / 1e6,
        float(graph.latitudes_e6.max()) / 1e6,
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _attribution(region: Region) -> str:
    return (
        f"# {region.name}: map and roads\n\n"
        f"{region.attribution}\n\n"
        f"`{ROADS_FILE}` and `{MAP_FILE}` are databases derived from OpenStreetMap by "
        "`fabcommons region build`. "
        f"{region.notice}\n\n"
        f"SHA-256 of the extract they were built from: `{region.extract_sha256}`.\n"
        "Show the attribution wherever the map, a line on it or a travel time is "
        "shown.\n"
    )
