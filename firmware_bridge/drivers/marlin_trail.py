"""Where a printer stands after each line that was sent, its extruder included."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.modal import Interpreter, Known
from firmware_bridge.gcode.words import parse

AXES = "XYZE"
STEPS_KEPT = 256  # a second's lines and more
_TOLD_MM = 0.011  # M114 rounds to 0.01, and so did the place from which we count
_FLOAT = 6e-8  # a board adds up in single precision: half of its last digit

type Place = tuple[float | None, ...]  # by AXES; None: not known
type Shift = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `shift`: what it would add, done once more; `anchors`: the axes that
    it sets, whatever was before.
    """

    number: int
    after: Place
    shift: Shift
    anchors: str
    blur_mm: float  # how far the board's own sum may be off

    @property
    def acts(self) -> bool:
        """Whether it moves or sets a place."""
        return bool(self.anchors) or any(self.shift)

    def agrees(self, told: Shift, shift: Place = (0.0,) * 4) -> bool:
        """Whether a board that is at `told` may have done this line last, and be off
        by `shift`. Axes whose place or shift isn't known say nothing.
        """
        return all(
            at is None or off is None or abs(at + off - seen) <= self.blur_mm
            for at, off, seen in zip(self.after, shift, told, strict=True)
        )


@dataclass(slots=True)
class Trail:
    """The last steps. It starts where the board says that it is."""

    start_mm: Known | None
    extruder_mm: float
    steps: deque[Step] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    _reader: Interpreter = field(init=False)
    _sums: int = 0  # that the board has made since it last was told its place

    def __post_init__(self) -> None:
        self._reader = Interpreter(
            modal_motion=False,
            position_mm=self.start_mm or (None, None, None),
            extruder_mm=self.extruder_mm,
        )

    def take(self, number: int, command: str) -> Step | None:
        """The next line that is sent; None where its meaning isn't known."""
        reader = self._reader
        try:
            words = parse(command)
            reader.take(words)
        except ProgramError:
            reader.position_mm = (None, None, None)
            return None
        value_of = dict(words)
        act = value_of.get("G")
        moves, sets = act in (0, 1, 2, 3), act in (28, 92)
        shift, anchors = [0.0] * 4, ""
        for place, axis in enumerate(AXES):
            fixed = reader.extruder_absolute if axis == "E" else reader.absolute
            if axis in value_of and (sets or (moves and fixed)):
                anchors += axis
            elif axis in value_of and moves:
                shift[place] = (value_of[axis] or 0.0) * reader.unit_mm
        self._sums = 0 if "E" in anchors else self._sums + any(shift)
        largest_mm = max(
            abs(at or 0.0) for at in (*reader.position_mm, reader.extruder_mm)
        )
        step = Step(
            number,
            (*reader.position_mm, reader.extruder_mm),
            tuple(shift),
            anchors or ("XYZ" if act == 28 else ""),
            _TOLD_MM + self._sums * largest_mm * _FLOAT,
        )
        self.steps.append(step)
        return step

    def since(self, number: int) -> Iterator[Step]:
        """The steps from that line on, as far as they are kept."""
        return (step for step in self.steps if step.number >= number)
