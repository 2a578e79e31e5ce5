"""A mesh as a stack of layers: which cells are inside, and how long each outline is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.catalogue.files.columns import hits
from orchestrator.catalogue.files.portions import portions, ranks

CELLS_MAX: Final = 4_000_000
CELL_MIN_MM: Final = 0.15
_OFF_GRID: Final = np.array([0.381966, 0.618034])  # no cell's middle on a straight edge

type Triangles = npt.NDArray[np.floating]  # (n, 3, 3), mm
type Mask = npt.NDArray[np.bool_]  # (layers, x, y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """`inside` at each layer's middle; `outline_mm` of each layer; width of a cell."""

    inside: Mask
    outline_mm: npt.NDArray[np.float64]
    cell_mm: float


def layers_of(triangles: Triangles, layer_mm: float) -> Layers:
    """Cut the mesh at the middle of each layer, from its lowest point upwards.

    A cell is inside where the surface winds around it at least once, so that shells
    may overlap. Expects finite coordinates and at least one triangle.
    """
    placed = triangles - triangles.min(axis=(0, 1))
    size_mm = placed.max(axis=(0, 1))
    count = max(1, round(size_mm[2] / layer_mm))
    ground_mm2 = (size_mm[0] + 1) * (size_mm[1] + 1)
    cell_mm = float(max(CELL_MIN_MM, np.sqrt(ground_mm2 * count / CELLS_MAX)))
    shape = (count, *(np.ceil(size_mm[:2] / cell_mm).astype(int) + 3))
    turns = np.zeros((shape[0] + 1, shape[1], shape[2]), dtype=np.int8)
    _count_turns(turns, placed, cell_mm, layer_mm)
    np.cumsum(turns, axis=0, out=turns)
    return Layers(
        inside=turns[:-1] > 0,
        outline_mm=_outlines(placed, count, layer_mm),
        cell_mm=cell_mm,
    )


def _count_turns(
    turns: npt.NDArray[np.int8], placed: Triangles, cell_mm: float, layer_mm: float
) -> None:
    """Note, in each column of cells, where the surface is entered (1) and left (-1)."""
    flat = placed[:, :, :2] / cell_mm + 1 + _OFF_GRID
    for hit in hits(flat, placed[:, :, 2], with_far_edge=False):
        layer = np.ceil(hit.z / layer_mm - 0.5).astype(int)
        layer = layer.clip(0, len(turns) - 1)
        step = np.where(hit.is_clockwise, 1, -1).astype(np.int8)
        np.add.at(turns, (layer, hit.x, hit.y), step)


def _outlines(
    placed: Triangles, count: int, layer_mm: float
) -> npt.NDArray[np.float64]:
    """The length of the cut through the surface at each layer's middle, mm."""
    low, high = placed[:, :, 2].min(axis=1), placed[:, :, 2].max(axis=1)
    first = np.ceil(low / layer_mm - 0.5).astype(int).clip(0)
    last = (np.ceil(high / layer_mm - 0.5).astype(int) - 1).clip(max=count - 1)
    cuts = (last - first + 1).clip(0)
    lengths = np.zeros(count)
    for chosen in portions(cuts):
        which = np.repeat(chosen, cuts[chosen])
        layer = first[which] + ranks(cuts[chosen])
        z_mm = (layer + 0.5) * layer_mm
        ends = [_crossing(placed[which], side, z_mm) for side in range(3)]
        points = np.stack([point for point, _ in ends], axis=1)
        crossed = np.stack([met for _, met in ends], axis=1)
        order = np.argsort(~crossed, axis=1, kind="stable")[:, :2]
        pair = np.take_along_axis(points, order[:, :, None], axis=1)
        length = np.linalg.norm(pair[:, 1] - pair[:, 0], axis=1)
        met_twice = crossed.sum(axis=1) == 2
        np.add.at(lengths, layer[met_twice], length[met_twice])
    return lengths


def _crossing(
    corners: Triangles, side: int, z_mm: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], Mask]:
    """Where one side of each triangle passes its height, and whether it does."""
    start, end = corners[:, side], corners[:, (side + 1) % 3]
    met = (start[:, 2] > z_mm) != (end[:, 2] > z_mm)
    rise = np.where(met, end[:, 2] - start[:, 2], 1)
    share = ((z_mm - start[:, 2]) / rise)[:, None]
    return start[:, :2] + share * (end[:, :2] - start[:, :2]), met
