"""GRBL 1.1 as it is spoken: lines to replies, commands to bytes."""

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.dialects.dialect import shown
from firmware_bridge.facts import DialectName
from firmware_bridge.space import Point

NAME: DialectName = "grbl"
BAUDS = (115200,)
PROBE = b"\n$I\n"

# The receive buffer holds 128 bytes; one stays free, as in GRBL's own streamer.
RX_BUFFER_BYTES = 128
PLANNER_BLOCKS = 16

STATUS = b"?"
HOLD = b"!"
CYCLE_START = b"~"
SOFT_RESET = b"\x18"

# No machine is larger, and no number of a reply may be.
_LARGEST = 1e6

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)\Z")
_BANNER = re.compile(r"Grbl (\d+\.\d+\w{0,4})")
_SETTING = re.compile(r"\$(\d{1,3})=([-+0-9.]{1,16})\Z")
_OFFSET = re.compile(r"\[(G5[4-9]|G28|G30|G92|TLO|PRB):([-+0-9.,:]{1,64})\]\Z")

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
}

ALARM_TEXTS = {
    1: "hard limit hit; the position is lost",
    2: "soft limit: a move would leave the envelope",
    3: "reset while moving; the position is lost",
    4: "probe was already touching",
    5: "probe touched nothing",
    6: "homing: reset during the cycle",
    7: "homing: door opened during the cycle",
    8: "homing: the limit switch did not let go",
    9: "homing: no limit switch found",
}
ERROR_TEXTS = {
    1: "letter missing",
    2: "bad number",
    3: "unknown $ command",
    5: "homing is not enabled",
    8: "only allowed when idle",
    9: "locked: alarm or jog",
    11: "line too long",
    15: "jog leaves the envelope",
    20: "unsupported command",
    21: "two commands of one group",
    22: "no feed rate",
    24: "two commands want the axes",
    26: "no axis words",
    33: "arc can't be drawn",
    34: "arc radius wrong",
}


@dataclass(frozen=True, slots=True)
class Ok:
    """One line was taken in."""


@dataclass(frozen=True, slots=True)
class Error:
    """One line was refused; GRBL goes on with the next one."""

    code: int

    @property
    def text(self) -> str:
        """The refusal in words."""
        return f"error:{self.code} {ERROR_TEXTS.get(self.code, 'see the manual')}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Everything stopped; the board is locked."""

    code: int

    @property
    def text(self) -> str:
        """The alarm in words."""
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

    version: str = ""
    build: str = ""
    options: tuple[str, ...] = ()
    planner_blocks: int = PLANNER_BLOCKS
    rx_buffer_bytes: int = RX_BUFFER_BYTES
    settings: dict[int, float] = field(default_factory=dict)
    offsets: dict[str, Point] = field(default_factory=dict)

    def take(self, reply: Reply) -> None:
        """Learn from one reply; others are ignored."""
        if isinstance(reply, Setting):
            self.settings[reply.number] = reply.value
        elif isinstance(reply, Offset):
            self.offsets[reply.name] = reply.mm
        elif isinstance(reply, Message) and reply.kind == "VER":
            self.version, _, self.build = reply.text.partition(":")
        elif isinstance(reply, Message) and reply.kind == "OPT":
            self._take_options(reply.text)

    def axes(self, first: int) -> Point | None:
        """Three settings in a row ($110, $120, $130), all above zero, or None."""
        values = [self.settings.get(first + axis, 0.0) for axis in range(3)]
        if any(value <= 0 for value in values):
            return None
        return (values[0], values[1], values[2])

    def _take_options(self, text: str) -> None:
        letters, *sizes = text.split(",")
        self.options = tuple(sorted(letters))
        numbers = [int(size) for size in sizes[:2] if size.isdecimal()]
        if len(numbers) == 2 and 1 <= numbers[0] <= 1000 and 64 <= numbers[1] <= 65536:
            # Builds count the blocks without the one that stays free.
            self.planner_blocks, self.rx_buffer_bytes = numbers


def parse(line: bytes) -> Reply:
    """What the board said. Never fails: noise is `Unknown`, numbers are bounded."""
    if line == b"ok":
        return Ok()
    try:
        text = line.decode("ascii").strip()
    except UnicodeDecodeError:
        return Unknown(shown(line))
    if text.startswith("<") and text.endswith(">"):
        return _report(text) or Unknown(shown(line))
    if text.startswith("error:"):
        code = _small(text[6:])
        return Unknown(shown(line)) if code is None else Error(code)
    if text.startswith("ALARM:"):
        code = _small(text[6:])
        return Unknown(shown(line)) if code is None else Alarm(code)
    return _rarer(text) or Unknown(shown(line))


def recognises(line: bytes) -> bool:
    """See `Dialect.recognises`."""
    reply = parse(line)
    if isinstance(reply, Message):
        return reply.kind == "VER" and reply.text.startswith("1.1")
    return isinstance(reply, Banner)


def line_bytes(code: str) -> bytes:
    """A line as sent: blanks cost room in the board's buffer, so they go."""
    return code.replace(" ", "").replace("\t", "").encode("ascii") + b"\n"


def _rarer(text: str) -> Reply | None:
    if text == "ok":
        return Ok()
    if banner := _BANNER.match(text):
        return Banner(banner.group(1))
    if setting := _SETTING.match(text):
        value = _number(setting.group(2))
        return None if value is None else Setting(int(setting.group(1)), value)
    if offset := _OFFSET.match(text):
        place = _point(offset.group(2).split(":")[0])
        return None if place is None else Offset(offset.group(1), place)
    if text.startswith("[") and text.endswith("]") and ":" in text:
        kind, _, rest = text[1:-1].partition(":")
        return Message(kind, rest)
    return None


def _report(text: str) -> Report | None:
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
            machine_mm=_axes(field_of, "MPos"),
            work_mm=_axes(field_of, "WPos"),
            work_offset_mm=_axes(field_of, "WCO"),
            planner_free=_pair(field_of, "Bf", 0),
            rx_free=_pair(field_of, "Bf", 1),
            feed_mm_per_min=_first(field_of, ("FS", "F")),
            spindle=_second(field_of, "FS"),
        )
    except ValueError:
        return None


def _axes(field_of: dict[str, str], key: str) -> Point | None:
    if key not in field_of:
        return None
    place = _point(field_of[key])
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
    return _number(parts[1]) if len(parts) == 2 else None


def _point(text: str) -> Point | None:
    values = [_number(part) for part in text.split(",")]
    if len(values) == 1:  # TLO is one number
        values = [0.0, 0.0, *values]
    if len(values) != 3:
        return None
    x, y, z = values
    if x is None or y is None or z is None:
        return None
    return (x, y, z)


def _number(text: str) -> float | None:
    if len(text) > 16 or not _NUMBER.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) and abs(value) <= _LARGEST else None


def _small(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 5 else None
