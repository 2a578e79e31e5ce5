"""RepRapFirmware answers like Marlin and is not Marlin: nothing heals the line there."""

from functools import partial
from typing import Any

import pytest

from firmware_bridge.detect import detect, open_recognised
from firmware_bridge.dialects import marlin, reprap
from firmware_bridge.dialects.manner import Twice
from firmware_bridge.facts import MachineState, OutcomeKind
from firmware_bridge.simulators.reprap_board import RepRapBoard


@pytest.fixture
def duet(bench: Any) -> Any:
    return partial(bench.marlin, kind=RepRapBoard)


def test_it_is_told_from_marlin_and_says_what_it_is(bench: Any, duet: Any) -> None:
    machine = duet(baud=57600)
    identity = machine.identify()
    assert (machine.dialect, identity.dialect) == ("reprap", "marlin")
    assert (identity.firmware, identity.version) == ("RepRapFirmware", "3.5.3")
    assert identity.uuid == RepRapBoard().uuid
    assert identity.envelope_mm.max_mm == (220.0, 220.0, 250.0)
    assert identity.motion.max_feed_mm_per_min == pytest.approx((18000, 18000, 600))
    assert identity.motion.jerk_mm_per_s == pytest.approx((10, 10, 0.4, 5))
    assert (identity.heated_bed, identity.hotend_count) == (True, 1)
    assert machine.status().state is MachineState.IDLE
    machine.close()
    bench.seat("other", RepRapBoard(), 60.0)
    assert detect(bench.port("other")).dialect == "reprap"
    # A lab that names the programs it runs has named its machine.
    link, dialect = open_recognised(bench.port("other"), dialect="marlin", baud=115200)
    link.close()
    assert dialect == "reprap"


@pytest.mark.parametrize("needs_checksum", [False, True])
def test_completed_when_the_motion_is_over_and_the_place_is_right(
    bench: Any, duet: Any, print_program: Any, *, needs_checksum: bool
) -> None:
    machine = duet(needs_checksum=needs_checksum)
    outcome = bench.run(machine, print_program(100))
    oracle = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.lines_acknowledged == outcome.lines_total == 110
    assert oracle["machine_mm"] == pytest.approx([0, 0, 1], abs=0.01)
    assert oracle["extruded_mm"] == pytest.approx(9.9)
    assert oracle["nozzle_target_c"] == oracle["bed_target_c"] == 0
    assert oracle["bytes_overrun"] == 0
    assert not outcome.incidents


def test_a_line_that_was_dropped_without_a_word_is_said_again(
    bench: Any, duet: Any, print_program: Any
) -> None:
    machine = duet(120.0)
    job = bench.start(machine, print_program(60))
    job.wait_for(10)
    bench.fault("printer", "flip", direction="to_board", count=1, skip=4)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert any("lost" in text for text in outcome.incidents)
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(5.9)


def test_a_lost_answer_is_healed_and_nothing_is_done_twice(
    bench: Any, duet: Any, print_program: Any
) -> None:
    machine = duet(120.0)
    job = bench.start(machine, print_program(60))
    job.wait_for(15)
    bench.fault("printer", "drop_ok", count=1)
    assert job.outcome().kind is OutcomeKind.COMPLETED
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(5.9)
    relative = print_program(60).replace("G92 E0", "G92 E0\nM83")
    job = bench.start(machine, relative)
    job.wait_for(15)
    bench.fault("printer", "drop_ok", count=1)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    relative_mm = sum(place * 0.1 for place in range(60))
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(5.9 + relative_mm)


def test_heat_is_waited_for_here_so_that_cancel_is_heard(
    bench: Any, duet: Any, print_program: Any
) -> None:
    machine = duet(10.0)
    job = bench.start(machine, print_program(60))
    job.wait(lambda told: told.status.temperatures_c.get("nozzle_target", 0) > 0)
    assert bench.oracle("printer")["nozzle_c"] < 180
    machine.cancel()
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.CANCELLED, outcome
    oracle = bench.oracle("printer")
    assert oracle["nozzle_target_c"] == oracle["bed_target_c"] == 0


def test_a_refused_line_ends_the_job(bench: Any, duet: Any) -> None:
    outcome = bench.run(duet(), "G1 X10 F600\nG1 X20\n")
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert "insufficient axes homed" in outcome.reason


@pytest.mark.parametrize("banner_heard", [True, False])
def test_reset_in_mid_job_is_told(
    bench: Any, duet: Any, print_program: Any, *, banner_heard: bool
) -> None:
    """Without the banner it shows by the first move: a board that lost its place."""
    machine = duet()
    job = bench.start(machine, print_program(300))
    job.wait_for(40)
    bench.fault("printer", "reset")
    if not banner_heard:
        bench.fault("printer", "drop", direction="to_host", count=56)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert "restarted" in outcome.reason or "homed" in outcome.reason


def test_stop_halts_it_and_unlock_resets_it(
    bench: Any, duet: Any, print_program: Any
) -> None:
    machine = duet()
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    machine.stop()
    assert job.outcome().kind is OutcomeKind.CANCELLED
    oracle = bench.oracle("printer")
    assert (oracle["state"], oracle["nozzle_target_c"]) == ("Halted", 0)
    assert machine.status().state is MachineState.ALARM
    assert machine.unlock().state is MachineState.IDLE
    assert bench.oracle("printer")["state"] == "Idle"


def test_a_heater_fault_is_no_completion(
    bench: Any, duet: Any, print_program: Any
) -> None:
    machine = duet()
    job = bench.start(machine, print_program(300))
    job.wait_for(30)
    bench.fault("printer", "run_away")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert "Heating fault" in outcome.reason


def test_an_up_time_that_went_back_is_a_restart(bench: Any, duet: Any) -> None:
    talk = duet()._talk
    assert isinstance(talk.hear(b'{"key":"state.upTime","result":50}'), marlin.Value)
    assert isinstance(talk.hear(b'{"key":"state.upTime","result":7}'), marlin.Start)


@pytest.mark.parametrize(
    ("lines", "may_be_done_twice"),
    [
        ("G90\nM82\nG1 X1 E1", True),
        ("G90\nM83\nG1 X1 E1", False),
        ("G90\nM83\nG1 X1", True),
        ("G91\nM82\nG1 X1", False),
        ("G91\nG1 F600", True),
        ("G90\nM82\nG2 X1 Y1 I1 J0", False),
        ("M104 S200", True),
        ("M600", False),
        ("T0 P0", True),
    ],
)
def test_what_may_be_done_twice(lines: str, *, may_be_done_twice: bool) -> None:
    twice = Twice()
    assert [twice.take(line) for line in lines.split("\n")][-1] is may_be_done_twice


def test_numbers_of_a_damaged_model_are_no_values() -> None:
    for line in (
        b'{"key":"state.upTime","result":1e400}',
        b'{"key":"state.upTime","result":NaN}',
        b'{"key":"state.status","result":[[[[]]]]}',
        b"[" * 400,
        b"{" * 400,
    ):
        assert isinstance(reprap.parse(line), marlin.Unknown)
