"""Which programs a machine may be given: an allow-list, never a block-list."""

from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.modal import Interpreter, Known, Move
from firmware_bridge.gcode.words import Program, Word, parse, strip
from firmware_bridge.space import AXES, Box

LINES_MAX = 5_000_000
SLACK_MM = 0.001

# GRBL's LINE_BUFFER_SIZE, Marlin's MAX_CMD_SIZE less N number and checksum.
_GRBL_LINE_BYTES_MAX = 78
_MARLIN_LINE_BYTES_MAX = 80

# GRBL takes these out of the stream at once, even inside a comment.
_GRBL_REAL_TIME = b"!~?"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a program may not run, and at which line of the file (0: the whole)."""

    line: int
    reason: str


_GRBL_G = frozenset(
    {0, 1, 2, 3, 4, 17, 18, 19, 20, 21, 40, 49, 54, 61, 80, 90, 91, 91.1, 94}
)
_GRBL_M = frozenset({0, 1, 2, 3, 4, 5, 8, 9, 30})
_GRBL_LETTERS = frozenset("FGIJKMPRSTXYZ")
_PRINTER_G = frozenset({0, 1, 2, 3, 4, 21, 28, 90, 91, 92})
_PRINTER_M = frozenset(
    {18, 73, 82, 83, 84, 104, 105, 106, 107, 109, 114, 117, 140, 190, 201, 203}
    | {204, 205, 220, 221, 400, 900}
)
_PRINTER_LETTERS = frozenset("ABEFGIJKLMPRSTXYZ")
_HEATS_NOZZLE = frozenset({104, 109})
_HEATS_BED = frozenset({140, 190})
_FEED_PERCENT = range(10, 201)


def check(program: Program, limits: Limits) -> Refusal | None:
    """Read the whole program against the limits; None means that it may run."""
    judge = _Judge(limits)
    number = 0
    try:
        for number, raw in program.raw_lines():
            judge.take(raw, number)
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
            modal_motion=not self._printer, position_mm=list(limits.start_mm)
        )
        self._hot: dict[str, float] = {}
        self._code_lines = 0
        self._ended = False

    def take(self, raw: bytes, number: int) -> None:
        self.line = number
        _check_bytes(raw, printer=self._printer)
        code = strip(raw.decode("ascii"))
        if not code:
            return
        self._code_lines += 1
        if self._code_lines > LINES_MAX:
            raise ProgramError(f"more than {LINES_MAX} lines")
        longest = _MARLIN_LINE_BYTES_MAX if self._printer else _GRBL_LINE_BYTES_MAX
        if len(code) > longest:
            raise ProgramError(f"{len(code)} bytes of code; the board takes {longest}")
        words = parse(code)
        self._check_words(words)
        if not code.startswith("M117"):
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

    def _check_words(self, words: list[Word]) -> None:
        letters = _PRINTER_LETTERS if self._printer else _GRBL_LETTERS
        allowed_g = _PRINTER_G if self._printer else _GRBL_G
        allowed_m = _PRINTER_M if self._printer else _GRBL_M
        commands = 0
        for letter, value in words:
            if letter not in letters:
                raise ProgramError(f"word {letter} is not allowed")
            if value is None and not self._printer:
                raise ProgramError(f"{letter} without a number")
            if letter not in "GM":
                continue
            commands += 1
            if value is None or value not in (
                allowed_g if letter == "G" else allowed_m
            ):
                shown = "" if value is None else f"{value:g}"
                raise ProgramError(f"{letter}{shown} is not allowed on this machine")
        if self._printer:
            _check_one_command(words, commands)

    def _check_values(self, words: list[Word]) -> None:
        value_of = dict(words)
        self._check_spindle(words, value_of)
        self._check_heat(words, value_of)
        feed = value_of.get("F")
        feed_max = self.limits.feed_max_mm_per_min
        if feed is not None and words[0] not in (("M", 201.0), ("M", 203.0)):
            feed *= self._interpreter.unit_mm
            if feed <= 0 or (feed_max is not None and feed > feed_max):
                raise ProgramError(f"feed {feed:g} mm/min is outside 0..{feed_max}")
        tool = value_of.get("T")
        if tool is not None and not 0 <= tool < max(1, self.limits.tool_count):
            raise ProgramError(f"tool {tool:g} of {self.limits.tool_count}")
        if words[0] in (("M", 220.0), ("M", 221.0)):
            percent = value_of.get("S")
            if percent is None or int(percent) not in _FEED_PERCENT:
                raise ProgramError("speed and flow stay within 10 to 200 percent")
        if words[0] == ("G", 92.0) and any(axis in value_of for axis in AXES):
            raise ProgramError("G92 may set the extruder only, never an axis")
        if words[0] == ("G", 92.0) and "E" not in value_of:
            raise ProgramError("G92 without E would set every axis")

    def _check_spindle(
        self, words: list[Word], value_of: dict[str, float | None]
    ) -> None:
        if self._printer:
            return
        speed = value_of.get("S")
        highest = self.limits.spindle_max
        switched_on = ("M", 3.0) in words or ("M", 4.0) in words
        if highest is None and (speed or switched_on):
            raise ProgramError("this machine has no spindle or laser to switch on")
        if speed is not None and highest is not None and not 0 <= speed <= highest:
            raise ProgramError(f"S{speed:g} is outside 0..{highest:g}")

    def _check_heat(self, words: list[Word], value_of: dict[str, float | None]) -> None:
        letter, value = words[0]
        if letter != "M" or value not in _HEATS_NOZZLE | _HEATS_BED:
            return
        nozzle = value in _HEATS_NOZZLE
        highest = self.limits.nozzle_max_c if nozzle else self.limits.bed_max_c
        name = "nozzle" if nozzle else "bed"
        asked_c = max(value_of.get("S") or 0.0, value_of.get("R") or 0.0)
        if asked_c > (highest or 0.0) or asked_c < 0:
            raise ProgramError(f"{name} at {asked_c:g} °C; the limit is {highest} °C")
        tool = value_of.get("T") if nozzle else None
        self._hot[name if tool is None else f"{name} {tool:g}"] = asked_c

    def _check_move(self, move: Move) -> None:
        if move.duration_s > self.limits.dwell_max_s or move.duration_s < 0:
            raise ProgramError(f"dwell of {move.duration_s:g} s")
        box = self.limits.envelope_mm
        for axis, name in enumerate(AXES):
            for place_mm in (move.low_mm[axis], move.high_mm[axis]):
                if place_mm is None:
                    continue
                low, high = box.min_mm[axis], box.max_mm[axis]
                if not low - SLACK_MM <= place_mm <= high + SLACK_MM:
                    raise ProgramError(
                        f"{name} reaches {place_mm:.3f} mm; "
                        f"the envelope is {low:.3f} to {high:.3f}"
                    )


def _check_bytes(raw: bytes, *, printer: bool) -> None:
    for byte in raw:
        if byte > 0x7E or (byte < 0x20 and byte != 0x09):
            raise ProgramError(f"byte 0x{byte:02x} is not printable 7-bit ASCII")
    if not printer and any(byte in raw for byte in _GRBL_REAL_TIME):
        raise ProgramError("'!', '~' and '?' act at once on this board, wherever")


def _check_one_command(words: list[Word], commands: int) -> None:
    tool_change = not commands and words[0][0] == "T" and len(words) == 1
    if tool_change:
        return
    if commands != 1 or words[0][0] not in "GM":
        raise ProgramError("one G or M command a line, and first")
