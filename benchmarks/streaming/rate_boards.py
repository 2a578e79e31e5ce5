"""The boards whose rate is measured: what is at the line's other end, and how many."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.streaming.line_ends import (
    BAUDS,
    Dialect,
    Firmware,
    LineEnd,
    Simulated,
    bare,
    best_of_board,
)
from firmware_bridge.dialects import grbl, marlin

OURS = "fabcommons"

_BITS_PER_BYTE = 10
_MACHINES = (1, 4, 16)
_TURN = 2_000  # lines
_RENUMBER = "M110 N1000"
_FIRST_NUMBER = 1001  # of a frame to Marlin
_CEILING_LINES: dict[Dialect, int] = {"grbl": 100_000, "marlin": 5_000}  # printcore!


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is at the other end, and how many of it."""

    name: str
    dialect: Dialect
    start: Callable[[], LineEnd]
    machines: int = 1
    paced: bool = True
    lines: int = 5_000
    image: Path | None = None  # real firmware, for which a line is work

    @property
    def title(self) -> str:
        """For the table."""
        pace = f"{BAUDS[self.dialect]} baud" if self.paced else "at once"
        return f"{self.dialect}, {self.name}, {pace}"

    def codes(self) -> list[str]:
        """Short moves there and back, so that only lines are waited for.

        Real GRBL plans no faster than its line carries: there all but the last stay.
        """
        stays = self.image is not None and self.dialect == "grbl"
        places = [0 if stays else _zigzag(line) for line in range(1, self.lines)]
        return [_code(self.dialect, place) for place in [*places, 100]]

    def carried(self, host: str) -> float:
        """Lines a second that the line carries as that host spells them; what is asked
        in between left out.

        Real firmware: that it takes from a host beside it, if that is less.
        """
        wired = self._wired(host)
        size = sum(map(len, wired)) / len(wired)
        line = BAUDS[self.dialect] / _BITS_PER_BYTE / size
        if self.image is None:
            return line
        if self.dialect == "marlin":
            wired.insert(0, marlin.frame(_FIRST_NUMBER - 1, _RENUMBER))
        lines = [frame.decode().strip() for frame in wired]
        return min(line, best_of_board(self.dialect, self.image, lines))

    def _wired(self, host: str) -> list[bytes]:
        codes = self.codes()
        if self.dialect == "marlin":
            return list(map(marlin.frame, count(_FIRST_NUMBER), codes))
        if host == OURS:
            return [grbl.line_bytes(code) for code in codes]
        return [code.encode() + b"\n" for code in codes]


def boards() -> list[Board]:
    """Every board there is."""
    found = [bare_board("grbl", machines=machines) for machines in _MACHINES]
    found.append(
        Board(name="simulated", dialect="grbl", start=lambda: Simulated("grbl"))
    )
    found += _real("grbl", "FABCOMMONS_GRBL")
    found.append(
        Board(name="simulated", dialect="marlin", start=lambda: Simulated("marlin"))
    )
    found += _real("marlin", "FABCOMMONS_MARLIN")
    for dialect, lines in _CEILING_LINES.items():
        found.append(bare_board(dialect, paced=False, lines=lines))
    return found


def bare_board(
    dialect: Dialect, *, machines: int = 1, paced: bool = True, lines: int = 5_000
) -> Board:
    """Boards that answer each line when its last byte is in."""
    return Board(
        name="only answers",
        dialect=dialect,
        start=lambda: bare(dialect, machines, paced=paced),
        machines=machines,
        paced=paced,
        lines=lines,
    )


def _real(dialect: Dialect, variable: str) -> list[Board]:
    image = os.environ.get(variable)
    if not image:
        return []
    file = Path(image)
    return [
        Board(
            name="real firmware",
            dialect=dialect,
            start=lambda: Firmware(dialect, file),
            lines=3_000,
            image=file,
        )
    ]


def _zigzag(line: int) -> int:
    return _TURN - abs(line % (2 * _TURN) - _TURN)


def _code(dialect: Dialect, place: int) -> str:
    if dialect == "grbl":  # 22 bytes with the line's end, as grbl-streamer spells it
        return f"G01X{place * 0.005:06.3f}Y1.500F9000"
    return f"G1 X{10 + place * 0.05:.2f} Y20.00 F6000"
