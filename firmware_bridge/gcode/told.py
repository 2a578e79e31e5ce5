"""`python -m firmware_bridge.gcode.told FILE printer|other`: a program's measures.

For programs that don't import this package. stdout: a line of JSON, with `fault` where
the program can't be run, else `reach_mm`, `lines`, `path_mm`, `extruded_mm` and
`duration_s` as a usual machine of that kind plans it; then `points` places where the
tool works, as three 32 bit floats each (x y z in mm, little endian), NaN between ways.
"""

import json
import math
import struct
import sys
from pathlib import Path
from typing import Final

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.measure import measure
from firmware_bridge.gcode.modal import Known, Move
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.words import Program

POINTS_MAX: Final = 400_000
# A middling printer with a Marlin board, and a middling laser or mill with GRBL.
PRINTER: Final = Motion(
    max_feed_mm_per_min=(12_000.0, 12_000.0, 720.0),
    acceleration_mm_per_s2=(1500.0, 1500.0, 200.0),
    extruder_feed_mm_per_min=3000.0,
    printing_mm_per_s2=1250.0,
    travel_mm_per_s2=1250.0,
    jerk_mm_per_s=(8.0, 8.0, 0.4, 2.0),
)
OTHER: Final = Motion(
    max_feed_mm_per_min=(6000.0, 6000.0, 1000.0),
    acceleration_mm_per_s2=(500.0, 500.0, 200.0),
)
_NOWHERE: Final = struct.pack("<3f", math.nan, math.nan, math.nan)


class _Ways:
    """Where the tool works, in order; what is known of each place."""

    def __init__(self, *, printer: bool) -> None:
        self._printer = printer
        self._packed = bytearray()
        self._end: Known | None = None

    def follow(self, move: Move) -> None:
        works = move.kind in {"line", "arc"}
        if self._printer:
            works = works and move.extruded_mm > 0
        if not works or len(self._packed) > POINTS_MAX * len(_NOWHERE):
            return
        if self._end != move.start_mm:
            self._packed += _NOWHERE + _packed(move.start_mm)
        self._packed += _packed(move.end_mm)
        self._end = move.end_mm

    def packed(self) -> bytes:
        return bytes(self._packed)


def _packed(place: Known) -> bytes:
    return struct.pack("<3f", *(0.0 if at is None else at for at in place))


def main() -> None:
    """Measure the one program that is asked for."""
    path, printer = Path(sys.argv[1]), sys.argv[2] == "printer"
    ways = _Ways(printer=printer)
    try:
        measured = measure(
            Program(source=path),
            modal_motion=not printer,
            motion=PRINTER if printer else OTHER,
            follow=ways.follow,
        )
    except ProgramError as error:
        print(json.dumps({"fault": str(error)}))  # noqa: T201
        return
    reach = measured.reach
    told = {
        "reach_mm": [reach.min_mm, reach.max_mm] if reach else None,
        "lines": measured.lines_total,
        "path_mm": measured.length_mm,
        "extruded_mm": measured.extruded_mm,
        "duration_s": measured.duration_s,
    }
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + ways.packed())


if __name__ == "__main__":
    main()
