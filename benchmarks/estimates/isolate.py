"""Run by the peers' Python: the programs for a board, as shapely finds the bit's way.

python isolate.py GCODE SETTINGS, both as JSON on stdin: `copper`, `outline` and `drill`
are lists of files, the settings are numbers in mm and mm/s. Files are read by
gerbonara; a side is engraved once around its copper, half a bit away, as FlatCAM and
pcb2gcode do it.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gerbonara import ExcellonFile, GerberFile
from gerbonara.graphic_objects import Flash
from gerbonara.utils import MM
from shapely import LineString, Point, Polygon, affinity, box, union_all
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, polygonize

Way = list[tuple[float, float]]


def arc(start: Any, end: Any, centre: Any, clockwise: bool) -> Way:
    """Places on an arc, 5 degrees apart."""
    radius = math.dist(start, centre)
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    last = math.atan2(end[1] - centre[1], end[0] - centre[0])
    turn = (first - last if clockwise else last - first) % math.tau or math.tau
    count = max(2, math.ceil(turn / math.radians(5)))
    sign = -1 if clockwise else 1
    angles = [first + sign * turn * place / count for place in range(count + 1)]
    return [
        (centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a))
        for a in angles
    ]


def shape(primitive: Any) -> BaseGeometry:
    """One thing that gerbonara found, as shapely's."""
    match type(primitive).__name__:
        case "Circle":
            return Point(primitive.x, primitive.y).buffer(primitive.r)
        case "Line":
            ends = [(primitive.x1, primitive.y1), (primitive.x2, primitive.y2)]
            return LineString(ends).buffer(primitive.width / 2)
        case "Arc":
            way = arc(
                (primitive.x1, primitive.y1),
                (primitive.x2, primitive.y2),
                (primitive.cx, primitive.cy),
                primitive.clockwise,
            )
            return LineString(way).buffer(primitive.width / 2)
        case "Rectangle":
            x, y, w, h = primitive.x, primitive.y, primitive.w / 2, primitive.h / 2
            upright = box(x - w, y - h, x + w, y + h)
            return affinity.rotate(
                upright, primitive.rotation, (x, y), use_radians=True
            )
        case _:
            return Polygon(corners(primitive)).buffer(0)


def corners(poly: Any) -> Way:
    """A polygon's corners, its arcs cut into chords."""
    places: Way = []
    for start, end, (clockwise, centre) in poly.segments:
        places += [start] if clockwise is None else arc(start, end, centre, clockwise)
    return places


def copper(path: str) -> BaseGeometry:
    """All that a layer paints, what it clears taken off."""
    painted: BaseGeometry = Polygon()
    group: list[BaseGeometry] = []
    dark = True
    for thing in GerberFile.open(path).objects:
        for primitive in thing.to_primitives(unit=MM):
            if primitive.polarity_dark != dark:
                painted = joined(painted, group, dark=dark)
                group, dark = [], primitive.polarity_dark
            group.append(shape(primitive))
    return joined(painted, group, dark=dark)


def joined(
    painted: BaseGeometry, group: list[BaseGeometry], *, dark: bool
) -> BaseGeometry:
    """Painted, or cleared."""
    together = union_all(group)
    return painted.union(together) if dark else painted.difference(together)


def rings(area: BaseGeometry) -> list[Way]:
    """All its outlines, simplified as CAM programs do."""
    lines = (
        linemerge(area.boundary)
        if area.boundary.geom_type != "LineString"
        else area.boundary
    )
    parts = lines.geoms if hasattr(lines, "geoms") else [lines]
    return [list(part.simplify(0.005).coords) for part in parts if part.length > 0]


def nearest_first(ways: list[Way]) -> Iterator[Way]:
    """From each end to the nearest start."""
    rest, at = list(ways), (0.0, 0.0)
    while rest:
        way = min(rest, key=lambda each: math.dist(each[0], at))
        rest.remove(way)
        at = way[-1]
        yield way


def program(
    ways: list[Way], depths: list[float], feed: float, a: dict[str, float]
) -> Iterator[str]:
    """One tool's work: each way at each depth, then up."""
    yield from ("G21", "G90", f"G0 Z{a['change_mm']:.3f}", f"G0 Z{a['safe_mm']:.3f}")
    for way in nearest_first(ways):
        yield f"G0 X{way[0][0]:.3f} Y{way[0][1]:.3f}"
        for depth in depths:
            yield f"G1 Z{-depth:.3f} F{a['plunge_mm_s'] * 60:.0f}"
            for x, y in way[1:]:
                yield f"G1 X{x:.3f} Y{y:.3f} F{feed * 60:.0f}"
        yield f"G0 Z{a['safe_mm']:.3f}"
    yield f"G0 Z{a['change_mm']:.3f}"


def outline(path: str, cutter_mm: float) -> list[Way]:
    """Around the board, and inside its openings."""
    lines = []
    for thing in GerberFile.open(path).objects:
        for primitive in thing.to_primitives(unit=MM):
            match type(primitive).__name__:
                case "Line":
                    ends = [(primitive.x1, primitive.y1), (primitive.x2, primitive.y2)]
                    lines.append(LineString(ends))
                case "Arc":
                    lines.append(
                        LineString(
                            arc(
                                (primitive.x1, primitive.y1),
                                (primitive.x2, primitive.y2),
                                (primitive.cx, primitive.cy),
                                primitive.clockwise,
                            )
                        )
                    )
                case "ArcPoly":
                    lines.append(
                        LineString([*corners(primitive), corners(primitive)[0]])
                    )
                case _:
                    pass
    faces = list(
        polygonize(
            union_all([line for line in lines if line.length > 0], grid_size=0.001)
        )
    )
    if not faces:
        raise SystemExit("the outline does not close")
    board = max(faces, key=lambda face: face.area)
    return rings(board.buffer(cutter_mm / 2))


def main() -> None:
    """Write the programs, one after the other."""
    asked = json.load(sys.stdin)
    a = asked["settings"]
    lines: list[str] = []
    for path in asked["copper"]:
        ways = rings(copper(path).buffer(a["bit_mm"] / 2))
        lines += program(ways, [a["engraved_mm"]], a["engrave_mm_s"], a)
    for path in asked["drill"]:
        tools: dict[float, list[Way]] = {}
        for hit in ExcellonFile.open(path).objects:
            width = round(float(hit.aperture.equivalent_width(MM)), 3)
            if isinstance(hit, Flash):
                moved = hit.converted(MM) if hasattr(hit, "converted") else hit
                tools.setdefault(width, []).append([(float(moved.x), float(moved.y))])
        for ways in tools.values():
            lines += program(ways, [a["through_mm"]], a["plunge_mm_s"], a)
    for path in asked["outline"]:
        rounds = math.ceil(a["through_mm"] / a["infeed_mm"])
        depths = [a["through_mm"] * (turn + 1) / rounds for turn in range(rounds)]
        lines += program(outline(path, a["cutter_mm"]), depths, a["outline_mm_s"], a)
    Path(sys.argv[1]).write_text("\n".join([*lines, "M2", ""]))


main()
