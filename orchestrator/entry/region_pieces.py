"""A road graph as it grows out of an extract: nodes, and ways cut into pieces."""

from array import array
from itertools import pairwise
from typing import Final

import numpy as np

from routing.travel.graph import RoadGraph
from routing.travel.great_circle import great_circle_m
from routing.travel.matrix import Place
from routing.travel.speeds import RoadKind

# Long pieces are cut, so that a place half-way along a block snaps beside itself.
PIECE_MAX_M: Final = 40


class Pieces:
    """The graph as it grows: nodes get numbers when they are first used."""

    def __init__(self) -> None:
        self.number: dict[int, int] = {}
        self.points: list[tuple[float, float]] = []
        self.tails, self.heads = array("l"), array("l")
        self.lengths_dm, self.kinds, self.access = array("l"), array("l"), array("l")
        self.ways = array("q")

    def node(self, reference: int, point: tuple[float, float]) -> int:
        """Return the number of a node of the extract."""
        if reference not in self.number:
            self.number[reference] = self.add_point(point)
        return self.number[reference]

    def add_point(self, point: tuple[float, float]) -> int:
        """Return the number of a new node at the point (longitude, latitude)."""
        self.points.append(point)
        return len(self.points) - 1

    def add_edge(
        self, tail: int, head: int, *, dm: int, kind: int, access: int, way: int
    ) -> None:
        """Add a directed piece of a way, unless nobody may use it."""
        if access and tail != head:
            self.tails.append(tail)
            self.heads.append(head)
            self.lengths_dm.append(dm)
            self.kinds.append(kind)
            self.access.append(access)
            self.ways.append(way)


def add_road(
    pieces: Pieces,
    ends: tuple[int, int],
    *,
    way: int,
    kind: RoadKind,
    access: tuple[int, int],
) -> None:
    """Add both directions between two nodes, cut into pieces."""
    tail, head = ends
    start, end = pieces.points[tail], pieces.points[head]
    metres = great_circle_m(_place(start), _place(end))
    count = max(1, int(-(-metres // PIECE_MAX_M)))
    inner = [
        pieces.add_point(
            (
                start[0] + (end[0] - start[0]) * step / count,
                start[1] + (end[1] - start[1]) * step / count,
            )
        )
        for step in range(1, count)
    ]
    chain = [tail, *inner, head]
    dm = max(1, round(metres * 10 / count))
    for left, right in pairwise(chain):
        pieces.add_edge(left, right, dm=dm, kind=kind, access=access[0], way=way)
        pieces.add_edge(right, left, dm=dm, kind=kind, access=access[1], way=way)


def _place(point: tuple[float, float]) -> Place:
    return Place(longitude_deg=point[0], latitude_deg=point[1])


def packed(pieces: Pieces) -> RoadGraph:
    """Sort the nodes along a curve (neighbours pack well) and the edges by tail.

    Of nodes at one point the one that came first stays first.
    """
    points = np.round(np.array(pieces.points) * 1e6).astype(np.int64)
    order = np.lexsort((points[:, 0], points[:, 1] // 500))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    access = np.array(pieces.access)
    used = np.flatnonzero(access)
    tails = rank[np.array(pieces.tails)[used]]
    heads = rank[np.array(pieces.heads)[used]]
    by_tail = used[np.lexsort((heads, tails))]
    degrees = np.bincount(tails, minlength=len(order))
    return RoadGraph(
        longitudes_e6=points[order, 0].astype(np.int32),
        latitudes_e6=points[order, 1].astype(np.int32),
        first=np.concatenate(([0], np.cumsum(degrees))).astype(np.int32),
        heads=rank[np.array(pieces.heads)][by_tail].astype(np.int32),
        lengths_dm=np.array(pieces.lengths_dm)[by_tail].astype(np.int32),
        kinds=np.array(pieces.kinds)[by_tail].astype(np.uint8),
        access=access[by_tail].astype(np.uint8),
    )
