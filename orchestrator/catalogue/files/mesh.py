"""A body of triangles measured: box, volume, areas, bodies, gaps, slices, thinnest wall."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from orchestrator.catalogue.files.reach import reaches
from orchestrator.catalogue.files.reading import Floats, UnreadableError
from orchestrator.catalogue.found import (
    INCH_MM,
    TOOL_MM,
    Estimate,
    Mesh,
    Note,
    Slice,
    Unit,
)

type Integers = NDArray[np.int64]

SLICES: Final = 48
AREA_MIN_MM2: Final = 1e-9  # of a whole body
FLAT_MM: Final = 0.3  # a first layer's height: as good as on the bed
STEEP: Final = -0.70711  # z of a normal that leans out by 45 degrees
RAYS_MAX: Final = 256
RAYS_MIN: Final = 32
RAY_TESTS_MAX: Final = 8_000_000  # rays x triangles: about a second
LONGEST_MM: Final = 1e6
_SEED: Final = 7


def measure(triangles: Floats, unit: Unit | None) -> tuple[Mesh, tuple[Note, ...]]:
    """Measure triangles (n, 3, 3): n triangles, 3 corners, x y z in mm.

    Volume by the divergence theorem, slices by Green's; both need outward normals,
    so an inside-out mesh is turned. Errors: UnreadableError when nothing is left.
    """
    triangles, notes = _usable(triangles)
    corner_of = corners(triangles)
    flat = _has_two_equal(corner_of)
    triangles, corner_of = triangles[~flat], corner_of[~flat]
    if not len(triangles):
        raise UnreadableError("it has no triangle with an area: export it again")
    volume_mm3 = float(np.linalg.det(triangles).sum() / 6)
    watertight, gaps = _watertight(corner_of)
    if volume_mm3 < 0:
        triangles, corner_of = triangles[:, ::-1], corner_of[:, ::-1]
        if watertight:
            notes += (_INSIDE_OUT,)
    low = triangles.min(axis=(0, 1))
    size = triangles.max(axis=(0, 1)) - low
    normals = np.cross(
        triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    )
    lengths = np.linalg.norm(normals, axis=1)
    if lengths.sum() < AREA_MIN_MM2:
        raise UnreadableError("its triangles have no area: export it again")
    upward = normals[:, 2] / np.maximum(lengths, 1e-300)
    on_bed = triangles[:, :, 2].max(axis=1) < low[2] + FLAT_MM
    mesh = Mesh(
        unit=unit,
        x_mm=float(size[0]),
        y_mm=float(size[1]),
        z_mm=float(size[2]),
        triangles=len(triangles),
        bodies=_bodies(corner_of),
        volume_mm3=abs(volume_mm3),
        area_mm2=float(lengths.sum() / 2),
        watertight=watertight,
        overhang_mm2=float(lengths[(upward < STEEP) & ~on_bed].sum() / 2),
        bottom_mm2=float(lengths[(upward < -0.99) & on_bed].sum() / 2),
        thinnest_mm=_thinnest(triangles, normals, lengths),
        slices=slices(triangles, SLICES),
        reaches=reaches(triangles, TOOL_MM, SLICES),
        reaches_in_inches=(
            reaches(triangles * INCH_MM, TOOL_MM, SLICES) if unit is None else ()
        ),
    )
    return mesh, notes + gaps


def corners(triangles: Floats) -> Integers:
    """Which corner (n, 3) each is: equal places, as floats of 32 bits, are one.

    Places are told apart by a hash of 64 bits, so that they are sorted as integers.
    """
    bits = (triangles.reshape(-1, 3).astype(np.float32) + 0.0).view(np.uint32)
    mixed = np.zeros(len(bits), np.uint64)
    for axis in range(3):
        mixed = (mixed ^ bits[:, axis]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    _, which = np.unique(mixed, return_inverse=True)
    return which.reshape(-1, 3).astype(np.int64)


def slices(triangles: Floats, count: int) -> tuple[Slice, ...]:
    """`count` level cuts, evenly spaced; none through a body without a height."""
    z = triangles[:, :, 2]
    low, high = z.min(axis=1), z.max(axis=1)
    bottom, height_mm = float(low.min()), float(high.max() - low.min())
    if height_mm <= 0:
        return ()
    cuts = []
    for number in range(count):
        z_mm = (number + 0.5) / count * height_mm
        level = bottom + z_mm
        area_mm2, outline_mm = _cut(triangles[(low < level) & (high >= level)], level)
        cuts.append(Slice(z_mm=z_mm, area_mm2=area_mm2, outline_mm=outline_mm))
    return tuple(cuts)


def _cut(crossing: Floats, level: float) -> tuple[float, float]:
    """(area, outline length) of the contours at this level; triangles (n, 3, 3)."""
    start, end = crossing, np.roll(crossing, -1, axis=1)
    below_start, below_end = start[:, :, 2] < level, end[:, :, 2] < level
    rise = np.where(below_start != below_end, end[:, :, 2] - start[:, :, 2], 1.0)
    share = (level - start[:, :, 2]) / rise
    places = start[:, :, :2] + share[:, :, None] * (end - start)[:, :, :2]
    # each triangle is entered on one edge that goes up and left on one that goes down
    a = places[below_start & ~below_end]
    b = places[~below_start & below_end]
    area = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)
    return abs(area), float(np.linalg.norm(b - a, axis=1).sum())


def _usable(triangles: Floats) -> tuple[Floats, tuple[Note, ...]]:
    """The triangles whose numbers are numbers, and a note of the others."""
    if not len(triangles):
        raise UnreadableError("it has no triangles: export it again")
    good = np.isfinite(triangles).all(axis=(1, 2))
    good &= np.abs(np.where(np.isfinite(triangles), triangles, 0)).max(axis=(1, 2)) < (
        LONGEST_MM
    )
    if good.all():
        return triangles, ()
    bad = len(good) - int(good.sum())
    if not good.any():
        raise UnreadableError(
            "none of its coordinates is a usable number (NaN, infinite or beyond "
            "1 km): export it again"
        )
    note = Note(
        code="broken-numbers",
        words=f"{bad} of {len(good)} triangles have coordinates that are no usable "
        f"numbers, the first is triangle {int(np.argmin(good)) + 1}. They were left "
        "out. Repair the mesh and export it again.",
        grave=True,
    )
    return triangles[good], (note,)


def _has_two_equal(corner_of: Integers) -> NDArray[np.bool_]:
    a, b, c = corner_of.T
    equal: NDArray[np.bool_] = (a == b) | (b == c) | (c == a)
    return equal


def _watertight(corner_of: Integers) -> tuple[bool, tuple[Note, ...]]:
    """Whether each edge joins two triangles that run it in opposite directions."""
    start, end = corner_of.ravel(), np.roll(corner_of, -1, axis=1).ravel()
    count = int(corner_of.max()) + 1
    _, shared = np.unique(
        np.minimum(start, end) * count + np.maximum(start, end), return_counts=True
    )
    single, crowded = int((shared == 1).sum()), int((shared > 2).sum())
    if single:
        return False, (
            Note(
                code="not-watertight",
                words=f"The mesh has holes: {single} edges border only one triangle. "
                "A slicer may fill it wrongly. Repair it, for example with your "
                "CAD's mesh check, and upload it again.",
                grave=True,
            ),
        )
    directed = np.unique(start * count + end)
    turned = len(start) - len(directed)
    if crowded or turned:
        many = f"{crowded} edges join more than two triangles" if crowded else ""
        twisted = f"{turned} edges join triangles that face opposite ways"
        return False, (
            Note(
                code="not-manifold",
                words=f"The surface meets itself: {many or twisted}. Most slicers cope; "
                "look at the layers before you print.",
            ),
        )
    return True, ()


def _bodies(corner_of: Integers) -> int:
    count = int(corner_of.max()) + 1
    start = np.concatenate([corner_of[:, 0], corner_of[:, 1]])
    end = np.concatenate([corner_of[:, 1], corner_of[:, 2]])
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), (count, count))
    _, label = connected_components(graph, directed=False)
    return len(np.unique(label[corner_of[:, 0]]))


def _thinnest(triangles: Floats, normals: Floats, lengths: Floats) -> Estimate | None:
    """The wall that 95 % of the surface exceeds, by rays shot inwards from it.

    None where too few rays can be afforded or none meets an opposite wall.
    Intersection: Möller and Trumbore (1997), doi:10.1080/10867651.1997.10487468.
    """
    rays = min(RAYS_MAX, RAY_TESTS_MAX // len(triangles))
    if rays < RAYS_MIN:
        return None
    draw = np.random.default_rng(_SEED)
    chosen = draw.choice(len(triangles), rays, p=lengths / lengths.sum())
    weights = draw.dirichlet((1.0, 1.0, 1.0), rays)
    starts = (weights[:, :, None] * triangles[chosen]).sum(axis=1)
    inwards = -normals[chosen] / lengths[chosen, None]
    facing = normals / np.maximum(lengths, 1e-300)[:, None]
    through = [
        _wall_mm(start, ray, triangles, facing)
        for start, ray in zip(starts, inwards, strict=True)
    ]
    walls = np.array([wall for wall in through if wall is not None])
    if len(walls) < RAYS_MIN // 4:
        return None
    thin_mm = float(np.quantile(walls, 0.05))
    return Estimate(
        value=thin_mm, plus_minus=thin_mm / 2, source=f"{rays} rays through the walls"
    )


def _wall_mm(
    start: Floats, ray: Floats, triangles: Floats, facing: Floats
) -> float | None:
    """How far it is to the opposite wall; None when what is met is no wall."""
    edge_1 = triangles[:, 1] - triangles[:, 0]
    edge_2 = triangles[:, 2] - triangles[:, 0]
    across = np.cross(ray, edge_2)
    spread = (edge_1 * across).sum(axis=1)
    spread[np.abs(spread) < 1e-12] = np.inf
    back = start - triangles[:, 0]
    u = (back * across).sum(axis=1) / spread
    lift = np.cross(back, edge_1)
    v = (lift @ ray) / spread
    away = (edge_2 * lift).sum(axis=1) / spread
    met = (u >= 0) & (v >= 0) & (u + v <= 1) & (away > 1e-6)
    if not met.any():
        return None
    nearest = int(np.argmin(np.where(met, away, np.inf)))
    return float(away[nearest]) if facing[nearest] @ ray > 0.9 else None


_INSIDE_OUT: Final = Note(
    code="inside-out",
    words="The mesh is inside out: its faces look inwards. It was turned for what is "
    "told here; most slicers turn it too.",
)
