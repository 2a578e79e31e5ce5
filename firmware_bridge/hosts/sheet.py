"""A program as it's laid before a server: our modes first, then its code lines alone."""

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from firmware_bridge.dialects import marlin
from firmware_bridge.gcode import Program

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """The bytes that are put on a server, and which line of the program each is of.

    Memory: 4 bytes a line. Comments stay here: to servers and their plugins they
    may be more than words.
    """

    program: Program
    size_bytes: int
    sha1: str
    sha256: str
    _ends: array[int]  # behind each code line, in bytes of the sheet

    @classmethod
    def of(cls, program: Program) -> "Sheet":
        """Read the program once. Errors: ProgramError."""
        sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
        ends = array("I")
        size = 0
        for line in _lines(program):
            sha1.update(line)
            sha256.update(line)
            size += len(line)
            ends.append(size)
        return cls(
            program,
            size,
            sha1.hexdigest(),
            sha256.hexdigest(),
            ends[len(marlin.PREAMBLE) :],
        )

    @property
    def lines_total(self) -> int:
        """Code lines of the program, ours not counted."""
        return len(self._ends)

    def lines_in(self, size_bytes: int) -> int:
        """Code lines of the program that lie whole in the first `size_bytes`."""
        return bisect_right(self._ends, size_bytes)

    def chunks(self) -> Iterator[bytes]:
        """The bytes, a piece at a time. Errors: ProgramError."""
        held = bytearray()
        for line in _lines(self.program):
            held += line
            if len(held) >= _CHUNK_BYTES:
                yield bytes(held)
                held.clear()
        yield bytes(held)


def _lines(program: Program) -> Iterator[bytes]:
    code = (line for _, line in program.lines())
    return (f"{line}\n".encode("ascii") for line in chain(marlin.PREAMBLE, code))
