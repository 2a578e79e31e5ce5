"""What a program needs: lines, room, material and time, on a given machine."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.words import Program, parse
from firmware_bridge.space import Box, Point

# Moves looked ahead when speeds at corners are planned; boards hold 16 to 32.
_LOOK_AHEAD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What the machine's axes can do; the defaults suit no machine well."""

    max_feed_mm_per_min: Point = (3000.0, 3000.0, 600.0)
    acceleration_mm_per_s2: Point = (200.0, 200.0, 100.0)
    junction_deviation_mm: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A program's measures. Positions in the program's coordinates."""

    lines_total: int  # lines with code, as they will be sent
    end_mm: Known  # None where the program doesn't say
    reach: Box | None  # None: no axis ever moves to a known place
    length_mm: float
    extruded_mm: float  # filament drawn in, retractions taken off
    duration_s: float
    _done_s: array[float] = field(repr=False)  # machine time at each line's end

    def done_s(self, lines: int) -> float:
        """Planned machine time of the first `lines` lines."""
        if not self._done_s or lines <= 0:
            return 0.0
        return self._done_s[min(lines, len(self._done_s)) - 1]

    def done_ratio(self, lines: int) -> float:
        """Share of the planned time, 0..1, by lines where no time is known."""
        if lines >= self.lines_total:
            return 1.0
        if self.duration_s <= 0:
            return lines / self.lines_total
        return min(1.0, self.done_s(lines) / self.duration_s)


def measure(
    program: Program,
    *,
    modal_motion: bool,
    motion: Motion | None = None,
    start_mm: Known = (None, None, None),
) -> Measured:
    """Read the program once. `modal_motion`: True for GRBL, False for Marlin.

    Memory: 4 bytes a line. Errors: ProgramError naming the line.
    """
    interpreter = Interpreter(modal_motion=modal_motion, position_mm=list(start_mm))
    timer = _Timer(motion or Motion())
    low = [math.inf] * 3
    high = [-math.inf] * 3
    length_mm = extruded_mm = 0.0
    for move in _moves(program, interpreter):
        timer.add(move)
        if move is None:
            continue
        length_mm += move.length_mm
        extruded_mm += move.extruded_mm
        if not move.machine_coordinates:
            _stretch(low, high, move)
    duration_s = timer.finish()
    x, y, z = interpreter.position_mm
    return Measured(
        lines_total=len(timer.done_s),
        end_mm=(x, y, z),
        reach=_box(low, high),
        length_mm=length_mm,
        extruded_mm=extruded_mm,
        duration_s=duration_s,
        _done_s=timer.done_s,
    )


def _moves(program: Program, interpreter: Interpreter) -> Iterator[Move | None]:
    for number, code in program.lines():
        try:
            yield interpreter.take(parse(code))
        except ProgramError as unfit:
            raise ProgramError(f"line {number}: {unfit}") from unfit


def _stretch(low: list[float], high: list[float], move: Move) -> None:
    for axis in range(3):
        least, most = move.low_mm[axis], move.high_mm[axis]
        if least is not None and least < low[axis]:
            low[axis] = least
        if most is not None and most > high[axis]:
            high[axis] = most


def _box(low: list[float], high: list[float]) -> Box | None:
    if all(math.isinf(value) for value in low):
        return None
    lows = [0.0 if math.isinf(value) else value for value in low]
    highs = [0.0 if math.isinf(value) else value for value in high]
    return Box(
        min_mm=(lows[0], lows[1], lows[2]), max_mm=(highs[0], highs[1], highs[2])
    )


@dataclass(slots=True)
class _Leg:
    """A straight piece of motion with its speeds, mm and seconds."""

    line: int
    length: float
    speed: float
    acceleration: float
    entry_max: float
    entry: float = 0.0


@dataclass(slots=True)
class _Timer:
    """Trapezoids with speeds carried round corners, in windows of legs."""

    motion: Motion
    done_s: array[float] = field(default_factory=lambda: array("f"))
    _legs: list[_Leg] = field(default_factory=list)
    _direction: tuple[float, float, float] | None = None
    _elapsed_s: float = 0.0
    _extra_s: dict[int, float] = field(default_factory=dict)
    _settled: int = 0  # lines whose end time is final
    _entry: float = 0.0

    def add(self, move: Move | None) -> None:
        """One line of the program, with or without a motion."""
        line = len(self.done_s)
        self.done_s.append(0.0)
        if move is None:
            return
        if move.kind in ("dwell", "home"):
            self._flush(0.0)
            self._extra_s[line] = move.duration_s
            self._direction = None
            return
        leg = self._leg(line, move)
        if leg is None:
            return
        if len(self._legs) >= _LOOK_AHEAD:
            self._flush(leg.entry_max)
        self._legs.append(leg)

    def finish(self) -> float:
        """Settle every line; the whole duration."""
        self._flush(0.0)
        self._settle(len(self.done_s))
        return self._elapsed_s

    def _leg(self, line: int, move: Move) -> _Leg | None:
        length = move.length_mm or abs(move.extruded_mm)
        if length <= 0:
            return None
        unit = _direction(move)
        speed, acceleration = _limits(unit, self.motion)
        if move.kind != "rapid" and move.feed_mm_per_min:
            speed = min(speed, move.feed_mm_per_min / 60.0)
        corner = 0.0
        if self._direction is not None and move.kind != "arc" and move.length_mm:
            corner = _corner_speed(
                self._direction, unit, acceleration, self.motion.junction_deviation_mm
            )
        self._direction = unit if move.length_mm else None
        before = self._legs[-1].speed if self._legs else self._entry or speed
        return _Leg(line, length, speed, acceleration, min(corner, speed, before))

    def _flush(self, exit_speed: float) -> None:
        following = exit_speed
        for leg in reversed(self._legs):
            reachable = math.sqrt(following**2 + 2 * leg.acceleration * leg.length)
            leg.entry = following = min(leg.entry_max, reachable)
        entry = self._entry
        for place, leg in enumerate(self._legs):
            leg.entry = min(leg.entry, entry) if place == 0 else leg.entry
            reachable = math.sqrt(leg.entry**2 + 2 * leg.acceleration * leg.length)
            last = place + 1 == len(self._legs)
            wanted = exit_speed if last else self._legs[place + 1].entry
            leaving = min(wanted, reachable)
            if not last:
                self._legs[place + 1].entry = leaving
            self._settle(leg.line)
            self._elapsed_s += trapezoid_s(leg, leaving)
            entry = leaving
        self._entry = entry if self._legs else exit_speed
        self._legs.clear()

    def _settle(self, upto: int) -> None:
        while self._settled < upto:
            self._elapsed_s += self._extra_s.pop(self._settled, 0.0)
            self.done_s[self._settled] = self._elapsed_s
            self._settled += 1


def trapezoid_s(leg: _Leg, leaving: float) -> float:
    """Seconds for a leg from its entry speed to `leaving`, within its limits."""
    a, entry = leg.acceleration, leg.entry
    top = min(leg.speed, math.sqrt((2 * a * leg.length + entry**2 + leaving**2) / 2))
    top = max(top, entry, leaving)
    ramps = (2 * top**2 - entry**2 - leaving**2) / (2 * a)
    cruise = max(0.0, leg.length - ramps)
    return (2 * top - entry - leaving) / a + (cruise / top if top > 0 else 0.0)


def _direction(move: Move) -> tuple[float, float, float]:
    if move.kind == "arc":  # the axes of the plane share the work
        return (math.sqrt(0.5), math.sqrt(0.5), 0.0)
    way = [
        0.0 if a is None or b is None else b - a
        for a, b in zip(move.start_mm, move.end_mm, strict=True)
    ]
    length = math.hypot(*way)
    if length == 0:
        return (0.0, 0.0, 0.0)
    return (way[0] / length, way[1] / length, way[2] / length)


def _limits(unit: tuple[float, float, float], motion: Motion) -> tuple[float, float]:
    speed = acceleration = math.inf
    for part, feed, rate in zip(
        unit, motion.max_feed_mm_per_min, motion.acceleration_mm_per_s2, strict=True
    ):
        if abs(part) > 1e-9:
            speed = min(speed, feed / 60.0 / abs(part))
            acceleration = min(acceleration, rate / abs(part))
    if math.isinf(speed):  # extrusion only
        return motion.max_feed_mm_per_min[0] / 60.0, motion.acceleration_mm_per_s2[0]
    return speed, acceleration


def _corner_speed(
    before: tuple[float, float, float],
    after: tuple[float, float, float],
    acceleration: float,
    deviation_mm: float,
) -> float:
    """Sonny Jeon's junction deviation, as in GRBL and Marlin."""
    cosine = -sum(a * b for a, b in zip(before, after, strict=True))
    if cosine > 0.999999:
        return 0.0
    if cosine < -0.999999:
        return math.inf
    half_sine = math.sqrt(0.5 * (1.0 - cosine))
    return math.sqrt(acceleration * deviation_mm * half_sine / (1.0 - half_sine))
