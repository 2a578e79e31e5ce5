"""What a layer of a board paints, in order, as cells: its area, and the way around it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from orchestrator.catalogue.files.apertures import Part
from orchestrator.catalogue.files.portions import portions, ranks
from orchestrator.catalogue.files.reading import Floats

CELLS_MAX: Final = 4_000_000
CELL_MIN_MM: Final = 0.02
_EDGE: Final = 8  # cells around all

type Mask = npt.NDArray[np.bool_]  # (rows from the lowest y, columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Things painted (`dark`) or cleared: `solid` (m, k, 2), one polygon each, or
    `stamp`, parts of a shape that cut each other, at each place of `core`.

    `core` (m, j, 2): the middle of each; one place for a flash, two for a line, the
    outline itself for a region. `round_mm`: the diameter of a round tool, else 0.
    """

    dark: bool
    solid: Floats
    core: Floats
    round_mm: float = 0.0
    stamp: tuple[Part, ...] = ()

    @property
    def is_line(self) -> bool:
        """Whether it was drawn with a tool."""
        return bool(self.core.shape[1] == 2)

    def moved(
        self, matrix: Floats, shift: Floats, *, inverted: bool = False
    ) -> "Piece":
        """Turned by a matrix (2, 2), then shifted."""
        return replace(
            self,
            dark=self.dark != inverted,
            solid=self.solid @ matrix.T + shift,
            core=self.core @ matrix.T + shift,
            round_mm=self.round_mm * math.sqrt(abs(float(np.linalg.det(matrix)))),
            stamp=tuple((painted, part @ matrix.T) for painted, part in self.stamp),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """What is covered, and how wide a cell is."""

    mask: Mask
    cell_mm: float

    @property
    def area_mm2(self) -> float:
        """What is covered."""
        return float(self.mask.sum()) * self.cell_mm**2

    def around(self, radius_mm: float) -> tuple[float, int]:
        """(length, number) of the closed ways at this distance around what is covered.

        The length is the area of a band along the ways by its width, whole cells.
        """
        cell_mm = self.cell_mm
        away_mm = (ndimage.distance_transform_edt(~self.mask) - 0.5) * cell_mm
        radius_mm = max(radius_mm, 1.5 * cell_mm)
        half_mm = max(1, round(radius_mm / 2 / cell_mm)) * cell_mm
        band = (away_mm >= radius_mm - half_mm) & (away_mm < radius_mm + half_mm)
        grown = away_mm < radius_mm / 2  # at all of it, cells break narrow gaps up
        islands = ndimage.label(grown, np.ones((3, 3)))[1]
        grounds = ndimage.label(np.pad(~grown, 1, constant_values=True))[1]
        length_mm = float(band.sum()) * cell_mm**2 / (2 * half_mm)
        return length_mm, int(islands) + int(grounds) - 1


def reach(pieces: Iterable[Piece], *, cores: bool = False) -> tuple[Floats, Floats]:
    """(low, high) corner of what is painted, or of the tool's middle alone."""
    dark = [piece for piece in pieces if piece.dark]
    places = [piece.core.reshape(-1, 2) for piece in dark if cores or piece.is_line]
    if not cores:  # beside the middles, because a hairline covers nothing
        places += [piece.solid.reshape(-1, 2) for piece in dark]
    low = np.array([each.min(axis=0) for each in places], np.float64)
    high = np.array([each.max(axis=0) for each in places], np.float64)
    return low.min(axis=0), high.max(axis=0)


def paint(pieces: Sequence[Piece], margin_mm: float = 0.0) -> Painted:
    """Paint what is dark and clear what is not, in order. Expects something dark."""
    low, high = reach(pieces)
    low, size = low - margin_mm, high - low + 2 * margin_mm
    around = float(size.max()) * 0.01 + 0.01
    cell_mm = max(CELL_MIN_MM, math.sqrt(float(np.prod(size + around)) / CELLS_MAX))
    columns, rows = (np.ceil(size / cell_mm).astype(int) + 2 * _EDGE).tolist()
    mask = np.zeros((rows, columns), np.bool_)
    origin = low - _EDGE * cell_mm

    def kind(piece: Piece) -> tuple[bool, bool]:
        return piece.dark, bool(piece.stamp)

    for (dark, stamped), group in groupby(pieces, kind):
        if not stamped:
            _cover(
                mask, [(piece.solid - origin) / cell_mm for piece in group], dark=dark
            )
            continue
        for piece in group:
            parts = [(on, (part / cell_mm)[None]) for on, part in piece.stamp]
            for at in (piece.core[:, 0] - origin) / cell_mm:
                _stamp(mask, parts, at, dark=dark)
    return Painted(mask=mask, cell_mm=cell_mm)


def _stamp(
    mask: Mask, parts: Sequence[tuple[bool, Floats]], at: Floats, *, dark: bool
) -> None:
    """Paint a shape for itself, then all of it."""
    corners = np.concatenate([part[0] for _, part in parts])
    first = np.floor(corners.min(axis=0) + at).astype(int).clip(0) - 1
    last = np.ceil(corners.max(axis=0) + at).astype(int) + 2
    first = first.clip(0)
    window = mask[first[1] : last[1], first[0] : last[0]]
    own = np.zeros_like(window)
    for painted, part in parts:
        _cover(own, [part + at - first], dark=painted)
    window[own] = dark


def _cover(mask: Mask, solids: Sequence[Floats], *, dark: bool) -> None:
    """Set the cells whose middle is in any of the polygons (m, k, 2), in cells.

    Around a cell inside, polygons turned the same way wind at least once.
    """
    starts = [solid.reshape(-1, 2) for solid in solids]
    ends = [np.roll(solid, -1, axis=1).reshape(-1, 2) for solid in solids]
    turns = [np.repeat(_turn(solid), solid.shape[1]) for solid in solids]
    start, end, turn = (np.concatenate(each) for each in (starts, ends, turns))
    low = np.floor(start.min(axis=0)).astype(int).clip(0)
    high = np.ceil(start.max(axis=0)).astype(int) + 1
    window = mask[low[1] : high[1], low[0] : high[0]]
    if not window.size:
        return
    wide = window.shape[1] + 1
    start, end = start - low, end - low
    first = np.ceil(np.minimum(start[:, 1], end[:, 1]) - 0.5).astype(int).clip(0)
    last = np.ceil(np.maximum(start[:, 1], end[:, 1]) - 0.5).astype(int)
    rows = (last.clip(max=window.shape[0]) - first).clip(0)
    windings = np.zeros(window.shape[0] * wide, np.int32)
    for chosen in portions(rows):
        which = np.repeat(chosen, rows[chosen])
        row = first[which] + ranks(rows[chosen])
        rise = end[which, 1] - start[which, 1]
        share = (row + 0.5 - start[which, 1]) / rise
        x = start[which, 0] + share * (end[which, 0] - start[which, 0])
        column = np.ceil(x - 0.5).astype(int).clip(0, wide - 1)
        step = np.where(rise < 0, 1, -1) * turn[which]
        np.add.at(windings, row * wide + column, step.astype(np.int32))
    wound = np.cumsum(windings.reshape(-1, wide)[:, :-1], axis=1, dtype=np.int32)
    window[wound > 0] = dark


def _turn(solid: Floats) -> npt.NDArray[np.int_]:
    """1 for each polygon that runs anticlockwise, -1 for the others."""
    x, y = solid[:, :, 0], solid[:, :, 1]
    doubled = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    return np.where(doubled < 0, -1, 1)
