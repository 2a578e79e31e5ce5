"""How fast a move may be, and how fast the corner before it: a planner's first half.

After GRBL 1.1 (planner.c: plan_buffer_line) and Marlin (planner.cpp: _populate_block),
whose corners are Sonny Jeon's junction deviation or the older jerk.
"""

import math
from dataclasses import dataclass

from firmware_bridge.gcode.motion import Four, Motion

_NEARLY = 0.999999  # cosine of a straight line or of the way back
_MM_PER_MIN = 60.0
# Marlin slows down for rounds made of short chords: those with corners below 45°.
_SHORT_MM = 1.0
_BLUNT_RAD = math.radians(135)


@dataclass(slots=True)
class Block:
    """A straight move that waits: mm, mm/s², and squares of mm/s."""

    length: float
    nominal2: float
    acceleration: float
    entry_max2: float
    entry2: float = 0.0


class Kinematics:
    """The limits in force, and the move before: corners are between two."""

    def __init__(self, motion: Motion, *, extrudes: bool) -> None:
        self._extrudes = extrudes  # Marlin
        self.rates: Four = (*motion.acceleration_mm_per_s2, _of_extruder(motion))
        x, y, z = (feed / _MM_PER_MIN for feed in motion.max_feed_mm_per_min)
        self.speeds: Four = (x, y, z, motion.extruder_feed_mm_per_min / _MM_PER_MIN)
        self.printing = motion.printing_mm_per_s2
        self.travel = motion.travel_mm_per_s2
        self.retract = motion.retract_mm_per_s2
        self.jerk = motion.jerk_mm_per_s
        self.deviation = motion.junction_deviation_mm
        self._steps = motion.steps_per_mm if motion.least_steps else None
        self._least_steps = motion.least_steps
        self._left: Four = (0.0, 0.0, 0.0, 0.0)  # of moves too short for a block
        self._unit: Four | None = None
        self._nominal = 0.0
        self._safe = 0.0

    def rest(self) -> None:
        """The machine stands still: the next move has no corner before it."""
        self._unit = None

    def limit(self, code: float, value_of: dict[str, float | None]) -> None:
        """Marlin's M201, M203, M204, M205: new limits from here on."""
        if code == 201.0:
            self.rates = _changed(self.rates, value_of)
        elif code == 203.0:
            self.speeds = _changed(self.speeds, value_of)
        elif code == 204.0:
            both = value_of.get("S")
            self.printing = value_of.get("P") or both or self.printing
            self.travel = value_of.get("T") or both or self.travel
            self.retract = value_of.get("R") or self.retract
        elif code == 205.0:
            if self.jerk is not None:
                self.jerk = _changed(self.jerk, value_of)
            self.deviation = value_of.get("J") or self.deviation

    def block(self, way: Four, speed: float) -> Block | None:
        """The move by `way` at `speed` mm/s (inf: a rapid); None: too short for one."""
        if self._steps is not None:
            way = _plus(self._left, way)
            if _is_short(way, self._steps, self._least_steps):
                self._left = way
                return None
            self._left = (0.0, 0.0, 0.0, 0.0)
        x, y, z, e = way
        length = math.sqrt(x * x + y * y + z * z)
        acceleration = math.inf
        if length < 1e-9:
            length = abs(e)
            if length < 1e-9:
                return None
            acceleration = self.retract
        elif self._extrudes:
            acceleration = self.printing if e else self.travel
        unit = (x / length, y / length, z / length, e / length)
        alone = length == abs(e) and not (x or y or z)
        if not alone or math.isinf(acceleration):
            acceleration = min(acceleration, _along(self.rates, unit))
        nominal = min(speed, _along(self.speeds, unit))
        corner2 = self._corner2(unit, length, nominal, acceleration)
        self._unit, self._nominal = unit, nominal
        return Block(length, nominal * nominal, acceleration, corner2)

    def _corner2(
        self, unit: Four, length: float, nominal: float, acceleration: float
    ) -> float:
        if self.jerk is not None:
            return self._jerk_corner(unit, nominal, self.jerk) ** 2
        before = self._unit
        if before is None:
            return 0.0
        slower = min(nominal, self._nominal)
        cosine = -(
            before[0] * unit[0]
            + before[1] * unit[1]
            + before[2] * unit[2]
            + before[3] * unit[3]
        )
        if cosine > _NEARLY:
            return 0.0
        if cosine < -_NEARLY:
            return slower * slower
        turn = _unit(unit, before)
        rate = _along(self.rates, turn)
        if self._extrudes:
            rate = min(rate, acceleration)
        half_sine = math.sqrt(0.5 * (1.0 - cosine))
        corner2 = rate * self.deviation * half_sine / (1.0 - half_sine)
        if self._extrudes and length < _SHORT_MM:
            corner2 = min(corner2, _round2(cosine, length, rate))
        return min(corner2, slower * slower)

    def _jerk_corner(self, unit: Four, nominal: float, most: Four) -> float:
        """Classic jerk: no axis' speed may jump by more than its own limit."""
        safe = min(
            nominal,
            *(
                limit / abs(part)
                for part, limit in zip(unit, most, strict=True)
                if abs(part) > 1e-9
            ),
        )
        before = self._unit
        safe_before, self._safe = self._safe, safe
        if before is None:
            return safe
        slower = min(nominal, self._nominal)
        factor = 1.0
        for was, now, limit in zip(before, unit, most, strict=True):
            leaving = was * slower * factor
            entering = now * nominal * factor
            jump = _jump(leaving, entering)
            if jump > limit:
                factor *= limit / jump
        corner = slower * factor
        threshold = 0.99 * corner
        both_safe = safe_before > threshold and safe > threshold
        return min(safe, slower) if both_safe else corner


def _changed(four: Four, value_of: dict[str, float | None]) -> Four:
    x, y, z, e = (
        value_of.get(letter) or was for letter, was in zip("XYZE", four, strict=True)
    )
    return (x, y, z, e)


def _of_extruder(motion: Motion) -> float:
    return motion.extruder_acceleration_mm_per_s2


def _along(limits: Four, unit: Four) -> float:
    """The limit on the way that keeps each axis within its own."""
    a, b, c, d = unit
    slowest = max(
        abs(a) / limits[0], abs(b) / limits[1], abs(c) / limits[2], abs(d) / limits[3]
    )
    return 1.0 / slowest if slowest > 0 else math.inf


def _unit(after: Four, before: Four) -> Four:
    w, x, y, z = (b - a for a, b in zip(before, after, strict=True))
    length = math.sqrt(w * w + x * x + y * y + z * z)
    return (w / length, x / length, y / length, z / length)


def _round2(cosine: float, length: float, rate: float) -> float:
    """Marlin's JD_HANDLE_SMALL_SEGMENTS, with its own nearly arc cosine."""
    near = math.radians(-40) * cosine * cosine - math.radians(50)
    theta = near * cosine + math.radians(90) - 0.18
    if theta <= _BLUNT_RAD:
        return math.inf
    return length / (math.pi - theta) * rate


def _jump(leaving: float, entering: float) -> float:
    if leaving > entering:
        coasting = entering > 0 or leaving < 0
        return leaving - entering if coasting else max(leaving, -entering)
    coasting = entering < 0 or leaving > 0
    return entering - leaving if coasting else max(-leaving, entering)


def _plus(a: Four, b: Four) -> Four:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def _is_short(way: Four, steps: Four, least: int) -> bool:
    longest = max(abs(a) * scale for a, scale in zip(way, steps, strict=True))
    return round(longest) < least
