"""Drilling cycles, spelled out for a firmware that has none."""

import pytest

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode import Limits, MachineKind, Program, check, measure
from firmware_bridge.gcode.cycles import spelled_out
from firmware_bridge.space import Box


def spelled(text: str) -> list[tuple[int, str]]:
    return list(spelled_out(Program(source=text.encode()).lines()))


def test_other_lines_stay_as_they_are() -> None:
    text = "G21 G90\nG0 X1.50 Z2\nG1 Z-1 F100\nM30\n"
    assert [code for _, code in spelled(text)] == text.strip().splitlines()


def test_drilling_returns_to_r_or_to_where_it_began() -> None:
    text = "G90\nG0 Z5\nG99 G81 X1 Y2 Z-3 R1 F60\nX4\nG98 Y5\nG80\nG0 Z6\n"
    assert spelled(text) == [
        (1, "G90"),
        (2, "G0 Z5"),
        (3, "F60"),
        *((3, code) for code in ("G0 X1 Y2", "G0 Z1", "G1 Z-3", "G0 Z1")),
        *((4, code) for code in ("G0 X4", "G0 Z1", "G1 Z-3", "G0 Z1")),
        *((5, code) for code in ("G0 Y5", "G0 Z1", "G1 Z-3", "G0 Z5")),
        (6, "G80"),
        (7, "G0 Z6"),
    ]


def test_tool_is_lifted_to_r_before_it_goes_aside() -> None:
    codes = [code for _, code in spelled("G0 Z0\nG81 X9 Z-1 R2 F60\n")]
    assert codes[2:4] == ["G0 Z2", "G0 X9"]


def test_dwell_at_the_bottom() -> None:
    codes = [code for _, code in spelled("G0 Z5\nG82 X1 Z-1 R1 P0.5 F60\n")]
    assert codes[-3:] == ["G1 Z-1", "G4 P0.5", "G0 Z5"]


def test_pecks_leave_the_hole_or_only_break_the_chip() -> None:
    deep = [code for _, code in spelled("G0 Z5\nG99 G83 X1 Z-2 R1 Q2 F60\n")]
    assert deep[4:] == ["G1 Z-1", "G0 Z1", "G0 Z-0.746", "G1 Z-2", "G0 Z1"]
    chip = [code for _, code in spelled("G0 Z5\nG99 G73 X1 Z-2 R1 Q2 F60\n")]
    assert chip[4:] == ["G1 Z-1", "G0 Z-0.746", "G1 Z-2", "G0 Z1"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("G81 X1 R1 F60", "needs Z"),
        ("G81 X1 Z-1 R-2 F60", "R not below"),
        ("G83 X1 Z-1 R1 F60", "needs Q"),
        ("G83 X1 Z-1 R1 Q0.00001 F60", "few pecks"),
        ("G91 G81 X1 Z-1 R1 F60", "G90"),
        ("G18 G81 X1 Z-1 R1 F60", "G17"),
        ("G81 X1 Z-1 R1 L3 F60", "L has no meaning"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(line: str, why: str) -> None:
    text = f"G90\nG0 Z5\n{line}\n"
    with pytest.raises(ProgramError, match=f"line 3: .*{why}"):
        spelled(text)
    refused = check(Program(source=text.encode()), _LIMITS)
    assert refused is not None
    assert refused.line == 3


def test_height_must_be_known() -> None:
    with pytest.raises(ProgramError, match="unknown height"):
        spelled("G81 X1 Z-1 R1 F60\n")


_LIMITS = Limits(
    kind=MachineKind.MILL,
    envelope_mm=Box(min_mm=(0, 0, -10), max_mm=(100, 100, 20)),
)


def test_holes_are_held_against_the_envelope_and_measured() -> None:
    good = "G90\nG0 X0 Y0 Z5\nG81 X1 Z-3 R1 F60\nX4\nG80\n"
    assert check(Program(source=good.encode()), _LIMITS) is None
    refused = check(Program(source=good.replace("X4", "X101").encode()), _LIMITS)
    assert refused is not None
    assert (refused.line, "X reaches 101" in refused.reason) == (4, True)
    result = measure(Program(source=good.encode()), modal_motion=True)
    assert result.end_mm == (4, 0, 5)
    assert result.duration_s > 2 * 4 / 1  # two strokes of 4 mm at 1 mm/s
