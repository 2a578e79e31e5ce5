"""A road graph as it grows out of an extract: nodes, and ways cut into pieces."""

from array import array
from typing import Final

import numpy as np

from orchestrator.entry.region_tags import Road, Spot
from routing.travel.graph import RoadGraph
from routing.travel.great_circle import great_circle_m
from routing.travel.matrix import Place

# Long pieces are cut, so that a place half-way along a block snaps beside itself.
PIECE_MAX_M: Final = 40


COLUMNS: Final = (
    "tails",
    "heads",
    "lengths_dm",
    "kinds",
    "access",
    "limits_kmh",
    "surfaces",
    "waits",
    "ways",
)
NOTHING: Final = Spot(bars=0, waits=(0, 0))


class Pieces:
    """The graph as it grows: nodes get numbers when they are first used.

    The columns are those of RoadGraph, and `ways` the way that a piece is of.
    """

    def __init__(self) -> None:
        self.number: dict[int, int] = {}
        self.points: list[tuple[float, float]] = []
        self.columns = {name: array("q") for name in COLUMNS}
        self.tails, self.heads = self.columns["tails"], self.columns["heads"]
        self.access, self.ways = self.columns["access"], self.columns["ways"]

    def node(self, reference: int, point: tuple[float, float]) -> int:
        """Return the number of a node of the extract."""
        if reference not in self.number:
            self.number[reference] = self.add_point(point)
        return self.number[reference]

    def add_point(self, point: tuple[float, float]) -> int:
        """Return the number of a new node at the point (longitude, latitude)."""
        self.points.append(point)
        return len(self.points) - 1

    def add(self, **entry: int) -> None:
        """Add a directed piece of a way, unless nobody may use it."""
        if entry["access"] and entry["tails"] != entry["heads"]:
            for name, column in self.columns.items():
                column.append(entry[name])

    def add_like(self, edge: int, *, tail: int, head: int, access: int) -> None:
        """Add a piece like another one, between other nodes, for others."""
        entry = {name: column[edge] for name, column in self.columns.items()}
        self.add(**entry | {"tails": tail, "heads": head, "access": access})


def add_road(
    pieces: Pieces,
    ends: tuple[int, int],
    road: Road,
    *,
    spots: tuple[Spot, Spot] = (NOTHING, NOTHING),
    least: int = 1,
) -> None:
    """Add both directions between two nodes, cut into `least` pieces and more.

    `spots`: what is on the two nodes.
    """
    start, end = pieces.points[ends[0]], pieces.points[ends[1]]
    metres = length_m(start, end)
    count = max(least, int(-(-metres // PIECE_MAX_M)))
    inner = [
        pieces.add_point(
            (
                start[0] + (end[0] - start[0]) * step / count,
                start[1] + (end[1] - start[1]) * step / count,
            )
        )
        for step in range(1, count)
    ]
    chain = [ends[0], *inner, ends[1]]
    on = [spots[0], *(NOTHING for _ in inner), spots[1]]
    for at in range(count):
        bars = on[at].bars | on[at + 1].bars
        for direction, (tail, head) in enumerate(((at, at + 1), (at + 1, at))):
            pieces.add(
                tails=chain[tail],
                heads=chain[head],
                lengths_dm=max(1, round(metres * 10 / count)),
                kinds=road.kind,
                access=road.access[direction] & ~bars,
                limits_kmh=road.limits_kmh[direction],
                surfaces=road.surface,
                waits=on[head].waits[direction],
                ways=road.way,
            )


def length_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the metres between two points (longitude, latitude)."""
    left, right = (
        Place(longitude_deg=at[0], latitude_deg=at[1]) for at in (start, end)
    )
    return great_circle_m(left, right)


def packed(pieces: Pieces, *, drives_left: bool = False) -> RoadGraph:
    """Sort the nodes along a curve (neighbours pack well) and the edges by tail.

    Of nodes at one point the one that came first stays first.
    """
    points = np.round(np.array(pieces.points) * 1e6).astype(np.int64)
    order = np.lexsort((points[:, 0], points[:, 1] // 500))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    used = np.flatnonzero(np.array(pieces.access))
    columns = {name: np.array(each)[used] for name, each in pieces.columns.items()}
    tails, heads = rank[columns["tails"]], rank[columns["heads"]]
    by_tail = np.lexsort((heads, tails))
    degrees = np.bincount(tails, minlength=len(order))
    bytes_ = ("kinds", "access", "limits_kmh", "surfaces", "waits")
    return RoadGraph(
        longitudes_e6=points[order, 0].astype(np.int32),
        latitudes_e6=points[order, 1].astype(np.int32),
        first=np.concatenate(([0], np.cumsum(degrees))).astype(np.int32),
        heads=heads[by_tail].astype(np.int32),
        lengths_dm=columns["lengths_dm"][by_tail].astype(np.int32),
        drives_left=drives_left,
        **{name: columns[name][by_tail].astype(np.uint8) for name in bytes_},
    )
