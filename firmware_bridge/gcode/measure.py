"""What a program needs: lines, room, material and time, on a given machine."""

import math
import pickle
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import IO

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.again import Again, Marks
from firmware_bridge.gcode.cycles import spelled_out
from firmware_bridge.gcode.fit import refuse_unfit
from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.timer import Timer
from firmware_bridge.gcode.words import Program, parse
from firmware_bridge.space import Box

_HEED_LINES = 1000
_PART_LINES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A program's measures. Positions in the program's coordinates."""

    lines_total: int  # lines with code, as they will be sent
    end_mm: Known  # None where the program doesn't say
    reach: Box | None  # None: no axis ever moves to a known place
    length_mm: float
    extruded_mm: float  # filament drawn in, retractions taken off
    duration_s: float
    _taken_s: array[float] = field(repr=False)  # machine time at each line's answer
    _marks: array[int] = field(repr=False)  # of each line, see `again`
    _modal_motion: bool

    def done_s(self, lines: int) -> float:
        """Planned machine time when the board has taken in `lines` lines.

        Boards answer before they move: with a full queue, by as much as it holds.
        """
        if not self._taken_s or lines <= 0:
            return 0.0
        return self._taken_s[min(lines, len(self._taken_s)) - 1]

    def remaining_s(self, lines: int, since_s: float = 0.0) -> float:
        """Planned machine time left, `since_s` after the last of `lines` answers."""
        done_s = self.done_s(lines) + max(0.0, since_s)
        if lines < self.lines_total:
            done_s = min(done_s, self.done_s(lines + 1))
        return max(0.0, self.duration_s - done_s)

    def done_ratio(self, lines: int, since_s: float = 0.0) -> float:
        """Share of the planned time, 0..1, by lines where no time is known."""
        if self.duration_s <= 0:
            return min(1.0, lines / self.lines_total)
        return 1.0 - self.remaining_s(lines, since_s) / self.duration_s

    def again(self, program: Program) -> Again:
        """The program's lines as they are sent, with the file line that each is of."""
        return Again(_lines(program, modal_motion=self._modal_motion), self._marks)

    def write(self, file: IO[bytes]) -> None:
        """For `read` at the other end of a pipe."""
        bare = replace(self, _taken_s=array("f"), _marks=array("H"))
        pickle.dump((bare, len(self._taken_s)), file)
        self._taken_s.tofile(file)
        self._marks.tofile(file)

    @staticmethod
    def read(file: IO[bytes]) -> "Measured | str":
        """What another process of ours wrote; a text says why there are no measures.

        Errors: EOFError, pickle.UnpicklingError.
        """
        said = pickle.load(file)  # noqa: S301  # of our own child
        if isinstance(said, str):
            return said
        measured: Measured
        measured, lines = said
        for each_line in (measured._taken_s, measured._marks):  # noqa: SLF001  # its own
            for first in range(0, lines, _PART_LINES):
                each_line.fromfile(file, min(lines - first, _PART_LINES))
        return measured


def measure(
    program: Program,
    *,
    modal_motion: bool,
    motion: Motion | None = None,
    start_mm: Known = (None, None, None),
    heed: Callable[[], None] | None = None,
    follow: Callable[[Move], None] | None = None,
) -> Measured:
    """Read the program once. `modal_motion`: True for GRBL, False for Marlin.

    `heed` is called now and then; what it raises ends a long reading. `follow` is
    called with each move.
    Memory: 6 bytes a line. Errors: ProgramError naming the line.
    """
    motion = motion or Motion()
    interpreter = Interpreter(
        modal_motion=modal_motion, position_mm=start_mm, home_mm=motion.home_mm
    )
    timer = Timer(motion, modal_motion=modal_motion)
    taken_s, marks = array("f"), Marks()
    reach = _Reach()
    reach.take(start_mm)
    length_mm = extruded_mm = 0.0
    for number, code in _lines(program, modal_motion=modal_motion):
        try:
            refuse_unfit(code, printer=not modal_motion)
            words = parse(code)
            move = interpreter.take(words)
        except ProgramError as unfit:
            raise ProgramError(f"line {number}: {unfit}") from unfit
        taken_s.append(timer.add(words, move, len(code)))
        marks.take(code)
        if heed is not None and len(taken_s) % _HEED_LINES == 0:
            heed()
        if move is None:
            continue
        if follow is not None:
            follow(move)
        length_mm += _length(move)
        extruded_mm += move.extruded_mm
        if not move.machine_coordinates:
            for place in move.places():
                reach.take(place)
    return Measured(
        lines_total=len(taken_s),
        end_mm=interpreter.position_mm,
        reach=reach.box(),
        length_mm=length_mm,
        extruded_mm=extruded_mm,
        duration_s=timer.finish(),
        _taken_s=taken_s,
        _marks=marks.of_line,
        _modal_motion=modal_motion,
    )


def _lines(program: Program, *, modal_motion: bool) -> Iterable[tuple[int, str]]:
    return spelled_out(program.lines()) if modal_motion else program.lines()


def _length(move: Move) -> float:
    squares = 0.0
    for a, b in zip(move.start_mm, move.end_mm, strict=True):
        if a is not None and b is not None:
            squares += (b - a) * (b - a)
    if move.arc is None:
        return math.sqrt(squares)
    c = move.plane[2]
    start, end = move.start_mm[c], move.end_mm[c]
    rise_mm = end - start if start is not None and end is not None else 0.0
    return math.hypot(move.arc.radius_mm * move.arc.sweep_rad, rise_mm)


@dataclass(slots=True)
class _Reach:
    """The least box round all places."""

    low: list[float] = field(default_factory=lambda: [math.inf] * 3)
    high: list[float] = field(default_factory=lambda: [-math.inf] * 3)

    def take(self, place: Known) -> None:
        low, high = self.low, self.high
        for axis, at in enumerate(place):
            if at is None:
                continue
            low[axis] = min(low[axis], at)
            high[axis] = max(high[axis], at)

    def box(self) -> Box | None:
        if all(math.isinf(value) for value in self.low):
            return None
        lows = [0.0 if math.isinf(value) else value for value in self.low]
        highs = [0.0 if math.isinf(value) else value for value in self.high]
        return Box(
            min_mm=(lows[0], lows[1], lows[2]), max_mm=(highs[0], highs[1], highs[2])
        )
