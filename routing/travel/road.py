"""Matrices and lines along real roads: shortest times by Dijkstra's algorithm."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from routing.errors import UnreachableError
from routing.measures import UNREACHABLE_M, UNREACHABLE_S
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Place, Profile, TravelMatrix
from routing.travel.network import SNAP_MAX_M, Network, Snap, edge_of, network_of, snap
from routing.travel.polyline import Polyline
from routing.travel.speeds import WALK_KMH

WALK_MS = WALK_KMH / 3.6


def road_matrix(
    graph: RoadGraph, places: Sequence[Place], profile: Profile
) -> TravelMatrix:
    """Return travel times and metres of the fastest ways, shape (n, n).

    Places snap to the profile's largest connected part; the walk to it counts. A
    place farther than SNAP_MAX_M from it has no way to any other place.
    """
    network = network_of(graph, profile)
    snaps = [snap(network, place) for place in places]
    times_ms, road_m = _between(network, [found.node for found in snaps])
    walk_m = np.array([found.metres for found in snaps])
    walk_m = walk_m[:, None] + walk_m
    is_near = np.array([found.is_near for found in snaps], dtype=np.bool_)
    is_way = is_near[:, None] & is_near
    seconds = np.where(
        is_way, np.ceil(times_ms / 1000 + walk_m / WALK_MS), UNREACHABLE_S
    ).astype(np.int64)
    metres = np.where(is_way, np.ceil(road_m + walk_m), UNREACHABLE_M).astype(np.int64)
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    return TravelMatrix(
        profile=profile,
        seconds=seconds,
        metres=metres,
        source="road",
        snap_m=tuple(math.ceil(found.metres) for found in snaps),
    )


def road_path(graph: RoadGraph, start: Place, end: Place, profile: Profile) -> Polyline:
    """Return the fastest way as a line from `start` to `end`, both included.

    Errors: UnreachableError if one of them is farther than SNAP_MAX_M from the roads.
    """
    network = network_of(graph, profile)
    ends = [snap(network, place) for place in (start, end)]
    for place, found in zip((start, end), ends, strict=True):
        if not found.is_near:
            raise UnreachableError(
                f"{place} is {found.metres:.0f} m from the nearest road for "
                f"{profile}; at most {SNAP_MAX_M} m can be served"
            )
    return _line(graph, network, (start, end), (ends[0], ends[1]))


def _between(
    network: Network, nodes: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return milliseconds and metres between nodes, shape (n, n) each."""
    count = len(nodes)
    times_ms, metres = np.zeros((count, count)), np.zeros((count, count))
    for row, source in enumerate(nodes):
        times, before = dijkstra(
            network.times, indices=source, return_predecessors=True
        )
        lengths = _tree_metres(network, source, before.astype(np.int64))
        times_ms[row], metres[row] = times[nodes], lengths[nodes]
    return times_ms, metres


def _tree_metres(
    network: Network, source: int, before: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum the metres along a shortest-path tree, halving the depth in each turn."""
    count = len(before)
    everyone = np.arange(count)
    jump = np.where(everyone == source, source, before)
    metres = np.zeros(count)
    others = everyone[everyone != source]
    metres[others] = network.lengths_m[edge_of(network, before[others], others)]
    while np.any(jump != source):
        metres = metres + metres[jump]
        jump = jump[jump]
    return metres


def _line(
    graph: RoadGraph,
    network: Network,
    places: tuple[Place, Place],
    ends: tuple[Snap, Snap],
) -> Polyline:
    source, target = ends[0].node, ends[1].node
    times_ms, before = dijkstra(network.times, indices=source, return_predecessors=True)
    chain = [target]
    while chain[-1] != source:
        chain.append(int(before[chain[-1]]))
    way = np.array(chain[::-1], dtype=np.int64)
    steps_m = network.lengths_m[edge_of(network, way[:-1], way[1:])]
    seconds = ends[0].metres / WALK_MS + times_ms[way] / 1000
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
        seconds=_joined(0.0, seconds, float(seconds[-1]) + ends[1].metres / WALK_MS),
        source="road",
    )


def _joined(head: float, middle: NDArray[np.float64], tail: float) -> tuple[float, ...]:
    return (head, *(float(value) for value in middle), tail)
