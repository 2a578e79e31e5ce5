"""The programs that are run: all made for this, as `programs/README.md` tells."""

import gzip
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.gcode import Program
from firmware_bridge.gcode.cycles import spelled_out

FOLDER = Path(__file__).parent / "programs"

# What a printer on a bench lacks: end stops, and heaters that warm up.
_OF_THE_BENCH = ("G28", "M104", "M109", "M140", "M190")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One program, for GRBL (.nc) or for Marlin (.gcode)."""

    name: str
    program: Program

    @property
    def is_print(self) -> bool:
        """Whether it is for Marlin."""
        return self.name.endswith(".gcode")

    def codes(self) -> list[str]:
        """Its lines of code, as they are sent."""
        lines = self.program.lines()
        return [code for _, code in (lines if self.is_print else spelled_out(lines))]

    def without_bench(self) -> "Piece":
        """The same without homing and heating."""
        kept = [code for code in self.codes() if not code.startswith(_OF_THE_BENCH)]
        source = "".join(f"{code}\n" for code in kept).encode()
        return Piece(name=self.name, program=Program(source=source))


def pieces() -> list[Piece]:
    """Every program of the folder."""
    return [
        Piece(
            name=path.name.removesuffix(".gz"),
            program=Program(source=gzip.decompress(path.read_bytes())),
        )
        for path in sorted(FOLDER.glob("*.gz"))
    ]
