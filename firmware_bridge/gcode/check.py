"""Which programs a machine may be given: an allow-list, never a block-list."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.allowed import allow_grbl, allow_printer
from firmware_bridge.gcode.cycles import Cycles
from firmware_bridge.gcode.fit import refuse_real_time, refuse_unfit
from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.words import Program, Word, parse, strip
from firmware_bridge.space import AXES, Box

LINES_MAX = 5_000_000
_HEED_LINES = 5_000
SLACK_MM = 0.001


class MachineKind(StrEnum):
    """What the machine does; it decides which commands it may be given."""

    PRINTER = "printer"  # Marlin
    MILL = "mill"  # GRBL, as the two below
    LASER = "laser"
    PLOTTER = "plotter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the lab allows. None forbids the thing altogether.

    `envelope_mm` is in the program's coordinates, `start_mm` the tool's place
    before the first line, where it is known.
    """

    kind: MachineKind
    envelope_mm: Box
    nozzle_max_c: float | None = None
    bed_max_c: float | None = None
    spindle_max: float | None = None  # highest S word
    feed_max_mm_per_min: float | None = None  # here None means: the board's own
    tool_count: int = 1
    start_mm: Known = (None, None, None)
    dwell_max_s: float = 600.0
    beam_rests: bool = True  # a laser that the board darkens in rapids: GRBL's $32
    own_lines: int = 0  # before the program: ours, which may say where Z stands
    material: str | None = None  # what is loaded, by its code: "PLA", "PLA-white"…


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a program may not run, and at which line of the file (0: the whole)."""

    line: int
    reason: str


_HEATS_NOZZLE = frozenset({104, 109})
_HEATS_BED = frozenset({140, 190})
_MOVES = frozenset({0.0, 1.0, 2.0, 3.0})
_LIFT_MAX_MM = 10.0

_FOR_MATERIAL = re.compile(rb";\s*filament_type\s*=\s*([A-Za-z]+)", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[A-Za-z]+")


def check(
    program: Program, limits: Limits, *, heed: Callable[[int], None] | None = None
) -> Refusal | None:
    """Read the whole program against the limits; None means that it may run.

    `heed` is called now and then with the line reached.
    """
    judge = _Judge(limits)
    number = 0
    try:
        for number, raw in program.raw_lines():
            judge.take(raw, number)
            if heed is not None and number % _HEED_LINES == 0:
                heed(number)
        judge.end(number)
    except ProgramError as unfit:
        return Refusal(line=judge.line, reason=str(unfit))
    return None


class _Judge:
    """One reading of one program; every refusal is a ProgramError."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.line = 0
        self._printer = limits.kind is MachineKind.PRINTER
        self._interpreter = Interpreter(
            modal_motion=not self._printer,
            position_mm=limits.start_mm,
            home_mm=_home(limits.envelope_mm),
            lift_max_mm=_LIFT_MAX_MM if self._printer else 0.0,
        )
        self._cycles = None if self._printer else Cycles()
        self._hot: dict[str, float] = {}
        self._tool = 0.0
        self._power = 0.0  # the last S of a laser or spindle
        self._code_lines = 0

    def take(self, raw: bytes, number: int) -> None:
        self.line = number
        _check_bytes(raw)
        text = raw.decode("ascii")
        if not self._printer:
            refuse_real_time(text)
        if b";" in raw:
            self._check_material(raw)
        code = strip(text)
        if not code:
            return
        for line in [code] if self._cycles is None else self._cycles.take(code):
            self._take_code(line)

    def _take_code(self, code: str) -> None:
        self._code_lines += 1
        if self._code_lines > LINES_MAX:
            raise ProgramError(f"more than {LINES_MAX} lines")
        refuse_unfit(code, printer=self._printer)
        words = parse(code)
        if self._printer:
            allow_printer(words, may_set_z=self.line <= self.limits.own_lines)
        else:
            allow_grbl(words)
        self._check_values(words)
        move = self._interpreter.take(words)
        if move is not None:
            self._check_move(move)

    def end(self, number: int) -> None:
        self.line = number
        if not self._code_lines:
            raise ProgramError("the program is empty")
        if self._interpreter.spindle_on:
            raise ProgramError("the program ends with spindle or laser on: add M5")
        for heater, target_c in self._hot.items():
            if target_c > 0:
                raise ProgramError(
                    f"the program ends with the {heater} at {target_c:g} °C: "
                    "switch it off"
                )

    def _check_material(self, raw: bytes) -> None:
        """A slicer's own word on what it sliced for, against what is loaded."""
        loaded = _FIRST_WORD.match(self.limits.material or "")
        told = _FOR_MATERIAL.match(raw)
        if loaded is None or told is None:
            return
        wanted = told.group(1).decode("ascii")
        if wanted.casefold() != loaded.group().casefold():
            raise ProgramError(
                f"the program is for {wanted}; {self.limits.material} is loaded"
            )

    def _check_values(self, words: list[Word]) -> None:
        value_of = dict(words)
        letter, code = words[0]
        if self._printer:
            if letter == "M" and code in _HEATS_NOZZLE | _HEATS_BED:
                self._check_heat(code, value_of)
        else:
            self._check_spindle(words, value_of)
        if not self._printer or (letter == "G" and code in _MOVES):
            self._check_feed(value_of.get("F"))
        tool = value_of.get("T")
        if tool is None or (letter == "M" and code not in _HEATS_NOZZLE):
            return
        if not 0 <= tool < max(1, self.limits.tool_count):
            raise ProgramError(f"tool {tool:g} of {self.limits.tool_count}")
        if letter == "T":
            self._tool = tool

    def _check_feed(self, feed: float | None) -> None:
        if feed is None:
            return
        feed *= self._interpreter.unit_mm
        feed_max = self.limits.feed_max_mm_per_min
        if feed <= 0 or (feed_max is not None and feed > feed_max):
            raise ProgramError(f"feed {feed:g} mm/min is outside 0..{feed_max}")

    def _check_spindle(
        self, words: list[Word], value_of: dict[str, float | None]
    ) -> None:
        speed = value_of.get("S")
        self._power = self._power if speed is None else speed
        highest = self.limits.spindle_max
        switched_on = ("M", 3.0) in words or ("M", 4.0) in words
        if highest is None and (speed or switched_on):
            raise ProgramError("this machine has no spindle or laser to switch on")
        if speed is not None and highest is not None and not 0 <= speed <= highest:
            raise ProgramError(f"S{speed:g} is outside 0..{highest:g}")

    def _check_heat(self, code: float, value_of: dict[str, float | None]) -> None:
        nozzle = code in _HEATS_NOZZLE
        highest = self.limits.nozzle_max_c if nozzle else self.limits.bed_max_c
        name = "nozzle" if nozzle else "bed"
        asked_c = max(value_of.get("S") or 0.0, value_of.get("R") or 0.0)
        if asked_c > (highest or 0.0) or asked_c < 0:
            raise ProgramError(f"{name} at {asked_c:g} °C; the limit is {highest} °C")
        tool = value_of.get("T", self._tool) or 0.0
        self._hot[f"nozzle {tool:g}" if nozzle else "bed"] = asked_c

    def _check_move(self, move: Move) -> None:
        fed = self._printer or move.kind not in ("line", "arc")
        if not fed and move.feed_mm_per_min is None:
            raise ProgramError("no feed rate was ever given")
        if move.kind == "rapid" and self._burns():
            raise ProgramError(
                "the laser stays on in a rapid, since the board's laser mode ($32) is "
                "off: M5 first"
            )
        if move.duration_s > self.limits.dwell_max_s or move.duration_s < 0:
            raise ProgramError(f"dwell of {move.duration_s:g} s")
        for place in move.places():
            self._check_place(place)

    def _burns(self) -> bool:
        limits = self.limits
        laser = limits.kind is MachineKind.LASER and not limits.beam_rests
        return laser and self._interpreter.spindle_on and self._power > 0

    def _check_place(self, place: Known) -> None:
        box = self.limits.envelope_mm
        for axis, at in enumerate(place):
            if at is None:
                continue
            low, high = box.min_mm[axis], box.max_mm[axis]
            if not low - SLACK_MM <= at <= high + SLACK_MM:
                raise ProgramError(
                    f"{AXES[axis]} reaches {at:.3f} mm; "
                    f"the envelope is {low:.3f} to {high:.3f}"
                )


def _check_bytes(raw: bytes) -> None:
    for byte in raw:
        if byte > 0x7E or (byte < 0x20 and byte != 0x09):
            raise ProgramError(f"byte 0x{byte:02x} is not printable 7-bit ASCII")


def _home(box: Box) -> Known:
    """Where homing is taken to leave the tool: zero, as far as that is inside."""
    x, y, z = (
        min(max(0.0, low), high)
        for low, high in zip(box.min_mm, box.max_mm, strict=True)
    )
    return (x, y, z)
