"""One profile's view of the road graph: what it can reach, and how long each step is."""

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
from routing.travel.states import Ints, Steps, steps_of

SNAP_MAX_M: Final = 200
# A part of the roads that is as large is served though the largest can't be reached.
PART_MIN: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stops:
    """`states` (k,) of those who stop; `tree` finds the nearest in local metres."""

    states: Ints
    tree: cKDTree


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """The states of one profile and the steps between them (see states.py).

    Shapes over its n states and m steps: `nodes` (n,) indices into the graph; `times`
    (n, n) sparse milliseconds; `keys` (m,) sorted tail * n + head; `lengths_m` (m,).
    `main` are the stops of the largest part in which each state can be reached from
    each other, `apart` those of other parts of PART_MIN states and more (an island):
    a place is served by these only where it is far from `main`. What is smaller, a
    yard behind a fence, is not served.
    """

    nodes: Ints
    times: csr_array
    keys: Ints
    lengths_m: NDArray[np.float64]
    main: Stops
    apart: Stops | None
    metres_per_degree: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snap:
    """The state of the network nearest to a place, and how far away it is."""

    node: int
    metres: float

    @property
    def is_near(self) -> bool:
        """Whether the place may be served by these roads."""
        return self.metres <= SNAP_MAX_M


@lru_cache(maxsize=16)
def network_of(graph: RoadGraph, profile: Profile) -> Network:
    """Return the profile's network. Errors: InvalidGraphError if it has no road."""
    steps = steps_of(graph, profile)
    if not len(steps.tails):
        raise InvalidGraphError("the road graph has no road for this profile")
    count = len(steps.nodes)
    keys = steps.tails * count + steps.heads
    order = np.lexsort((steps.times_ms, keys))  # of parallel roads the fastest first
    keys, unique = np.unique(keys[order], return_index=True)
    chosen = order[unique]
    times = csr_array(
        (steps.times_ms[chosen], (steps.tails[chosen], steps.heads[chosen])),
        shape=(count, count),
    )
    longitudes = graph.longitudes_e6[steps.nodes] / 1e6
    latitudes = graph.latitudes_e6[steps.nodes] / 1e6
    north_m = float(np.radians(1) * EARTH_RADIUS_M)
    east_m = north_m * float(np.cos(np.radians(latitudes.mean())))
    local = np.column_stack((longitudes * east_m, latitudes * north_m))
    main, apart = _served(steps)
    return Network(
        nodes=steps.nodes,
        times=times,
        keys=keys,
        lengths_m=steps.lengths_m[chosen],
        main=Stops(states=main, tree=cKDTree(local[main])),
        apart=Stops(states=apart, tree=cKDTree(local[apart])) if len(apart) else None,
        metres_per_degree=(east_m, north_m),
    )


def snap(network: Network, place: Place) -> Snap:
    """Return the stop for a place. Errors: InvalidProblemError if off the globe."""
    states, metres = snaps(network, [checked(place)])
    return Snap(node=int(states[0]), metres=float(metres[0]))


def snaps(
    network: Network, places: Sequence[Place]
) -> tuple[Ints, NDArray[np.float64]]:
    """Return the stop for each of k places and how far it is, shapes (k,)."""
    degrees = [(place.longitude_deg, place.latitude_deg) for place in places]
    points = np.array(degrees) * network.metres_per_degree
    found_m, nearest = network.main.tree.query(points)
    metres = np.array(found_m, dtype=np.float64)
    states: Ints = network.main.states[nearest]
    far = np.flatnonzero(metres > SNAP_MAX_M)
    if network.apart is not None and len(far):
        found_m, nearest = network.apart.tree.query(points[far])
        apart_m, there = np.array(found_m), network.apart.states[nearest]
        is_nearer = apart_m < metres[far]
        states[far[is_nearer]] = there[is_nearer]
        metres[far[is_nearer]] = apart_m[is_nearer]
    return states, metres


def edge_of(network: Network, tails: Ints, heads: Ints) -> Ints:
    """Return the indices of the steps tails -> heads, which must exist."""
    return np.searchsorted(network.keys, tails * len(network.nodes) + heads)


def _served(steps: Steps) -> tuple[Ints, Ints]:
    """Return the stops of the largest part, and those of other large ones."""
    count = len(steps.nodes)
    links = csr_array(
        (np.ones(len(steps.tails)), (steps.tails, steps.heads)), shape=(count, count)
    )
    _, part = connected_components(links, directed=True, connection="strong")
    sizes = np.where(np.bincount(part, weights=steps.is_stop) > 0, np.bincount(part), 0)
    is_main = part == sizes.argmax()
    is_apart = ~is_main & (sizes[part] >= PART_MIN)
    return (
        np.flatnonzero(steps.is_stop & is_main),
        np.flatnonzero(steps.is_stop & is_apart),
    )
