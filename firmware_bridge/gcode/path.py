"""Where the tool may be while a program's lines are under way: on their path, or off it."""

import math
from collections import deque

from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.words import parse
from firmware_bridge.space import Point

_PRUNE_LINES = 2_000

# Words after which the tool's place still follows from the program. Probes, other
# offsets and stored places leave it to the board.
_TELLING = frozenset(
    {
        0.0, 1.0, 2.0, 3.0, 4.0, 17.0, 18.0, 19.0, 20.0, 21.0, 28.0, 40.0, 49.0, 53.0,
        54.0, 61.0, 80.0, 90.0, 91.0, 91.1, 94.0,
    }
)  # fmt: skip


class Path:
    """The moves of the lines that were sent, as far as the tool may still be on them.

    `blocks`: how many answered moves the board's planner holds at most.
    """

    def __init__(self, *, start_mm: Known, home_mm: Known, blocks: int) -> None:
        self._interpreter = Interpreter(
            modal_motion=True, position_mm=start_mm, home_mm=home_mm
        )
        self._blocks = blocks
        self._answered = 0
        self._is_lost = False
        self._moves: deque[tuple[int, Move]] = deque()

    def take(self, line: int, code: str) -> None:
        """Line `line` goes out, after all lines before it. Errors: ProgramError."""
        words = parse(code)
        if any(letter == "G" and value not in _TELLING for letter, value in words):
            self._is_lost = True
        move = self._interpreter.take(words)
        if move is None:
            return
        self._moves.append((line, move))
        if len(self._moves) > _PRUNE_LINES:
            self._prune()

    def answered(self, line: int) -> None:
        """The board has planned that line and all before it."""
        self._answered = line

    def is_off(self, place_mm: Point, slack_mm: float) -> bool:
        """Whether no move that may be under way passes within `slack_mm` of the place."""
        self._prune()
        if self._is_lost or not self._moves:
            return False
        return not any(_passes(move, place_mm, slack_mm) for _, move in self._moves)

    def _prune(self) -> None:
        """Forget moves that were over before the planner's oldest."""
        moves = self._moves
        while len(moves) > self._blocks and moves[self._blocks][0] <= self._answered:
            moves.popleft()


def _passes(move: Move, place_mm: Point, slack_mm: float) -> bool:
    if move.kind == "home" or move.machine_coordinates:
        return True  # on a way that the board alone knows
    if move.arc is None:
        return _line_passes(move.start_mm, move.end_mm, place_mm, slack_mm)
    a, b, c = move.plane
    low, high = sorted((move.start_mm[c] or 0.0, move.end_mm[c] or 0.0))
    across = move.end_mm[c] is None or (
        low - slack_mm <= place_mm[c] <= high + slack_mm
    )
    centre, radius_mm = move.arc.centre, move.arc.radius_mm
    distance_mm = math.dist((place_mm[a], place_mm[b]), centre)
    ends_mm = abs(math.dist(move.arc.end, centre) - radius_mm)  # radii may differ
    return across and abs(distance_mm - radius_mm) <= slack_mm + ends_mm


def _line_passes(start: Known, end: Known, place: Point, slack_mm: float) -> bool:
    """By the axes that are known at both ends."""
    way2 = along = 0.0
    known = [axis for axis in range(3) if None not in (start[axis], end[axis])]
    starts = [start[axis] or 0.0 for axis in known]
    ends = [end[axis] or 0.0 for axis in known]
    places = [place[axis] for axis in known]
    for a, b, at in zip(starts, ends, places, strict=True):
        way2 += (b - a) * (b - a)
        along += (b - a) * (at - a)
    share = min(1.0, max(0.0, along / way2)) if way2 else 0.0
    nearest = [a + share * (b - a) for a, b in zip(starts, ends, strict=True)]
    return math.dist(nearest, places) <= slack_mm
