"""What a line of G-code means after all the lines before it."""

import math
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.words import Word

INCH_MM = 25.4

# GRBL's own tolerance for an arc whose two radii differ (gcode.c, error 33).
_ARC_SLACK_MM = 0.5
_ARC_SLACK_RATIO = 0.001

_PLANES = {17.0: (0, 1, 2), 18.0: (2, 0, 1), 19.0: (1, 2, 0)}
_AXIS_OF = {"X": 0, "Y": 1, "Z": 2}

type Known = tuple[float | None, float | None, float | None]
type MoveKind = Literal["rapid", "line", "arc", "dwell", "home"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One motion or dwell. None: not known (before homing or the first move)."""

    kind: MoveKind
    start_mm: Known
    end_mm: Known
    low_mm: Known  # reach of the tool on the way, arcs included
    high_mm: Known
    length_mm: float  # 0 where the start is not known
    feed_mm_per_min: float | None
    extruded_mm: float = 0.0
    duration_s: float = 0.0  # dwell only
    machine_coordinates: bool = False


@dataclass(slots=True, kw_only=True)
class Interpreter:
    """The modal state of GRBL (`modal_motion`) or Marlin, line by line.

    `position_mm` starts unknown unless given. Errors: ProgramError.
    """

    modal_motion: bool
    position_mm: list[float | None] = field(default_factory=lambda: [None] * 3)
    extruder_mm: float = 0.0
    unit_mm: float = 1.0
    absolute: bool = True
    extruder_absolute: bool = True
    motion: int | None = 0  # GRBL wakes up in G0
    plane: tuple[int, int, int] = (0, 1, 2)
    feed_mm_per_min: float | None = None
    spindle_on: bool = False

    def take(self, words: list[Word]) -> Move | None:
        """The motion that this line asks for, if any; the state moves on."""
        codes = [(letter, value) for letter, value in words if letter in "GM"]
        value_of = {letter: value for letter, value in words if letter not in "GM"}
        act: float | None = None
        for letter, value in codes:
            if letter == "M":
                self._take_m(value)
            elif value in _ACTIONS:
                act = value
            else:
                self._take_g(value)
        feed = value_of.get("F")
        if feed is not None:
            self.feed_mm_per_min = feed * self.unit_mm
        machine = ("G", 53.0) in codes
        return self._act(act, value_of, g53=machine)

    def _act(
        self, act: float | None, value_of: dict[str, float | None], *, g53: bool
    ) -> Move | None:
        if act == 4:
            return self._dwell(value_of)
        if act == 28:
            return self._home(value_of)
        if act == 92:
            self._set_position(value_of)
            return None
        if act is not None:
            self.motion = int(act)
        moves = any(letter in value_of for letter in "XYZE")
        if act is None and not (self.modal_motion and moves):
            return None
        if moves and self.motion is None:
            raise ProgramError("axis words after G80 and before any G0 to G3")
        if not moves and act not in (2.0, 3.0):
            return None
        return self._move(value_of, g53=g53)

    def _take_g(self, value: float | None) -> None:
        if value in _PLANES:
            self.plane = _PLANES[value]
        elif value in (20, 21):
            self.unit_mm = INCH_MM if value == 20 else 1.0
        elif value in (90, 91):
            self.absolute = self.extruder_absolute = value == 90
        elif value == 80:
            self.motion = None

    def _take_m(self, value: float | None) -> None:
        if value in (3, 4, 5):
            self.spindle_on = value != 5
        elif value in (82, 83):
            self.extruder_absolute = value == 82
        elif value in (2, 30):  # a program's end puts GRBL's modes back
            self.spindle_on, self.absolute, self.motion = False, True, 1
            self.plane = (0, 1, 2)

    def _dwell(self, value_of: dict[str, float | None]) -> Move:
        # GRBL takes P in seconds; Marlin takes P in milliseconds and S in seconds.
        pause_s = value_of.get("P") or 0.0
        if not self.modal_motion:
            pause_s = value_of.get("S") or pause_s / 1000.0
        here = self._known()
        return Move(
            kind="dwell",
            start_mm=here,
            end_mm=here,
            low_mm=here,
            high_mm=here,
            length_mm=0.0,
            feed_mm_per_min=None,
            duration_s=pause_s,
        )

    def _home(self, value_of: dict[str, float | None]) -> Move:
        start = self._known()
        named = [axis for letter, axis in _AXIS_OF.items() if letter in value_of]
        for axis in named or [0, 1, 2]:
            self.position_mm[axis] = None
        here = self._known()
        return Move(
            kind="home",
            start_mm=start,
            end_mm=here,
            low_mm=here,
            high_mm=here,
            length_mm=0.0,
            feed_mm_per_min=None,
        )

    def _set_position(self, value_of: dict[str, float | None]) -> None:
        if "E" in value_of:
            self.extruder_mm = (value_of["E"] or 0.0) * self.unit_mm
        for letter, axis in _AXIS_OF.items():
            if letter in value_of:
                self.position_mm[axis] = (value_of[letter] or 0.0) * self.unit_mm

    def _move(self, value_of: dict[str, float | None], *, g53: bool) -> Move:
        start = self._known()
        end = self._target(value_of, g53=g53)
        extruded_mm = self._extruded(value_of)
        low, high, length_mm = _line_reach(start, end)
        kind: MoveKind = "rapid" if self.motion == 0 else "line"
        if self.motion in (2, 3):
            kind = "arc"
            low, high, length_mm = self._arc_reach(start, end, value_of)
        self.position_mm = list(end)
        if g53:  # the work offset is not ours to know, so the place is lost
            self.position_mm = [
                None if letter in value_of else start[axis]
                for letter, axis in _AXIS_OF.items()
            ]
        return Move(
            kind=kind,
            start_mm=start,
            end_mm=end,
            low_mm=low,
            high_mm=high,
            length_mm=length_mm,
            feed_mm_per_min=self.feed_mm_per_min,
            extruded_mm=extruded_mm,
            machine_coordinates=g53,
        )

    def _target(self, value_of: dict[str, float | None], *, g53: bool) -> Known:
        target: list[float | None] = [None] * 3 if g53 else list(self.position_mm)
        for letter, axis in _AXIS_OF.items():
            if letter not in value_of:
                continue
            value = value_of[letter]
            if value is None:
                raise ProgramError(f"{letter} without a number")
            stretch_mm = value * self.unit_mm
            if self.absolute or g53:
                target[axis] = stretch_mm
                continue
            start_mm = self.position_mm[axis]
            if start_mm is None:
                raise ProgramError(f"relative {letter} move from an unknown place")
            target[axis] = start_mm + stretch_mm
        return (target[0], target[1], target[2])

    def _extruded(self, value_of: dict[str, float | None]) -> float:
        value = value_of.get("E")
        if value is None:
            return 0.0
        stretch_mm = value * self.unit_mm
        if not self.extruder_absolute:
            self.extruder_mm += stretch_mm
            return stretch_mm
        extruded_mm = stretch_mm - self.extruder_mm
        self.extruder_mm = stretch_mm
        return extruded_mm

    def _arc_reach(
        self, start: Known, end: Known, value_of: dict[str, float | None]
    ) -> tuple[Known, Known, float]:
        a, b, c = self.plane
        a0, b0, a1, b1 = start[a], start[b], end[a], end[b]
        if a0 is None or b0 is None or a1 is None or b1 is None:
            raise ProgramError("arc from an unknown place")
        clockwise = self.motion == 2
        centre = self._centre((a0, b0), (a1, b1), value_of, clockwise=clockwise)
        radius_mm = math.hypot(a0 - centre[0], b0 - centre[1])
        end_radius_mm = math.hypot(a1 - centre[0], b1 - centre[1])
        slack_mm = max(0.005, min(_ARC_SLACK_MM, _ARC_SLACK_RATIO * radius_mm))
        if radius_mm == 0 or abs(radius_mm - end_radius_mm) > slack_mm:
            raise ProgramError(
                f"arc radii differ: {radius_mm:.3f} mm at its start, "
                f"{end_radius_mm:.3f} mm at its end"
            )
        from_rad = math.atan2(b0 - centre[1], a0 - centre[0])
        sweep_rad = _sweep(centre, (a0, b0), (a1, b1), clockwise=clockwise)
        turn = (from_rad, from_rad + sweep_rad)
        reach = _arc_box(centre, radius_mm, turn, [(a0, b0), (a1, b1)])
        low, high, _ = _line_reach(start, end)
        lows, highs = list(low), list(high)
        lows[a], lows[b], highs[a], highs[b] = reach
        c0, c1 = start[c], end[c]
        rise_mm = c1 - c0 if c0 is not None and c1 is not None else 0.0
        length_mm = math.hypot(radius_mm * sweep_rad, rise_mm)
        return (lows[0], lows[1], lows[2]), (highs[0], highs[1], highs[2]), length_mm

    def _centre(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        value_of: dict[str, float | None],
        *,
        clockwise: bool,
    ) -> tuple[float, float]:
        radius = value_of.get("R")
        if radius is not None:
            return _centre_by_radius(
                start, end, radius * self.unit_mm, clockwise=clockwise
            )
        offset = [value_of.get("IJK"[axis]) for axis in self.plane[:2]]
        if offset[0] is None and offset[1] is None:
            raise ProgramError("arc without centre offset or radius")
        return (
            start[0] + (offset[0] or 0.0) * self.unit_mm,
            start[1] + (offset[1] or 0.0) * self.unit_mm,
        )

    def _known(self) -> Known:
        x, y, z = self.position_mm
        return (x, y, z)


_ACTIONS = frozenset({0.0, 1.0, 2.0, 3.0, 4.0, 28.0, 92.0})


def _line_reach(start: Known, end: Known) -> tuple[Known, Known, float]:
    lows: list[float | None] = []
    highs: list[float | None] = []
    squares = 0.0
    for a, b in zip(start, end, strict=True):
        ends = [value for value in (a, b) if value is not None]
        lows.append(min(ends, default=None))
        highs.append(max(ends, default=None))
        if a is not None and b is not None:
            squares += (b - a) ** 2
    return (
        (lows[0], lows[1], lows[2]),
        (highs[0], highs[1], highs[2]),
        math.sqrt(squares),
    )


def _centre_by_radius(
    start: tuple[float, float],
    end: tuple[float, float],
    radius_mm: float,
    *,
    clockwise: bool,
) -> tuple[float, float]:
    x, y = end[0] - start[0], end[1] - start[1]
    chord_mm = math.hypot(x, y)
    if chord_mm == 0:
        raise ProgramError("arc by radius needs an end apart from its start")
    height_squared = 4 * radius_mm * radius_mm - chord_mm * chord_mm
    if height_squared < 0:
        raise ProgramError(
            f"arc radius {radius_mm:g} mm can't span a chord of {chord_mm:.3f} mm"
        )
    height = -math.sqrt(height_squared) / chord_mm
    if not clockwise:
        height = -height
    if radius_mm < 0:
        height = -height
    return (start[0] + 0.5 * (x - y * height), start[1] + 0.5 * (y + x * height))


def _sweep(
    centre: tuple[float, float],
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    clockwise: bool,
) -> float:
    u = (start[0] - centre[0], start[1] - centre[1])
    v = (end[0] - centre[0], end[1] - centre[1])
    angle = math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1])
    if clockwise:
        return angle - 2 * math.pi if angle >= -5e-7 else angle
    return angle + 2 * math.pi if angle <= 5e-7 else angle


def _arc_box(
    centre: tuple[float, float],
    radius_mm: float,
    turn_rad: tuple[float, float],
    ends: list[tuple[float, float]],
) -> tuple[float, float, float, float]:
    places = list(ends)
    low, high = sorted(turn_rad)
    quarter = math.ceil(low / (math.pi / 2))
    while quarter * math.pi / 2 <= high:
        angle = quarter * math.pi / 2
        places.append(
            (
                centre[0] + radius_mm * math.cos(angle),
                centre[1] + radius_mm * math.sin(angle),
            )
        )
        quarter += 1
    first = [place[0] for place in places]
    second = [place[1] for place in places]
    return min(first), min(second), max(first), max(second)
