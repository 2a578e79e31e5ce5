"""Where a tool may be, from the lines that are under way."""

import pytest

from firmware_bridge.gcode.path import Path

SLACK_MM = 0.03


def a_path(*lines: str, blocks: int = 2) -> Path:
    path = Path(start_mm=(0, 0, 0), home_mm=(None, None, None), blocks=blocks)
    for number, line in enumerate(lines, start=1):
        path.take(number, line)
    return path


@pytest.mark.parametrize("place", [(0, 0, 0), (5, 0, 0), (10, 3, 0), (10, 10.02, 0)])
def test_on_a_line_under_way(place: tuple[float, float, float]) -> None:
    assert not a_path("G1 X10 F100", "Y10").is_off(place, SLACK_MM)


@pytest.mark.parametrize("place", [(5, 0.1, 0), (11, 0, 0), (10, 5, 1)])
def test_off_every_line(place: tuple[float, float, float]) -> None:
    assert a_path("G1 X10 F100", "Y10").is_off(place, SLACK_MM)


def test_what_the_planner_no_longer_holds_is_over() -> None:
    path = a_path("G1 X10 F100", "Y10", "X0", "Y0")
    path.answered(2)
    assert not path.is_off((5, 0, 0), SLACK_MM)  # two blocks may still be planned
    path.answered(3)
    assert path.is_off((5, 0, 0), SLACK_MM)
    path.answered(4)
    assert not path.is_off((0, 5, 0), SLACK_MM)


def test_arcs_are_round() -> None:
    path = a_path("G2 X10 Y0 I5 J0 F100")
    assert not path.is_off((5, 5, 0), SLACK_MM)
    assert path.is_off((5, 4.9, 0), SLACK_MM)
    assert path.is_off((5, 5, 1), SLACK_MM)


@pytest.mark.parametrize("line", ["G28", "G53 G0 Z0", "G92 X0", "G55", "G38.2 Z-5 F50"])
def test_what_only_the_board_knows_is_no_reproach(line: str) -> None:
    assert not a_path("G1 X10 F100", line).is_off((50, 50, 50), SLACK_MM)


def test_an_axis_that_was_never_told_does_not_count() -> None:
    path = Path(start_mm=(None, None, None), home_mm=(None, None, None), blocks=1)
    path.take(1, "G1 X10 Y10 F100")
    path.take(2, "X20")
    path.answered(2)
    assert not path.is_off((15, 10, -7), SLACK_MM)
    assert path.is_off((15, 11, -7), SLACK_MM)
