"""A circuit board milled in a lab, and the parts put on it by hand."""

from dataclasses import dataclass
from math import ceil, pi, sqrt
from typing import Final

from orchestrator.catalogue.estimates.moving import hopping_s, lift_s
from orchestrator.catalogue.found import Board, Estimate, PartsList

SOURCE: Final = "a 0.2 mm bit's way around the copper, holes and outline"
TIME_RATIO: Final = 0.4  # beside G-code at these speeds: `benchmarks.estimates`
BIT_MM: Final = 0.2
ENGRAVE_MM_S: Final = 5.0
ENGRAVED_MM: Final = 0.1
PLUNGE_MM_S: Final = 3.0
SAFE_MM: Final = 2.0  # above the board between ways
CHANGE_MM: Final = 20.0  # where tools are changed
THROUGH_MM: Final = 1.8  # holes and outline
CUTTER_MM: Final = 1.0
INFEED_MM: Final = 0.6  # of one round of the outline
OUTLINE_MM_S: Final = 3.0
TOUR: Final = 0.9  # of √(area by places): the way from place to place
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
    holes = sum(hole.count for hole in board.holes) + board.slots
    run_s = board.way_mm / ENGRAVE_MM_S + _places_s(board.ways, area_mm2, ENGRAVED_MM)
    run_s += _places_s(holes, area_mm2, THROUGH_MM)
    rounds = ceil(THROUGH_MM / INFEED_MM)
    run_s += rounds * (board.edge_mm + pi * CUTTER_MM) / OUTLINE_MM_S
    run_s += (SAFE_MM + THROUGH_MM) / PLUNGE_MM_S
    grams = area_mm2 * THICKNESS_MM * FR4_G_CM3 / 1_000
    return Milled(
        run_s=Estimate(value=run_s, plus_minus=TIME_RATIO * run_s, source=SOURCE),
        material_g=Estimate(
            value=grams, plus_minus=0.1 * grams, source=f"{THICKNESS_MM} mm FR-4"
        ),
    )


def _places_s(places: int, area_mm2: float, depth_mm: float) -> float:
    """Go to each place, go in, come out."""
    way_mm = TOUR * sqrt(area_mm2 * places)
    deep_mm = SAFE_MM + depth_mm
    return hopping_s(places, way_mm) + places * (
        deep_mm / PLUNGE_MM_S + lift_s(deep_mm)
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
