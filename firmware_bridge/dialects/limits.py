"""What a board's own settings say of how it moves."""

import math

from firmware_bridge.dialects import grbl, marlin, marlin_capabilities
from firmware_bridge.gcode.motion import Four, Motion

_BITS_PER_BYTE = 10  # start, eight, stop
_PER_MIN = 60.0

# Measured on the real firmwares on a 16 MHz AVR: reading and planning one line.
_GRBL_LINE_S = 0.0028
_FAST_LINE_S = 0.0003  # on a 32-bit board, told by its longer queue
_AVR_BLOCKS_MAX = 30
_IDLE_NEVER = 255  # $1: motors stay on, and no time is lost
_MARLIN_LINE_S = 0.0018
_MARLIN_REST_S = 0.02  # a first move waits for two more (BLOCK_DELAY_FOR_1ST_MOVE)
_MARLIN_FRAME_BYTES = 12  # "N1234 ", "*123", line end
_MARLIN_LEAST_STEPS = 6  # MIN_STEPS_PER_SEGMENT


def grbl_motion(known: grbl.Capabilities, baud: int) -> Motion | None:
    """By `$1`, `$11`, `$12`, `$32`, `$110` to `$122`; None where they were not told."""
    feed, rate = known.axes(110), known.axes(120)
    if feed is None or rate is None:
        return None
    is_avr = known.planner_blocks <= _AVR_BLOCKS_MAX
    idle_ms = known.settings.get(1, 0.0)
    return Motion(
        max_feed_mm_per_min=feed,
        acceleration_mm_per_s2=rate,
        junction_deviation_mm=known.settings.get(11, 0.01),
        arc_tolerance_mm=known.settings.get(12, 0.002),
        laser=known.settings.get(32) == 1,
        blocks=known.planner_blocks,
        rest_s=0.0 if idle_ms >= _IDLE_NEVER else idle_ms / 1000,
        line_bytes_per_s=baud / _BITS_PER_BYTE,
        line_s=_GRBL_LINE_S if is_avr else _FAST_LINE_S,
        window_bytes=known.window_bytes,
    )


def marlin_motion(known: marlin_capabilities.Capabilities, baud: int) -> Motion | None:
    """By M92, M201, M203, M204 and M205; None where they were not told.

    Marlin 1.0 tells M204 S for all motion and T for retractions.
    """
    feed, rate = known.axes("M203", _PER_MIN), known.axes("M201")
    if feed is None or rate is None:
        return None
    steps = known.axes("M92")
    usual = known.settings.get("M204", {})
    return Motion(
        max_feed_mm_per_min=feed,
        acceleration_mm_per_s2=rate,
        extruder_feed_mm_per_min=_extruder(known, "M203", 25.0) * _PER_MIN,
        extruder_acceleration_mm_per_s2=_extruder(known, "M201", 10_000.0),
        printing_mm_per_s2=usual.get("P", usual.get("S", math.inf)),
        travel_mm_per_s2=usual.get("S", usual.get("T", math.inf)),
        retract_mm_per_s2=usual.get("R", usual.get("T", math.inf)),
        junction_deviation_mm=known.settings.get("M205", {}).get("J", 0.013),
        jerk_mm_per_s=_jerk(known),
        steps_per_mm=None if steps is None else (*steps, _extruder(known, "M92", 93.0)),
        least_steps=_MARLIN_LEAST_STEPS,
        arc_chord_mm=1.0,
        blocks=marlin.PLANNER_BLOCKS - 1,
        rest_s=_MARLIN_REST_S,
        line_bytes_per_s=baud / _BITS_PER_BYTE,
        line_overhead_bytes=_MARLIN_FRAME_BYTES,
        line_s=_MARLIN_LINE_S,
        window_bytes=marlin.RX_BUFFER_BYTES - 1,
    )


def _extruder(
    known: marlin_capabilities.Capabilities, command: str, usual: float
) -> float:
    return known.settings.get(command, {}).get("E", 0.0) or usual


def _jerk(known: marlin_capabilities.Capabilities) -> Four | None:
    """Marlin tells X, Y, Z and E where it was built with jerk, and J where not; before
    1.1 X is Y's as well.
    """
    told = known.settings.get("M205", {})
    if "J" in told or not (told.get("X") and told.get("Z")):
        return None
    x = told["X"]
    return (x, told.get("Y") or x, told["Z"], told.get("E") or math.inf)
