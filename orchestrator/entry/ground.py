"""Where a node finds its region, and the roads in it."""

import json
from importlib import resources
from pathlib import Path

import structlog

from orchestrator.entry.region import region_home
from orchestrator.entry.settings import Settings
from orchestrator.planning.travel import RegionMap, region_map

log = structlog.get_logger()


def region_folder(settings: Settings) -> Path:
    """The folder named, else the one built in this home, else the one shipped."""
    built = region_home(settings.home, settings.region)
    if settings.region_folder is None and built.exists():
        return built
    return settings.region_folder or _shipped_region(settings.region)


def _shipped_region(region: str) -> Path:
    return Path(str(resources.files("orchestrator.entry"))) / "regions" / region


def ground_of(settings: Settings) -> RegionMap:
    """The region's roads; without a graph distances are estimated."""
    region, folder = settings.region, region_folder(settings)
    roads, about = folder / "roads.bin", folder / "region.json"
    if not roads.exists():
        log.warning("no roads for this region: distances are estimated", region=region)
        return region_map(region, None, "")
    attribution: str = json.loads(about.read_text())["attribution"]
    return region_map(region, roads.read_bytes(), attribution)
