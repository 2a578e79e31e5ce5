"""Every fault in the middle of a GRBL job ends in a true report."""

import time
from typing import Any

import pytest

from firmware_bridge.errors import LinkLostError
from firmware_bridge.facts import MachineState, OutcomeKind
from firmware_bridge.gcode import Program


def test_lost_ok_is_a_stall_that_is_reported(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl(100.0)
    job = bench.start(machine, mill_program(100))
    job.wait_for(20)
    bench.fault("mill", "drop_ok", count=1)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.UNKNOWN, outcome
    assert "answers are missing" in outcome.reason
    assert outcome.lines_acknowledged < outcome.lines_total + 1
    assert outcome.last_position_mm == pytest.approx((0, 0, 5), abs=0.01)


def test_many_lost_oks_stall_in_the_middle(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl(100.0)
    job = bench.start(machine, mill_program(200))
    job.wait_for(20)
    bench.fault("mill", "drop_ok", count=12)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert "stalled" in outcome.reason
    assert bench.oracle("mill")["spindle_on"] is False


def test_reset_in_mid_job_is_told_from_the_banner(
    bench: Any, mill_program: Any
) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.fault("mill", "reset")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "restarted" in outcome.reason
    assert 30 <= outcome.lines_acknowledged < 200


def test_reset_with_a_garbled_banner_is_told_too(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.fault("mill", "reset")
    bench.fault("mill", "flip", direction="to_host", count=12)
    assert job.outcome().kind is OutcomeKind.INTERRUPTED


def test_unplugged_and_back_under_the_same_name(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.host.unplug("mill")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.lines_sent >= outcome.lines_acknowledged >= 30
    assert machine.status().state is MachineState.OFFLINE
    with pytest.raises(LinkLostError):
        machine.identify()
    bench.host.plug("mill")
    again = bench.connect("mill")
    assert again.status().state is MachineState.ALARM  # position lost: home first
    assert again.home().state is MachineState.IDLE


def test_unplugged_after_the_last_line_is_unknown_never_completed(bench: Any) -> None:
    machine = bench.grbl(2.0)
    job = bench.start(machine, "G0 X10 Y10 Z5\nG1 X60 F600\n")
    job.wait(lambda told: told.lines_acknowledged == 2)
    bench.host.unplug("mill")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.lines_acknowledged == outcome.lines_total == 2


def test_frozen_board_is_noticed(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.fault("mill", "freeze")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "silent" in outcome.reason
    assert machine.status().state is MachineState.UNKNOWN


def test_limit_switch_in_mid_job(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.fault("mill", "limit")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "ALARM:1 hard limit" in outcome.reason
    assert machine.unlock().state is MachineState.IDLE


def test_flipped_bits_towards_the_board_never_pass_as_completed(
    bench: Any, mill_program: Any
) -> None:
    """GRBL has no checksum: what the path shows, the report must not deny."""
    machine = bench.grbl(300.0)
    straight = bench.run(machine, mill_program(60))
    assert straight.kind is OutcomeKind.COMPLETED
    blocks = bench.oracle("mill")["blocks_executed"]
    bench.fault("mill", "flip", direction="to_board", count=40, skip=300)
    job = bench.start(machine, mill_program(60))
    outcome = job.outcome()
    assert outcome.kind is not OutcomeKind.COMPLETED, (outcome, blocks)


def test_a_changed_end_is_found_by_the_position(bench: Any) -> None:
    """'G1X30F900' becomes 'G1X70F900': every line is answered ok."""
    machine = bench.grbl()
    preamble = len(b"G0G54G17G21G90G94\n") + len(b"G1X30")
    # The '3' of the only line: 0x33 ^ 0x04 is '7'.
    bench.fault("mill", "flip", count=1, skip=preamble - 2 + 1)
    outcome = bench.run(machine, "G1X30F900\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert bench.oracle("mill")["lines_executed"] >= 3


def test_garbage_from_the_board_does_not_end_a_job(
    bench: Any, mill_program: Any
) -> None:
    machine = bench.grbl(100.0)
    job = bench.start(machine, mill_program(100))
    job.wait_for(10)
    bench.fault("mill", "garbage", count=2000)
    outcome = job.outcome()
    # Noise may swallow an answer, which is then a stall; it never invents an end.
    assert outcome.kind in (OutcomeKind.COMPLETED, OutcomeKind.UNKNOWN), outcome
    assert len(outcome.incidents) <= 20
    assert bench.oracle("mill")["state"] == "Idle"


def test_power_cut_leaves_no_job_running(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(200))
    job.wait_for(30)
    bench.fault("mill", "power_cut")
    assert job.outcome().kind is OutcomeKind.INTERRUPTED
    executed = bench.oracle("mill")["blocks_executed"]
    time.sleep(0.2)
    assert bench.oracle("mill")["blocks_executed"] == executed


def test_a_failing_caller_leaves_the_machine_at_rest(
    bench: Any, mill_program: Any
) -> None:
    machine = bench.grbl()
    looks = []

    def fail_later(progress: Any) -> None:
        looks.append(progress)
        if progress.lines_acknowledged > 20:
            raise OSError(28, "no space left on device")

    program = Program(source=mill_program(200).encode())
    with pytest.raises(OSError, match="no space"):
        machine.run(program, fail_later)
    oracle = bench.oracle("mill")
    assert (oracle["state"], oracle["spindle_on"]) == ("Idle", False)
    assert machine.status().state is MachineState.IDLE
