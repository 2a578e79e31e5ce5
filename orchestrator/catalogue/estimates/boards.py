"""A circuit board milled in a lab, and the parts put on it by hand."""

from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.found import Board, Estimate, PartsList

SOURCE: Final = "copper sides, holes and outline, with a 0.2 mm engraving bit"
TIME_RATIO: Final = 0.6  # the length of the tracks is not known
ENGRAVE_MM_S: Final = 5.0
TRACK_PITCH_MM: Final = 2.54  # a track, and thus two edges, about so often
HOLE_S: Final = 3.0
OUTLINE_MM_S: Final = 3.0
THICKNESS_MM: Final = 1.6
FR4_G_CM3: Final = 1.85
PLACE_S: Final = 30.0  # one part by hand
PLACE_RATIO: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Milled:
    """One bare board."""

    run_s: Estimate
    material_g: Estimate


def estimate_board(board: Board) -> Milled:
    """Seconds and grams of one board."""
    area_mm2 = board.width_mm * board.height_mm
    holes = sum(hole.count for hole in board.holes)
    run_s = board.copper_layers * area_mm2 / TRACK_PITCH_MM * 2 / ENGRAVE_MM_S
    run_s += holes * HOLE_S + 2 * (board.width_mm + board.height_mm) / OUTLINE_MM_S
    grams = area_mm2 * THICKNESS_MM * FR4_G_CM3 / 1_000
    return Milled(
        run_s=Estimate(value=run_s, plus_minus=TIME_RATIO * run_s, source=SOURCE),
        material_g=Estimate(
            value=grams, plus_minus=0.1 * grams, source=f"{THICKNESS_MM} mm FR-4"
        ),
    )


def estimate_assembly(parts: PartsList) -> Estimate:
    """Seconds of a person's hands to place and solder what is on the list."""
    count = sum(line.quantity for line in parts.lines)
    value = count * PLACE_S
    return Estimate(
        value=value,
        plus_minus=PLACE_RATIO * value,
        source=f"{count:g} parts by hand, {PLACE_S:g} s each",
    )
