"""How the firmwares of printers differ for one that streams to them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.dialects import marlin, reprap
from firmware_bridge.facts import DialectName


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One firmware's ways. What both share is in `dialects.marlin`."""

    dialect: DialectName
    parse: Callable[[bytes], marlin.Reply]
    questions: tuple[str, ...]  # who it is
    looks: tuple[str, ...]  # how it is; the last one makes it report by itself
    preamble: tuple[str, ...]
    proof: tuple[str, ...]  # that the end was reached: motion over, then the place
    lines_max: int  # under way
    # Whether a line's number is checked: then it is asked for again when it was
    # damaged, and said again it does nothing when it was not.
    checks_numbers: bool
    # What is asked after a line was said again, so that an answer to either is not taken
    # for that of the next: the first one's answer is known by its words.
    counts_again: tuple[str, ...]
    drops_part: bytes  # what makes it forget the part of a line that it may have
    # Whether temperatures come by themselves only while a command is in hand.
    reports_show_life: bool
    resets_by: str | None  # None: by the reset line
    waits_for_heat: bool  # and hears nothing meanwhile, so that the host has to wait

    def question(self, command: str) -> bytes:
        """A line outside of a job."""
        if self.checks_numbers:
            return command.encode("ascii") + b"\n"
        return marlin.frame(1, command)


MARLIN = Manner(
    dialect="marlin",
    parse=marlin.parse,
    questions=("M115", "M503", "M211"),
    looks=("M105", "M114"),
    preamble=marlin.PREAMBLE,
    proof=("M400", "M114"),
    lines_max=marlin.QUEUE_LINES,
    checks_numbers=True,
    counts_again=(),
    drops_part=b"\n",
    reports_show_life=False,
    resets_by=None,
    waits_for_heat=False,
)
REPRAP = Manner(
    dialect="reprap",
    parse=reprap.parse,
    # Answering in Marlin's words is usual on USB, and can be switched off.
    questions=(
        *("M555 P2", "M115", "M92", "M201", "M203", "M204", "M566", "M208"),
        reprap.asks(reprap.BOARD_ID),
    ),
    looks=(reprap.asks(reprap.UP_TIME), reprap.asks(reprap.STATUS), "M114", "M105"),
    preamble=("T0 P0", *marlin.PREAMBLE),
    proof=("M400", reprap.asks(reprap.UP_TIME), "M114"),
    lines_max=1,
    checks_numbers=False,
    counts_again=(reprap.asks(reprap.UP_TIME), "M105"),
    drops_part=b"\x7f\n",
    reports_show_life=True,
    resets_by="M999",
    waits_for_heat=True,
)

# Firmwares that answer as Marlin does, and what it is not known that they do. One whose
# numbers turn out to be checked has them checked.
KIN = replace(
    MARLIN,
    lines_max=1,
    checks_numbers=False,
    counts_again=("M115",),
    waits_for_heat=True,
)

_COMMAND = re.compile(r"([GMT])(\d+)")
_HARMLESS = frozenset(
    {
        "G4", "G21", "G28", "G90", "G91", "G92", "M18", "M73", "M82", "M83", "M84",
        "M104", "M105", "M106", "M107", "M109", "M114", "M117", "M140", "M190", "M201",
        "M203", "M204", "M205", "M220", "M221", "M400", "M409", "M566",
    }
)  # fmt: skip


@dataclass(slots=True)
class Twice:
    """Whether a line does no harm when it is done twice, given the lines before it."""

    _absolute: bool = False
    _extrudes_absolute: bool = False

    def take(self, command: str) -> bool:
        """The next line that is sent: may it be done twice?"""
        found = _COMMAND.match(command)
        if found is None:
            return False
        name = f"{found.group(1)}{int(found.group(2))}"
        if name in ("G90", "G91"):
            self._absolute = name == "G90"
        elif name in ("M82", "M83"):
            self._extrudes_absolute = name == "M82"
        if name in ("G0", "G1"):
            words = command[found.end() :]
            moves = any(axis in words for axis in "XYZ")
            # On Marlin G91 makes the extruder relative too.
            return (self._absolute or not moves) and (
                (self._absolute and self._extrudes_absolute) or "E" not in words
            )
        return name in _HARMLESS or name.startswith("T")
