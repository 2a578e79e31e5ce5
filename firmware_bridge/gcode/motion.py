"""What a machine's axes, planner, line and heaters can do: where its time comes from."""

import math
from dataclasses import dataclass

from firmware_bridge.space import Point

type Four = tuple[float, float, float, float]  # X, Y, Z, extruder


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """The limits that a firmware plans with; the defaults suit no machine well.

    Corners are taken by junction deviation, or by jerk where that is given. An
    infinite acceleration or rate is none: the axes' own is what counts.
    """

    max_feed_mm_per_min: Point = (3000.0, 3000.0, 600.0)
    acceleration_mm_per_s2: Point = (200.0, 200.0, 100.0)
    extruder_feed_mm_per_min: float = 1500.0
    extruder_acceleration_mm_per_s2: float = 10_000.0
    printing_mm_per_s2: float = math.inf  # Marlin's M204
    travel_mm_per_s2: float = math.inf
    retract_mm_per_s2: float = math.inf
    junction_deviation_mm: float = 0.01
    jerk_mm_per_s: Four | None = None  # Marlin's M205 X Y Z E
    steps_per_mm: Four | None = None
    least_steps: int = 0  # Marlin adds a shorter move to the next one

    arc_tolerance_mm: float = 0.002  # GRBL's $12
    arc_chord_mm: float | None = None  # Marlin's MM_PER_ARC_SEGMENT
    laser: bool = False  # GRBL's $32: S may change in motion

    blocks: int = 15  # of the planner, with the one under way
    line_bytes_per_s: float = math.inf
    line_overhead_bytes: int = 1  # around each line: its end, a number, a checksum
    line_s: float = 0.0  # the board's own time to take a line in
    window_bytes: int = 127  # under way before the oldest is taken in

    rest_s: float = 0.0  # lost at each end of motion: GRBL's $1

    home_mm: Point = (0.0, 0.0, 0.0)
    home_s: float = 8.0
    ambient_c: float = 22.0
    nozzle_c_per_s: float = 2.5
    bed_c_per_s: float = 0.8
