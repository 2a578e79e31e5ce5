"""How long tools take for their ways, by hand and against each other."""

from math import sqrt

import pytest

from orchestrator.catalogue.estimates.boards import estimate_board
from orchestrator.catalogue.estimates.milling import BLOCKS, estimate_milling
from orchestrator.catalogue.estimates.moving import cutting_s, hopping_s, lift_s
from orchestrator.catalogue.estimates.sheets import SHEETS, estimate_cut
from orchestrator.catalogue.files.mesh import measure
from orchestrator.catalogue.found import Board, Drawing, Holes
from tests.unit.orchestrator.catalogue.files import made


def test_a_straight_cut_takes_its_length_by_its_speed() -> None:
    assert cutting_s(1_000, 1, 10, corner_mm_s=10) == pytest.approx(100)
    assert cutting_s(0, 0, 10) == 0


def test_a_short_hop_never_reaches_full_speed() -> None:
    assert hopping_s(1, 5) == pytest.approx(2 * sqrt(5 / 500))
    assert hopping_s(1, 100) == pytest.approx(100 / 100 + 100 / 500)
    assert lift_s(0.5) == pytest.approx(2 * sqrt(0.5 / 200))


def drawing(corners: int) -> Drawing:
    return Drawing(
        unit="mm",
        width_mm=100,
        height_mm=50,
        cut_length_mm=300,
        part_area_mm2=5_000,
        contours=1,
        open_lines=0,
        holes=(),
        smallest_mm=None,
        layers=(),
        corners=corners,
    )


def test_corners_slow_a_laser_down() -> None:
    plain, crooked = (
        estimate_cut(drawing(corners), SHEETS[0]).run_s.value for corners in (3, 200)
    )
    assert plain == pytest.approx(300 / SHEETS[0].cut_mm_s, rel=0.1)
    assert crooked > plain * 1.05


def test_a_board_takes_longer_for_each_thing_on_it() -> None:
    def seconds(*, way_mm: float = 0.0, holes: int = 0) -> float:
        board = Board(
            width_mm=50,
            height_mm=30,
            copper_layers=1,
            holes=(Holes(diameter_mm=0.8, count=holes),),
            slots=0,
            smallest_mm=None,
            way_mm=way_mm,
            ways=0,
            edge_mm=160,
            missing=(),
        )
        return estimate_board(board).run_s.value

    assert seconds(way_mm=1_000) == pytest.approx(seconds() + 200)
    assert seconds(holes=10) > seconds() + 10


def test_what_is_left_of_the_block_is_milled_and_what_is_under_it_is_not() -> None:
    flat, tall = (measure(made.block(40, 40, high), "mm")[0] for high in (5, 20))
    for block in BLOCKS:
        assert (
            estimate_milling(tall, block).run_s.value
            > estimate_milling(flat, block).run_s.value
        )
