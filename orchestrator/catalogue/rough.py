"""What a step asks, roughly: few enough to know them all, and never more than it asks.

A place that makes no step that asks so little makes none of those that ask more. So
thousands of designs are told apart by some hundred answers, and only those left over
are held against machines one by one.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.made import materials_of
from orchestrator.catalogue.rows import StepRow

SIDES_MM: Final = (0, 100, 200, 250, 300, 400, 600, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rough:
    """A step's process, the materials that do, and the least sides, the longest first.

    No materials: any does. No sides: none are asked.
    """

    process: str
    materials: tuple[str, ...]
    part_mm: tuple[int, ...]
    sheet_mm: tuple[int, ...]

    def word(self) -> str:
        """As one word, the same for all that ask the same."""
        return json.dumps(
            [self.process, self.materials, self.part_mm, self.sheet_mm],
            ensure_ascii=False,
            separators=(",", ":"),
        )


def rough_of(step: StepRow) -> Rough:
    """What the step asks, rounded down."""
    has_box = step.box_x_mm > 0 and step.box_y_mm > 0
    box_mm = (step.box_x_mm, step.box_y_mm, step.box_z_mm) if has_box else ()
    sheet_mm = (step.needs.get("sheet_mm") or ())[:2]
    return Rough(
        process=step.process,
        materials=tuple(sorted(materials_of(step))) if step.material else (),
        part_mm=_floored(box_mm),
        sheet_mm=_floored(sheet_mm),
    )


def read_rough(word: str) -> Rough:
    """The other way round."""
    process, materials, part_mm, sheet_mm = json.loads(word)
    return Rough(
        process=process,
        materials=tuple(materials),
        part_mm=tuple(part_mm),
        sheet_mm=tuple(sheet_mm),
    )


def _floored(sides_mm: Iterable[float]) -> tuple[int, ...]:
    floored = (SIDES_MM[bisect_right(SIDES_MM, side) - 1] for side in sides_mm)
    return tuple(sorted(floored, reverse=True))
