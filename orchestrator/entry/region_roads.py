"""From an OpenStreetMap extract to the road graph of its region."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Final

import osmium

from orchestrator.entry.region_pieces import NOTHING, Pieces, add_road, length_m, packed
from orchestrator.entry.region_tags import Road, Spot, road_of, spot_of
from orchestrator.entry.region_turns import Turn, forbid, read_turns
from routing.travel.graph import NODES_MAX, RoadGraph
from routing.travel.speeds import Wait

LIGHT: Final = int(Wait.SIGNAL)
LIGHT_BEFORE_M: Final = 40  # so near a crossing a light belongs to it

type Way = tuple[Road, list[int], bool]  # its nodes; is it a roundabout
type Point = tuple[float, float]


def read_roads(extract: Path) -> RoadGraph:
    """Read the roads of an OpenStreetMap extract (.osm.pbf).

    Ways that miss nodes (a clipped extract) keep the parts that are there. Memory is
    that of the roads, whatever else the extract holds. Errors: those of osmium for an
    unreadable file; ValueError if it has no road or more than NODES_MAX nodes.
    """
    ways: list[Way] = []
    uses: Counter[int] = Counter()
    roads = osmium.FileProcessor(str(extract), osmium.osm.WAY)
    for way in roads.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        road = road_of(tags, way.id)
        if road is not None and isinstance(way, osmium.osm.Way):
            references = [node.ref for node in way.nodes]
            ways.append((road, references, tags.get("junction") == "roundabout"))
            uses.update(references)
            if len(uses) > NODES_MAX:
                raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    points, spots = _nodes(extract, uses)
    return _graph(ways, points, spots, uses, read_turns(extract))


def _nodes(
    extract: Path, wanted: Mapping[int, int]
) -> tuple[dict[int, Point], dict[int, Spot]]:
    """Read where the wanted nodes are, and what is on them."""
    points: dict[int, Point] = {}
    spots: dict[int, Spot] = {}
    nodes = osmium.FileProcessor(str(extract), osmium.osm.NODE)
    for node in nodes.with_filter(osmium.filter.IdFilter(wanted)):
        if isinstance(node, osmium.osm.Node):
            points[node.id] = node.lon, node.lat
            spot = spot_of({tag.k: tag.v for tag in node.tags})
            if spot is not None:
                spots[node.id] = spot
    return points, spots


def _graph(
    ways: Sequence[Way],
    points: Mapping[int, Point],
    spots: Mapping[int, Spot],
    uses: Mapping[int, int],
    turns: list[Turn],
) -> RoadGraph:
    pieces = Pieces()
    for road, references, _ in ways:
        on = _on_way(references, points, spots, uses)
        for left, right in pairwise(references):
            if left != right and left in points and right in points:
                # Between two junctions there must be a place to stop.
                is_block = uses[left] > 1 and uses[right] > 1
                add_road(
                    pieces,
                    (
                        pieces.node(left, points[left]),
                        pieces.node(right, points[right]),
                    ),
                    road,
                    spots=(on.get(left, NOTHING), on.get(right, NOTHING)),
                    least=2 if is_block else 1,
                )
    if not pieces.tails:
        raise ValueError("the extract holds no road")
    forbid(pieces, turns)
    if len(pieces.points) > NODES_MAX:
        raise ValueError(f"its roads have more than {NODES_MAX} nodes: cut it")
    circles = [references for _, references, is_circle in ways if is_circle]
    return packed(pieces, drives_left=_is_clockwise(circles, points))


def _on_way(
    references: Sequence[int],
    points: Mapping[int, Point],
    spots: Mapping[int, Spot],
    uses: Mapping[int, int],
) -> dict[int, Spot]:
    """Return what is on the way's nodes; its lights face those who come to a crossing."""
    found = {r: spots[r] for r in references if r in spots}
    for at, reference in enumerate(references):
        spot = found.get(reference)
        if (
            spot is None
            or uses[reference] > 1
            or not all(w & LIGHT for w in spot.waits)
        ):
            continue
        ahead_m = _crossing_m(references[at:], points, uses)
        behind_m = _crossing_m(references[at::-1], points, uses)
        along, against = spot.waits
        if ahead_m < min(behind_m, LIGHT_BEFORE_M):
            found[reference] = replace(spot, waits=(along, against & ~LIGHT))
        elif behind_m < min(ahead_m, LIGHT_BEFORE_M):
            found[reference] = replace(spot, waits=(along & ~LIGHT, against))
    return found


def _crossing_m(
    references: Sequence[int], points: Mapping[int, Point], uses: Mapping[int, int]
) -> float:
    """Return how far it is from the first node to the first crossing; endless if none."""
    metres = 0.0
    for left, right in pairwise(references):
        if left not in points or right not in points:
            return inf
        metres += length_m(points[left], points[right])
        if uses[right] > 1:
            return metres
    return inf


def _is_clockwise(
    circles: Iterable[Sequence[int]], points: Mapping[int, Point]
) -> bool:
    """Whether most roundabouts turn clockwise, as they do where one drives left."""
    clockwise = 0
    for references in circles:
        if references[0] == references[-1] and all(r in points for r in references):
            line = [points[reference] for reference in references]
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(line))
            clockwise += 1 if area < 0 else -1
    return clockwise > 0
