"""Where a tool that comes from above can go: a body's heights, widened by the tool."""

from math import ceil, floor, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestrator.catalogue.files.columns import hits
from orchestrator.catalogue.files.reading import Floats
from orchestrator.catalogue.found import Reach

CELLS_MAX: Final = 250_000
CELL_MIN: Final = 1 / 12  # of the tool's diameter
TESTS_MAX: Final = 5_000_000  # cells x triangles above them: about two seconds


def reaches(triangles: Floats, tool: float, count: int) -> tuple[Reach, ...]:
    """What a flat tool of that diameter can't reach at `count` heights, lowest first.

    Triangles (n, 3, 3) and the tool in one unit, and so is what is told. Overhangs
    shadow what is below them; where many triangles lie above each other the look is
    coarser. Empty for a body without a height.
    """
    low = triangles.min(axis=(0, 1))
    x, y, z = (float(size) for size in triangles.max(axis=(0, 1)) - low)
    if z <= 0:
        return ()
    wide, deep = np.ptp(triangles[:, :, :2], axis=1).T
    cell = max(
        tool * CELL_MIN,
        sqrt((x + tool) * (y + tool) / CELLS_MAX),
        sqrt(float(wide @ deep) / TESTS_MAX),
    )
    beyond = ceil(tool / 2 / cell) + 1
    shape = (ceil(x / cell) + 2 * beyond, ceil(y / cell) + 2 * beyond)
    heights = _widened(_heights(triangles - low, cell, beyond, shape), tool / 2 / cell)
    found = []
    for number in range(count):
        at = (number + 0.5) / count * z
        blocked = heights > at
        begins = np.count_nonzero(blocked[1:] & ~blocked[:-1])
        found.append(
            Reach(
                z_mm=at,
                blocked_mm2=float(np.count_nonzero(blocked)) * cell**2,
                breaks_mm=float(begins) * cell,
            )
        )
    return tuple(found)


def _heights(
    placed: Floats, cell: float, beyond: int, shape: tuple[int, int]
) -> NDArray[np.float64]:
    """The highest surface above each cell's middle; below zero where there is none."""
    heights = np.full(shape, -1.0)
    flat = placed[:, :, :2] / cell + beyond - 0.5
    for hit in hits(flat, placed[:, :, 2], with_far_edge=True):
        np.maximum.at(heights, (hit.x, hit.y), hit.z)
    return heights


def _widened(heights: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """The highest place under a round tool whose middle is at each cell; `radius` in cells."""
    wide = heights.copy()
    for dx in range(-floor(radius), floor(radius) + 1):
        for dy in range(-(half := floor(sqrt(radius**2 - dx**2))), half + 1):
            here, there = _apart(dx, heights.shape[0]), _apart(dy, heights.shape[1])
            to, from_ = (here[0], there[0]), (here[1], there[1])
            np.maximum(wide[to], heights[from_], out=wide[to])
    return wide


def _apart(step: int, size: int) -> tuple[slice, slice]:
    """Where to and where from, so that they lie `step` apart."""
    if step < 0:
        return slice(-step, size), slice(0, size + step)
    return slice(0, size - step), slice(step, size)
