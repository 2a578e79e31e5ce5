"""Addresses on real roads and the ways between them, two profiles of courier."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.data import data_folder
from orchestrator.entry.region_roads import read_roads
from routing.measures import UNREACHABLE_S
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Place, Profile, TravelMatrix
from routing.travel.road import road_matrix
from routing.travel.speeds import ACCESS_BIT, RoadKind

EXTRACTS = {"Helsinki": "Helsinki", "Liechtenstein": "liechtenstein-latest"}
PROFILES = (Profile.CARGO_BIKE, Profile.VAN)
ADDRESS_SEED = 2026
SPARE = 1.25  # drawn in vain: beside a road that leads nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`count` addresses, each with a way to each other, and the matrices of them."""

    name: str
    count: int
    matrices: Mapping[Profile, TravelMatrix]


@cache
def ground(name: str, count: int) -> Ground:
    """Return `count` addresses drawn evenly from the region's streets of any kind.

    Errors: ValueError if too many of those drawn are cut off.
    """
    roads = read_roads(data_folder("osm") / f"{EXTRACTS[name]}.osm.pbf")
    places = _addresses(roads, int(count * SPARE) + 8)
    found = {profile: road_matrix(roads, places, profile) for profile in PROFILES}
    cut_off = np.zeros(len(places), np.bool_)
    for matrix in found.values():
        is_way = matrix.seconds < UNREACHABLE_S
        cut_off |= is_way.sum(axis=1) < len(places) / 2
    kept = np.flatnonzero(~cut_off)[:count]
    if len(kept) < count:
        raise ValueError(f"{name}: {len(kept)} addresses of {count} have ways")
    matrices = {
        profile: TravelMatrix(
            profile=profile,
            seconds=matrix.seconds[np.ix_(kept, kept)],
            metres=matrix.metres[np.ix_(kept, kept)],
            source=matrix.source,
        )
        for profile, matrix in found.items()
    }
    return Ground(name=name, count=count, matrices=matrices)


def _addresses(roads: RoadGraph, count: int) -> list[Place]:
    is_street = (roads.kinds <= RoadKind.RESIDENTIAL) & (
        roads.access & ACCESS_BIT[Profile.VAN] > 0
    )
    nodes = np.unique(roads.heads[is_street])
    drawn = np.random.default_rng(ADDRESS_SEED).choice(nodes, count, replace=False)
    return [
        Place(
            longitude_deg=float(roads.longitudes_e6[node] / 1e6),
            latitude_deg=float(roads.latitudes_e6[node] / 1e6),
        )
        for node in drawn
    ]
