"""One profile's view of the road graph: its roads, its times, its largest part."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from routing.errors import InvalidGraphError
from routing.travel.graph import RoadGraph
from routing.travel.great_circle import EARTH_RADIUS_M, checked
from routing.travel.matrix import Place, Profile
from routing.travel.speeds import ACCESS_BIT, SPEED_KMH

SNAP_MAX_M: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """The largest part in which every node can be reached from every other.

    Shapes over its n nodes and m edges: `nodes` (n,) indices into the graph; `times`
    (n, n) sparse milliseconds; `keys` (m,) sorted tail * n + head; `lengths_m` (m,);
    `tree` finds the nearest of `anchors` (k,) in local metres: nodes that have their
    point for themselves. Where a turn is forbidden there are several, and a stop there
    would be a way around the sign: the triangle would not hold.
    """

    nodes: NDArray[np.int64]
    times: csr_array
    keys: NDArray[np.int64]
    lengths_m: NDArray[np.float64]
    anchors: NDArray[np.int64]
    tree: cKDTree
    metres_per_degree: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snap:
    """The node of the network nearest to a place, and how far away it is."""

    node: int
    metres: float

    @property
    def is_near(self) -> bool:
        """Whether the place may be served by these roads."""
        return self.metres <= SNAP_MAX_M


@lru_cache(maxsize=16)
def network_of(graph: RoadGraph, profile: Profile) -> Network:
    """Return the profile's network. Errors: InvalidGraphError if it has no road."""
    tails = np.repeat(np.arange(graph.node_count), np.diff(graph.first))
    open_ = (graph.access & ACCESS_BIT[profile]) > 0
    tails, heads = tails[open_], graph.heads[open_].astype(np.int64)
    lengths_m = np.maximum(graph.lengths_dm[open_], 1) / 10
    speeds_ms = np.array(SPEED_KMH[profile])[graph.kinds[open_]] / 3.6
    times_ms = np.ceil(lengths_m / speeds_ms * 1000)
    nodes, tails, heads, kept = _largest_part(graph.node_count, tails, heads)
    return _network(
        graph,
        nodes=nodes,
        tails=tails,
        heads=heads,
        lengths_m=lengths_m[kept],
        times_ms=times_ms[kept],
    )


def snap(network: Network, place: Place) -> Snap:
    """Return the nearest node. Errors: InvalidProblemError if off the globe."""
    checked(place)
    east_m, north_m = network.metres_per_degree
    point = (place.longitude_deg * east_m, place.latitude_deg * north_m)
    metres, node = network.tree.query(point)
    return Snap(node=int(network.anchors[node]), metres=float(metres))


def snaps(
    network: Network, places: Sequence[Place]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest node of each of k places and how far it is, shapes (k,)."""
    degrees = [(place.longitude_deg, place.latitude_deg) for place in places]
    metres, nodes = network.tree.query(np.array(degrees) * network.metres_per_degree)
    return network.anchors[nodes], np.asarray(metres, dtype=np.float64)


def edge_of(
    network: Network, tails: NDArray[np.int64], heads: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the indices of the edges tails -> heads, which must exist."""
    return np.searchsorted(network.keys, tails * len(network.nodes) + heads)


def _largest_part(
    node_count: int, tails: NDArray[np.int64], heads: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return its nodes, its edges in its own numbering, and which edges those are."""
    if not len(tails):
        raise InvalidGraphError("the road graph has no road for this profile")
    links = csr_array(
        (np.ones(len(tails)), (tails, heads)), shape=(node_count, node_count)
    )
    _, part = connected_components(links, directed=True, connection="strong")
    inside = part == np.bincount(part).argmax()
    nodes = np.flatnonzero(inside)
    number = np.full(node_count, -1, dtype=np.int64)
    number[nodes] = np.arange(len(nodes))
    kept = inside[tails] & inside[heads] & (tails != heads)
    return nodes, number[tails[kept]], number[heads[kept]], kept


def _network(
    graph: RoadGraph,
    *,
    nodes: NDArray[np.int64],
    tails: NDArray[np.int64],
    heads: NDArray[np.int64],
    lengths_m: NDArray[np.float64],
    times_ms: NDArray[np.float64],
) -> Network:
    count = len(nodes)
    keys = tails * count + heads
    order = np.lexsort((times_ms, keys))  # of parallel roads the fastest comes first
    keys, unique = np.unique(keys[order], return_index=True)
    chosen = order[unique]
    times = csr_array(
        (times_ms[chosen], (tails[chosen], heads[chosen])), shape=(count, count)
    )
    longitudes = graph.longitudes_e6[nodes] / 1e6
    latitudes = graph.latitudes_e6[nodes] / 1e6
    north_m = float(np.radians(1) * EARTH_RADIUS_M)
    east_m = north_m * float(np.cos(np.radians(latitudes.mean())))
    points = np.column_stack((graph.longitudes_e6[nodes], graph.latitudes_e6[nodes]))
    _, firsts, sharers = np.unique(
        points, axis=0, return_index=True, return_counts=True
    )
    anchors = np.sort(firsts[sharers == 1] if (sharers == 1).any() else firsts)
    local = np.column_stack((longitudes * east_m, latitudes * north_m))
    return Network(
        nodes=nodes,
        times=times,
        keys=keys,
        lengths_m=lengths_m[chosen],
        anchors=anchors,
        tree=cKDTree(local[anchors]),
        metres_per_degree=(east_m, north_m),
    )
