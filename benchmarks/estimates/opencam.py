"""Run by the peers' Python: an STL milled as opencamlib's drop-cutter finds the way.

python opencam.py STL GCODE DEPTH_MM STEP_OVER_MM FEED_MM_S, all of a 6 mm end mill:
parallel lines level by level through what is left of the block, then parallel lines
over all of the surface. What lies in the shadow of the part above is not reached.
"""

import struct
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import opencamlib as ocl

TOOL_MM = 6.0
MARGIN_MM = 2.0  # of the block, as the estimate has it
FINISH_MM = 0.6  # between two finishing lines
SAMPLE_MM = 0.5
ASIDE_MM = 0.5  # of the part, so that its walls are passed
SAFE_MM = 5.0
PLUNGE_MM_S = 5.0
STRAY_MM = 0.01

Place = tuple[float, float, float]


def surface(path: Path) -> tuple[ocl.STLSurf, Place, Place]:
    """The mesh, and its low and high corner."""
    content = path.read_bytes()
    (count,) = struct.unpack_from("<I", content, 80)
    mesh, places = ocl.STLSurf(), []
    for number in range(count):
        numbers = struct.unpack_from("<12f", content, 84 + 50 * number)
        corners = [numbers[3:6], numbers[6:9], numbers[9:12]]
        mesh.addTriangle(ocl.Triangle(*(ocl.Point(*corner) for corner in corners)))
        places += corners
    low = tuple(min(each[axis] for each in places) for axis in range(3))
    high = tuple(max(each[axis] for each in places) for axis in range(3))
    return mesh, low, high


def steps(low: float, high: float, step: float) -> list[float]:
    """From one end to the other, evenly, at most `step` apart."""
    count = max(1, -int(-(high - low) // step))
    return [low + (high - low) * place / count for place in range(count + 1)]


def dropped(
    mesh: ocl.STLSurf, low: Place, high: Place, apart_mm: float
) -> list[list[Place]]:
    """Lines along x, at most `apart_mm` apart, where the tool touches from above."""
    reach = TOOL_MM / 2 + ASIDE_MM
    cutter = ocl.BatchDropCutter()
    cutter.setSTL(mesh)
    cutter.setCutter(ocl.CylCutter(TOOL_MM, 1_000))
    xs = steps(low[0] - reach, high[0] + reach, SAMPLE_MM)
    ys = steps(low[1] - reach, high[1] + reach, apart_mm)
    for y in ys:
        for x in xs:
            cutter.appendPoint(ocl.CLPoint(x, y, low[2]))
    cutter.run()
    places = [(point.x, point.y, point.z) for point in cutter.getCLPoints()]
    wide = len(xs)
    return [places[row * wide : (row + 1) * wide] for row in range(len(ys))]


def runs(lines: list[list[Place]], above: float, level: float) -> Iterator[list[Place]]:
    """To and fro at a level, where something between it and `above` is left."""
    for number, line in enumerate(lines):
        run: list[Place] = []
        for x, y, z in line if number % 2 == 0 else line[::-1]:
            if z < above - 1e-6:
                run.append((x, y, max(z, level)))
            elif run:
                yield run
                run = []
        if run:
            yield run


def straightened(run: list[Place]) -> list[Place]:
    """Without the places that lie on the straight line between others."""
    kept = run[:1]
    for before, here, after in zip(run, run[1:], run[2:], strict=False):
        first, last = kept[-1], after
        share = (here[0] - first[0]) / ((last[0] - first[0]) or 1e9)
        if abs(first[2] + share * (last[2] - first[2]) - here[2]) > STRAY_MM or (
            before[2] != here[2] and here[2] == after[2]
        ):
            kept.append(here)
    return [*kept, *run[-1:]] if len(run) > 1 else kept


def program(
    passes: Iterable[list[Place]], safe_z: float, feed_mm_s: float, near_mm: float
) -> Iterator[str]:
    """Runs as G-code: a near one is gone to at once, others above the block."""
    yield from ("G21", "G90", f"G0 Z{safe_z:.3f}")
    at: Place | None = None
    for run in passes:
        x, y, z = run[0]
        if at is None or abs(at[0] - x) + abs(at[1] - y) > near_mm:
            yield f"G0 Z{safe_z:.3f}"
            yield f"G0 X{x:.3f} Y{y:.3f}"
            yield f"G1 Z{z:.3f} F{PLUNGE_MM_S * 60:.0f}"
        for place in straightened(run):
            yield f"G1 X{place[0]:.3f} Y{place[1]:.3f} Z{place[2]:.3f} F{feed_mm_s * 60:.0f}"
        at = run[-1]
    yield f"G0 Z{safe_z:.3f}"


def main() -> None:
    """Write the program."""
    stl, out = Path(sys.argv[1]), Path(sys.argv[2])
    depth_mm, apart_mm, feed_mm_s = map(float, sys.argv[3:6])
    mesh, low, high = surface(stl)
    top = high[2] + MARGIN_MM
    count = max(1, -int(-(top - low[2]) // depth_mm))
    levels = [top - (top - low[2]) * place / count for place in range(count + 1)]
    rough = dropped(mesh, low, high, apart_mm)
    lines = list(
        program(
            (
                run
                for above, level in pairwise(levels)
                for run in runs(rough, above, level)
            ),
            top + SAFE_MM,
            feed_mm_s,
            1.5 * apart_mm,
        )
    )
    fine = dropped(mesh, low, high, FINISH_MM)
    lines += program(
        runs(fine, top + 1, low[2] - 1), top + SAFE_MM, feed_mm_s, 1.5 * FINISH_MM
    )
    out.write_text("\n".join([*lines, "M2", ""]))


main()
