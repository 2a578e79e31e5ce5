"""The builder of a region's assets: roads, map and what must be said about them."""

import hashlib
import tempfile
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
)
from orchestrator.entry.region_roads import read_roads
from orchestrator.entry.region_tiles import box_of, build_map
from routing.travel.graph import graph_to_bytes

CHUNK_BYTES: Final = 1 << 20


def build_region(extract: Path, out: Path, *, name: str) -> Region:
    """Write roads.bin, map.pmtiles, region.json and ATTRIBUTION.md into `out`.

    Files of an older build are replaced one by one, each whole. Errors: those of
    `read_roads`, `box_of` and `build_map`; then nothing was replaced.
    """
    west, south, east, north = box_of(extract)
    roads = graph_to_bytes(read_roads(extract))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        scratch = Path(folder)
        build_map(extract, scratch / MAP_FILE, scratch=scratch)
        region = Region(
            name=name,
            bbox=(west, south, east, north),
            centre=(round((west + east) / 2, 6), round((south + north) / 2, 6)),
            attribution=ATTRIBUTION,
            notice=NOTICE,
            extract_sha256=_sha256(extract),
        )
        (scratch / ROADS_FILE).write_bytes(roads)
        (scratch / REGION_FILE).write_text(region.model_dump_json(indent=1) + "\n")
        (scratch / ATTRIBUTION_FILE).write_text(_attribution(region))
        for file in (MAP_FILE, ROADS_FILE, REGION_FILE, ATTRIBUTION_FILE):
            (scratch / file).replace(out / file)
    return region


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
