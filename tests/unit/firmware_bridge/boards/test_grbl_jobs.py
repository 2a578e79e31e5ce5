"""A GRBL board does what it is told, and only a seen end is a completion."""

import time
from typing import Any

import pytest

from firmware_bridge.errors import LinkBusyError, NotReadyError, ProgramError
from firmware_bridge.facts import MachineState, OutcomeKind, PieceCount
from firmware_bridge.link import Link
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS


def test_identity_is_probed_not_typed_in(bench: Any) -> None:
    machine = bench.grbl()
    identity = machine.identify()
    assert (identity.dialect, identity.version) == ("grbl", "1.1h.20190825")
    assert identity.envelope_mm.size_mm == (300.0, 200.0, 80.0)
    assert identity.work_envelope_mm.min_mm == (0.0, 0.0, -40.0)
    assert (identity.rx_buffer_bytes, identity.planner_blocks) == (128, 15)
    assert identity.homing
    assert identity.spindle_max == 1000.0


def test_completed_after_every_move_was_made_once(
    bench: Any, mill_program: Any
) -> None:
    machine = bench.grbl()
    outcome = bench.run(machine, mill_program(200))
    oracle = bench.oracle("mill")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert (
        outcome.lines_sent == outcome.lines_acknowledged == outcome.lines_total == 205
    )
    assert outcome.last_position_mm == pytest.approx((0, 0, 5), abs=0.01)
    assert oracle["machine_mm"] == pytest.approx([-300, -200, -35], abs=0.01)
    assert oracle["programs_started"] == 1
    assert oracle["bytes_overrun"] == 0
    assert oracle["spindle_on"] is False
    assert machine.status().state is MachineState.IDLE


def test_a_stream_that_does_not_count_loses_bytes_on_the_board(
    bench: Any, mill_program: Any
) -> None:
    """The board must punish what the bridge avoids, else its tests prove nothing."""
    bench.grbl().close()
    with Link(bench.port("mill"), 115200) as link:
        while (line := link.read_line(1.0)) and b"unlock" not in line:
            pass
        link.write(b"$X\n" + mill_program(200).encode())
        time.sleep(0.5)
    assert bench.oracle("mill")["bytes_overrun"] > 1000


def test_same_path_at_any_speed_of_the_clock(bench: Any, mill_program: Any) -> None:
    crc = []
    for scale in (20.0, 500.0):
        machine = bench.grbl(scale)
        assert bench.run(machine, mill_program(60)).kind is OutcomeKind.COMPLETED
        crc.append(bench.oracle("mill")["path_crc"])
        machine.close()
        bench.host.unplug("mill")
    assert crc[0] == crc[1]


def test_pause_stands_still_and_resume_goes_on(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(150))
    job.wait_for(30)
    machine.pause()
    job.wait(lambda told: told.status.state is MachineState.PAUSED)
    time.sleep(0.15)
    place = bench.oracle("mill")["machine_mm"]
    time.sleep(0.3)
    assert bench.oracle("mill")["machine_mm"] == place
    assert machine.status().state is MachineState.PAUSED
    machine.resume()
    assert job.outcome().kind is OutcomeKind.COMPLETED


def test_cancel_ends_at_rest_with_spindle_off_and_place_kept(
    bench: Any, mill_program: Any
) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(300))
    job.wait_for(50)
    assert bench.oracle("mill")["spindle_on"] is True
    machine.cancel()
    outcome = job.outcome()
    oracle = bench.oracle("mill")
    assert outcome.kind is OutcomeKind.CANCELLED
    assert 50 <= outcome.lines_acknowledged < 300
    assert oracle["spindle_on"] is False
    assert oracle["state"] == "Idle"
    machine_x = oracle["machine_mm"][0]
    assert outcome.last_position_mm[0] == pytest.approx(machine_x + 300, abs=0.01)
    assert bench.run(machine, "G0 X1 Y1\n").kind is OutcomeKind.COMPLETED


def test_stop_acts_at_once_and_locks_the_machine(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    job = bench.start(machine, mill_program(300))
    job.wait_for(50)
    machine.stop()
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.CANCELLED
    assert "stopped" in outcome.reason
    assert machine.status().state is MachineState.ALARM
    with pytest.raises(NotReadyError, match="alarm"):
        bench.run(machine, "G0 X1\n")
    assert machine.unlock().state is MachineState.IDLE


def test_refused_line_ends_the_job_with_its_number(bench: Any) -> None:
    machine = bench.grbl()
    rest = "G0 X9\nG0 X8\n" * 100  # more than a busy computer lets pass meanwhile
    head = "G21\n; a comment\nG0 X1\nM3 S100\nG5 X2\n"
    outcome = bench.run(machine, f"{head}{rest}M5\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "line 5 refused: error:20" in outcome.reason
    assert bench.oracle("mill")["spindle_on"] is False


def test_soft_limit_is_an_alarm_that_unlock_clears(bench: Any) -> None:
    machine = bench.grbl()
    outcome = bench.run(machine, "G0 X10 Y10\nG0 X400\nG0 X0\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "ALARM:2" in outcome.reason
    status = machine.status()
    assert status.state is MachineState.ALARM
    assert "soft limit" in status.alarm
    assert machine.unlock().state is MachineState.IDLE


def test_one_job_at_a_time_and_only_programs(bench: Any, mill_program: Any) -> None:
    machine = bench.grbl()
    with pytest.raises(ProgramError):
        machine.run(PieceCount(pieces_expected=3), lambda _: None)
    with pytest.raises(ProgramError, match="empty"):
        bench.run(machine, "; nothing\n")
    job = bench.start(machine, mill_program(200))
    job.wait_for(10)
    with pytest.raises(NotReadyError):
        bench.run(machine, "G0 X1\n")
    machine.cancel()
    job.outcome()


def test_port_is_held_exclusively(bench: Any) -> None:
    bench.grbl()
    with pytest.raises(LinkBusyError):
        Link(bench.port("mill"), 115200)


def test_wire_is_paced_at_the_baud_rate(bench: Any) -> None:
    """At real time 4,000 bytes take 347 ms at 115200 baud, and no less."""
    settings = {**DEFAULT_SETTINGS, 22: 0}
    bench.seat("mill", GrblBoard(settings=settings), 1.0)
    with Link(bench.port("mill"), 115200) as link:
        while (line := link.read_line(2.0)) and b"Grbl" not in line:
            pass
        from_s = time.monotonic()
        link.write(b"G4P0\n" * 800)
        answers = 0
        while answers < 800 and (line := link.read_line(30.0)):
            answers += line == b"ok"
        took_s = time.monotonic() - from_s
    assert answers == 800
    assert took_s > 0.34


def test_drilling_cycles_run_as_plain_moves(bench: Any) -> None:
    """GRBL knows no G81; what it makes of one, and which line a refusal is about."""
    text = "G21 G90\nM3 S800\nG0 X5 Y5 Z5\nG99 G81 X5 Y5 Z-2 R1 F600\nX9\nG80\n"
    outcome = bench.run(bench.grbl(), text + "M5\n")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    x, _, z = bench.oracle("mill")["steps"]
    from_home = (294, 34)  # to X5 and Z5
    assert (x, z) == ((from_home[0] + 4) * 250, (from_home[1] + 4 + 4 * 3) * 250)
    outcome = bench.run(bench.machines[-1], text + "G0 Z5\nG38.2 Z-1 F10\nM5\n")
    assert "line 8 refused: error:20" in outcome.reason


def test_time_left_is_told_from_the_first_line_to_the_last(bench: Any) -> None:
    job = bench.start(bench.grbl(), "G0 X5 Y5 Z5\nG1 X200 F1200\nG1 X5\nG1 X100\n")
    assert job.outcome().kind is OutcomeKind.COMPLETED
    left = [told.remaining_s for told in job.told]
    whole_s = 294 / 50 + (195 + 195 + 95) / 20
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(whole_s, rel=0.1)
    done = [told.done_ratio for told in job.told]
    assert done == sorted(done)
