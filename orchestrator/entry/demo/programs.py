"""G-code of the demo's designs, drawn from their measures: short, but really streamed."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]

FILAMENT_MM2 = math.pi * 1.75**2 / 4
NOZZLE_MM = 0.8
LAYER_MM = 0.6


def printed(outlines: Sequence[Sequence[Point]], *, height_mm: float) -> bytes:
    """A Marlin program that prints closed `outlines` (mm) as walls up to `height_mm`.

    Heats to 205 and 60 °C, extrudes relative, ends cold and parked.
    """
    return _text(_print_lines(outlines, height_mm))


def laser_cut(paths: Sequence[Sequence[Point]], *, power: int, feed: int) -> bytes:
    """A GRBL program for a laser: follows each path with the beam on (M4, S0 to 1000)."""
    return _text(_beam_lines(paths, power=power, feed=feed))


def milled(paths: Sequence[Sequence[Point]], *, depth_mm: float, feed: int) -> bytes:
    """A GRBL program for a mill: each path in passes of 1.5 mm down to `depth_mm`."""
    return _text(_mill_lines(paths, depth_mm=depth_mm, feed=feed))


def plotted(paths: Sequence[Sequence[Point]], *, feed: int) -> bytes:
    """A GRBL program for a pen plotter: pen down at Z0, up at Z3."""
    return _text(_plot_lines(paths, feed=feed))


def circle(x: float, y: float, radius: float, *, corners: int = 24) -> list[Point]:
    """A closed regular polygon around (x, y)."""
    angles = [2 * math.pi * corner / corners for corner in range(corners + 1)]
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def box(x: float, y: float, width: float, depth: float) -> list[Point]:
    """A closed rectangle with its lower left corner at (x, y)."""
    right, back = x + width, y + depth
    return [(x, y), (right, y), (right, back), (x, back), (x, y)]


def star(x: float, y: float, radius: float, *, points: int = 7) -> list[Point]:
    """A closed star around (x, y), its inner corners at half the radius."""
    corners = 2 * points
    return [
        (
            x + radius * (1 - 0.5 * (i % 2)) * math.sin(math.pi * i / points),
            y + radius * (1 - 0.5 * (i % 2)) * math.cos(math.pi * i / points),
        )
        for i in range(corners + 1)
    ]


def wave(
    x: float, y: float, length: float, *, height: float, turns: int
) -> list[Point]:
    """An open sine line of `length` from (x, y)."""
    steps = turns * 12
    return [
        (x + length * i / steps, y + height * math.sin(2 * math.pi * turns * i / steps))
        for i in range(steps + 1)
    ]


def _print_lines(
    outlines: Sequence[Sequence[Point]], height_mm: float
) -> Iterator[str]:
    yield from ("G21", "G90", "M83", "M140 S60", "M104 S205", "G28", "M190 S60")
    yield from ("M109 S205", "G92 E0", "M106 S180")
    for layer in range(max(1, round(height_mm / LAYER_MM))):
        yield f"G1 Z{(layer + 1) * LAYER_MM:.2f} F600"
        for outline in outlines:
            x, y = outline[0]
            yield f"G0 X{x:.2f} Y{y:.2f} F7200"
            for start, end in pairwise(outline):
                filament_mm = (
                    math.dist(start, end) * NOZZLE_MM * LAYER_MM / FILAMENT_MM2
                )
                yield f"G1 X{end[0]:.2f} Y{end[1]:.2f} E{filament_mm:.4f} F1800"
    yield f"G1 Z{height_mm + 10:.2f} F600"
    yield from ("G0 X5 Y5 F6000", "M104 S0", "M140 S0", "M107", "M84", "M400")


def _beam_lines(
    paths: Sequence[Sequence[Point]], *, power: int, feed: int
) -> Iterator[str]:
    yield from ("G21", "G90", "G94", "M4 S0")
    for path in paths:
        yield f"G0 X{path[0][0]:.3f} Y{path[0][1]:.3f}"
        for x, y in path[1:]:
            yield f"G1 X{x:.3f} Y{y:.3f} F{feed} S{power}"
    yield from ("M5", "G0 X0 Y0")


def _mill_lines(
    paths: Sequence[Sequence[Point]], *, depth_mm: float, feed: int
) -> Iterator[str]:
    yield from ("G21", "G90", "G94", "G0 Z5", "M3 S1000", "G4 P2")
    for path in paths:
        yield f"G0 X{path[0][0]:.3f} Y{path[0][1]:.3f}"
        for passes in range(1, math.ceil(depth_mm / 1.5) + 1):
            yield f"G1 Z{-min(depth_mm, passes * 1.5):.2f} F200"
            for x, y in path[1:]:
                yield f"G1 X{x:.3f} Y{y:.3f} F{feed}"
        yield "G0 Z5"
    yield from ("M5", "G0 X0 Y0")


def _plot_lines(paths: Sequence[Sequence[Point]], *, feed: int) -> Iterator[str]:
    yield from ("G21", "G90", "G94", "G0 Z3")
    for path in paths:
        yield f"G0 X{path[0][0]:.3f} Y{path[0][1]:.3f}"
        yield "G1 Z0 F600"
        for x, y in path[1:]:
            yield f"G1 X{x:.3f} Y{y:.3f} F{feed}"
        yield "G0 Z3"
    yield "G0 X0 Y0"


def _text(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("ascii")
