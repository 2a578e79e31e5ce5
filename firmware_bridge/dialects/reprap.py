"""RepRapFirmware 3 as it is spoken over USB or a raw serial line.

It answers as Marlin does (`ok` after each line, `M105`, `M114`), but it differs where
a streamer relies on it. From its sources (github.com/Duet3D/RepRapFirmware, 3.5):
a line whose checksum is wrong is dropped without a word and line numbers are not
checked (`StringParser::LineFinished`), a part of a line without its checksum is obeyed,
and a byte 0x7F makes it drop the line (`StringParser::Put`); there is no `busy:`, but temperatures once a
second while a command is in hand, if M105 was the last status asked
(`GCodes::CheckReportDue`); nothing is heard at once, M112 included, before the command
in hand is taken (`StandardGCodeInput::FillBuffer`); what a line is refused for follows
`Error: `; values come as JSON by M409 (`RepRap::GetModelResponse`).
"""

import json
import re

from firmware_bridge.dialects import marlin
from firmware_bridge.dialects.dialect import shown
from firmware_bridge.facts import DialectName
from firmware_bridge.space import Box

NAME: DialectName = "reprap"
BAUDS = (115200, 57600)
PROBE = b"\n" + marlin.frame(1, "M115")  # a port may take checksummed lines alone

STATUS = "state.status"
UP_TIME = "state.upTime"
BOARD_ID = "boards[0].uniqueId"

_VALUE_MAX = 64
_NUMBER = r"(-?\d{1,7}(?:\.\d{1,6})?)"
_LETTERED = re.compile(rf"\b([A-Z]): ?{_NUMBER}")
_LIMIT = re.compile(rf"\b([A-Z]){_NUMBER}:{_NUMBER}")
_FILAMENT = re.compile(r"Filament error on extruder .*")  # `Event::GetTextDescription`
_USUAL = re.compile(
    rf"Maximum printing acceleration {_NUMBER}, maximum travel acceleration {_NUMBER}"
)
# How an answer begins, the command that it answers, and its unit in mm and seconds.
_LISTS = (
    ("Steps/mm:", "M92", 1.0),
    ("Accelerations (mm/sec^2):", "M201", 1.0),
    ("Max speeds (mm/min):", "M203", 1 / 60),
    ("Maximum jerk rates (mm/min):", "M205", 1 / 60),
)


def parse(line: bytes) -> marlin.Reply:
    """What the board said, in Marlin's terms. Never fails."""
    if line == b"ok":
        return marlin.Ok()
    text = line.decode("ascii", "replace").strip()
    if text.startswith("{"):
        return _value(text) or marlin.Unknown(shown(line))
    if text.endswith(" is up and running."):
        return marlin.Start()
    if text.startswith("Emergency Stop!"):
        return marlin.Error(text[:120], fatal=True, last_line=None)
    if found := _FILAMENT.search(text):
        return marlin.FilamentError(found.group()[:120])
    if text.startswith("Error: "):
        return marlin.Error(text[7:127], fatal=False, last_line=None)
    if text.startswith("- ") and text.endswith(" -"):  # a title
        return marlin.Echo(text[2:122])
    if text.startswith("Warning: "):
        return marlin.Echo(text[9:129])
    return _list(text) or marlin.parse(line)


def recognises(line: bytes) -> bool:
    """See `Dialect.recognises`."""
    reply = parse(line)
    if isinstance(reply, marlin.Firmware):
        return reply.field_of.get("FIRMWARE_NAME", "").startswith("RepRapFirmware")
    return isinstance(reply, marlin.Start) and line.startswith(b"RepRapFirmware")


def asks(key: str) -> str:
    """The question for a value of the object model."""
    return f'M409 K"{key}"'


def _value(text: str) -> marlin.Value | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    key = told.get("key")
    value = told.get("result")
    if not isinstance(key, str) or len(key) > _VALUE_MAX:
        return None
    if isinstance(value, str) and len(value) <= _VALUE_MAX:
        return marlin.Value(key, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return marlin.Value(key, value) if abs(value) <= 2**32 else None


def _list(text: str) -> marlin.Reply | None:
    for beginning, command, unit in _LISTS:
        if text.startswith(beginning):
            told = _LETTERED.findall(text)
            value_of = {letter: float(number) * unit for letter, number in told}
            return marlin.Setting(command, value_of)
    if found := _USUAL.match(text):
        printing, travel = (float(number) for number in found.groups())
        return marlin.Setting("M204", {"P": printing, "T": travel})
    if text.startswith("Axis limits (mm)"):
        return _limits(text)
    return None


def _limits(text: str) -> marlin.Endstops | None:
    room = {
        letter: (float(low), float(high)) for letter, low, high in _LIMIT.findall(text)
    }
    try:
        x, y, z = room["X"], room["Y"], room["Z"]
        box = Box(min_mm=(x[0], y[0], z[0]), max_mm=(x[1], y[1], z[1]))
    except (KeyError, ValueError):
        return None
    return marlin.Endstops(box)
