"""Milling a solid part: seconds from a CAM's usual ways, grams from the block."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, pi
from typing import Final

from orchestrator.catalogue.estimates.moving import (
    Z_MM_S,
    cutting_s,
    hopping_s,
    lift_s,
)
from orchestrator.catalogue.found import Estimate, Mesh, Slice

SOURCE: Final = "parallel lines level by level, then all over, with a 6 mm end mill"
TIME_RATIO: Final = 0.25  # beside G-code at these speeds: `benchmarks.estimates`
MARGIN_MM: Final = 2.0  # the block is larger on each side
TOOL_MM: Final = 6.0
STEP_OVER_MM: Final = 0.6  # of the finishing passes
ASIDE_MM: Final = TOOL_MM + 1.0  # where its middle goes, beyond the part, both sides
SAFE_MM: Final = 5.0
PLUNGE_MM_S: Final = 5.0
_CROSSINGS: Final = 0.6  # of an outline's length, seen from the side: 2/pi for a circle


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A material that a fablab's router takes, with a 6 mm two-flute tool."""

    material: str
    density_g_cm3: float
    depth_mm: float  # of a roughing level
    width_mm: float  # between two roughing lines
    feed_mm_s: float


BLOCKS: Final = (
    Block(
        material="wood",
        density_g_cm3=0.65,
        depth_mm=3,
        width_mm=3,
        feed_mm_s=25,
    ),
    Block(
        material="aluminium",
        density_g_cm3=2.7,
        depth_mm=0.5,
        width_mm=3,
        feed_mm_s=12,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milled:
    """One part out of one block."""

    run_s: Estimate
    material_g: Estimate
    waste_g: Estimate


def estimate_milling(mesh: Mesh, block: Block) -> Milled:
    """Seconds and grams of a body whose numbers are mm, milled from above."""
    grown = [size + 2 * MARGIN_MM for size in (mesh.x_mm, mesh.y_mm, mesh.z_mm)]
    block_mm3 = grown[0] * grown[1] * grown[2]
    part_mm3 = min(abs(mesh.volume_mm3), block_mm3)
    shadows = list(_shadows(mesh))
    run_s = _roughing_s(mesh, block, shadows) + _finishing_s(mesh, block, shadows)

    def grams(mm3: float) -> Estimate:
        value = mm3 * block.density_g_cm3 / 1_000
        return Estimate(
            value=value, plus_minus=0.1 * value, source="the block's volume"
        )

    return Milled(
        run_s=Estimate(value=run_s, plus_minus=TIME_RATIO * run_s, source=SOURCE),
        material_g=grams(part_mm3),
        waste_g=grams(block_mm3 - part_mm3),
    )


def _shadows(mesh: Mesh) -> Iterator[Slice]:
    """From the top: what the tool's middle can't reach at each height, and its outline.

    What lies under something wider is in its shadow. The tool stays its radius away
    (Steiner: a grown shape's area and outline).
    """
    area = outline = 0.0
    radius = TOOL_MM / 2
    ground_mm2 = _ground_mm2(mesh)
    edge_mm = 2 * (mesh.x_mm + mesh.y_mm + 2 * TOOL_MM)
    for cut in reversed(mesh.slices):
        if cut.area_mm2 >= area:
            area, outline = cut.area_mm2, cut.outline_mm
        grown_mm2 = area + radius * outline + pi * radius**2
        grown_mm = outline + 2 * pi * radius
        if grown_mm2 > ground_mm2:  # gaps closed, or bodies that overlap
            grown_mm2, grown_mm = ground_mm2, min(grown_mm, edge_mm)
        yield Slice(z_mm=cut.z_mm, area_mm2=grown_mm2, outline_mm=grown_mm)


def _ground_mm2(mesh: Mesh) -> float:
    """Where the tool's middle goes: around the part on all sides."""
    return (mesh.x_mm + ASIDE_MM) * (mesh.y_mm + ASIDE_MM)


def _roughing_s(mesh: Mesh, block: Block, shadows: list[Slice]) -> float:
    """Level by level, lines over what no shadow covers; interrupted ones hop over it."""
    height_mm = mesh.z_mm + MARGIN_MM
    levels = ceil(height_mm / block.depth_mm)
    seconds = 0.0
    for level in range(levels):
        above_mm = mesh.z_mm + MARGIN_MM - height_mm * level / levels
        shadow = _at(shadows, above_mm)
        free_mm2 = _ground_mm2(mesh) - (shadow.area_mm2 if shadow else 0.0)
        crossed_mm = _CROSSINGS * shadow.outline_mm / 2 if shadow else 0.0
        lines = (mesh.y_mm + ASIDE_MM) / block.width_mm + 1
        hops = crossed_mm / block.width_mm
        length_mm = free_mm2 / block.width_mm + lines * block.width_mm
        seconds += cutting_s(length_mm, 2 * lines + 2 * hops, block.feed_mm_s)
        depth_mm = mesh.z_mm + MARGIN_MM - above_mm + SAFE_MM
        across_mm = shadow.area_mm2 / block.width_mm if shadow else 0.0
        seconds += (1 + hops) * (lift_s(depth_mm) + depth_mm / PLUNGE_MM_S)
        seconds += hopping_s(1 + hops, across_mm)
    return seconds


def _finishing_s(mesh: Mesh, block: Block, shadows: list[Slice]) -> float:
    """Lines over all of the ground, up and down what stands on it."""
    lines = (mesh.y_mm + ASIDE_MM) / STEP_OVER_MM + 1
    length_mm = _ground_mm2(mesh) / STEP_OVER_MM + lines * STEP_OVER_MM
    slice_mm = mesh.z_mm / max(len(shadows), 1)
    walls_mm2 = sum(slice_mm * shadow.outline_mm for shadow in shadows)
    climbed_mm = _CROSSINGS * walls_mm2 / STEP_OVER_MM
    seconds = cutting_s(length_mm, 2 * lines, block.feed_mm_s)
    return seconds + climbed_mm / min(block.feed_mm_s, Z_MM_S)


def _at(shadows: list[Slice], z_mm: float) -> Slice | None:
    """The shadow at a height; None above the part."""
    above = [shadow for shadow in shadows if shadow.z_mm >= z_mm]
    return above[-1] if above else None
