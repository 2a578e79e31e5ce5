"""Length, reach, material and time of a program, by hand and by a board."""

import math
from pathlib import Path

import pytest

from firmware_bridge.gcode import Motion, Program, measure
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.space import Box

MOTION = Motion(
    max_feed_mm_per_min=(3000, 3000, 1000), acceleration_mm_per_s2=(200, 200, 100)
)


def measured(text: str, *, modal_motion: bool = True):  # type: ignore[no-untyped-def]
    return measure(
        Program(source=text.encode()),
        modal_motion=modal_motion,
        motion=MOTION,
        start_mm=(0.0, 0.0, 0.0),
    )


def test_a_square_with_a_round_corner(tmp_path: Path) -> None:
    text = "G1 X100 F1200\nG3 X110 Y10 I0 J10\nG1 Y50\n"
    by_bytes = measured(text)
    file = tmp_path / "square.nc"
    file.write_text(text)
    by_file = measure(
        Program(source=file), modal_motion=True, motion=MOTION, start_mm=(0, 0, 0)
    )
    assert by_bytes == by_file
    assert by_bytes.length_mm == pytest.approx(140 + 5 * math.pi)
    assert by_bytes.reach == Box(min_mm=(0, 0, 0), max_mm=(110, 50, 0))
    assert by_bytes.end_mm == (110, 50, 0)
    assert by_bytes.lines_total == 3


def test_inches_relative_and_modal() -> None:
    result = measured("G20 G91\nG1 X1 F60\nX1\nG90 G21\nY10\n")
    assert result.end_mm == pytest.approx((50.8, 10, 0))


def test_filament_counts_retractions_off() -> None:
    relative = measured(
        "M83\nG1 X10 E5 F600\nG1 E-2\nG1 E2\nG1 X20 E5\n", modal_motion=False
    )
    assert relative.extruded_mm == pytest.approx(10)
    absolute = measured(
        "M82\nG92 E0\nG1 X10 E5 F600\nG92 E0\nG1 X20 E5\n", modal_motion=False
    )
    assert absolute.extruded_mm == pytest.approx(10)


def test_trapezoid_by_hand() -> None:
    """100 mm at 20 mm/s and 200 mm/s²: 0.1 s up, 98 mm flat, 0.1 s down."""
    assert measured("G1 X100 F1200\n").duration_s == pytest.approx(0.1 + 4.9 + 0.1)
    # Too short to reach 50 mm/s: up for 2 mm, down for 2 mm.
    assert measured("G0 X4\n").duration_s == pytest.approx(2 * math.sqrt(4 / 200))
    assert measured("G4 P2.5\n").duration_s == pytest.approx(2.5)


def test_ratio_grows_with_time_not_with_lines() -> None:
    result = measured("G1 X1 F600\n" * 1 + "G1 X2\n" + "G1 X200\n")
    assert result.done_ratio(2) < 0.1
    assert result.done_ratio(3, since_s=result.duration_s) == 1.0


@pytest.mark.parametrize("feed", [300, 1200, 3000])
def test_estimate_agrees_with_a_board(feed: int) -> None:
    """The board's planner is other code; within 5 % on a wavy path."""
    lines = ["G90", f"G1 X-10 Y-10 Z-1 F{feed}"]
    for place in range(150):
        x, y = -20 - place * 1.5, -60 + 40 * math.sin(place / 5)
        lines.append(f"G1 X{x:.3f} Y{y:.3f}")
    board = GrblBoard(settings={**DEFAULT_SETTINGS, 22: 0, 20: 0})
    now_s = 1.0
    board.advance(now_s)
    answered = 0
    started_s = now_s
    text = "".join(line + "\n" for line in [*lines, "G4P0"])
    pending = [line.encode() + b"\n" for line in text.splitlines()]
    under_way: list[int] = []
    while answered < len(lines) + 1:
        while pending and sum(under_way) + len(pending[0]) <= 127:
            under_way.append(len(pending[0]))
            board.receive(pending.pop(0), now_s)
        now_s += 0.005
        for _ in range(board.advance(now_s).count(b"ok")):
            answered += 1
            under_way.pop(0)
    took_s = now_s - started_s
    estimated_s = measured("\n".join(lines)).duration_s
    assert estimated_s == pytest.approx(took_s, rel=0.05)
