"""How long a tool takes for its ways: speeding up, slowing down at corners, hopping."""

from math import sqrt
from typing import Final

# A middling laser or mill with GRBL, as `firmware_bridge.gcode.told` takes one to be.
MM_S2: Final = 500.0
RAPID_MM_S: Final = 100.0
Z_MM_S2: Final = 200.0
Z_MM_S: Final = 1_000 / 60
CORNER_MM_S: Final = 3.5  # at a right angle: a junction deviation of 0.01 mm


def cutting_s(
    length_mm: float, pieces: float, feed_mm_s: float, corner_mm_s: float = CORNER_MM_S
) -> float:
    """Seconds for so many straight pieces of one length, each between two corners."""
    if length_mm <= 0 or pieces <= 0:
        return 0.0
    each_mm = length_mm / pieces
    corner = min(corner_mm_s, feed_mm_s)
    peak = min(feed_mm_s, sqrt(corner**2 + MM_S2 * each_mm))
    ramps_mm = (peak**2 - corner**2) / MM_S2
    return pieces * (2 * (peak - corner) / MM_S2 + (each_mm - ramps_mm) / peak)


def hopping_s(count: float, way_mm: float) -> float:
    """Seconds for so many rapid moves of together `way_mm`, from rest to rest."""
    return cutting_s(way_mm, count, RAPID_MM_S, corner_mm_s=0.0)


def lift_s(height_mm: float) -> float:
    """Seconds for one rapid move up or down."""
    if height_mm < Z_MM_S**2 / Z_MM_S2:
        return 2 * sqrt(height_mm / Z_MM_S2)
    return height_mm / Z_MM_S + Z_MM_S / Z_MM_S2
