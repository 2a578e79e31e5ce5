"""Milling a solid part: seconds from a CAM's usual ways, grams from the block."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from orchestrator.catalogue.estimates.moving import (
    Z_MM_S,
    cutting_s,
    hopping_s,
    lift_s,
)
from orchestrator.catalogue.found import TOOL_MM, Estimate, Mesh, Reach

SOURCE: Final = "parallel lines level by level, then all over, with a 6 mm end mill"
TIME_RATIO: Final = 0.15  # beside G-code at these speeds: `benchmarks.estimates`
MARGIN_MM: Final = 2.0  # the block is larger on each side
STEP_OVER_MM: Final = 0.6  # of the finishing passes
ASIDE_MM: Final = TOOL_MM + 1.0  # where its middle goes, beyond the part, both sides
SAFE_MM: Final = 5.0
PLUNGE_MM_S: Final = 5.0


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
    run_s = _roughing_s(mesh, block) + _finishing_s(mesh, block)

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


def _lines(mesh: Mesh, apart_mm: float) -> tuple[int, float]:
    """How many, from edge to edge of what the tool's middle passes, and their distance."""
    across_mm = mesh.y_mm + ASIDE_MM
    gaps = ceil(across_mm / apart_mm)
    return gaps + 1, across_mm / gaps


def _roughing_s(mesh: Mesh, block: Block) -> float:
    """Level by level, lines over what can be reached; interrupted ones hop over it."""
    height_mm = mesh.z_mm + MARGIN_MM
    levels = ceil(height_mm / block.depth_mm)
    lines, apart_mm = _lines(mesh, block.width_mm)
    whole_mm = lines * (mesh.x_mm + ASIDE_MM + apart_mm)
    seconds = 0.0
    for level in range(levels):
        reach = _at(mesh, height_mm * (1 - level / levels))
        over_mm = reach.blocked_mm2 / apart_mm
        hops = reach.breaks_mm / apart_mm
        pieces = 2 * lines + 2 * hops
        seconds += cutting_s(whole_mm - over_mm, pieces, block.feed_mm_s)
        depth_mm = height_mm * (level + 1) / levels + SAFE_MM
        seconds += (1 + hops) * (lift_s(depth_mm) + depth_mm / PLUNGE_MM_S)
        seconds += hopping_s(1 + hops, over_mm)
    return seconds


def _finishing_s(mesh: Mesh, block: Block) -> float:
    """Lines over all of the ground, up and down what stands on it."""
    lines, apart_mm = _lines(mesh, STEP_OVER_MM)
    length_mm = lines * (mesh.x_mm + ASIDE_MM + apart_mm)
    slice_mm = mesh.z_mm / max(len(mesh.reaches), 1)
    breaks_mm2 = sum(slice_mm * reach.breaks_mm for reach in mesh.reaches)
    climbed_mm = 2 * breaks_mm2 / apart_mm
    seconds = cutting_s(length_mm, 2 * lines, block.feed_mm_s)
    return seconds + climbed_mm / min(block.feed_mm_s, Z_MM_S)


def _at(mesh: Mesh, z_mm: float) -> Reach:
    """What can't be reached at a height: nothing is there above the part."""
    number = floor(z_mm / mesh.z_mm * len(mesh.reaches)) if mesh.z_mm else 0
    if number >= len(mesh.reaches):
        return Reach(z_mm=z_mm, blocked_mm2=0.0, breaks_mm=0.0)
    return mesh.reaches[number]
