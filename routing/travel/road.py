"""Matrices and lines along real roads, by the fastest ways."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.errors import UnreachableError
from routing.travel.graph import RoadGraph
from routing.travel.hierarchy import Hierarchy, hierarchy_of, metres_and_ms, way_of
from routing.travel.matrix import Place, Profile, TravelMatrix
from routing.travel.network import SNAP_MAX_M, Snap, snap
from routing.travel.polyline import Polyline
from routing.travel.speeds import WALK_KMH
from routing.travel.table import TravelTable

WALK_MS = WALK_KMH / 3.6


def road_matrix(
    graph: RoadGraph, places: Sequence[Place], profile: Profile
) -> TravelMatrix:
    """Return the matrix of a TravelTable that is used once: see there."""
    return TravelTable(graph, profile).matrix(places)


def road_path(graph: RoadGraph, start: Place, end: Place, profile: Profile) -> Polyline:
    """Return the fastest way as a line from `start` to `end`, both included.

    Errors: UnreachableError if one of them is farther than SNAP_MAX_M from the roads.
    """
    hierarchy = hierarchy_of(graph, profile)
    network = hierarchy.network
    ends = [snap(network, place) for place in (start, end)]
    for place, found in zip((start, end), ends, strict=True):
        if not found.is_near:
            raise UnreachableError(
                f"{place} is {found.metres:.0f} m from the nearest road for "
                f"{profile}; at most {SNAP_MAX_M} m can be served"
            )
    return _line(graph, hierarchy, (start, end), (ends[0], ends[1]))


def _line(
    graph: RoadGraph,
    hierarchy: Hierarchy,
    places: tuple[Place, Place],
    ends: tuple[Snap, Snap],
) -> Polyline:
    network = hierarchy.network
    way = way_of(hierarchy, ends[0].node, ends[1].node)
    steps_m, steps_ms = metres_and_ms(network, way)
    walk_s = [found.metres / WALK_MS for found in ends]
    seconds = walk_s[0] + np.concatenate(([0.0], np.cumsum(steps_ms) / 1000))
    metres = ends[0].metres + np.concatenate(([0.0], np.cumsum(steps_m)))
    points = network.nodes[way]
    return Polyline(
        longitudes_deg=_joined(
            places[0].longitude_deg,
            graph.longitudes_e6[points] / 1e6,
            places[1].longitude_deg,
        ),
        latitudes_deg=_joined(
            places[0].latitude_deg,
            graph.latitudes_e6[points] / 1e6,
            places[1].latitude_deg,
        ),
        metres=_joined(0.0, metres, float(metres[-1]) + ends[1].metres),
        seconds=_joined(0.0, seconds, float(seconds[-1]) + walk_s[1]),
        source="road",
    )


def _joined(head: float, middle: NDArray[np.float64], tail: float) -> tuple[float, ...]:
    return (head, *(float(value) for value in middle), tail)
