"""One profile's contraction hierarchy: from any node few steps up, and all is known."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.errors import UnreachableError
from routing.travel import kernels
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Profile
from routing.travel.network import Network, edge_of, network_of

KEEP: Final = 16  # graphs and profiles of one process

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Upward:
    """Edges to higher nodes, in rows by their lower end (CSR).

    Shapes: `first` (n + 1,); `edges` (m, 3): the higher end, the length (see
    kernels.py), the node in the middle of a shortcut or -1.
    """

    first: Ints
    edges: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hierarchy:
    """A network's nodes by rank, `leave` upwards and `come` from above.

    Shapes over the n nodes of `network`: `rank` and its inverse `order` (n,). The
    edges of `leave` lead from the lower end to the higher one, those of `come` from
    the higher to the lower; nodes in them are ranks.
    """

    network: Network
    rank: Ints
    order: Ints
    leave: Upward
    come: Upward


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What searches in one hierarchy write to; not to be shared between threads."""

    reached: Ints
    heap: Ints
    now: Ints
    at_hub: Ints


@lru_cache(maxsize=KEEP)
def hierarchy_of(graph: RoadGraph, profile: Profile) -> Hierarchy:
    """Return the profile's hierarchy. Errors: InvalidGraphError if it has no road.

    Geisberger, Sanders, Schultes, Delling (2008), "Contraction hierarchies",
    doi:10.1007/978-3-540-68552-4_24. The same graph gives the same hierarchy.
    """
    network = network_of(graph, profile)
    count = len(network.nodes)
    order, edges = kernels.contract(
        count, network.keys // count, network.keys % count, lengths_of(network)
    )
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    tails, heads = rank[edges[:, kernels.TAIL]], rank[edges[:, kernels.HEAD]]
    middles = edges[:, kernels.MIDDLE]
    middles = np.where(middles < 0, -1, rank[middles])
    climbs = tails < heads
    lengths = edges[:, kernels.KEY]
    falls = ~climbs
    return Hierarchy(
        network=network,
        rank=rank,
        order=order,
        leave=_upward(
            count, tails[climbs], heads[climbs], lengths[climbs], middles[climbs]
        ),
        come=_upward(count, heads[falls], tails[falls], lengths[falls], middles[falls]),
    )


def lengths_of(network: Network) -> Ints:
    """Return the length of each edge as the kernels count, shape (m,)."""
    decimetres = np.round(network.lengths_m * 10).astype(np.int64)
    return (network.times.data.astype(np.int64) << 32) | decimetres


def search_in(hierarchy: Hierarchy) -> Search:
    """Return fresh scratch memory for searches in the hierarchy."""
    count = len(hierarchy.order)
    room = 1 + max(len(hierarchy.leave.edges), len(hierarchy.come.edges))
    return Search(
        reached=np.zeros((count, 3), dtype=np.int64),
        heap=np.empty((room, 2), dtype=np.int64),
        now=np.zeros(1, dtype=np.int64),
        at_hub=np.full(count, kernels.NEVER, dtype=np.int64),
    )


def labels_of(
    hierarchy: Hierarchy, search: Search, nodes: Ints, *, is_leaving: bool
) -> tuple[Ints, Ints]:
    """Return the hubs on the ways from (or to) k nodes: first (k + 1,), hubs (h, 2).

    A hub is its length and its rank. Of every two nodes, the fastest way goes over a
    hub that the first one leaves by and the second one comes by.
    """
    up, down = hierarchy.leave, hierarchy.come
    if not is_leaving:
        up, down = down, up
    first, hubs = kernels.labels(
        up.first,
        up.edges,
        down.first,
        down.edges,
        search.reached,
        search.heap,
        search.now,
        hierarchy.rank[nodes],
    )
    return first, hubs


def way_of(hierarchy: Hierarchy, start: int, end: int) -> Ints:
    """Return the states of the fastest way, both included, shape (k,).

    Errors: UnreachableError if there is none.
    """
    search = search_in(hierarchy)
    here, there = int(hierarchy.rank[start]), int(hierarchy.rank[end])
    _, out = labels_of(hierarchy, search, np.array([start]), is_leaving=True)
    climbed = _parents(search, hierarchy.leave)
    _, in_ = labels_of(hierarchy, search, np.array([end]), is_leaving=False)
    fallen = _parents(search, hierarchy.come)
    search.at_hub[out[:, kernels.NODE]] = out[:, kernels.FAR]
    over = search.at_hub[in_[:, kernels.NODE]] + in_[:, kernels.FAR]
    best = int(np.argmin(over))
    if over[best] >= kernels.NEVER:
        raise UnreachableError(f"no road leads from state {start} to {end}")
    hub = int(in_[best, kernels.NODE])
    corners = [*_back(climbed, hub, here)[::-1], *_back(fallen, hub, there)[1:]]
    ranks = [here]
    for low, high in pairwise(corners):
        ranks += _unfolded(hierarchy, low, high)[1:]
    way: Ints = hierarchy.order[np.array(ranks)]
    return way


def _upward(
    count: int, lows: Ints, highs: Ints, lengths: Ints, middles: Ints
) -> Upward:
    order = np.lexsort((highs, lows))
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(lows, minlength=count), out=first[1:])
    edges = np.column_stack((highs[order], lengths[order], middles[order]))
    return Upward(first=first, edges=np.ascontiguousarray(edges))


def _parents(search: Search, up: Upward) -> dict[int, int]:
    """Of every node that the last search reached, the node it was reached from."""
    found = np.flatnonzero(search.reached[:, kernels.TURN] == search.now[0])
    edges = search.reached[found, kernels.PARENT]
    lows = np.searchsorted(up.first, edges, side="right") - 1
    return dict(zip(found.tolist(), lows.tolist(), strict=True))


def _back(parents: dict[int, int], node: int, source: int) -> list[int]:
    chain = [node]
    while chain[-1] != source:
        chain.append(parents[chain[-1]])
    return chain


def _unfolded(hierarchy: Hierarchy, start: int, end: int) -> list[int]:
    leave, come = hierarchy.leave, hierarchy.come
    return list(
        kernels.unfold(leave.first, leave.edges, come.first, come.edges, start, end)
    )


def metres_and_ms(
    network: Network, way: Ints
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lengths and the times of a way's k - 1 pieces."""
    edges = edge_of(network, way[:-1], way[1:])
    return network.lengths_m[edges], network.times.data[edges]
