"""Where a courier can be and what comes next: the graph in which ways are looked for.

Where turns cost time, one is not at a node but has come to it by a piece of road: each
piece is a state (an edge-based graph: Volker 2008, "Route planning in road networks
with turn costs"). Who stops is in a state of the stop, by which all may go on in every
direction: a turn about is a stop on the way. So ways add up: none over a stop is
shorter than the way without it, and the triangle holds in every matrix.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.travel.graph import RoadGraph
from routing.travel.matrix import Profile
from routing.travel.speeds import ACCESS_BIT, piece_ms
from routing.travel.turns import PRIORITY, TURN_TIMES, Turns, TurnTimes, turn_ms

type Ints = NDArray[np.int64]
type Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """m steps between n states.

    Shapes: `nodes` (n,) where in the graph each state is; `is_stop` (n,) whether one
    may stop there; `tails`, `heads`, `times_ms`, `lengths_m` (m,).
    """

    nodes: Ints
    is_stop: NDArray[np.bool_]
    tails: Ints
    heads: Ints
    times_ms: Reals
    lengths_m: Reals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Roads:
    """The pieces that are open to one profile, by their tail; shapes (m,).

    `edges` are indices into the graph. `spots` (nodes of the graph,): nodes at one
    point share a number; they come from forbidden turns.
    """

    edges: Ints
    tails: Ints
    heads: Ints
    times_ms: Reals
    lengths_m: Reals
    spots: Ints


def steps_of(graph: RoadGraph, profile: Profile) -> Steps:
    """Return the profile's states and steps; none if no road is open to it."""
    roads = _roads(graph, profile)
    times = TURN_TIMES.get(profile)
    if times is None:
        stops = _stops(roads, np.zeros(len(roads.spots), np.bool_))
        is_stop = np.zeros(graph.node_count, np.bool_)
        is_stop[stops] = True
        return Steps(
            nodes=np.arange(graph.node_count),
            is_stop=is_stop,
            tails=roads.tails,
            heads=roads.heads,
            times_ms=roads.times_ms,
            lengths_m=roads.lengths_m,
        )
    return _with_turns(graph, roads, times)


def _roads(graph: RoadGraph, profile: Profile) -> _Roads:
    tails = np.repeat(np.arange(graph.node_count), np.diff(graph.first))
    is_open = ((graph.access & ACCESS_BIT[profile]) > 0) & (tails != graph.heads)
    edges = np.flatnonzero(is_open)
    lengths_m = np.maximum(graph.lengths_dm[edges], 1) / 10
    points = graph.longitudes_e6.astype(np.int64) << 32
    points |= graph.latitudes_e6.astype(np.int64) & 0xFFFFFFFF
    return _Roads(
        edges=edges,
        tails=tails[edges],
        heads=graph.heads[edges].astype(np.int64),
        lengths_m=lengths_m,
        times_ms=piece_ms(
            profile,
            lengths_m=lengths_m,
            kinds=graph.kinds[edges],
            surfaces=graph.surfaces[edges],
            limits_kmh=graph.limits_kmh[edges],
            waits=graph.waits[edges],
        ),
        spots=np.unique(points, return_inverse=True)[1].reshape(-1),
    )


def _with_turns(graph: RoadGraph, roads: _Roads, times: TurnTimes) -> Steps:
    count = len(roads.edges)
    is_junction = _junctions(roads)
    stops = _stops(roads, is_junction)
    before, after = _passages(roads)
    cost = np.zeros(len(before))
    at = np.flatnonzero(is_junction[roads.spots[roads.heads[before]]])
    cost[at] = turn_ms(
        _turns(graph, roads, before[at], after[at]),
        times,
        drives_left=graph.drives_left,
    )
    stop_of = np.full(graph.node_count, -1, dtype=np.int64)
    stop_of[stops] = count + np.arange(len(stops))
    coming = np.flatnonzero(stop_of[roads.heads] >= 0)
    leaving = np.flatnonzero(stop_of[roads.tails] >= 0)
    is_stop = np.zeros(count + len(stops), np.bool_)
    is_stop[count:] = True
    return Steps(
        nodes=np.concatenate((roads.heads, stops)),
        is_stop=is_stop,
        tails=np.concatenate((before, coming, stop_of[roads.tails[leaving]])),
        heads=np.concatenate((after, stop_of[roads.heads[coming]], leaving)),
        times_ms=np.concatenate(
            (
                cost + roads.times_ms[after],
                np.full(len(coming), float(times.stop_ms)),
                roads.times_ms[leaving],
            )
        ),
        lengths_m=np.concatenate(
            (
                roads.lengths_m[after],
                np.zeros(len(coming)),
                roads.lengths_m[leaving],
            )
        ),
    )


def _junctions(roads: _Roads) -> NDArray[np.bool_]:
    """Return at which spots three and more pieces meet, by spot."""
    count = int(roads.spots.max(initial=-1)) + 1
    left, right = roads.spots[roads.tails], roads.spots[roads.heads]
    pairs = np.unique(np.concatenate((left * count + right, right * count + left)))
    return np.bincount(pairs // max(count, 1), minlength=count) >= 3


def _stops(roads: _Roads, is_junction: NDArray[np.bool_]) -> Ints:
    """Return the nodes at which one may stop: alone at their point, at no junction.

    A stop elsewhere would be a way around a sign or a turn. Where there is no such
    node, junctions will do, and then every node.
    """
    used = np.unique(np.concatenate((roads.tails, roads.heads)))
    shared = np.bincount(roads.spots[used], minlength=1)[roads.spots[used]] > 1
    for choice in (~shared & ~is_junction[roads.spots[used]], ~shared):
        if choice.any():
            return used[choice]
    return used


def _passages(roads: _Roads) -> tuple[Ints, Ints]:
    """Return every piece with each that goes on from its head, but not back."""
    first = np.searchsorted(roads.tails, np.arange(len(roads.spots) + 1))
    ways_on = np.diff(first)[roads.heads]
    before = np.repeat(np.arange(len(roads.edges)), ways_on)
    nth = np.arange(len(before)) - np.repeat(np.cumsum(ways_on) - ways_on, ways_on)
    after = first[roads.heads[before]] + nth
    on = roads.spots[roads.heads[after]] != roads.spots[roads.tails[before]]
    return before[on], after[on]


def _turns(graph: RoadGraph, roads: _Roads, before: Ints, after: Ints) -> Turns:
    east = graph.longitudes_e6[roads.heads] - graph.longitudes_e6[roads.tails]
    north = graph.latitudes_e6[roads.heads] - graph.latitudes_e6[roads.tails]
    width = np.cos(np.radians(graph.latitudes_e6[roads.heads] / 1e6))
    headings = np.arctan2(north, east * width)
    bends = np.degrees(headings[before] - headings[after])
    kinds = graph.kinds[roads.edges]
    spots = len(roads.spots)
    busiest = np.full(spots, PRIORITY.max())
    for ends in (roads.tails, roads.heads):
        np.minimum.at(busiest, roads.spots[ends], PRIORITY[kinds])
    here, there = roads.spots[roads.tails], roads.spots[roads.heads]
    is_both = np.isin(here * spots + there, there * spots + here)
    return Turns(
        bends_deg=(bends + 180) % 360 - 180,
        kinds=kinds[before],
        busiest=busiest[roads.spots[roads.heads[before]]],
        waits=graph.waits[roads.edges][before],
        is_oncoming=is_both[before],
    )
