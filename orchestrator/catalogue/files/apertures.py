"""What a Gerber aperture looks like: polygons in mm, painted or cut out in their order."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestrator.catalogue.files.reading import Floats, UnreadableError

CHORD_MM: Final = 0.004  # how far a circle's polygon may stray from it
_QUARTER_MAX: Final = 64
_CORNERS_MAX: Final = 360  # the format says 12, programs write more

type Part = tuple[bool, Floats]  # painted, else cut out of the parts before; (k, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An aperture. `round_mm`: its diameter where it is a full circle, else 0."""

    parts: tuple[Part, ...]
    round_mm: float = 0.0

    def outline(self) -> Floats:
        """What it paints along a line as convex corners: a macro counts as its box."""
        if len(self.parts) == 1:
            return self.parts[0][1]
        corners = np.concatenate([part for painted, part in self.parts if painted])
        (left, low), (right, high) = corners.min(axis=0), corners.max(axis=0)
        return rectangle(
            right - left, high - low, ((left + right) / 2, (low + high) / 2)
        )

    def turned(self, matrix: Floats) -> "Shape":
        """Mirrored, rotated and scaled by a matrix (2, 2)."""
        parts = tuple((painted, part @ matrix.T) for painted, part in self.parts)
        scale = math.sqrt(abs(float(np.linalg.det(matrix))))
        return Shape(parts=parts, round_mm=self.round_mm * scale)


def standard(kind: str, sizes: list[float]) -> Shape:
    """Circle (C), rectangle (R), obround (O) or polygon (P). Errors: UnreadableError."""
    if not sizes or (kind == "P" and len(sizes) < 2):
        raise UnreadableError(f"an aperture {kind} has no size. Plot this layer again")
    wide, high = sizes[0], sizes[1] if len(sizes) > 1 else sizes[0]
    match kind:
        case "C":
            solid, holes = circle(wide), sizes[1:]
        case "P":
            turn = math.radians(sizes[2]) if len(sizes) > 2 else 0.0
            solid, holes = regular(int(sizes[1]), wide, turn), sizes[3:]
        case "R":
            solid, holes = rectangle(wide, high), sizes[2:]
        case _:
            reach = np.array([max(wide - high, 0), max(high - wide, 0)]) / 2
            solid = swept(circle(min(wide, high)), np.array([[-reach, reach]]))[0]
            holes = sizes[2:]
    round_mm = wide if kind == "C" else 0.0
    across = min(wide, high) if kind in "RO" else wide
    if holes and 0 < max(holes) < across:
        hole = circle(holes[0]) if len(holes) == 1 else rectangle(holes[0], holes[1])
        solid, round_mm = _pierced(solid, hole), 0.0
    return Shape(parts=((True, solid),), round_mm=round_mm)


def circle(diameter_mm: float, middle: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """A polygon (k, 2) that has the circle's four outermost points."""
    radius = diameter_mm / 2
    quarter = math.ceil(math.pi / 4 / half_chord(radius))
    angles = np.arange(4 * min(quarter, _QUARTER_MAX)) * (
        math.pi / 2 / min(quarter, _QUARTER_MAX)
    )
    return np.column_stack([np.cos(angles), np.sin(angles)]) * radius + middle


def half_chord(radius: float) -> float:
    """Half the angle of a chord that leaves the circle by no more than `CHORD_MM`."""
    if radius <= CHORD_MM:
        return math.pi / 4
    return max(math.acos(1 - CHORD_MM / radius), 1e-6)  # of a huge one it is 0


def arc(radius: float, start: float, turn: float) -> Floats:
    """Points (k, 2) of an arc around the origin, both ends with it; angles in radians."""
    count = math.ceil(abs(turn) / (2 * half_chord(radius)))
    count = min(max(1, count), 4 * _QUARTER_MAX)
    angles = start + turn * np.arange(count + 1) / count
    return np.column_stack([np.cos(angles), np.sin(angles)]) * radius


def rectangle(
    wide: float, high: float, middle: tuple[float, float] = (0.0, 0.0)
) -> Floats:
    """Its corners (4, 2)."""
    corners = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    return corners * (wide / 2, high / 2) + middle


def regular(corners: int, diameter_mm: float, turn: float = 0.0) -> Floats:
    """A regular polygon, its first corner to the right."""
    if not 3 <= corners <= _CORNERS_MAX:
        raise UnreadableError(f"a polygon has 3 corners or more, not {corners}")
    angles = turn + np.arange(corners) * math.tau / corners
    return np.column_stack([np.cos(angles), np.sin(angles)]) * (diameter_mm / 2)


def swept(convex: Floats, ways: Floats) -> Floats:
    """What convex corners (k, 2), anticlockwise, cover on each way (m, 2 ends, 2).

    The hull of both ends, (m, 2k, 2): an edge that looks forward is at the way's end.
    """
    following = np.roll(convex, -1, axis=0)
    edges = following - convex
    along = ways[:, 1] - ways[:, 0]
    forward = (
        edges[None, :, 1] * along[:, None, 0] - edges[None, :, 0] * along[:, None, 1]
        > 0
    )
    base = np.where(forward[:, :, None], ways[:, None, 1], ways[:, None, 0])
    hull = np.stack([convex + base, following + base], axis=2)
    return hull.reshape(len(ways), 2 * len(convex), 2)


def _pierced(solid: Floats, hole: Floats) -> Floats:
    """One outline around both: in along a slit of no width, around the hole, out."""
    back = hole[::-1]
    return np.concatenate([solid, solid[:1], back, back[:1]])
