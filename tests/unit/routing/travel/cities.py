"""Cities at random for tests: one-way and parallel streets, islands and dead ends."""

import numpy as np
from hypothesis import strategies as st

from routing.travel.graph import RoadGraph
from routing.travel.matrix import Place
from routing.travel.speeds import RoadKind, Surface, Wait

STEP_E6 = 1_000  # nodes about 70 m apart, so that each has its own place
ANYBODY = 15

type Street = tuple[int, int, int, RoadKind]  # from, to, decimetres


@st.composite
def cities(draw: st.DrawFn) -> RoadGraph:
    """Up to 40 nodes; everybody may go everywhere."""
    count = draw(st.integers(2, 40))
    node = st.integers(0, count - 1)
    kind = st.sampled_from(
        (RoadKind.PRIMARY, RoadKind.RESIDENTIAL, RoadKind.CYCLEWAY, RoadKind.TRACK)
    )
    street = st.tuples(node, node, st.integers(1, 5_000), kind, st.booleans())
    drawn = draw(st.lists(street, min_size=1, max_size=3 * count))
    streets = [(0, 1, 700, RoadKind.PRIMARY), *(street[:4] for street in drawn)]
    streets += [(b, a, dm, kind) for a, b, dm, kind, is_both in drawn if is_both]
    byte = st.integers(0, 255)
    chance = [draw(byte) for _ in streets]
    return a_graph(count, streets, chance=chance, drives_left=draw(st.booleans()))


def a_graph(
    count: int,
    streets: list[Street],
    *,
    chance: list[int] | None = None,
    drives_left: bool = False,
) -> RoadGraph:
    """Nodes in rows of seven; `chance` decides surface, wait and limit of a street."""
    bytes_ = chance or [0] * len(streets)
    ordered = sorted(zip(streets, bytes_, strict=True))
    tails = [street[0] for street, _ in ordered]
    dice = np.array([byte for _, byte in ordered], dtype=np.uint8)
    return RoadGraph(
        longitudes_e6=np.arange(count, dtype=np.int32) % 7 * STEP_E6,
        latitudes_e6=np.arange(count, dtype=np.int32) // 7 * STEP_E6,
        first=np.searchsorted(tails, np.arange(count + 1)).astype(np.int32),
        heads=np.array([street[1] for street, _ in ordered], dtype=np.int32),
        lengths_dm=np.array([street[2] for street, _ in ordered], dtype=np.int32),
        kinds=np.array([street[3] for street, _ in ordered], dtype=np.uint8),
        access=np.full(len(ordered), ANYBODY, dtype=np.uint8),
        limits_kmh=np.where(dice % 5 == 1, 30, 0).astype(np.uint8),
        surfaces=(dice % len(Surface)).astype(np.uint8),
        waits=np.where(dice % 7 == 1, int(Wait.SIGNAL), 0).astype(np.uint8),
        drives_left=drives_left,
    )


def place_of(graph: RoadGraph, node: int) -> Place:
    """Where a node is."""
    return Place(
        longitude_deg=float(graph.longitudes_e6[node]) / 1e6,
        latitude_deg=float(graph.latitudes_e6[node]) / 1e6,
    )


def a_street(pieces: int) -> RoadGraph:
    """One street, there and back, with a node every 70 m or so."""
    kind = RoadKind.PRIMARY
    there = [(node, node + 1, 700, kind) for node in range(pieces)]
    back = [(node + 1, node, 700, kind) for node in range(pieces)]
    return a_graph(pieces + 1, there + back)
