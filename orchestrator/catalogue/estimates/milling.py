"""Milling a solid part: seconds from what is taken off the block, grams from the block."""

from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.found import Estimate, Mesh

SOURCE: Final = "volume taken off and surface finished with a 6 mm tool"
TIME_RATIO: Final = 0.5  # no path was computed
MARGIN_MM: Final = 2.0  # the block is larger on each side
STEP_OVER_MM: Final = 0.6  # of the finishing passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A material that a fablab's router takes, with a 6 mm two-flute tool."""

    material: str
    density_g_cm3: float
    mm3_s: float  # roughing: depth by width by feed
    feed_mm_s: float


BLOCKS: Final = (
    Block(
        material="wood",
        density_g_cm3=0.65,
        mm3_s=3 * 3 * 25,
        feed_mm_s=25,
    ),
    Block(
        material="aluminium",
        density_g_cm3=2.7,
        mm3_s=0.5 * 3 * 12,
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
    """Seconds and grams of a body whose numbers are mm."""
    grown = [size + 2 * MARGIN_MM for size in (mesh.x_mm, mesh.y_mm, mesh.z_mm)]
    block_mm3 = grown[0] * grown[1] * grown[2]
    part_mm3 = min(abs(mesh.volume_mm3), block_mm3)
    run_s = (block_mm3 - part_mm3) / block.mm3_s
    run_s += mesh.area_mm2 / STEP_OVER_MM / block.feed_mm_s

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
