"""grblHAL is told from GRBL by what it says of itself, and used as far as it goes."""

from typing import Any

import pytest

from firmware_bridge.dialects import grbl
from firmware_bridge.drivers.grbl import _identity
from firmware_bridge.facts import MachineState, OutcomeKind
from firmware_bridge.simulators.grblhal_board import GrblHalBoard


@pytest.mark.parametrize("level", [0, 2])
def test_it_is_told_from_grbl_even_behind_its_words(bench: Any, level: int) -> None:
    machine = bench.grbl(kind=GrblHalBoard, level=level, axes="XYZAB", build="mill-7")
    identity = machine.identify()
    assert (identity.firmware, identity.dialect) == ("grblHAL", "grbl")
    assert (identity.version, identity.uuid) == ("1.1f.20240812", "mill-7")
    assert (identity.rx_buffer_bytes, identity.planner_blocks) == (1024, 100)
    assert identity.envelope_mm.size_mm == (300.0, 200.0, 80.0)
    assert identity.motion.window_bytes == 1023
    assert machine.status().position_mm == pytest.approx((299, 199, 39))


def test_five_axes_and_a_large_buffer_do_the_same_work(
    bench: Any, mill_program: Any
) -> None:
    plain = bench.grbl()
    assert bench.run(plain, mill_program(200)).kind is OutcomeKind.COMPLETED
    crc = bench.oracle("mill")["path_crc"]
    plain.close()
    bench.host.unplug("mill")
    machine = bench.grbl(kind=GrblHalBoard, axes="XYZAB")
    job = bench.start(machine, mill_program(200))
    outcome = job.outcome()
    oracle = bench.oracle("mill")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert oracle["path_crc"] == crc
    assert oracle["bytes_overrun"] == 0
    assert not outcome.incidents
    ahead = max(told.lines_sent - told.lines_acknowledged for told in job.told)
    assert ahead > 128 / 10  # what GRBL on an AVR could ever hold of such lines


def test_its_own_real_time_bytes_are_used(bench: Any, mill_program: Any) -> None:
    """It can be told that `?`, `!` and `~` are text: then only its own act."""
    machine = bench.grbl(kind=GrblHalBoard, plain_real_time=False)
    job = bench.start(machine, mill_program(300))
    job.wait_for(150)
    machine.pause()
    job.wait(lambda told: told.status.state is MachineState.PAUSED)
    machine.resume()
    job.wait(lambda told: told.status.state is MachineState.RUNNING)
    machine.cancel()
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.CANCELLED, outcome
    oracle = bench.oracle("mill")
    assert oracle["spindle_on"] is False
    assert outcome.last_position_mm[0] == pytest.approx(
        oracle["machine_mm"][0] + 300, abs=0.01
    )


def test_its_alarms_are_told_in_words(bench: Any) -> None:
    machine = bench.grbl(kind=GrblHalBoard, level=1)
    outcome = bench.run(machine, "G0 X10 Y10\nG0 X400\nG0 X0\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "soft limit" in outcome.reason
    assert machine.unlock().state is MachineState.IDLE
    assert "a motor's driver has a fault" in grbl.Alarm(17).text


def test_a_place_has_as_many_numbers_as_the_board_has_axes() -> None:
    """Nothing protects the line: a place with one number more is a damaged one."""
    line = b"<Idle|MPos:1.000,2.000,3.0,00|FS:0,0>"
    assert isinstance(grbl.parse(line), grbl.Unknown)
    told = grbl.parse(b"<Tool|MPos:1.000,2.000,3.000,4.000|FS:0,0,0|FW:grblHAL>", 4)
    assert isinstance(told, grbl.Report)
    assert (told.machine_mm, told.state, told.spindle) == ((1, 2, 3), "Tool", 0)


def test_a_buffer_is_believed_as_far_as_both_answers_go() -> None:
    known = grbl.Capabilities()
    for line in (b"[FIRMWARE:grblHAL]", b"[OPT:V,100,1024]", b"[OPT:V,100,1824,3,0]"):
        known.take(grbl.parse(line))
    assert known.window_bytes == 1023


def test_a_home_corner_at_zero_puts_the_room_on_its_other_side() -> None:
    known = grbl.Capabilities()
    for line in (b"[OPT:VZ,100,1024]", b"$23=3", b"$22=11"):
        known.take(grbl.parse(line))
    for axis in range(3):
        known.take(grbl.parse(b"$13%d=100.000" % axis))
    identity = _identity(known, 115200)
    assert identity.envelope_mm.min_mm == (0, 0, -100)
    assert identity.envelope_mm.max_mm == (100, 100, 0)
    assert identity.homing
