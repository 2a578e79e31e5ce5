"""`fabcommons region`: where a region's map and roads lie, and how they are built."""

import importlib
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel, ConfigDict

from orchestrator.entry.settings import load
from routing.errors import InvalidGraphError, RoutingError
from routing.travel.graph import RoadGraph, graph_from_bytes
from routing.travel.matrix import Profile
from routing.travel.network import network_of
from routing.travel.states import steps_of

ROADS_FILE: Final = "roads.bin"
MAP_FILE: Final = "map.pmtiles"
REGION_FILE: Final = "region.json"
ATTRIBUTION_FILE: Final = "ATTRIBUTION.md"
REGIONS: Final = Path(__file__).with_name("regions")
HELSINKI: Final = REGIONS / "helsinki"
ATTRIBUTION: Final = "© OpenStreetMap contributors"
NOTICE: Final = (
    "Made available under the Open Database License (ODbL) 1.0: "
    "https://opendatacommons.org/licenses/odbl/1-0/. Any rights in individual "
    "contents are licensed under the Database Contents License: "
    "https://opendatacommons.org/licenses/dbcl/1-0/. "
    "See https://www.openstreetmap.org/copyright."
)


class Region(BaseModel):
    """What region.json says. Degrees; `bbox` is west, south, east, north."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bbox: tuple[float, float, float, float]
    centre: tuple[float, float]
    attribution: str
    notice: str
    extract_sha256: str


def load_region(folder: Path = HELSINKI) -> Region:
    """Read region.json. Errors: OSError; pydantic.ValidationError if it is not one."""
    return Region.model_validate_json((folder / REGION_FILE).read_bytes())


@lru_cache(maxsize=4)
def load_roads(folder: Path = HELSINKI) -> RoadGraph:
    """Read the road graph, once a process. Errors: OSError, InvalidGraphError."""
    return graph_from_bytes((folder / ROADS_FILE).read_bytes())


def reach(graph: RoadGraph, profile: Profile) -> str:
    """Say how much of the graph the profile can use."""
    try:
        connected = len(network_of(graph, profile).main.states)
    except InvalidGraphError:
        return "no road at all"
    stops = int(steps_of(graph, profile).is_stop.sum())
    share = connected / stops
    return f"may stop at {stops} of them, {share:.0%} in one connected part"


def region_home(home: Path, region: str) -> Path:
    """Where a node with this home looks for a region that was built for it."""
    return home / "regions" / region


def slug_of(path: Path) -> str:
    """Return a region's name as settings spell it, from a file's or folder's name."""
    stem = path.name.split(".")[0].lower().removesuffix("-latest")
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "region"


region_app = typer.Typer(
    no_args_is_help=True, help="Build and look at a region's map and roads."
)


@region_app.command()
def build(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    out: Annotated[
        Path | None,
        typer.Argument(help="The region's folder; without it, one in the node's home."),
    ] = None,
    name: Annotated[str, typer.Option(help="What people call the region.")] = "",
) -> None:
    """Build map and roads from an extract. Exit 0: built; 1: not, and why.

    The old region stays in place, whole, until the new one is done.
    """
    if not extract.is_file():
        typer.echo(f"There is no file {extract}.", err=True)
        raise typer.Exit(1)
    try:
        # pyosmium and pmtiles come with the extra `dev`; the server runs without.
        builder = importlib.import_module("orchestrator.entry.region_build")
    except ModuleNotFoundError as missing:
        typer.echo(
            f"{missing.name} is not installed: pip install 'fabcommons[dev]'", err=True
        )
        raise typer.Exit(1) from missing
    folder = out or region_home(load().home, slug_of(extract))
    try:
        built = builder.build_region(
            extract, folder, name=name or folder.name.title(), say=typer.echo
        )
    except subprocess.CalledProcessError as error:
        detail = error.stderr.decode(errors="replace").strip()[-500:]
        typer.echo(f"tilemaker failed on {extract}: {detail}", err=True)
        raise typer.Exit(1) from error
    except (OSError, ValueError, RuntimeError) as error:
        typer.echo(f"{extract} could not be built: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{built.name}: written to {folder}. Show: {built.attribution}")
    where = f" FABCOMMONS_REGION_FOLDER={folder}" if out else ""
    typer.echo(f"Start the server with FABCOMMONS_REGION={slug_of(folder)}{where}")


@region_app.command()
def info(
    folder: Annotated[Path, typer.Argument(help="A region's folder.")] = HELSINKI,
) -> None:
    """Print what a region holds. Exit 1 if it is missing or damaged."""
    try:
        region, graph = load_region(folder), load_roads(folder)
    except (OSError, ValueError, RoutingError) as error:
        typer.echo(f"{folder} holds no region: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{region.name}  {region.bbox}  {region.attribution}")
    typer.echo(f"roads: {graph.node_count} nodes, {graph.edge_count} directed pieces")
    for profile in Profile:
        typer.echo(f"  {profile}: {reach(graph, profile)}")
    typer.echo(f"map: {(folder / MAP_FILE).stat().st_size} bytes")
