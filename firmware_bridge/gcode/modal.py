"""What a line of G-code means after all the lines before it."""

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.arcs import Arc, arc_by_offset, arc_by_radius
from firmware_bridge.gcode.words import Word

INCH_MM = 25.4

_PLANES = {17.0: (0, 1, 2), 18.0: (2, 0, 1), 19.0: (1, 2, 0)}
_AXIS_OF = {"X": 0, "Y": 1, "Z": 2}
_ACTIONS = frozenset({0.0, 1.0, 2.0, 3.0, 4.0, 12.0, 27.0, 28.0, 92.0})

type Known = tuple[float | None, float | None, float | None]
type Values = dict[str, float | None]
type MoveKind = Literal["rapid", "line", "arc", "dwell", "home"]


@dataclass(slots=True)
class Move:
    """One motion or dwell. None: not known (before homing or the first move)."""

    kind: MoveKind
    start_mm: Known
    end_mm: Known
    feed_mm_per_min: float | None = None
    extruded_mm: float = 0.0
    duration_s: float = 0.0  # dwell only
    arc: Arc | None = None
    plane: tuple[int, int, int] = (0, 1, 2)  # of the arc, and the axis across it
    machine_coordinates: bool = False

    def places(self) -> tuple[Known, ...]:
        """Corners of the box that the tool reaches on its way, without its start."""
        if self.arc is None:
            return (self.end_mm,)
        a, b, _ = self.plane
        low, high = list(self.end_mm), list(self.end_mm)
        (low[a], low[b]), (high[a], high[b]) = self.arc.box()
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])


@dataclass(slots=True, kw_only=True)
class Interpreter:
    """The modal state of GRBL (`modal_motion`) or Marlin, line by line.

    `position_mm` starts unknown unless given; `home_mm` is where homing leaves the
    tool; `lift_max_mm` is for printers, which lift their nozzle before homing. Errors: ProgramError.
    """

    modal_motion: bool
    position_mm: Known = (None, None, None)
    home_mm: Known = (None, None, None)
    lift_max_mm: float = 0.0  # how far Z may go up from an unknown place
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
        value_of = dict(words)
        act: float | None = None
        g53 = False
        for letter, value in words:
            if letter == "M":
                self._take_m(value)
            elif letter != "G":
                continue
            elif value in _ACTIONS:
                act = value
            elif value == 53.0:
                g53 = True
            else:
                self._take_g(value)
        feed = value_of.get("F")
        if feed is not None and self._sets_feed(words):
            self.feed_mm_per_min = feed * self.unit_mm
        return self._act(act, value_of, g53=g53)

    def _sets_feed(self, words: list[Word]) -> bool:
        return self.modal_motion or words[0][0] == "G"

    def _act(self, act: float | None, value_of: Values, *, g53: bool) -> Move | None:
        if act == 4:
            return self._dwell(value_of)
        if act == 28:
            return self._home(value_of)
        if act in (12, 27):  # to a place that the board alone knows
            self.position_mm = (None, None, None)
            return None
        if act == 92:
            self._set_position(value_of)
            return None
        if act is not None:
            self.motion = int(act)
        elif not self.modal_motion:
            return None
        moves = "X" in value_of or "Y" in value_of or "Z" in value_of
        if not moves and not (act in (2.0, 3.0) or "E" in value_of):
            return None
        if self.motion is None:
            raise ProgramError("axis words after G80 and before any G0 to G3")
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

    def _dwell(self, value_of: Values) -> Move:
        # GRBL takes P in seconds; Marlin takes P in milliseconds and S in seconds.
        pause_s = value_of.get("P") or 0.0
        if not self.modal_motion:
            pause_s = value_of.get("S") or pause_s / 1000.0
        here = self.position_mm
        return Move("dwell", here, here, duration_s=pause_s)

    def _home(self, value_of: Values) -> Move:
        start = self.position_mm
        place = list(start)
        named = [axis for letter, axis in _AXIS_OF.items() if letter in value_of]
        for axis in named or [0, 1, 2]:
            place[axis] = self.home_mm[axis]
        self.position_mm = (place[0], place[1], place[2])
        return Move("home", start, self.position_mm)

    def _set_position(self, value_of: Values) -> None:
        if "E" in value_of:
            self.extruder_mm = (value_of["E"] or 0.0) * self.unit_mm
        place = list(self.position_mm)
        for letter, axis in _AXIS_OF.items():
            if letter in value_of:
                place[axis] = (value_of[letter] or 0.0) * self.unit_mm
        self.position_mm = (place[0], place[1], place[2])

    def _move(self, value_of: Values, *, g53: bool) -> Move:
        start = self.position_mm
        end = self._target(value_of, start, g53=g53)
        extruded_mm = self._extruded(value_of) if "E" in value_of else 0.0
        kind: MoveKind = "rapid" if self.motion == 0 else "line"
        feed = self.feed_mm_per_min
        self.position_mm = end
        if self.motion in (2, 3):
            arc = self._arc(start, end, value_of)
            return Move("arc", start, end, feed, extruded_mm, 0.0, arc, self.plane)
        move = Move(kind, start, end, feed, extruded_mm)
        if g53:  # the work offset is not ours to know, so the place is lost
            move.machine_coordinates = True
            x, y, z = (
                None if letter in value_of else start[axis]
                for letter, axis in _AXIS_OF.items()
            )
            self.position_mm = (x, y, z)
        return move

    def _target(self, value_of: Values, start: Known, *, g53: bool) -> Known:
        target: list[float | None] = [None] * 3 if g53 else list(start)
        for letter, axis in _AXIS_OF.items():
            if letter not in value_of:
                continue
            value = value_of[letter]
            if value is None:
                raise ProgramError(f"{letter} without a number")
            if self.absolute or g53:
                target[axis] = value * self.unit_mm
                continue
            start_mm = start[axis]
            stretch_mm = value * self.unit_mm
            if (
                start_mm is None
                and letter == "Z"
                and 0 <= stretch_mm <= self.lift_max_mm
            ):
                continue
            if start_mm is None:
                raise ProgramError(f"relative {letter} move from an unknown place")
            target[axis] = start_mm + stretch_mm
        return (target[0], target[1], target[2])

    def _extruded(self, value_of: Values) -> float:
        stretch_mm = (value_of["E"] or 0.0) * self.unit_mm
        before_mm = 0.0 if not self.extruder_absolute else self.extruder_mm
        extruded_mm = stretch_mm - before_mm
        self.extruder_mm += extruded_mm
        return extruded_mm

    def _arc(self, start: Known, end: Known, value_of: Values) -> Arc:
        a, b, _ = self.plane
        a0, b0, a1, b1 = start[a], start[b], end[a], end[b]
        if a0 is None or b0 is None or a1 is None or b1 is None:
            raise ProgramError("arc from an unknown place")
        clockwise = self.motion == 2
        radius = value_of.get("R")
        if radius is not None:
            radius_mm = radius * self.unit_mm
            return arc_by_radius((a0, b0), (a1, b1), radius_mm, clockwise=clockwise)
        i, j = value_of.get("IJK"[a]), value_of.get("IJK"[b])
        if i is None and j is None:
            raise ProgramError("arc without centre offset or radius")
        offset = ((i or 0.0) * self.unit_mm, (j or 0.0) * self.unit_mm)
        return arc_by_offset((a0, b0), (a1, b1), offset, clockwise=clockwise)
