"""Triangles from above: in which columns of a grid's cells each stands, and how high."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.catalogue.files.portions import portions, ranks

_FLAT_MIN: Final = 1e-6  # cells², below it a triangle stands upright


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Where columns meet triangles, one after another: cell `x`, `y`, height `z`.

    `is_clockwise`: seen from above, so that its outside looks down.
    """

    x: npt.NDArray[np.int_]
    y: npt.NDArray[np.int_]
    z: npt.NDArray[np.floating]
    is_clockwise: npt.NDArray[np.bool_]


def hits(
    flat: npt.NDArray[np.floating],
    z: npt.NDArray[np.floating],
    *,
    with_far_edge: bool,
) -> Iterator[Hits]:
    """Corners (n, 3, 2) in cells, whose middles are whole numbers, and heights (n, 3).

    A middle on the edge across from the first corner is met only `with_far_edge`: two
    triangles that share it may then both count. In portions that memory holds.
    """
    first = np.ceil(flat.min(axis=1)).astype(int)
    span = np.floor(flat.max(axis=1)).astype(int) - first + 1
    edge_1, edge_2 = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    doubled = edge_1[:, 0] * edge_2[:, 1] - edge_1[:, 1] * edge_2[:, 0]
    is_seen = (span > 0).all(axis=1) & (np.abs(doubled) > _FLAT_MIN)
    cells = np.where(is_seen, span.prod(axis=1), 0)
    for chosen in portions(cells):
        which = np.repeat(chosen, cells[chosen])
        rank = ranks(cells[chosen])
        x = first[which, 0] + rank // span[which, 1]
        y = first[which, 1] + rank % span[which, 1]
        dx, dy = x - flat[which, 0, 0], y - flat[which, 0, 1]
        part_1 = (dx * edge_2[which, 1] - dy * edge_2[which, 0]) / doubled[which]
        part_2 = (dy * edge_1[which, 0] - dx * edge_1[which, 1]) / doubled[which]
        both = part_1 + part_2
        hit = (part_1 >= 0) & (part_2 >= 0) & (both <= 1 if with_far_edge else both < 1)
        at = which[hit]
        yield Hits(
            x=x[hit],
            y=y[hit],
            z=z[at, 0]
            + part_1[hit] * (z[at, 1] - z[at, 0])
            + part_2[hit] * (z[at, 2] - z[at, 0]),
            is_clockwise=doubled[at] < 0,
        )
