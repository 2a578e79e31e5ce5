"""The geometry of G2 and G3: where an arc goes, and the chords that boards cut it into."""

import math
from dataclasses import dataclass

from firmware_bridge.errors import ProgramError

# GRBL's own tolerance for an arc whose two radii differ (gcode.c, error 33).
_RADII_SLACK_MM = 0.5
_RADII_SLACK_RATIO = 0.001
_LEAST_SLACK_MM = 0.005
_FULL_TURN_RAD = 5e-7  # ARC_ANGULAR_TRAVEL_EPSILON
_QUARTER = math.pi / 2

type Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arc:
    """Part of a circle in a plane; its angle grows against the clock's hands."""

    start: Place
    end: Place
    centre: Place
    sweep_rad: float

    @property
    def radius_mm(self) -> float:
        """At its start."""
        return math.dist(self.start, self.centre)

    def box(self) -> tuple[Place, Place]:
        """(low, high) corner of what it touches, both ends with it."""
        radius_mm, from_rad = self.radius_mm, self._from_rad()
        low, high = sorted((from_rad, from_rad + self.sweep_rad))
        quarters = range(math.ceil(low / _QUARTER), math.floor(high / _QUARTER) + 1)
        tops = [self._at(quarter * _QUARTER, radius_mm) for quarter in quarters]
        places = [self.start, self.end, *tops]
        first = [place[0] for place in places]
        second = [place[1] for place in places]
        return (min(first), min(second)), (max(first), max(second))

    def chords(self, count: int) -> list[Place]:
        """The ends of `count` chords of one angle each; the last is the arc's own."""
        from_rad, radius_mm = self._from_rad(), self.radius_mm
        step_rad = self.sweep_rad / count
        between = [
            self._at(from_rad + place * step_rad, radius_mm)
            for place in range(1, count)
        ]
        return [*between, self.end]

    def _from_rad(self) -> float:
        return math.atan2(
            self.start[1] - self.centre[1], self.start[0] - self.centre[0]
        )

    def _at(self, angle_rad: float, radius_mm: float) -> Place:
        return (
            self.centre[0] + radius_mm * math.cos(angle_rad),
            self.centre[1] + radius_mm * math.sin(angle_rad),
        )


def arc_by_offset(start: Place, end: Place, offset: Place, *, clockwise: bool) -> Arc:
    """The arc with its centre at start + offset. Errors: ProgramError."""
    centre = (start[0] + offset[0], start[1] + offset[1])
    radius_mm, end_radius_mm = math.dist(start, centre), math.dist(end, centre)
    slack_mm = min(_RADII_SLACK_MM, _RADII_SLACK_RATIO * radius_mm)
    if radius_mm == 0 or abs(radius_mm - end_radius_mm) > max(
        _LEAST_SLACK_MM, slack_mm
    ):
        raise ProgramError(
            f"arc radii differ: {radius_mm:.3f} mm at its start, "
            f"{end_radius_mm:.3f} mm at its end"
        )
    return Arc(start, end, centre, _sweep(centre, start, end, clockwise=clockwise))


def arc_by_radius(
    start: Place, end: Place, radius_mm: float, *, clockwise: bool
) -> Arc:
    """The arc of that radius; below zero: the longer way. Errors: ProgramError."""
    x, y = end[0] - start[0], end[1] - start[1]
    chord_mm = math.hypot(x, y)
    if chord_mm == 0:
        raise ProgramError("arc by radius needs an end apart from its start")
    height_squared = 4 * radius_mm * radius_mm - chord_mm * chord_mm
    if height_squared < 0:
        raise ProgramError(
            f"arc radius {radius_mm:g} mm can't span a chord of {chord_mm:.3f} mm"
        )
    height = math.sqrt(height_squared) / chord_mm
    if clockwise == (radius_mm > 0):
        height = -height
    offset = (0.5 * (x - y * height), 0.5 * (y + x * height))
    return arc_by_offset(start, end, offset, clockwise=clockwise)


def _sweep(centre: Place, start: Place, end: Place, *, clockwise: bool) -> float:
    u = (start[0] - centre[0], start[1] - centre[1])
    v = (end[0] - centre[0], end[1] - centre[1])
    angle = math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1])
    if clockwise:
        return angle - 2 * math.pi if angle >= -_FULL_TURN_RAD else angle
    return angle + 2 * math.pi if angle <= _FULL_TURN_RAD else angle
