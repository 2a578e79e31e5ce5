"""A design's own drawing: the way its program leads the tool, seen from above."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from orchestrator.foundation import files as store

READ_MAX_BYTES: Final = 512_000
POINTS_MAX: Final = 1_200
SIDE: Final = 500  # of the drawing's square, in its own units
_WORD = re.compile(r"([GXYZ])\s*(-?\d+(?:\.\d+)?)")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """SVG path data in a square of SIDE units: what is worked, and the ways between."""

    worked: str
    width: int
    height: int


@lru_cache(maxsize=512)
def drawing_of(folder: Path, sha256: str) -> Drawing | None:
    """The drawing of a stored program; None where there is nothing to draw."""
    path = store.path_of(folder, sha256)
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        text = stream.read(READ_MAX_BYTES).decode("ascii", "replace")
    return drawn(text)


def drawn(program: str) -> Drawing | None:
    """Read G0 and G1 moves (absolute, mm) of the first layer; None without any.

    Arcs are drawn as their chords.
    """
    lines = [line for line in _worked_lines(program) if len(line) > 1]
    points = [point for line in lines for point in line]
    if not points:
        return None
    left, low = min(x for x, _ in points), min(y for _, y in points)
    width = max(x for x, _ in points) - left
    height = max(y for _, y in points) - low
    longest = max(width, height)
    if longest <= 0:
        return None
    scale = SIDE / longest
    every = max(1, len(points) // POINTS_MAX)
    paths = [
        _spelled(
            [
                (round((x - left) * scale), round((height - (y - low)) * scale))
                for x, y in [*line[:-1:every], line[-1]]
            ]
        )
        for line in lines
    ]
    return Drawing(
        worked="".join(paths), width=round(width * scale), height=round(height * scale)
    )


def _spelled(points: list[tuple[int, int]]) -> str:
    """SVG path data, each point from the one before: that is the shortest spelling."""
    steps = [
        f"{x_to - x} {y_to - y}"
        for (x, y), (x_to, y_to) in pairwise(points)
        if (x, y) != (x_to, y_to)
    ]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}" if steps else ""


def _worked_lines(program: str) -> Iterator[list[Point]]:
    """Runs of G1 moves, each from where a G0 left the tool; first layer only."""
    at: Point = (0.0, 0.0)
    line: list[Point] = []
    motion = 0
    layer_z: float | None = None
    for raw in program.splitlines():
        words = dict(_WORD.findall(raw.partition(";")[0].upper()))
        if "G" in words and float(words["G"]) in {0.0, 1.0, 2.0, 3.0}:
            motion = int(float(words["G"]))
        elif "G" in words:
            continue
        if "Z" in words and motion == 1 and float(words["Z"]) > 0:
            if layer_z is not None and float(words["Z"]) > layer_z and line:
                break
            layer_z = float(words["Z"])
        if "X" not in words and "Y" not in words:
            continue
        there = (float(words.get("X", at[0])), float(words.get("Y", at[1])))
        if motion == 0:
            if line:
                yield line
            line = [there]
        else:
            line = [*line, there] if line else [at, there]
        at = there
    if line:
        yield line
