"""What a G-code program takes on a usual machine, beside our estimate."""

from pathlib import Path
from typing import Any, Final

from firmware_bridge.gcode import Program, measure
from firmware_bridge.gcode.told import OTHER

_PERCENT: Final = 100.0


def seconds_of(program: Path) -> float:
    """As its firmware (GRBL) plans it. Errors: firmware_bridge's ProgramError."""
    source = Program(source=program)
    return measure(source, modal_motion=True, motion=OTHER).duration_s


def row(kind: str, name: str, theirs_s: float, ours_s: float) -> dict[str, Any]:
    """One piece: both figures, and ours against theirs."""
    return {
        "piece": name,
        "set": kind,
        "G-code s": theirs_s,
        "ours s": ours_s,
        "time error %": _PERCENT * (ours_s / theirs_s - 1),
    }
