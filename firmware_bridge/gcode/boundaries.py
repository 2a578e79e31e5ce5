"""Where an interrupted program may be taken up again, by what was certainly made of it."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.check import MachineKind
from firmware_bridge.gcode.cycles import spelled_out
from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.modes import Modes
from firmware_bridge.gcode.words import Program, Word, parse

# Shorter ones may share a place in the board's queue with their neighbours.
_SURELY_QUEUED_MM = 0.05
_SURELY_FED_MM = 0.1
_LEAST_RISE_MM = 0.05
_SAME_HEIGHT_MM = 1e-6
_SPEED_UP = 2.0  # how much faster than told a panel's own setting may make a machine

type BoundaryKind = Literal["layer", "lift", "path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a run came, as far as the host knows.

    A board answers for lines before it has made their moves: it holds up to
    `held_moves` of them. `late_s`: how much older than the machine's own end the
    counts may be.
    """

    acknowledged: int  # lines with code, cycles spelled out
    sent: int
    held_moves: int
    late_s: float = 0.0
    certain: int = 0  # lines that were over before this run began


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """A safe place in a program: all before `line` is made, the tool is clear there."""

    line: int  # so many lines with code are before it
    kind: BoundaryKind
    place_mm: Known  # X and Y always
    top_mm: float  # nothing was made higher than this, as far as the program goes
    layer: int  # printers: layers begun before it, with the one that it is in
    again_mm: float  # of path that the machine may have made already
    interpreter: Interpreter
    modes: Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """What is known of the machine at the end of a run, and what may be offered."""

    confirmed: int  # lines whose moves are over for certain
    place_mm: Known  # of the tool after the last confirmed line
    heights_mm: tuple[float, ...]  # all where the tool can have stopped; () not known
    layer: int
    boundaries: tuple[Boundary, ...]  # the last one first, at most two


def interruption(
    program: Program,
    standing: Standing,
    kind: MachineKind,
    *,
    start_mm: Known = (None, None, None),
    home_mm: Known = (0.0, 0.0, 0.0),
) -> Interruption:
    """Read the program as far as the machine can have come. Errors: ProgramError."""
    reading = _Reading(standing, kind, start_mm, home_mm)
    lines = program.lines()
    if kind is not MachineKind.PRINTER:
        lines = spelled_out(lines)
    for number, code in lines:
        try:
            goes_on = reading.take(parse(code))
        except ProgramError as unfit:
            raise ProgramError(f"line {number}: {unfit}") from unfit
        if not goes_on:
            break
    return reading.result()


@dataclass(slots=True)
class _Stop:
    """The tool's place after a line that filled the board's queue by one."""

    line: int
    place_mm: Known
    heights_mm: list[float | None]  # its own, and of what came before the next stop


@dataclass(slots=True, kw_only=True)
class _Found:
    boundary: Boundary
    path_mm: float  # made before it
    works_mm: float = math.inf  # a printer's height from there on
    highest_mm: float = -math.inf  # of what was made from there to the next one


class _Reading:
    def __init__(
        self, standing: Standing, kind: MachineKind, start_mm: Known, home_mm: Known
    ) -> None:
        self._standing = standing
        self._printer = kind is MachineKind.PRINTER
        self._by_path = kind in (MachineKind.LASER, MachineKind.PLOTTER)
        self._interpreter = Interpreter(
            modal_motion=not self._printer,
            position_mm=start_mm,
            home_mm=home_mm,
            lift_max_mm=math.inf if self._printer else 0.0,
        )
        self._modes = Modes(modal_motion=not self._printer)
        self._line = 0
        self._path_mm = 0.0
        self._top_mm = -math.inf
        self._layer = 0
        self._was_made = False  # something, since the last boundary
        self._raised: _Found | None = None  # a printer's, until something is made
        self._found: deque[_Found] = deque(maxlen=standing.held_moves + 2)
        self._stops: deque[_Stop] = deque(maxlen=standing.held_moves + 1)
        self._late_s = standing.late_s * _SPEED_UP
        self._heights: set[float | None] = set()  # after the last known line
        self._rest(start_mm)

    def take(self, words: list[Word]) -> bool:
        """One line; False: the machine can't have come further."""
        is_known = self._line < self._standing.acknowledged
        if is_known and self._by_path and self._was_made and self._travels(words):
            self._offer(self._boundary("path"))
            self._was_made = False
        move = self._interpreter.take(words)
        self._modes.take(words, 0.0 if move is None else move.extruded_mm)
        self._line += 1
        if move is not None:
            makes = self._makes(move)
            if is_known:
                self._take_known(move, makes=makes)
            else:
                self._heights.add(move.end_mm[2])
            if makes:
                self._path_mm += _length(move)
                self._note_height(move.end_mm[2])
        if self._line == self._standing.certain:
            self._rest(self._interpreter.position_mm)
        return self._goes_on(move)

    def result(self) -> Interruption:
        stops = self._stops
        line = stops[1].line - 1 if len(stops) > 1 else self._known_lines()
        heights = self._heights.union(*(stop.heights_mm for stop in stops))
        known = tuple(sorted(at for at in heights if at is not None))
        return Interruption(
            confirmed=line,
            place_mm=stops[0].place_mm,
            heights_mm=known if len(known) == len(heights) else (),
            layer=self._layer,
            boundaries=tuple(islice(self._offered(line), 2)),
        )

    def _offered(self, line: int) -> Iterator[Boundary]:
        """The last one first; none with anything above it that a nozzle would hit."""
        highest_mm = -math.inf
        for found in reversed(self._found):
            highest_mm = max(highest_mm, found.highest_mm)
            is_clear = highest_mm <= found.works_mm + _SAME_HEIGHT_MM
            if found.boundary.line <= line and is_clear:
                again_mm = self._path_mm - found.path_mm
                yield replace(found.boundary, again_mm=again_mm)

    def _known_lines(self) -> int:
        return min(self._line, self._standing.acknowledged)

    def _goes_on(self, move: Move | None) -> bool:
        if self._line < self._standing.sent:
            return True
        if self._line > self._standing.sent and move is not None:
            self._late_s -= _least_s(move)
        return self._late_s > 0

    def _rest(self, place_mm: Known) -> None:
        """All motion is over before the board answers this line."""
        self._stops.clear()
        self._stops.append(_Stop(self._line, place_mm, [place_mm[2]]))

    def _take_known(self, move: Move, *, makes: bool) -> None:
        place = self._interpreter.position_mm
        if move.kind in ("home", "dwell"):
            self._rest(place)
        elif _fills_the_queue(move):
            self._stops.append(_Stop(self._line, place, [place[2]]))
        else:
            self._stops[-1].heights_mm.append(place[2])
        z_mm = place[2]
        if makes:
            self._make(z_mm)
        elif z_mm is None or self._by_path or not (self._was_made and _rises(move)):
            return
        elif self._printer:
            self._raised = self._boundary("lift")
        elif z_mm >= self._top_mm:
            self._offer(self._boundary("lift"))
            self._was_made = False

    def _make(self, z_mm: float | None) -> None:
        self._was_made = True
        if z_mm is None:
            return
        is_new_layer = z_mm > self._top_mm + _SAME_HEIGHT_MM
        if self._printer:
            self._layer += is_new_layer
            if self._raised is not None:
                self._raised.works_mm = z_mm
                if is_new_layer:
                    self._raised.boundary = replace(
                        self._raised.boundary, kind="layer", layer=self._layer
                    )
            self._offer(self._raised)
            self._raised = None
        self._top_mm = max(self._top_mm, z_mm)

    def _note_height(self, z_mm: float | None) -> None:
        if self._printer and z_mm is not None and self._found:
            newest = self._found[-1]
            newest.highest_mm = max(newest.highest_mm, z_mm)

    def _makes(self, move: Move) -> bool:
        """Whether the move leaves something on the work: plastic, a cut, a line."""
        if move.kind not in ("line", "arc") or not _goes_aside(move):
            return False
        return not self._printer or move.extruded_mm > 0

    def _travels(self, words: list[Word]) -> bool:
        """Whether this line leaves the path in a rapid."""
        codes = {value for letter, value in words if letter == "G"}
        is_rapid = 0.0 in codes or (
            self._interpreter.motion == 0 and not codes & {1.0, 2.0, 3.0}
        )
        return is_rapid and any(letter in "XY" for letter, _ in words)

    def _boundary(self, kind: BoundaryKind) -> _Found | None:
        place = self._interpreter.position_mm
        if place[0] is None or place[1] is None:
            return None
        boundary = Boundary(
            line=self._line,
            kind=kind,
            place_mm=place,
            top_mm=self._top_mm,
            layer=self._layer,
            again_mm=0.0,
            interpreter=replace(self._interpreter),
            modes=self._modes.kept(),
        )
        return _Found(boundary=boundary, path_mm=self._path_mm)

    def _offer(self, found: _Found | None) -> None:
        if found is not None:
            self._found.append(found)


def _fills_the_queue(move: Move) -> bool:
    return _length(move) >= _SURELY_QUEUED_MM or abs(move.extruded_mm) > _SURELY_FED_MM


def _goes_aside(move: Move) -> bool:
    return move.arc is not None or move.start_mm[:2] != move.end_mm[:2]


def _rises(move: Move) -> bool:
    start, end = move.start_mm[2], move.end_mm[2]
    if move.extruded_mm > 0 or move.kind not in ("rapid", "line"):
        return False
    return start is not None and end is not None and end - start >= _LEAST_RISE_MM


def _length(move: Move) -> float:
    if move.arc is not None:
        return move.arc.radius_mm * abs(move.arc.sweep_rad)
    return math.sqrt(
        sum(
            (b - a) * (b - a)
            for a, b in zip(move.start_mm, move.end_mm, strict=True)
            if a is not None and b is not None
        )
    )


def _least_s(move: Move) -> float:
    """No machine is faster than its feed; a rapid is taken to need no time."""
    if move.kind in ("dwell", "rapid") or not move.feed_mm_per_min:
        return move.duration_s
    return 60.0 * _length(move) / move.feed_mm_per_min
