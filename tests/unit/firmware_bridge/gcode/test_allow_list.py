"""What a machine may not be told, with the line that says it."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.gcode import Limits, MachineKind, Program, check
from firmware_bridge.space import Box

MILL = Limits(
    kind=MachineKind.MILL,
    envelope_mm=Box(min_mm=(0, 0, -40), max_mm=(300, 200, 40)),
    spindle_max=1000,
    feed_max_mm_per_min=3000,
)
PRINTER = Limits(
    kind=MachineKind.PRINTER,
    envelope_mm=Box(min_mm=(0, 0, 0), max_mm=(220, 220, 250)),
    nozzle_max_c=260,
    bed_max_c=100,
)


def refusal(limits: Limits, text: str | bytes) -> tuple[int, str] | None:
    source = text if isinstance(text, bytes) else text.encode()
    refused = check(Program(source=source), limits)
    return None if refused is None else (refused.line, refused.reason)


GOOD_MILL = """%
(a part)
N10 G21 G90 G17 G94 G54
M3 S800
G0 X10 Y10 Z5 ; above
G1 Z-2 F100
G2 X20 Y10 I5 J0 F600
G1 X30
G91
G1 X-5 Y5
G90
G4 P0.5
M5
M30
"""
GOOD_PRINT = """;FLAVOR:Marlin
M201 X500 Y500 Z100 E5000
M140 S60
M104 S205
G28 ; home
M190 S60
M109 S205
M82
G92 E0
G1 X10 Y10 Z0.3 F3000
G1 X200 E12.5 F1500
M117 Layer 1 of 2 (half)
M106 S127
G1 E10 F2400
M104 S0
M140 S0
M107
M84
"""


def test_good_programs_pass() -> None:
    assert refusal(MILL, GOOD_MILL) is None
    assert refusal(PRINTER, GOOD_PRINT) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("G10 L20 P1 X0", "not allowed"),  # writes EEPROM
        ("G28.1", "not allowed"),
        ("G92 X0", "not allowed"),
        ("G53 G0 Z0", "not allowed"),
        ("G38.2 Z-5 F10", "not allowed"),
        ("G43.1 Z1", "not allowed"),
        ("G93", "not allowed"),
        ("M6 T1", "not allowed"),
        ("$H", "starts no word"),
        ("$110=99999", "starts no word"),
        ("G1 X10 F100 *71", "starts no word"),
        ("G1 X10 F100 ; really?", "act at once"),
        ("(!) G1 X1 F100", "act at once"),
        ("G1 X10 F100\x18", "not printable"),
        ("G1 X301 F100", "X reaches 301.000"),
        ("G1 Z-41 F100", "Z reaches -41.000"),
        ("G1 X1e9 F100", "not allowed"),
        ("G1 X-1 F100", "X reaches -1.000"),
        ("G20 G1 X12 F100", "X reaches 304.800"),
        ("G1 X5 F4000", "feed 4000"),
        ("M3 S1001", "outside 0..1000"),
        ("G4 P601", "dwell"),
        ("G1 X F100", "X without a number"),
        ("A5", "word A is not allowed"),
        ("G0 G1 X1 F100", "contradicts"),
        ("G90 G91 X1", "contradicts"),
        ("G1 X1 X2 F100", "X twice"),
        ("G1 X1", "no feed rate"),
        ("G1 X10 " + "Y" + "1" * 80, "the board takes"),
    ],
)
def test_mill_refuses_with_the_line(line: str, why: str) -> None:
    said = refusal(MILL, f"G21\nG0 X0 Y0 Z0\n{line}\n")
    assert said is not None
    assert said[0] == 3
    assert why in said[1]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("M500", "not allowed"),
        ("M502", "not allowed"),
        ("M28", "not allowed"),
        ("M23 FILE.G", "starts no word"),
        ("M997", "not allowed"),
        ("M112", "not allowed"),
        ("M110 N5", "not allowed"),
        ("M302 S0", "not allowed"),
        ("M303 E0 S200", "not allowed"),
        ("M206 X5", "not allowed"),
        ("M211 S0", "not allowed"),
        ("M104 S261", "limit is 260"),
        ("M109 R300", "limit is 260"),
        ("M190 S101", "limit is 100"),
        ("M220 S500", "10 to 200"),
        ("G92 X0", "never an axis"),
        ("G92", "every axis"),
        ("G1 X10 G1 X20", "one G or M command"),
        ("X10", "one G or M command"),
        ("T1", "tool 1"),
        ("M104 T1 S200", "tool 1"),
        ("M200 D1.75", "volumetric"),
        ("M141 S60", "chamber"),
        ("M412 S0", "filament sensor"),
        ("G5 X1 Y1 P1 Q1", "curve"),
        ("M504", "not allowed"),
        ("M92 X160", "not allowed"),
        ("M851 Z-9", "not allowed"),
        ("M1150", "not allowed"),
        ("G1 X10 Y221 F3000", "Y reaches 221"),
    ],
)
def test_printer_refuses_with_the_line(line: str, why: str) -> None:
    said = refusal(PRINTER, f"G28\nG1 X1 Y1 Z1 F600\n{line}\nM104 S0\n")
    assert said is not None
    assert said[0] == 3
    assert why in said[1]


def test_arc_is_judged_by_its_reach_not_by_its_ends() -> None:
    """From (10, 100) to (10, 120): the ends are inside, the belly is not."""
    assert refusal(MILL, "G0 X10 Y100 Z0\nG2 X10 Y120 I0 J10 F500\n") is None
    said = refusal(MILL, "G0 X5 Y100 Z0\nG2 X5 Y120 I0 J10 F500\n")
    assert said is not None
    assert said[0] == 2
    assert "X reaches -5" in said[1]


def test_relative_moves_are_followed_to_their_place() -> None:
    up = "G0 X0 Y0 Z0\nG91\n" + "G1 X100 F500\n" * 4
    said = refusal(MILL, up)
    assert said is not None
    assert (said[0], "X reaches 400" in said[1]) == (6, True)
    said = refusal(MILL, "G91\nG1 X1 F100\n")
    assert said is not None
    assert "unknown place" in said[1]


def test_what_a_machine_lacks_can_not_be_switched_on() -> None:
    plotter = Limits(kind=MachineKind.PLOTTER, envelope_mm=MILL.envelope_mm)
    assert refusal(plotter, "G1 X5 F100\n") is None
    for line in ("M3", "M3 M8", "M4 S10", "G1 X1 F100 S500"):
        assert refusal(plotter, line + "\nM5\n") is not None, line
    cold = Limits(kind=MachineKind.PRINTER, envelope_mm=PRINTER.envelope_mm)
    assert refusal(cold, "M104 S30\nM104 S0\n") is not None


def test_program_must_leave_the_machine_safe() -> None:
    assert "add M5" in (refusal(MILL, "M3 S100\nG0 X1\n") or (0, ""))[1]
    assert "nozzle 0 at 200" in (refusal(PRINTER, "M104 S200\n") or (0, ""))[1]
    assert "empty" in (refusal(MILL, "; nothing\n") or (0, ""))[1]


def test_bytes_and_lengths() -> None:
    assert (refusal(MILL, b"G0 X1\nG0 X\xb2\n") or (0, ""))[0] == 2
    assert (refusal(PRINTER, "G28 ; fil\u00e9\n") or (0, ""))[0] == 1
    assert "longer" in (refusal(MILL, ";" + "a" * 70_000) or (0, ""))[1]
    missing = Program(source=Path("/nowhere/at/all.nc"))
    refused = check(missing, MILL)
    assert refused is not None
    assert "can't be read" in refused.reason


# What slicers write into their start and end scripts, from the profiles of PrusaSlicer
# 2.5 and Cura 4.13.
SLICED = """M201 X9000 Y9000 Z500 E10000
M204 P1500 R1500 T1500
M205 X10.00 Y10.00 Z0.20 E2.50
M862.3 P "MK3S" ; printer model check
M115 U3.11.0 ; tell printer latest fw version
M200 D0 ; disable volumetric e
M413 S0
G91
G1 Z5 F600 ; lift before homing
G90
G28 W
G29 ; bed levelling
M420 S1
M900 K0.05
G92 E0.0
G1 X60.0 E9.0 F1000.0
M117 Initial homing sequence.                                  ; Home so that the probe
M486 S0 A"box"
G10
G11
G91
G1 Z10 E-5 F840 ; up, from where homing and the moves have left it
G90
M300 S440 P200
M107
M84
"""


def test_slicers_scripts_pass() -> None:
    assert refusal(PRINTER, SLICED) is None


def test_heat_belongs_to_the_tool_in_use() -> None:
    """M104 without T is for the tool at work, so it switches off what T0 was given."""
    assert refusal(PRINTER, "M104 T0 S200\nG28\nM104 S0\n") is None
    two = replace(PRINTER, tool_count=2)
    said = refusal(two, "M104 T1 S200\nM104 S0\n")
    assert said == (2, "the program ends with the nozzle 1 at 200 °C: switch it off")
    assert refusal(two, "M104 T1 S200\nT1\nM104 S0\n") is None


def test_a_parked_tool_is_nowhere() -> None:
    said = refusal(PRINTER, "G28\nG27 P2\nG91\nG1 X5 F600\n")
    assert said is not None
    assert (said[0], "unknown place" in said[1]) == (4, True)


def test_laser_must_not_burn_on_its_way() -> None:
    laser = replace(MILL, kind=MachineKind.LASER)
    text = "G90\nM4 S500\nG1 X9 F600\nG0 X20\nM5\n"
    assert refusal(laser, text) is None
    stays_on = replace(laser, beam_rests=False)
    said = refusal(stays_on, text)
    assert said is not None
    assert (said[0], "laser mode" in said[1]) == (4, True)
    assert refusal(stays_on, text.replace("G0 X20", "M5\nG0 X20")) is None
    assert refusal(stays_on, text.replace("G0 X20", "S0\nG0 X20")) is None


def test_an_unknown_height_may_be_left_by_a_little_and_upwards_only() -> None:
    assert refusal(PRINTER, "G91\nG1 Z5 F600\n") is None
    for line in ("G1 Z11 F600", "G1 Z-1 F600", "G1 X5 F600"):
        said = refusal(PRINTER, f"G91\n{line}\n")
        assert said is not None, line
        assert "unknown place" in said[1]


def test_what_it_was_sliced_for_must_be_loaded() -> None:
    text = "G28\n; filament_type = PETG\n"
    assert refusal(PRINTER, text) is None
    assert refusal(replace(PRINTER, material="petg-black"), text) is None
    said = refusal(replace(PRINTER, material="PLA"), text)
    assert said == (2, "the program is for PETG; PLA is loaded")


def test_our_own_programs_pass() -> None:
    """Sliced by PrusaSlicer and CuraEngine, from CAM libraries and by hand."""
    folder = Path(__file__).parents[4] / "benchmarks" / "streaming" / "programs"
    files = sorted(folder.glob("*.gz"))
    assert len(files) >= 20
    mill = replace(MILL, envelope_mm=Box(min_mm=(-20, -20, -40), max_mm=(300, 300, 40)))
    for path in files:
        limits = PRINTER if path.name.endswith(".gcode.gz") else mill
        limits = replace(limits, feed_max_mm_per_min=None)
        assert refusal(limits, gzip.decompress(path.read_bytes())) is None, path.name
