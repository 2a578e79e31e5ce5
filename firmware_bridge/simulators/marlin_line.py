"""How the simulated Marlin takes a line in: number, checksum, words."""

import re
from dataclasses import dataclass

from firmware_bridge.simulators.motion import Vector

_NUMBERED = re.compile(r"N(-?\d{1,9})\s*")
_COMMAND = re.compile(r"([GMT])(\d{1,4})")
_WORD = re.compile(r"([A-Z])\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+))?")
_LINE_MAX = 95  # MAX_CMD_SIZE 96 with its closing zero

# Taken in and answered, with nothing that this simulation would show.
QUIET_COMMANDS = frozenset(
    {
        "M73", "M84", "M18", "M106", "M107", "M110", "M117", "M201", "M203", "M204",
        "M205", "M220", "M221", "M900", "M108", "M21", "G21", "T0",
    }
)  # fmt: skip


class RefusedLineError(Exception):
    """A damaged or misplaced line; the text is Marlin's."""


@dataclass(frozen=True, slots=True)
class Command:
    """`G1`, `M104`, … with its words; a letter alone has None."""

    name: str
    value_of: dict[str, float | None]
    text: str

    @property
    def sets_place(self) -> bool:
        """Whether the board takes its tool's place for another."""
        return self.name == "G92" and not self.value_of.keys().isdisjoint("XYZ")

    def place(self, start: Vector) -> Vector:
        """The axes that it names, and the others from `start`."""
        x, y, z = (
            self.get(letter, at) for letter, at in zip("XYZ", start, strict=True)
        )
        return (x, y, z)

    def get(self, letter: str, otherwise: float = 0.0) -> float:
        """The number of a word, if it has one."""
        value = self.value_of.get(letter)
        return otherwise if value is None else value


def unwrap(raw: bytes, last_number: int) -> tuple[str, int]:
    """(the command's text, the line count after it). Errors: RefusedLineError."""
    line = raw[:_LINE_MAX].decode("latin-1").strip()
    found = _NUMBERED.match(line)
    if found is None:
        return line.split(";")[0].split("*")[0].strip(), last_number
    number = int(found.group(1))
    body, star, told = line.rpartition("*")
    rest = (body if star else line)[found.end() :].strip()
    resets = rest.startswith("M110")
    if number != last_number + 1 and not resets:
        raise RefusedLineError("Line Number is not Last Line Number+1")
    if not star:
        raise RefusedLineError("No Checksum with line number")
    total = 0
    for byte in body.encode("latin-1"):
        total ^= byte
    if not told.isdecimal() or int(told) != total:
        raise RefusedLineError("checksum mismatch")
    if resets and (second := _NUMBERED.search(rest, 4)):
        number = int(second.group(1))
    return rest, number


def parse(text: str) -> Command:
    """A command from its text; an unknown one keeps its text and an empty name."""
    found = _COMMAND.match(text)
    if found is None:
        return Command("", {}, text)
    name = found.group(1) + str(int(found.group(2)))
    if name in ("M117", "M118"):
        return Command(name, {}, text)
    value_of = {
        letter: None if number == "" else float(number)
        for letter, number in _WORD.findall(text[found.end() :].upper())
    }
    return Command(name, value_of, text)


def target_of(
    command: Command, start: Vector, travel: Vector, *, absolute: bool
) -> Vector:
    """Where a move leads, cut off where software end stops stand."""
    place = list(start)
    for axis, letter in enumerate("XYZ"):
        if letter in command.value_of:
            asked = command.get(letter) + (0.0 if absolute else start[axis])
            place[axis] = min(max(asked, 0.0), travel[axis])
    return (place[0], place[1], place[2])
