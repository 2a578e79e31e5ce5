"""Cutting flat parts with a laser: seconds from cut length, grams from the sheet."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

from orchestrator.catalogue.estimates.moving import cutting_s, hopping_s
from orchestrator.catalogue.found import Drawing, Estimate

SOURCE: Final = "cut length and corners at the usual speed of a 60 W CO2 laser"
TIME_RATIO: Final = 0.15  # beside G-code at this speed: `benchmarks.estimates`
MARGIN_MM: Final = 5.0  # left of the sheet around the parts
TOUR: Final = 0.9  # of √(area by places): the way from place to place


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that fablabs stock. Speed × thickness is about constant for one power."""

    material: str
    words: str
    thickness_mm: float
    density_g_cm3: float
    mm2_s: float  # thickness by speed of the cut, 60 W

    @property
    def cut_mm_s(self) -> float:
        """The speed of the cut."""
        return min(self.mm2_s / self.thickness_mm, 100.0)


PLYWOOD: Final = {"density_g_cm3": 0.65, "mm2_s": 45.0}
ACRYLIC: Final = {"density_g_cm3": 1.19, "mm2_s": 40.0}
SHEETS: Final = (
    Sheet(material="plywood", words="Plywood, 3 mm", thickness_mm=3, **PLYWOOD),
    Sheet(material="plywood", words="Plywood, 6 mm", thickness_mm=6, **PLYWOOD),
    Sheet(material="acrylic", words="Acrylic, 3 mm", thickness_mm=3, **ACRYLIC),
    Sheet(material="acrylic", words="Acrylic, 5 mm", thickness_mm=5, **ACRYLIC),
    Sheet(
        material="MDF",
        words="MDF, 3 mm",
        thickness_mm=3,
        density_g_cm3=0.75,
        mm2_s=36.0,
    ),
    Sheet(
        material="cardboard",
        words="Cardboard, 2 mm",
        thickness_mm=2,
        density_g_cm3=0.6,
        mm2_s=120.0,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One drawing cut from one sheet."""

    run_s: Estimate
    material_g: Estimate  # in the parts
    waste_g: Estimate  # the rest of the piece of sheet


def estimate_cut(drawing: Drawing, sheet: Sheet) -> Cut:
    """Seconds and grams of a drawing whose numbers are mm."""
    starts = max(1, drawing.contours + drawing.open_lines)
    pieces = drawing.corners + starts
    way_mm = TOUR * sqrt(drawing.width_mm * drawing.height_mm * starts)
    run_s = cutting_s(drawing.cut_length_mm, pieces, sheet.cut_mm_s)
    run_s += hopping_s(starts, way_mm)
    blank_mm2 = (drawing.width_mm + 2 * MARGIN_MM) * (drawing.height_mm + 2 * MARGIN_MM)
    part_mm2 = min(drawing.part_area_mm2, blank_mm2)

    def grams(mm2: float) -> Estimate:
        value = mm2 * sheet.thickness_mm * sheet.density_g_cm3 / 1_000
        return Estimate(
            value=value, plus_minus=0.1 * value, source=f"area × {sheet.words}"
        )

    return Cut(
        run_s=Estimate(value=run_s, plus_minus=TIME_RATIO * run_s, source=SOURCE),
        material_g=grams(part_mm2),
        waste_g=grams(blank_mm2 - part_mm2),
    )
