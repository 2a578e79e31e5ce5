"""GRBL 1.1 and grblHAL as they are spoken: lines to replies, commands to bytes.

grblHAL's additions are those of its sources (github.com/grblHAL/core): `report.c` for
`$I+` and the status report, `grbl.h` for real-time bytes, `alarms.h` and `errors.h`.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.dialects.dialect import shown
from firmware_bridge.dialects.grbl_texts import ALARM_TEXTS, ERROR_TEXTS
from firmware_bridge.facts import DialectName
from firmware_bridge.gcode.words import shortest
from firmware_bridge.space import Point

NAME: DialectName = "grbl"
BAUDS = (115200,)
PROBE = b"\n$I\n"

# The receive buffer holds 128 bytes; one stays free, as in GRBL's own streamer.
RX_BUFFER_BYTES = 128
PLANNER_BLOCKS = 16

SOFT_RESET = b"\x18"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTime:
    """Single bytes that act at once, between any two others."""

    status: bytes
    hold: bytes
    start: bytes


PLAIN = RealTime(status=b"?", hold=b"!", start=b"~")
# grblHAL can be told to take the plain ones for text; it always hears these.
HIGH = RealTime(status=b"\x80", hold=b"\x82", start=b"\x81")

AXES_MAX = 8

# No machine is larger, and no number of a reply may be.
_LARGEST = 1e6

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)\Z")
_BANNER = re.compile(r"(?:Grbl(?:HAL)?|uCNC) (\d+\.\d+\w{0,4})")
_SETTING = re.compile(r"\$(\d{1,3})=([-+0-9.]{1,16})\Z")
_OFFSET = re.compile(r"\[(G5[4-9]|G28|G30|G92|TLO|PRB):([-+0-9.,:]{1,96})\]\Z")

type StateName = Literal[
    "Idle",
    "Run",
    "Hold",
    "Jog",
    "Alarm",
    "Door",
    "Check",
    "Home",
    "Sleep",
    "Tool",
]
_STATES: dict[str, StateName] = {
    "Idle": "Idle",
    "Run": "Run",
    "Hold": "Hold",
    "Jog": "Jog",
    "Alarm": "Alarm",
    "Door": "Door",
    "Check": "Check",
    "Home": "Home",
    "Sleep": "Sleep",
    "Tool": "Tool",  # grblHAL: waits for somebody to change it
}


@dataclass(frozen=True, slots=True)
class Ok:
    """One line was taken in."""


@dataclass(frozen=True, slots=True)
class Error:
    """One line was refused; GRBL goes on with the next one."""

    code: int
    words: str = ""  # of a board that says them instead of a number

    @property
    def text(self) -> str:
        """The refusal in words."""
        if self.words:
            return f"error: {self.words}"
        return f"error:{self.code} {ERROR_TEXTS.get(self.code, 'see the manual')}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Everything stopped; the board is locked."""

    code: int
    words: str = ""  # as `Error.words`

    @property
    def text(self) -> str:
        """The alarm in words."""
        if self.words:
            return f"ALARM: {self.words}"
        return f"ALARM:{self.code} {ALARM_TEXTS.get(self.code, 'see the manual')}"


@dataclass(frozen=True, slots=True)
class Banner:
    """The board has just started: power, reset button, DTR or 0x18."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An answer to `?`. None: the report's mask ($10) leaves it out."""

    state: StateName
    substate: int | None = None
    machine_mm: Point | None = None
    work_mm: Point | None = None
    work_offset_mm: Point | None = None
    planner_free: int | None = None
    rx_free: int | None = None
    feed_mm_per_min: float | None = None
    spindle: float | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """`$number=value`."""

    number: int
    value: float


@dataclass(frozen=True, slots=True)
class Offset:
    """A coordinate system's zero in machine coordinates, from `$#`."""

    name: str
    mm: Point


@dataclass(frozen=True, slots=True)
class Message:
    """`[kind:text]`: VER, OPT, GC, MSG…"""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that GRBL 1.1 says: noise, or another firmware."""

    text: str


type Reply = Ok | Error | Alarm | Banner | Report | Setting | Offset | Message | Unknown


@dataclass(slots=True, kw_only=True)
class Capabilities:
    """What `$I`, `$$` and `$#` said, gathered reply by reply."""

    firmware: str = "Grbl"
    version: str = ""
    build: str = ""
    axis_count: int = 3
    options: tuple[str, ...] = ()
    planner_blocks: int = PLANNER_BLOCKS
    rx_buffer_bytes: int = RX_BUFFER_BYTES
    settings: dict[int, float] = field(default_factory=dict)
    offsets: dict[str, Point] = field(default_factory=dict)
    _has_said: bool = False

    def take(self, reply: Reply) -> None:
        """Learn from one reply; others are ignored."""
        if isinstance(reply, Setting):
            self.settings[reply.number] = reply.value
        elif isinstance(reply, Offset):
            self.offsets[reply.name] = reply.mm
        elif isinstance(reply, Message) and reply.kind == "VER":
            self.version, _, self.build = reply.text.partition(":")
        elif isinstance(reply, Message):
            self._take_build(reply.kind, reply.text)

    @property
    def is_hal(self) -> bool:
        """Whether the board runs grblHAL."""
        return self.firmware == "grblHAL"

    @property
    def window_bytes(self) -> int:
        """Bytes that may be under way. No GRBL on an AVR holds more than 128."""
        held = self.rx_buffer_bytes
        return (held if self.is_hal else min(held, RX_BUFFER_BYTES)) - 1

    def axes(self, first: int) -> Point | None:
        """Three settings in a row ($110, $120, $130), all above zero, or None."""
        values = [self.settings.get(first + axis, 0.0) for axis in range(3)]
        if any(value <= 0 for value in values):
            return None
        return (values[0], values[1], values[2])

    def _take_build(self, kind: str, text: str) -> None:
        if kind == "OPT":
            self._take_options(text)
        elif kind == "FIRMWARE":
            self.firmware = "grblHAL" if text == "grblHAL" else self.firmware
        elif kind == "AXS":
            count = _small(text.partition(":")[0])
            self.axis_count = count if count and 3 <= count <= AXES_MAX else 3

    def _take_options(self, text: str) -> None:
        letters, *sizes = text.split(",")
        self.options = tuple(sorted(letters))
        numbers = [int(size) for size in sizes[:2] if size.isdecimal()]
        if len(numbers) == 2 and 1 <= numbers[0] <= 1000 and 64 <= numbers[1] <= 65536:
            # Builds count the blocks without the one that stays free. Said twice,
            # the smaller one counts: a digit may have been harmed on its way.
            said = self.rx_buffer_bytes if self._has_said else numbers[1]
            self.planner_blocks, self.rx_buffer_bytes = (
                numbers[0],
                min(said, numbers[1]),
            )
            self._has_said = True


def parse(line: bytes, axis_count: int = 3) -> Reply:
    """What the board said. Never fails: noise is `Unknown`, numbers are bounded.

    A place has `axis_count` numbers, of which the first three are kept.
    """
    if line == b"ok":
        return Ok()
    try:
        text = line.decode("ascii").strip()
    except UnicodeDecodeError:
        return Unknown(shown(line))
    if text.startswith("<") and text.endswith(">"):
        return _report(text, axis_count) or Unknown(shown(line))
    if text.startswith(("error:", "ALARM:")):
        kind = Error if text.startswith("e") else Alarm
        code, words = _small(text[6:]), text[6:].strip()[:60]
        return kind(0, words) if code is None else kind(code)
    return _rarer(text, axis_count) or Unknown(shown(line))


def recognises(line: bytes) -> bool:
    """See `Dialect.recognises`."""
    reply = parse(line)
    if isinstance(reply, Message):
        return reply.kind == "VER" and "1.1" in reply.text
    return isinstance(reply, Banner)


def line_bytes(code: str) -> bytes:
    """A line as sent. Each character costs room in the board's buffer and a moment of
    its processor, so blanks go, and so do zeros that say nothing.
    """
    dense = shortest(code).replace(" ", "").replace("\t", "")
    return dense.encode("ascii") + b"\n"


def _rarer(text: str, axis_count: int) -> Reply | None:
    if text == "ok":
        return Ok()
    if banner := _BANNER.match(text):
        return Banner(banner.group(1))
    if setting := _SETTING.match(text):
        value = _number(setting.group(2))
        return None if value is None else Setting(int(setting.group(1)), value)
    if offset := _OFFSET.match(text):
        place = _point(offset.group(2).split(":")[0], axis_count)
        return None if place is None else Offset(offset.group(1), place)
    if text.startswith("[") and text.endswith("]") and ":" in text:
        kind, _, rest = text[1:-1].partition(":")
        return Message(kind, rest)
    return None


def _report(text: str, axis_count: int) -> Report | None:
    name, *parts = text[1:-1].split("|")
    state, _, substate = name.partition(":")
    if state not in _STATES:
        return None
    field_of: dict[str, str] = {}
    for part in parts:
        key, _, value = part.partition(":")
        field_of[key] = value
    try:
        return Report(
            state=_STATES[state],
            substate=_small(substate) if substate else None,
            machine_mm=_axes(field_of, "MPos", axis_count),
            work_mm=_axes(field_of, "WPos", axis_count),
            work_offset_mm=_axes(field_of, "WCO", axis_count),
            planner_free=_pair(field_of, "Bf", 0),
            rx_free=_pair(field_of, "Bf", 1),
            feed_mm_per_min=_first(field_of, ("FS", "F")),
            spindle=_second(field_of, "FS"),
        )
    except ValueError:
        return None


def _axes(field_of: dict[str, str], key: str, axis_count: int) -> Point | None:
    if key not in field_of:
        return None
    place = _point(field_of[key], axis_count)
    if place is None:
        raise ValueError(key)
    return place


def _pair(field_of: dict[str, str], key: str, which: int) -> int | None:
    if key not in field_of:
        return None
    parts = field_of[key].split(",")
    value = _small(parts[which]) if len(parts) == 2 else None
    if value is None:
        raise ValueError(key)
    return value


def _first(field_of: dict[str, str], keys: tuple[str, ...]) -> float | None:
    for key in keys:
        if key in field_of:
            return _number(field_of[key].split(",")[0])
    return None


def _second(field_of: dict[str, str], key: str) -> float | None:
    parts = field_of.get(key, "").split(",")
    return _number(parts[1]) if len(parts) >= 2 else None


def _point(text: str, axis_count: int) -> Point | None:
    values = [_number(part) for part in text.split(",")]
    if len(values) == 1 and axis_count == 3:  # GRBL's TLO is one number
        values = [0.0, 0.0, *values]
    told = [value for value in values if value is not None]
    if not len(told) == len(values) == axis_count:
        return None
    return (told[0], told[1], told[2])


def _number(text: str) -> float | None:
    if len(text) > 16 or not _NUMBER.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) and abs(value) <= _LARGEST else None


def _small(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 5 else None
