"""A program read once more, to be sent: what was measured, or nothing more of it.

Its file may be cut, written anew or added to while a machine makes it. Of each line its
measure keeps two bytes, which stand for it and all lines before it.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from firmware_bridge.errors import ProgramError

# Why the end of what was measured proves nothing.
HAS_GROWN = "the file was added to while it was sent: look at the piece"

_MARK = 0xFFFF
_CHANGED = "the file is another one than when it was read"


@dataclass(slots=True)
class Marks:
    """What stands for each line of a program; 2 bytes a line."""

    of_line: array[int] = field(default_factory=lambda: array("H"), repr=False)
    _sum: int = 0

    def take(self, code: str) -> None:
        """The next line."""
        self._sum = crc32(code.encode("ascii") + b"\n", self._sum)
        self.of_line.append(self._sum & _MARK)


@dataclass(slots=True)
class Again:
    """The lines that were measured. Errors while iterating: ProgramError."""

    lines: Iterable[tuple[int, str]]
    marks: array[int]
    has_grown: bool = False  # more came after the last of them

    def __iter__(self) -> Iterator[tuple[int, str]]:
        known = iter(self.marks)
        seen = 0
        for number, code in self.lines:
            mark = next(known, None)
            if mark is None:
                self.has_grown = True
                return
            seen = crc32(code.encode("ascii") + b"\n", seen)
            if seen & _MARK != mark:
                raise ProgramError(f"line {number}: {_CHANGED}")
            yield number, code
        if next(known, None) is not None:
            raise ProgramError(f"lines are missing: {_CHANGED}")
