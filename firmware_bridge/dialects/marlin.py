"""Marlin as it is spoken: lines to replies, commands to numbered, checked bytes."""

import math
import re
from dataclasses import dataclass, field

from firmware_bridge.dialects.dialect import shown
from firmware_bridge.facts import RUN_OUT, WAITS, DialectName
from firmware_bridge.space import Box, Point

NAME: DialectName = "marlin"
BAUDS = (115200, 250000)
PROBE = b"\nM115\n"

# Marlin's RX_BUFFER_SIZE is 128 unless built larger; one byte stays free.
RX_BUFFER_BYTES = 128
QUEUE_LINES = 4  # BUFSIZE
PLANNER_BLOCKS = 16

EMERGENCY = b"M112\n"

# Modes that a program may rely on, whatever was left by the one before.
PREAMBLE = ("G90", "M82", "M220 S100", "M221 S100")

_LARGEST = 1e6
_NUMBER = r"([-+]?\d{1,7}(?:\.\d{0,6})?)"
_RESEND = re.compile(r"(?:Resend:|rs) ?N?(\d{1,9})\Z", re.IGNORECASE)
_LAST_LINE = re.compile(r"Last Line: (\d{1,9})\Z")
_POSITION = re.compile(
    rf"X: ?{_NUMBER},? +Y: ?{_NUMBER},? +Z: ?{_NUMBER}(?:,? +E: ?{_NUMBER})?(?:[, ]|\Z)"
)
_OK = re.compile(r"ok(?:[ :]|\Z)", re.IGNORECASE)
_HEATER = re.compile(rf"\b(T\d?|B|C|P):{_NUMBER} ?/{_NUMBER}")
_CAPABILITY = re.compile(r"Cap:([A-Z0-9_]{1,40}):([01])\Z")
_FIELD = re.compile(r"([A-Z_]{4,30}):")
_SETTING = re.compile(r"(?:echo:)?\s*(M\d{2,3})((?:\s+[A-Z]-?\d[-\d.]*)+)\s*(?:;.*)?\Z")
_WORD = re.compile(r"([A-Z])(-?\d[-\d.]*)")
_ENDSTOPS = re.compile(
    rf"Min:\s*X:?{_NUMBER}\s+Y:?{_NUMBER}\s+Z:?{_NUMBER}\s+"
    rf"Max:\s*X:?{_NUMBER}\s+Y:?{_NUMBER}\s+Z:?{_NUMBER}"
)

_FATAL = (
    "halted",
    "Thermal Runaway",
    "MAXTEMP",
    "MINTEMP",
    "stopped due to errors",  # Marlin 1: no move is made until a reset
    "!!",  # others, which say so instead of `Error:`
    "fatal:",
)
_ACTION = re.compile(r"//action:(pause|resume|cancel)(?: |\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok:
    """One command was taken in or done; ADVANCED_OK adds the free places."""

    planner_free: int | None = None
    queue_free: int | None = None
    temperatures_c: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resend:
    """The board wants this line next; an `ok` of its own follows."""

    number: int


@dataclass(frozen=True, slots=True)
class Error:
    """`Error:`; fatal ones leave a board that answers nothing but a reset."""

    text: str
    fatal: bool
    last_line: int | None

    @property
    def is_of_the_line(self) -> bool:
        """Whether a line was damaged or misplaced on its way, so that it is wanted again."""
        return self.last_line is not None or "checksum" in self.text.lower()


@dataclass(frozen=True, slots=True)
class Busy:
    """`busy:`, every other second while a long command runs."""

    what: str


@dataclass(frozen=True, slots=True)
class Wait:
    """`wait`: the queue has been empty for a second (not in every build)."""


@dataclass(frozen=True, slots=True)
class Start:
    """The board has just started."""


@dataclass(frozen=True, slots=True)
class Temperatures:
    """By name: nozzle, nozzle_target, bed, bed_target, …

    `waiting`: M109 or M190 says so every second instead of `busy:`.
    """

    temperatures_c: dict[str, float]
    waiting: bool


@dataclass(frozen=True, slots=True)
class Position:
    """The answer to M114: where the planned motion ends."""

    mm: Point
    extruder_mm: float


@dataclass(frozen=True, slots=True)
class Firmware:
    """The first line of M115's answer, field by field."""

    field_of: dict[str, str]


@dataclass(frozen=True, slots=True)
class Capability:
    """A `Cap:` line of M115."""

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of M503: a command with numbers."""

    command: str
    value_of: dict[str, float]


@dataclass(frozen=True, slots=True)
class Endstops:
    """M211's answer: the room that software end stops leave."""

    box: Box


@dataclass(frozen=True, slots=True)
class Value:
    """A named value that was asked for: RepRapFirmware's object model."""

    key: str
    value: str | float


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody at the board's own display asks of the host."""

    name: str  # pause, resume or cancel


@dataclass(frozen=True, slots=True)
class FilamentError:
    """The board's sensor finds no filament, or no right motion of it, and the board
    itself works on: RepRapFirmware, for which we are no print.
    """

    text: str

    @property
    def wanted(self) -> str:
        """What a person is to do about it."""
        has_run_out = "nofilament" in self.text.lower().replace(" ", "")
        return RUN_OUT if has_run_out else f"{WAITS}{self.text}"


@dataclass(frozen=True, slots=True)
class Echo:
    """`echo:` or `//`: for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that Marlin says: noise, or another firmware."""

    text: str


type Reply = (
    Ok
    | Resend
    | Error
    | Busy
    | Wait
    | Start
    | Temperatures
    | Position
    | Firmware
    | Capability
    | Setting
    | Endstops
    | Value
    | Action
    | FilamentError
    | Echo
    | Unknown
)


def parse(line: bytes) -> Reply:
    """What the board said. Never fails: noise is `Unknown`, numbers are bounded."""
    if line == b"ok":
        return Ok()
    if not line.isascii():
        return _amid_noise(line) or Unknown(shown(line))
    text = line.decode("ascii").strip()
    if _OK.match(text):
        return _ok(text)
    if found := _RESEND.match(text):
        return Resend(int(found.group(1)))
    if text.startswith(("Error:", "!!", "fatal:")):
        return _error(text.removeprefix("Error:"))
    if text in ("start", "wait"):
        return Start() if text == "start" else Wait()
    return _rarer(text) or Unknown(shown(line))


def recognises(line: bytes) -> bool:
    """See `Dialect.recognises`. A lone `start` is also said by others."""
    reply = parse(line)
    if isinstance(reply, Firmware):
        name = reply.field_of.get("FIRMWARE_NAME", "")
        return bool(name) and not name.startswith("RepRapFirmware")
    return isinstance(reply, Echo) and reply.text.startswith("Marlin")


def frame(number: int, command: str) -> bytes:
    """A command with its line number and checksum. Errors: ValueError."""
    body = f"N{number} {command}".encode("ascii")
    if b"\n" in body or b"*" in body:
        raise ValueError(f"one command without '*' expected, got {command!r}")
    return b"%b*%d\n" % (body, checksum(body))


def checksum(body: bytes) -> int:
    """XOR of all bytes before the '*'."""
    total = 0
    for byte in body:
        total ^= byte
    return total


def _ok(text: str) -> Ok:
    return Ok(
        planner_free=_after(text, " P"),
        queue_free=_after(text, " B"),
        temperatures_c=_temperatures(text),
    )


def _after(text: str, mark: str) -> int | None:
    found = re.search(mark + r"(\d{1,3})(?: |\Z)", text)
    return int(found.group(1)) if found else None


def _amid_noise(line: bytes) -> Reply | None:
    """What may be believed of a line that is damaged, or in a tongue with other letters:
    no number, and no answer.
    """
    text = line.decode("ascii", "ignore").strip("\0 \r")
    if text == "start":  # a board that starts makes noise first
        return Start()
    error = _error(text.removeprefix("Error:"))
    return (
        error if error.fatal and text.startswith(("Error:", "!!", "fatal:")) else None
    )


def _error(text: str) -> Error:
    last = _LAST_LINE.search(text)
    return Error(
        text=text[:120],
        fatal=any(word in text for word in _FATAL),
        last_line=int(last.group(1)) if last else None,
    )


def _rarer(text: str) -> Reply | None:
    if text.startswith(("echo:busy:", "busy:")):
        return Busy(text.split("busy:", 1)[1].strip()[:60])
    if text.startswith("FIRMWARE_NAME:"):
        return Firmware(_fields(text))
    if found := _CAPABILITY.match(text):
        return Capability(found.group(1), found.group(2) == "1")
    if found := _POSITION.match(text):
        x, y, z, e = (float(part or 0) for part in found.groups())
        return Position((x, y, z), e)
    if found := _ENDSTOPS.search(text):
        return _endstops([float(part) for part in found.groups()])
    if found := _SETTING.match(text):
        return _setting(found.group(1), found.group(2))
    temperatures_c = _temperatures(text)
    if temperatures_c:
        return Temperatures(temperatures_c, " W:" in text)
    if found := _ACTION.match(text):
        return Action(found.group(1))
    if text.startswith(("echo:", "//", "Marlin ")):
        return Echo(text.removeprefix("echo:").removeprefix("//").strip()[:120])
    return None


def _fields(text: str) -> dict[str, str]:
    """`KEY:value KEY:value`, where values hold blanks and colons."""
    marks = list(_FIELD.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {
        mark.group(1): text[mark.end() : end].strip()
        for mark, end in zip(marks, ends, strict=True)
    }


def _temperatures(text: str) -> dict[str, float]:
    temperatures_c: dict[str, float] = {}
    for name, actual, target in _HEATER.findall(text):
        heater = {"T": "nozzle", "T0": "nozzle", "B": "bed", "C": "chamber"}.get(
            name, f"nozzle_{name[1:]}" if name.startswith("T") else name.lower()
        )
        temperatures_c[heater] = float(actual)
        temperatures_c[f"{heater}_target"] = float(target)
    return temperatures_c


def _setting(command: str, words: str) -> Reply | None:
    value_of: dict[str, float] = {}
    for letter, number in _WORD.findall(words):
        try:
            value = float(number)
        except ValueError:
            return None
        if not math.isfinite(value) or abs(value) > _LARGEST:
            return None
        value_of[letter] = value
    return Setting(command, value_of)


def _endstops(values: list[float]) -> Reply | None:
    try:
        return Endstops(
            Box(
                min_mm=(values[0], values[1], values[2]),
                max_mm=(values[3], values[4], values[5]),
            )
        )
    except ValueError:
        return None
