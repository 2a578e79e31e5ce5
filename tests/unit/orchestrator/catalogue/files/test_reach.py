"""Where a 6 mm tool from above gets to, against figures worked out by hand."""

from math import pi

import numpy as np
import pytest

from orchestrator.catalogue.files.mesh import measure
from orchestrator.catalogue.files.reach import reaches
from orchestrator.catalogue.files.reading import Floats
from orchestrator.catalogue.found import INCH_MM
from tests.unit.orchestrator.catalogue.files import made


def two_walls(gap_mm: float) -> Floats:
    """Each 4 x 40 x 20 mm, beside each other along x, on a floor of 2 mm."""
    wall = made.block(4, 40, 20)
    floor = made.block(8 + gap_mm, 40, 2)
    return np.concatenate([wall, np.add(wall, (4 + gap_mm, 0, 0)), floor])


def test_a_tool_stays_its_radius_away_from_a_block() -> None:
    for one in reaches(made.block(40, 30, 10), 6, 4):
        assert one.blocked_mm2 == pytest.approx(
            40 * 30 + 3 * 2 * (40 + 30) + 9 * pi, rel=0.03
        )
        assert one.breaks_mm == pytest.approx(36, abs=1)


@pytest.mark.parametrize(("gap_mm", "breaks"), [(4, 1), (9, 2)])
def test_a_gap_narrower_than_the_tool_is_closed(gap_mm: float, breaks: int) -> None:
    *_, top = reaches(two_walls(gap_mm), 6, 8)
    assert top.breaks_mm == pytest.approx(breaks * 46, rel=0.15)


def test_what_hangs_over_shadows_what_is_below() -> None:
    foot, plate = made.block(4, 4, 20), np.add(made.block(40, 4, 4), (0, 0, 20))
    low, *_, high = reaches(np.concatenate([foot, plate]), 6, 6)
    assert low.blocked_mm2 == high.blocked_mm2


def test_the_tool_is_as_wide_whatever_the_unit() -> None:
    inches, _ = measure(made.block(2, 1, 1), None)
    millimetres, _ = measure(made.block(2 * INCH_MM, INCH_MM, INCH_MM), "mm")
    assert inches.reaches_in_inches == millimetres.reaches
    assert inches.reaches != millimetres.reaches
    assert millimetres.reaches_in_inches == ()


def test_a_body_without_a_height_has_none() -> None:
    assert reaches(np.zeros((1, 3, 3)), 6, 4) == ()
