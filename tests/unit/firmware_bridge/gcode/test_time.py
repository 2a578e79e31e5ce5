"""Time by hand: corners, queues, waits, and lines that arrive too slowly."""

import math

import pytest

from firmware_bridge.dialects import grbl, marlin, marlin_capabilities
from firmware_bridge.dialects.limits import grbl_motion, marlin_motion
from firmware_bridge.gcode import Measured, Motion, Program, measure

MILL = Motion(
    max_feed_mm_per_min=(6000, 6000, 600), acceleration_mm_per_s2=(100, 100, 50)
)
PRINTER = Motion(
    max_feed_mm_per_min=(12_000, 12_000, 600),
    acceleration_mm_per_s2=(1000, 1000, 100),
    printing_mm_per_s2=500,
    travel_mm_per_s2=1000,
    retract_mm_per_s2=2000,
    extruder_feed_mm_per_min=1500,
    jerk_mm_per_s=(8, 8, 0.4, 5),
    arc_chord_mm=1.0,
)


def milled(text: str, motion: Motion = MILL) -> Measured:
    return measure(
        Program(source=text.encode()),
        modal_motion=True,
        motion=motion,
        start_mm=(0.0, 0.0, 0.0),
    )


def printed(text: str, motion: Motion = PRINTER) -> Measured:
    return measure(
        Program(source=text.encode()),
        modal_motion=False,
        motion=motion,
        start_mm=(0.0, 0.0, 0.0),
    )


def test_right_angle_is_taken_at_the_speed_of_its_junction_deviation() -> None:
    """sin(45°)/(1 - sin(45°)) = 2.414; along (-1, 1)/√2 an axis' 100 are 141 mm/s².

    v² = 141.4 * 0.01 * 2.414 = 3.414. Each leg of 50 mm at 20 mm/s: 0.2 s to speed,
    from 1.848 mm/s less; 2 mm of ramp, or 2 - 3.414/200.
    """
    corner2 = 100 * math.sqrt(2) * 0.01 * math.sin(math.pi / 4)
    corner2 /= 1 - math.sin(math.pi / 4)
    corner = math.sqrt(corner2)
    ramps_mm = 2.0 + (400 - corner2) / 200
    leg_s = 0.2 + (20 - corner) / 100 + (50 - ramps_mm) / 20
    text = "G1 X50 F1200\nG1 Y50\n"
    assert milled(text).duration_s == pytest.approx(2 * leg_s)


def test_a_line_cut_in_pieces_takes_as_long_as_in_one() -> None:
    pieces = "".join(f"G1 X{place} F1200\n" for place in range(1, 101))
    whole = milled("G1 X100 F1200\n").duration_s
    assert milled(pieces).duration_s == pytest.approx(whole)


def test_speed_is_bounded_by_what_the_queue_can_stop_in() -> None:
    """15 moves of 0.1 mm: v² = 2 * 100 * 1.4 when the last is taken in, not 100²."""
    pieces = "".join(f"G1 X{place * 0.1:.1f} F6000\n" for place in range(1, 1001))
    fastest = math.sqrt(2 * 100 * 1.5)
    took_s = milled(pieces).duration_s
    assert 100 / fastest < took_s < 100 / fastest * 1.1
    far_sighted = Motion(
        max_feed_mm_per_min=MILL.max_feed_mm_per_min,
        acceleration_mm_per_s2=MILL.acceleration_mm_per_s2,
        blocks=1000,
    )
    assert milled(pieces, far_sighted).duration_s < 0.6 * took_s


def test_jerk_lets_an_axis_jump_and_no_more() -> None:
    """A right angle at 40 mm/s: each axis may jump by 8 mm/s, so the corner is at 8.

    Printing accelerates by 500 mm/s². From rest: 40²/1000 = 1.6 mm up in 0.08 s; to
    or from the corner: (1600 - 64)/1000 = 1.536 mm in 0.064 s.
    """
    text = "M83\nG1 X50 E1 F2400\nG1 Y50 E1\n"
    leg_s = 0.08 + 0.064 + (50 - 1.6 - 1.536) / 40
    assert printed(text).duration_s == pytest.approx(2 * leg_s, rel=2e-3)


def test_marlin_accelerates_by_what_moves() -> None:
    """40 mm/s: 0.04 s up where travelling, 0.08 s where printing; a retraction of
    2 mm at 25 mm/s and 2000 mm/s².
    """
    travel_s = 2 * 0.04 + (50 - 1.6) / 40
    assert printed("G1 X50 F2400\n").duration_s == pytest.approx(travel_s)
    slower = "M204 T500\nG1 X50 F2400\n"
    assert printed(slower).duration_s == pytest.approx(2 * 0.08 + (50 - 3.2) / 40)
    print_s = 2 * 0.08 + (50 - 3.2) / 40
    assert printed("G1 X50 E2 F2400\n").duration_s == pytest.approx(print_s)
    retract_s = 2 * 25 / 2000 + (2 - 625 / 2000) / 25
    assert printed("G1 E-2 F2400\n").duration_s == pytest.approx(retract_s)


def test_marlin_obeys_the_limits_that_a_program_sets() -> None:
    half = printed("M203 X20\nG1 X50 F2400\n").duration_s
    assert half == pytest.approx(2 * 0.02 + (50 - 0.4) / 20)
    assert printed("M220 S50\nG1 X50 F2400\n").duration_s == pytest.approx(half)
    assert printed("M201 X250\nG1 X50 F2400\n").duration_s == pytest.approx(
        2 * 0.16 + (50 - 6.4) / 40
    )


def test_arcs_take_the_time_of_their_chords() -> None:
    """A full circle of 20 mm: 125.66 mm at 10 mm/s, where no chord slows it down."""
    took_s = milled("G1 X20 F600\nG4 P0\nG3 X20 Y0 I-20 J0\n").duration_s
    first_s = 2 * 0.1 + (20 - 1) / 10
    assert took_s - first_s == pytest.approx(0.1 + 2 * math.pi * 20 / 10, rel=1e-3)


def test_heat_is_waited_for_and_heaters_warm_up_together() -> None:
    """22 to 62 °C at 0.8 °C/s is 50 s; the nozzle is at 147 °C by then."""
    text = "M140 S62\nM104 S172\nM190 S62\nM109 S172\nM104 S0\n"
    assert printed(text).duration_s == pytest.approx(50 + (172 - 147) / 2.5)
    assert printed("M109 R172\nM109 S100\n").duration_s == pytest.approx(60)


def test_spindle_lets_motion_end_and_a_laser_does_not() -> None:
    lines = ["M3 S100", "G1 X10 F600 S100", "X20 S200", "X30 S300"]
    text = "\n".join(lines) + "\nM5\n"
    whole_s = 0.1 + 30 / 10
    assert milled(text).duration_s == pytest.approx(whole_s + 2 * 0.1)
    laser = Motion(
        max_feed_mm_per_min=MILL.max_feed_mm_per_min,
        acceleration_mm_per_s2=MILL.acceleration_mm_per_s2,
        laser=True,
    )
    assert milled(text, laser).duration_s == pytest.approx(whole_s)


def test_short_moves_wait_for_the_line() -> None:
    """400 moves of 0.05 mm at 100 mm/s; 13 bytes each and 1,000 bytes a second."""
    slow_line = Motion(
        max_feed_mm_per_min=(6000, 6000, 600),
        acceleration_mm_per_s2=(2000, 2000, 50),
        line_bytes_per_s=1000.0,
    )
    text = "".join(f"G1X{place * 0.05 + 10:.2f}F6000\n" for place in range(400))
    assert milled(text, slow_line).duration_s == pytest.approx(400 * 0.013, rel=0.1)


def test_answers_come_before_the_moves_that_they_are_for() -> None:
    """15 moves fit the queue at once; each takes a second and more."""
    text = "".join(f"G1 X{place * 10} F600\n" for place in range(1, 31))
    result = milled(text)
    assert result.done_s(15) == 0.0
    assert result.done_s(16) == pytest.approx(1.05)
    assert result.remaining_s(16, since_s=0.5) == pytest.approx(
        result.duration_s - 1.55
    )
    assert result.remaining_s(16, since_s=99) == pytest.approx(
        result.duration_s - result.done_s(17)
    )
    assert result.remaining_s(30, since_s=99) == 0.0
    assert result.done_ratio(30) == pytest.approx(result.done_s(30) / result.duration_s)


def test_limits_are_read_from_grbl() -> None:
    known = grbl.Capabilities()
    for line in (
        "$11=0.020", "$12=0.005", "$32=1", "$110=500", "$111=600", "$112=70",
        "$120=10", "$121=11", "$122=12", "[OPT:V,15,128]",
    ):  # fmt: skip
        known.take(grbl.parse(line.encode()))
    motion = grbl_motion(known, 115_200)
    assert motion is not None
    assert motion.max_feed_mm_per_min == (500, 600, 70)
    assert motion.acceleration_mm_per_s2 == (10, 11, 12)
    assert (motion.junction_deviation_mm, motion.arc_tolerance_mm) == (0.02, 0.005)
    assert (motion.laser, motion.blocks) == (True, 15)
    assert motion.line_bytes_per_s == 11_520
    assert grbl_motion(grbl.Capabilities(), 115_200) is None


@pytest.mark.parametrize(
    ("told", "jerk", "deviation"),
    [
        ("X10.00 Y9.00 Z0.30 E5.00", (10, 9, 0.3, 5), 0.013),
        ("J0.02", None, 0.02),
    ],
)
def test_limits_are_read_from_marlin(
    told: str, jerk: tuple[float, ...] | None, deviation: float
) -> None:
    known = marlin_capabilities.Capabilities()
    for line in (
        "echo: M92 X80.00 Y81.00 Z400.00 E93.00",
        "echo:  M203 X500.00 Y400.00 Z5.00 E25.00",
        "echo:  M201 X3000.00 Y2000.00 Z100.00 E10000.00",
        "echo:  M204 P1000.00 R2000.00 T1500.00",
        f"echo:  M205 B20000.00 S0.00 T0.00 {told}",
    ):
        known.take(marlin.parse(line.encode()))
    motion = marlin_motion(known, 250_000)
    assert motion is not None
    assert motion.max_feed_mm_per_min == (30_000, 24_000, 300)
    assert motion.acceleration_mm_per_s2 == (3000, 2000, 100)
    assert motion.extruder_feed_mm_per_min == 1500
    assert (motion.printing_mm_per_s2, motion.travel_mm_per_s2) == (1000, 1500)
    assert motion.retract_mm_per_s2 == 2000
    assert motion.steps_per_mm == (80, 81, 400, 93)
    assert (motion.jerk_mm_per_s, motion.junction_deviation_mm) == (jerk, deviation)
