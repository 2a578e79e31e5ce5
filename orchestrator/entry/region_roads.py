"""From OpenStreetMap's tags to the road graph: which way is a road, and for whom."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import osmium

from orchestrator.entry.region_pieces import Pieces, add_road, packed
from orchestrator.entry.region_turns import Turn, forbid, read_turns
from routing.travel.graph import NODES_MAX, RoadGraph
from routing.travel.matrix import Profile
from routing.travel.speeds import ACCESS_BIT, RoadKind

type Way = tuple[int, RoadKind, tuple[int, int], list[int]]  # id, …, access, nodes

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
    ways: list[Way] = []
    wanted: set[int] = set()
    roads = osmium.FileProcessor(str(extract), osmium.osm.WAY)
    for way in roads.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        kind = road_kind(tags)
        if kind is not None and isinstance(way, osmium.osm.Way):
            references = [node.ref for node in way.nodes]
            ways.append((way.id, kind, road_access(tags, kind), references))
            wanted.update(references)
            if len(wanted) > NODES_MAX:
                raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    nodes = osmium.FileProcessor(str(extract), osmium.osm.NODE)
    places = {
        node.id: (node.lon, node.lat)
        for node in nodes.with_filter(osmium.filter.IdFilter(wanted))
        if isinstance(node, osmium.osm.Node)
    }
    return _graph(places, ways, read_turns(extract))


def _is_contraflow(tags: Mapping[str, str]) -> bool:
    return tags.get("oneway:bicycle") == "no" or "opposite" in tags.get("cycleway", "")


def _graph(
    places: Mapping[int, tuple[float, float]],
    ways: list[Way],
    turns: list[Turn],
) -> RoadGraph:
    pieces = Pieces()
    for way, kind, access, references in ways:
        if not any(access):
            continue
        for left, right in pairwise(references):
            if left != right and left in places and right in places:
                tail = pieces.node(left, places[left])
                head = pieces.node(right, places[right])
                add_road(pieces, (tail, head), way=way, kind=kind, access=access)
    if not pieces.tails:
        raise ValueError("the extract holds no road")
    forbid(pieces, turns)
    if len(pieces.points) > NODES_MAX:
        raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    return packed(pieces)
