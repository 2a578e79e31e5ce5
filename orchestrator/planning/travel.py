"""The ground of the region: how long and how far between places, and by which road."""

from dataclasses import dataclass
from functools import lru_cache
from math import inf
from threading import Lock
from typing import Final

from orchestrator.foundation.errors import InvalidInputError
from routing.errors import UnreachableError
from routing.travel.graph import RoadGraph, graph_from_bytes
from routing.travel.great_circle import estimate_matrix, estimate_path
from routing.travel.hierarchy import hierarchy_of, search_in
from routing.travel.matrix import Place, Profile, TravelMatrix, no_way_matrix
from routing.travel.network import SNAP_MAX_M, network_of, snap
from routing.travel.polyline import Polyline
from routing.travel.polyline import place_at as place_on
from routing.travel.road import road_matrix, road_path
from routing.travel.speeds import ACCESS_BIT
from routing.travel.table import TravelTable

__all__ = [
    "PlaceTooFarError",
    "Polyline",
    "Profile",
    "RegionMap",
    "check_place",
    "distance_m",
    "line",
    "matrix",
    "matrix_once",
    "place_at",
    "position_after",
    "region_map",
    "snap_m",
    "way_points",
]

CELLS_MAX: Final = 256  # whose tables are kept, some 0.5 MB for each profile
DECIMALS: Final = 4  # of a degree: about 10 m, so that a resting courier stays in cache


class PlaceTooFarError(InvalidInputError):
    """No road that we know leads there."""

    code = "place-too-far"


@dataclass(frozen=True, kw_only=True, eq=False)
class RegionMap:
    """One region's roads; without any, distances are estimated and say so."""

    region: str
    roads: RoadGraph | None
    attribution: str  # to be shown wherever a figure comes from the roads


def region_map(region: str, roads: bytes | None, attribution: str) -> RegionMap:
    """A map from the bytes of a road graph. Errors: routing's InvalidGraphError."""
    graph = None if roads is None else graph_from_bytes(roads)
    return RegionMap(region=region, roads=graph, attribution=attribution)


def place_at(lat: float, lon: float) -> Place:
    """A place on the ground, rounded to about 10 m."""
    return Place(longitude_deg=round(lon, DECIMALS), latitude_deg=round(lat, DECIMALS))


def matrix(
    ground: RegionMap,
    places: tuple[Place, ...],
    profile: Profile,
    *,
    cell: str | None = None,
) -> TravelMatrix:
    """Seconds and metres between the places, shape (n, n).

    A place that was asked for lately in the same cell costs nothing again, a new one
    its own row and column. Two places alone leave the kept ones as they are. Where the
    region has no road for the profile, no two places have a way.
    """
    if ground.roads is None:
        return estimate_matrix(places, profile)
    if not _has_roads(ground.roads, profile):
        return no_way_matrix(len(places), profile)
    if len(places) <= 2:
        return _of_two(ground.roads, places, profile)
    return _ways(ground.roads, profile).matrix(places, cell)


def matrix_once(
    ground: RegionMap, places: tuple[Place, ...], profile: Profile
) -> TravelMatrix:
    """The same, and nothing is kept: for many places that are asked for seldom."""
    if ground.roads is None:
        return estimate_matrix(places, profile)
    if not _has_roads(ground.roads, profile):
        return no_way_matrix(len(places), profile)
    return road_matrix(ground.roads, places, profile)


def _has_roads(roads: RoadGraph, profile: Profile) -> bool:
    return bool((roads.access & ACCESS_BIT[profile]).any())


class _Ways:
    """The ways of one profile: a table for each cell, for one thread at a time."""

    def __init__(self, roads: RoadGraph, profile: Profile) -> None:
        self._roads, self._profile = roads, profile
        self._search = search_in(hierarchy_of(roads, profile))
        self._tables: dict[str | None, TravelTable] = {}  # by when last asked
        self._lock = Lock()

    def matrix(self, places: tuple[Place, ...], cell: str | None) -> TravelMatrix:
        """From the cell's own table: others' places would drive its own out."""
        with self._lock:
            table = self._tables.pop(cell, None)
            if table is None:
                table = TravelTable(self._roads, self._profile, search=self._search)
            self._tables[cell] = table
            if len(self._tables) > CELLS_MAX:
                del self._tables[next(iter(self._tables))]
            return table.matrix(places)


@lru_cache(maxsize=16)
def _ways(roads: RoadGraph, profile: Profile) -> _Ways:
    return _Ways(roads, profile)


@lru_cache(maxsize=4_096)
def _of_two(
    roads: RoadGraph, places: tuple[Place, ...], profile: Profile
) -> TravelMatrix:
    return road_matrix(roads, places, profile)


@lru_cache(maxsize=512)
def line(ground: RegionMap, start: Place, end: Place, profile: Profile) -> Polyline:
    """The way as a line. Errors: routing's UnreachableError."""
    if ground.roads is None:
        return estimate_path(start, end, profile)
    if not _has_roads(ground.roads, profile):
        raise UnreachableError(f"{ground.region} has no road for {profile}")
    return road_path(ground.roads, start, end, profile)


def snap_m(ground: RegionMap, place: Place, profile: Profile = Profile.FOOT) -> float:
    """Metres from the place to the nearest road of the profile; endless without one."""
    if ground.roads is None:
        return 0.0
    if not _has_roads(ground.roads, profile):
        return inf
    return snap(network_of(ground.roads, profile), place).metres


def check_place(ground: RegionMap, lat: float, lon: float) -> float:
    """Metres to the nearest road. Errors: PlaceTooFarError above SNAP_MAX_M."""
    metres = snap_m(ground, place_at(lat, lon))
    if metres > SNAP_MAX_M:
        raise PlaceTooFarError(
            f"this place is {metres:.0f} m from the nearest road of {ground.region}; "
            f"at most {SNAP_MAX_M} m can be served",
            field="place_id",
        )
    return metres


def distance_m(
    ground: RegionMap,
    start: tuple[float, float],
    end: tuple[float, float],
    profile: str,
) -> int:
    """Metres between two (lat, lon) by a courier's profile; estimated without a way."""
    places = (place_at(*start), place_at(*end))
    found = matrix(ground, places, Profile(profile))
    if not found.is_way(0, 1):
        found = estimate_matrix(places, Profile(profile))
    return int(found.metres[0, 1])


def way_points(
    ground: RegionMap,
    start: tuple[float, float],
    end: tuple[float, float],
    profile: str,
) -> tuple[tuple[float, float], ...]:
    """The way between two (lat, lon) as (lon, lat) to draw; straight where no road is."""
    try:
        way = line(ground, place_at(*start), place_at(*end), Profile(profile))
    except UnreachableError:
        return (start[1], start[0]), (end[1], end[0])
    return tuple(zip(way.longitudes_deg, way.latitudes_deg, strict=True))


def position_after(way: Polyline, elapsed_s: float) -> tuple[float, float]:
    """Latitude and longitude that one is at so long after setting out; then its end."""
    place = place_on(way, elapsed_s)
    return place.latitude_deg, place.longitude_deg
