"""`fabcommons region`: where a region's map and roads lie, and how they are built."""

import importlib
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel, ConfigDict

from routing.errors import RoutingError
from routing.travel.graph import RoadGraph, graph_from_bytes
from routing.travel.matrix import Profile
from routing.travel.network import network_of

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


region_app = typer.Typer(
    no_args_is_help=True, help="Build and look at a region's map and roads."
)


@region_app.command()
def build(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    out: Annotated[Path, typer.Argument(help="Folder that gets the four files.")],
    name: Annotated[str, typer.Option(help="What people call the region.")] = "",
) -> None:
    """Build map and roads from an extract. Exit 0: built; 1: not, and why."""
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
    try:
        built = builder.build_region(extract, out, name=name or out.name.title())
    except subprocess.CalledProcessError as error:
        detail = error.stderr.decode(errors="replace").strip()[-500:]
        typer.echo(f"tilemaker failed on {extract}: {detail}", err=True)
        raise typer.Exit(1) from error
    except (OSError, ValueError, RuntimeError) as error:
        typer.echo(f"{extract} could not be built: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{built.name}: written to {out}. Show: {built.attribution}")


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
        share = len(network_of(graph, profile).nodes) / graph.node_count
        typer.echo(f"  {profile}: {share:.0%} of them in one connected part")
    typer.echo(f"map: {(folder / MAP_FILE).stat().st_size} bytes")
