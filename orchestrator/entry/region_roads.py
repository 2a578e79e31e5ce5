"""From OpenStreetMap's tags to the road graph: which way is a road, and for whom."""

from array import array
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import osmium

from routing.travel.graph import NODES_MAX, RoadGraph
from routing.travel.great_circle import great_circle_m
from routing.travel.matrix import Place, Profile
from routing.travel.speeds import ACCESS_BIT, RoadKind

# Long pieces are cut, so that a place half-way along a block snaps beside itself.
PIECE_MAX_M: Final = 40

CYCLES: Final = ACCESS_BIT[Profile.BICYCLE] | ACCESS_BIT[Profile.CARGO_BIKE]
VAN: Final = ACCESS_BIT[Profile.VAN]
FOOT: Final = ACCESS_BIT[Profile.FOOT]
EVERYBODY: Final = CYCLES | VAN | FOOT

KIND_OF_HIGHWAY: Final = {
    "trunk": RoadKind.PRIMARY,
    "trunk_link": RoadKind.PRIMARY,
    "primary": RoadKind.PRIMARY,
    "primary_link": RoadKind.PRIMARY,
    "secondary": RoadKind.SECONDARY,
    "secondary_link": RoadKind.SECONDARY,
    "tertiary": RoadKind.TERTIARY,
    "tertiary_link": RoadKind.TERTIARY,
    "unclassified": RoadKind.RESIDENTIAL,
    "residential": RoadKind.RESIDENTIAL,
    "living_street": RoadKind.RESIDENTIAL,
    "road": RoadKind.RESIDENTIAL,
    "service": RoadKind.SERVICE,
    "track": RoadKind.PATH,
    "cycleway": RoadKind.CYCLEWAY,
    "path": RoadKind.PATH,
    "bridleway": RoadKind.PATH,
    "footway": RoadKind.FOOTWAY,
    "crossing": RoadKind.FOOTWAY,
    "pedestrian": RoadKind.PEDESTRIAN,
    "steps": RoadKind.STEPS,
}
ALLOWED_ON: Final = {
    RoadKind.CYCLEWAY: CYCLES | FOOT,
    RoadKind.PATH: CYCLES | FOOT,
    RoadKind.FOOTWAY: CYCLES | FOOT,  # a bicycle is pushed
    RoadKind.PEDESTRIAN: CYCLES | FOOT,
    RoadKind.STEPS: ACCESS_BIT[Profile.BICYCLE] | FOOT,
}
YES: Final = frozenset({"yes", "designated", "permissive", "destination", "delivery"})
NO: Final = frozenset({"no", "private", "use_sidepath"})
# Who a tag speaks for, the finer tag last, so that it has the last word.
SPEAKS_FOR: Final = (
    ("access", EVERYBODY),
    ("vehicle", CYCLES | VAN),
    ("motor_vehicle", VAN),
    ("goods", VAN),
    ("bicycle", CYCLES),
    ("foot", FOOT),
)


def road_kind(tags: Mapping[str, str]) -> RoadKind | None:
    """Return what kind of road a way is, or None if it is none that we use."""
    if tags.get("area") == "yes" or tags.get("indoor") == "yes":
        return None
    kind = KIND_OF_HIGHWAY.get(tags.get("highway", ""))
    is_walk = kind in {RoadKind.FOOTWAY, RoadKind.PEDESTRIAN}
    if is_walk and tags.get("bicycle") in YES:
        return RoadKind.PATH
    return kind


def road_access(tags: Mapping[str, str], kind: RoadKind) -> tuple[int, int]:
    """Return who may go along the way, and who may go against it (access bits)."""
    allowed = ALLOWED_ON.get(kind, EVERYBODY)
    for tag, speaks_for in SPEAKS_FOR:
        value = tags.get(tag)
        if value in NO:
            allowed &= ~speaks_for
        elif value in YES and tag != "access" and kind < RoadKind.CYCLEWAY:
            allowed |= speaks_for
    if tags.get("oneway") in {"yes", "1", "true"} or tags.get("junction") == (
        "roundabout"
    ):
        return allowed, allowed & (FOOT | (CYCLES if _is_contraflow(tags) else 0))
    if tags.get("oneway") == "-1":
        return allowed & (FOOT | (CYCLES if _is_contraflow(tags) else 0)), allowed
    return allowed, allowed


def read_roads(extract: Path) -> RoadGraph:
    """Read the roads of an OpenStreetMap extract (.osm.pbf).

    Ways that miss nodes (a clipped extract) keep the parts that are there. Memory is
    that of the roads, whatever else the extract holds. Errors: those of osmium for an
    unreadable file; ValueError if it has no road or more than NODES_MAX nodes.
    """
    ways: list[tuple[RoadKind, tuple[int, int], list[int]]] = []
    wanted: set[int] = set()
    roads = osmium.FileProcessor(str(extract), osmium.osm.WAY)
    for way in roads.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        kind = road_kind(tags)
        if kind is not None and isinstance(way, osmium.osm.Way):
            references = [node.ref for node in way.nodes]
            ways.append((kind, road_access(tags, kind), references))
            wanted.update(references)
            if len(wanted) > NODES_MAX:
                raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    nodes = osmium.FileProcessor(str(extract), osmium.osm.NODE)
    places = {
        node.id: (node.lon, node.lat)
        for node in nodes.with_filter(osmium.filter.IdFilter(wanted))
        if isinstance(node, osmium.osm.Node)
    }
    return _graph(places, ways)


def _is_contraflow(tags: Mapping[str, str]) -> bool:
    return tags.get("oneway:bicycle") == "no" or "opposite" in tags.get("cycleway", "")


class _Pieces:
    """The graph as it grows: nodes get numbers when they are first used."""

    def __init__(self) -> None:
        self.number: dict[int, int] = {}
        self.points: list[tuple[float, float]] = []
        self.tails, self.heads = array("l"), array("l")
        self.lengths_dm, self.kinds, self.access = array("l"), array("l"), array("l")

    def node(self, reference: int, point: tuple[float, float]) -> int:
        if reference not in self.number:
            self.number[reference] = self.add_point(point)
        return self.number[reference]

    def add_point(self, point: tuple[float, float]) -> int:
        self.points.append(point)
        return len(self.points) - 1

    def add_edge(
        self, tail: int, head: int, *, dm: int, kind: RoadKind, access: int
    ) -> None:
        if access and tail != head:
            self.tails.append(tail)
            self.heads.append(head)
            self.lengths_dm.append(dm)
            self.kinds.append(kind)
            self.access.append(access)


def _graph(
    places: Mapping[int, tuple[float, float]],
    ways: list[tuple[RoadKind, tuple[int, int], list[int]]],
) -> RoadGraph:
    pieces = _Pieces()
    for kind, access, references in ways:
        if not any(access):
            continue
        for left, right in pairwise(references):
            if left != right and left in places and right in places:
                tail = pieces.node(left, places[left])
                head = pieces.node(right, places[right])
                _add_road(pieces, tail, head, kind, access)
    if not pieces.tails:
        raise ValueError("the extract holds no road")
    if len(pieces.points) > NODES_MAX:
        raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    return _packed(pieces)


def _add_road(
    pieces: _Pieces, tail: int, head: int, kind: RoadKind, access: tuple[int, int]
) -> None:
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
        pieces.add_edge(left, right, dm=dm, kind=kind, access=access[0])
        pieces.add_edge(right, left, dm=dm, kind=kind, access=access[1])


def _place(point: tuple[float, float]) -> Place:
    return Place(longitude_deg=point[0], latitude_deg=point[1])


def _packed(pieces: _Pieces) -> RoadGraph:
    """Sort the nodes along a curve (neighbours pack well) and the edges by tail."""
    points = np.round(np.array(pieces.points) * 1e6).astype(np.int64)
    order = np.lexsort((points[:, 0], points[:, 1] // 500))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    tails = rank[np.array(pieces.tails)]
    heads = rank[np.array(pieces.heads)]
    by_tail = np.lexsort((heads, tails))
    degrees = np.bincount(tails, minlength=len(order))
    return RoadGraph(
        longitudes_e6=points[order, 0].astype(np.int32),
        latitudes_e6=points[order, 1].astype(np.int32),
        first=np.concatenate(([0], np.cumsum(degrees))).astype(np.int32),
        heads=heads[by_tail].astype(np.int32),
        lengths_dm=np.array(pieces.lengths_dm)[by_tail].astype(np.int32),
        kinds=np.array(pieces.kinds)[by_tail].astype(np.uint8),
        access=np.array(pieces.access)[by_tail].astype(np.uint8),
    )
