"""Print time and filament from a mesh, layer by layer, without a slicer.

Each layer is divided into what is printed in the same way (walls, top, bridge, solid
and sparse fill) by area; an area becomes a length of extrusion, a length becomes seconds
at that kind's speed, and each turn costs what a trapezoid of speed costs. Short layers
are slowed down for cooling, as slicers do.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from orchestrator.catalogue.estimates.layers import Layers, Mask, Triangles, layers_of
from orchestrator.catalogue.estimates.profile import PrintProfile

TIME_RATIO: Final = 0.15  # uncertainty: the goal that `benchmarks.estimates` holds
FILAMENT_RATIO: Final = 0.15
GYROID_TURN_MM_S: Final = 42.0  # its waves turn too sharply for the speed of a line
STRIP_MM: Final = 0.6  # narrower solid fill is left to the sparse

type PerLayer = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One piece as it lies: the machine's time without heating, and filament."""

    run_s: float
    filament_g: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """One kind of extrusion: mm in each layer, in so many lines, at one speed."""

    length_mm: PerLayer
    lines: PerLayer
    speed_mm_s: PerLayer
    acceleration_mm_s2: float

    def nominal_s(self, floor_mm_s: float = np.inf) -> PerLayer:
        """Without acceleration; at no more than `floor_mm_s`."""
        return self.length_mm / np.minimum(self.speed_mm_s, floor_mm_s)


def estimate_print(triangles: Triangles, profile: PrintProfile) -> Print:
    """Time and filament of a mesh that stands as it will be printed.

    Expects finite coordinates in mm and at least one triangle.
    """
    layers = layers_of(triangles, profile.layer_mm)
    paths, used_mm3 = _paths(layers, profile)
    skirt_mm = _skirt_mm(triangles, profile) * min(
        profile.skirt_layers, len(layers.inside)
    )
    used_mm3 += skirt_mm * profile.spacing_mm * profile.layer_mm
    seconds = _seconds(paths, _travel_s(layers, profile), profile)
    return Print(
        run_s=seconds + skirt_mm / profile.first_mm_s,
        filament_g=used_mm3 * profile.density_g_cm3 / 1_000,
    )


def _paths(layers: Layers, profile: PrintProfile) -> tuple[list[_Path], float]:
    """What is extruded in each layer, and the volume of all of it, mm³."""
    inside, cell_mm2 = layers.inside, layers.cell_mm**2
    section_mm2 = inside.sum(axis=(1, 2)) * cell_mm2
    spacing_mm = profile.spacing_mm
    depth_mm = profile.perimeters * spacing_mm
    fill_mm = depth_mm - profile.infill_overlap_ratio * profile.width_mm
    walled_mm2, core_mm2, core = _eroded(layers, depth_mm, fill_mm)
    top, solid, bridge = _shells(inside, core, layers.cell_mm, profile)

    def area(mask: Mask) -> PerLayer:
        cells = core.sum(axis=(1, 2)).clip(1)
        return np.asarray(mask.sum(axis=(1, 2)) / cells * core_mm2)

    top_mm2, solid_mm2, bridge_mm2 = area(top), area(solid), area(bridge)
    sparse_mm2 = core_mm2 - top_mm2 - solid_mm2 - bridge_mm2
    loops = _loops(inside)
    walls_mm = (section_mm2 - walled_mm2) / spacing_mm
    outer_mm = np.minimum(
        np.maximum(layers.outline_mm - np.pi * profile.width_mm, walls_mm / 2), walls_mm
    )
    inner_mm_s = np.where(
        walls_mm < loops * profile.perimeters * profile.small_loop_mm,
        profile.small_perimeter_mm_s,
        profile.perimeter_mm_s,
    )
    corners = loops * 4

    def path(mm: PerLayer, lines: PerLayer, mm_s: float | PerLayer) -> _Path:
        return _Path(
            length_mm=mm,
            lines=lines,
            speed_mm_s=_first_slowly(mm_s, len(inside), profile),
            acceleration_mm_s2=profile.acceleration_mm_s2,
        )

    def fill(mask: Mask, mm2: PerLayer, mm_s: float) -> _Path:
        lines = _runs(mask) * layers.cell_mm / np.sqrt(2) / spacing_mm
        return path(mm2 / spacing_mm, lines, mm_s)

    inner_corners = corners * (profile.perimeters - 1)
    gyroid_mm_s = min(profile.infill_mm_s, GYROID_TURN_MM_S)
    paths = [
        path(outer_mm, corners, profile.external_mm_s),
        path(walls_mm - outer_mm, inner_corners, inner_mm_s),
        path(sparse_mm2 * profile.infill_ratio / spacing_mm, loops, gyroid_mm_s),
        fill(top, top_mm2, profile.top_mm_s),
        fill(solid, solid_mm2, profile.infill_mm_s),
        fill(bridge, bridge_mm2, profile.bridge_mm_s),
    ]
    mm = sum(path.length_mm.sum() for path in paths)
    return paths, float(mm * spacing_mm * profile.layer_mm)


def _first_slowly(
    mm_s: float | PerLayer, count: int, profile: PrintProfile
) -> PerLayer:
    speeds = np.array(np.broadcast_to(mm_s, count), dtype=float)
    speeds[0] = min(speeds[0], profile.first_mm_s)
    return speeds


def _eroded(
    layers: Layers, depth_mm: float, fill_mm: float
) -> tuple[PerLayer, PerLayer, Mask]:
    """Areas at least so deep inside each layer, mm², and the cells of the second."""
    cell_mm = layers.cell_mm
    deep, filled = np.zeros((2, len(layers.inside)))
    core = np.zeros_like(layers.inside)
    for index, section in enumerate(layers.inside):
        if index and np.array_equal(section, layers.inside[index - 1]):
            deep[index], filled[index] = deep[index - 1], filled[index - 1]
            core[index] = core[index - 1]
            continue
        depth = ndimage.distance_transform_edt(section)
        deep[index] = np.clip(depth - depth_mm / cell_mm, 0, 1).sum()
        share = np.clip(depth - fill_mm / cell_mm, 0, 1)
        filled[index] = share.sum()
        core[index] = share > 0.5
    return deep * cell_mm**2, filled * cell_mm**2, core


def _shells(
    inside: Mask, core: Mask, cell_mm: float, profile: PrintProfile
) -> tuple[Mask, Mask, Mask]:
    """Cells of the core that are top surface, solid fill, or a bridge."""
    covered = core.copy()  # with enough above and below to be filled sparsely
    for step in range(1, profile.top_layers + 1):
        covered &= _shifted(core, step)
    for step in range(1, profile.bottom_layers + 1):
        covered &= _shifted(core, -step)
    solid = _wide(core & ~covered, STRIP_MM / cell_mm)
    covered = core & ~solid
    top = solid & ~_shifted(inside, 1)
    below_is_sparse = _shifted(covered, -1)
    hangs = ~_shifted(inside, -1)
    hangs[0] = False
    bridge = solid & ~top & (below_is_sparse | hangs)
    return top, solid & ~top & ~bridge, bridge


def _wide(mask: Mask, cells: float) -> Mask:
    """The mask without strips narrower than so many cells."""
    half = round(cells / 2)
    if half < 1:
        return mask
    cross = ndimage.generate_binary_structure(2, 1)[None]
    return np.asarray(ndimage.binary_opening(mask, cross, iterations=half))


def _shifted(mask: Mask, step: int) -> Mask:
    """The layer `step` above each layer (below, if negative); nothing beyond the ends."""
    moved = np.zeros_like(mask)
    if step > 0:
        moved[:-step] = mask[step:]
    else:
        moved[-step:] = mask[:step]
    return moved


def _loops(inside: Mask) -> PerLayer:
    """Islands and holes of each layer: an outline goes around each."""
    count = np.zeros(len(inside))
    for index, section in enumerate(inside):
        if index and np.array_equal(section, inside[index - 1]):
            count[index] = count[index - 1]
            continue
        islands = ndimage.label(section, np.ones((3, 3)))[1]
        count[index] = islands + ndimage.label(~section)[1] - 1
    return count


def _runs(mask: Mask) -> PerLayer:
    """How many diagonals of cells begin in each layer: lines at 45°."""
    begins = mask[:, 1:, 1:] & ~mask[:, :-1, :-1]
    return begins.sum(axis=(1, 2)).astype(float)


def _travel_s(layers: Layers, profile: PrintProfile) -> PerLayer:
    """Seconds of each layer between extrusions: retract, lift, go, and back."""
    loops = _loops(layers.inside)
    used = layers.inside.any(axis=(1, 2))
    hop_s = 2 * profile.retract_mm / profile.retract_mm_s
    hop_s += 4 * np.sqrt(profile.lift_mm / profile.lift_mm_s2)
    x_mm, y_mm = (
        layers.inside.any(axis=axes).sum(axis=1) * layers.cell_mm
        for axes in ((2,), (1,))
    )
    reach_mm = np.hypot(x_mm, y_mm) / 6
    way_s = np.maximum(
        2 * np.sqrt(reach_mm / profile.travel_mm_s2), reach_mm / profile.travel_mm_s
    )
    return np.where(used, (loops + 4) * (hop_s + way_s), 0.0)


def _seconds(paths: list[_Path], travel_s: PerLayer, profile: PrintProfile) -> float:
    """Of all layers, the short ones slowed down to be cooled."""
    nominal_s = sum(path.nominal_s() for path in paths) + travel_s
    slowest_s = sum(path.nominal_s(profile.cooled_mm_s) for path in paths) + travel_s
    wanted_s = np.clip(
        profile.cooled_layer_s, nominal_s, np.maximum(nominal_s, slowest_s)
    )
    printing_s = np.maximum(nominal_s - travel_s, 1e-9)
    pace = printing_s / np.maximum(wanted_s - travel_s, printing_s)
    total = travel_s.copy()
    for path in paths:
        speed = path.speed_mm_s * pace
        total += path.length_mm / speed + path.lines * _turn_s(
            speed, path.length_mm / path.lines.clip(1), path.acceleration_mm_s2, profile
        )
    return float(total.sum())


def _turn_s(
    speed_mm_s: PerLayer, line_mm: PerLayer, mm_s2: float, profile: PrintProfile
) -> PerLayer:
    """What a line costs beyond its length at full speed: slowing down to turn."""
    turn_mm_s = np.minimum(profile.jerk_mm_s / np.sqrt(2), speed_mm_s)
    peak_mm_s = np.minimum(speed_mm_s, np.sqrt(turn_mm_s**2 + mm_s2 * line_mm))
    at_peak_mm = line_mm - (peak_mm_s**2 - turn_mm_s**2) / mm_s2
    took_s = 2 * (peak_mm_s - turn_mm_s) / mm_s2 + at_peak_mm / peak_mm_s
    return np.asarray(np.maximum(took_s - line_mm / speed_mm_s, 0))


def _skirt_mm(triangles: Triangles, profile: PrintProfile) -> float:
    """A loop around the piece, at its distance."""
    size_mm = np.ptp(triangles.reshape(-1, 3), axis=0)
    return float(2 * (size_mm[0] + size_mm[1]) + 8 * profile.skirt_distance_mm)
