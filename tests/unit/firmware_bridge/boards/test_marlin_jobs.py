"""A Marlin board does what it is told; numbers and checksums heal the wire."""

import time
from typing import Any

import pytest

from firmware_bridge.detect import detect
from firmware_bridge.facts import RUN_OUT, MachineState, OutcomeKind
from firmware_bridge.simulators.marlin_board import MarlinBoard


def test_identity_and_detection_at_an_unusual_rate(bench: Any) -> None:
    machine = bench.marlin(baud=250000)
    identity = machine.identify()
    assert (identity.dialect, identity.firmware) == ("marlin", "Marlin")
    assert identity.version == "2.1.2.1"
    assert identity.envelope_mm.max_mm == (220.0, 220.0, 250.0)
    assert identity.motion is not None
    assert identity.motion.max_feed_mm_per_min == (18000.0, 18000.0, 600.0)
    assert identity.heated_bed
    assert identity.hotend_count == 1
    assert "ARCS" in identity.options
    machine.close()
    bench.seat("other", MarlinBoard(), 60.0)
    found = detect(bench.port("other"))
    assert (found.dialect, found.baud) == ("marlin", 115200)


def test_completed_when_m400_and_m114_say_so(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    outcome = bench.run(machine, print_program(100))
    oracle = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.lines_acknowledged == outcome.lines_total == 110
    assert outcome.resend_count == 0
    assert oracle["machine_mm"] == pytest.approx([0, 0, 1], abs=0.01)
    assert oracle["extruded_mm"] == pytest.approx(9.9)
    assert oracle["nozzle_target_c"] == oracle["bed_target_c"] == 0
    assert oracle["bytes_overrun"] == 0


def test_progress_tells_heat_and_time_left(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(100))
    job.outcome()
    hottest = max(told.status.temperatures_c.get("nozzle", 0) for told in job.told)
    assert hottest > 185
    ratios = [told.done_ratio for told in job.told]
    assert ratios == sorted(ratios)
    assert any(told.remaining_s for told in job.told)


@pytest.mark.parametrize("direction", ["to_board", "to_host"])
def test_flipped_bits_are_healed_and_the_path_is_whole(
    bench: Any, print_program: Any, direction: str
) -> None:
    machine = bench.marlin(120.0)
    assert bench.run(machine, print_program(60)).kind is OutcomeKind.COMPLETED
    steps = bench.oracle("printer")["steps"]
    job = bench.start(machine, print_program(60))
    job.wait_for(10)
    bench.fault("printer", "flip", direction=direction, count=3, skip=20)
    outcome = job.outcome()
    after = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    # The second print goes the same way once, from the same start.
    assert after["steps"][0] - steps[0] == steps[0]
    if direction == "to_board":
        assert outcome.resend_count >= 1


def test_lost_ok_is_recovered_by_line_number(bench: Any, print_program: Any) -> None:
    machine = bench.marlin(120.0)
    job = bench.start(machine, print_program(100))
    job.wait_for(20)
    bench.fault("printer", "drop_ok", count=2)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert any("lost" in text for text in outcome.incidents)
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(9.9)


def test_bytes_lost_towards_the_board_are_sent_again(
    bench: Any, print_program: Any
) -> None:
    machine = bench.marlin(120.0)
    job = bench.start(machine, print_program(100))
    job.wait_for(20)
    bench.fault("printer", "drop", direction="to_board", count=30)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.resend_count >= 1
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(9.9)


def test_reset_in_mid_job_is_told(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(300))
    job.wait_for(40)
    bench.fault("printer", "reset")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "restarted" in outcome.reason
    assert bench.oracle("printer")["nozzle_target_c"] == 0


def test_reset_is_told_from_the_lost_line_number(
    bench: Any, print_program: Any
) -> None:
    """The banner is garbled, so only `Last Line: 0` is left to tell."""
    machine = bench.marlin(60.0)
    job = bench.start(machine, print_program(300))
    job.wait_for(8)
    bench.fault("printer", "reset")
    bench.fault("printer", "drop", direction="to_host", count=8)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert "restarted" in outcome.reason


def test_pause_resume_cancel(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    machine.pause()
    job.wait(lambda told: told.status.state is MachineState.PAUSED)
    held = job.told[-1].lines_sent
    machine.resume()
    job.wait(lambda told: told.lines_sent > held)
    machine.cancel()
    outcome = job.outcome()
    oracle = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.CANCELLED, outcome
    assert oracle["nozzle_target_c"] == oracle["bed_target_c"] == 0
    assert oracle["state"] == "Idle"
    assert outcome.last_position_mm == pytest.approx(oracle["machine_mm"], abs=0.01)


@pytest.mark.parametrize("emergency", [True, False])
def test_stop_takes_heat_and_motion_at_once(
    bench: Any, print_program: Any, *, emergency: bool
) -> None:
    machine = bench.marlin(emergency_parser=emergency)
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    machine.stop()
    outcome = job.outcome()
    oracle = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.CANCELLED
    assert oracle["nozzle_target_c"] == 0
    assert oracle["state"] == ("Halted" if emergency else "Idle")
    assert machine.unlock().state is MachineState.IDLE


def test_thermal_runaway_is_an_alarm(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    bench.fault("printer", "run_away")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "Runaway" in outcome.reason or "halted" in outcome.reason
    assert machine.status().state is MachineState.ALARM


def test_unplug_and_freeze_are_reported(bench: Any, print_program: Any) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    bench.fault("printer", "freeze")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "silent" in outcome.reason
    bench.fault("printer", "thaw")
    machine.close()
    time.sleep(0.1)  # long enough for DTR to drop
    again = bench.connect("printer")
    job = bench.start(again, print_program(300))
    job.wait_for(30)
    bench.host.unplug("printer")
    assert job.outcome().kind is OutcomeKind.INTERRUPTED
    assert again.status().state is MachineState.OFFLINE


def test_cold_extrusion_is_no_completion(bench: Any) -> None:
    machine = bench.marlin()
    outcome = bench.run(machine, "G28\nG1 X10 E5 F600\nG1 X20 E9\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "cold extrusion" in outcome.reason


def test_end_of_the_filament_is_named_and_the_job_goes_on(
    bench: Any, print_program: Any
) -> None:
    machine = bench.marlin()
    job = bench.start(machine, print_program(100))
    job.wait_for(30)
    bench.fault("printer", "run_out")
    job.wait(lambda told: told.status.note == RUN_OUT)
    assert job.told[-1].status.state is MachineState.PAUSED
    bench.fault("printer", "filament_back")
    assert job.outcome().kind is OutcomeKind.COMPLETED
    assert job.told[-1].status.note is None
