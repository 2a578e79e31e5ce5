"""A printer behind the real OctoPrint: what it is told, and what is said of its jobs."""

import threading

import pytest

from firmware_bridge.errors import HostKeyError, LinkLostError, NotReadyError
from firmware_bridge.facts import WAITS, MachineState, OutcomeKind
from firmware_bridge.machine import Machine, connect
from firmware_bridge.space import Box
from tests.integration.hosts.programs import QUICK, Run, piece
from tests.integration.hosts.servers import (
    KEY,
    SMALL_KEY,
    OctoPrintServer,
    Proxy,
    wait_until,
)


def test_printer_is_told_from_its_profile(machine: Machine) -> None:
    told = machine.identify()
    assert (told.firmware, told.dialect) == ("OctoPrint", "marlin")
    assert told.version.startswith("1.")
    assert told.work_envelope_mm == Box(min_mm=(0, 0, 0), max_mm=(200, 200, 200))
    assert told.motion is not None
    assert told.motion.max_feed_mm_per_min == (6000, 6000, 200)
    assert (told.hotend_count, told.heated_bed) == (1, True)
    assert machine.status().state is MachineState.IDLE


def test_whole_job(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(120)
    run = Run(machine, made)
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.last_position_mm == (5.0, 6.0, 0.3)
    assert outcome.lines_sent == outcome.lines_acknowledged == outcome.lines_total
    assert server.printed(made.marker) == 1
    assert server.files == []  # nobody can start it there again
    done = [progress.done_ratio for progress in run.seen]
    assert done == sorted(done)
    assert any(0 < ratio < 1 for ratio in done)


def test_pause_and_resume(machine: Machine) -> None:
    run = Run(machine, piece(80, dwell_ms=50)).when_running(machine.pause)
    wait_until(lambda: machine.status().state is MachineState.PAUSED, "it stands")
    stood = run.seen[-1].lines_sent
    machine.resume()
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.lines_sent > stood
    assert MachineState.PAUSED in {progress.status.state for progress in run.seen}


def test_cancel(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(80, dwell_ms=50)
    outcome = Run(machine, made).when_running(machine.cancel).ended()
    assert outcome.kind is OutcomeKind.CANCELLED
    assert 0 < outcome.lines_acknowledged < outcome.lines_total
    assert server.state == "Operational"
    assert server.printed("M104 T0 S0") >= 1
    assert server.files == []


def test_stop_and_unlock(machine: Machine, server: OctoPrintServer) -> None:
    outcome = Run(machine, piece(80, dwell_ms=50)).when_running(machine.stop).ended()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "stopped at once")
    assert server.printed("M112") >= 1  # with a line number and without
    assert machine.status().state is MachineState.ALARM
    with pytest.raises(NotReadyError):
        machine.run(piece(1).program, lambda _: None)
    assert machine.unlock().state is MachineState.IDLE
    assert machine.home().state is MachineState.IDLE


def test_end_wished_before_the_start(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(5)
    outcome = machine.run(made.program, lambda _: machine.cancel())
    assert outcome.kind is OutcomeKind.CANCELLED
    assert server.printed(made.marker) == 0
    assert server.files == []


def test_caller_that_fails_leaves_a_machine_at_rest(
    machine: Machine, server: OctoPrintServer
) -> None:
    def fail(progress: object) -> None:
        if server.state == "Printing":
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        machine.run(piece(80, dwell_ms=50).program, fail)
    wait_until(server.ready, "it was cancelled")


# Somebody else


def test_cancelled_in_its_page(machine: Machine, server: OctoPrintServer) -> None:
    run = Run(machine, piece(80, dwell_ms=50))
    run.when_running(lambda: server.act("/api/job", command="cancel"))
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.lines_acknowledged < outcome.lines_total


def test_paused_and_started_again_in_its_page(
    machine: Machine, server: OctoPrintServer
) -> None:
    run = Run(machine, piece(120, dwell_ms=50)).when_running()
    wait_until(lambda: run.seen[-1].done_ratio > 0.3, "it is well on its way")
    server.act("/api/job", command="pause", action="pause")
    wait_until(lambda: server.state == "Paused", "it stands")
    told = wait_until(lambda: run.seen[-1].status.note, "that it waits for somebody")
    assert told is not None
    assert told.startswith(WAITS)
    server.act("/api/job", command="restart")
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "started it again" in outcome.reason


def test_another_file_in_its_place(machine: Machine, server: OctoPrintServer) -> None:
    path = server.upload("theirs.gcode", piece(80, dwell_ms=50).source)
    made = piece(80, dwell_ms=50)
    run = Run(machine, made).when_running(
        lambda: server.act("/api/job", command="cancel")
    )
    wait_until(lambda: server.state == "Operational", "it was cancelled")
    server.act(path, command="select", print=True)
    outcome = run.ended()
    machine.cancel()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert server.state == "Printing"  # theirs is left alone
    with pytest.raises(NotReadyError, match=r"theirs\.gcode"):
        machine.run(made.program, lambda _: None)
    assert machine.status().state is MachineState.RUNNING
    assert server.printed(made.marker) == 1


# Faults


def test_printer_disconnected(machine: Machine, server: OctoPrintServer) -> None:
    run = Run(machine, piece(80, dwell_ms=50))
    run.when_running(lambda: server.act("/api/connection", command="disconnect"))
    assert run.ended().kind is OutcomeKind.INTERRUPTED
    assert machine.status().state is MachineState.OFFLINE
    with pytest.raises(Exception, match="connect it there"):
        connect(server.address, key=KEY, patience=QUICK)


def test_server_killed_and_back(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(80, dwell_ms=50)
    run = Run(machine, made).when_running(server.kill)
    server.start()
    outcome = run.ended()
    assert outcome.kind in (OutcomeKind.INTERRUPTED, OutcomeKind.UNKNOWN)
    assert "knows no end of it" in outcome.reason
    assert server.state == "Operational"
    assert server.printed(made.marker) == 1


def test_server_frozen_for_a_while(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(60, dwell_ms=50)
    run = Run(machine, made).when_running(lambda: server.freeze(frozen=True))
    wait_until(
        lambda: run.seen[-1].status.state is MachineState.UNKNOWN, "nobody knows"
    )
    server.freeze(frozen=False)
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.incidents
    assert server.printed(made.marker) == 1


def test_upload_cut(wired: Machine, wire: Proxy, server: OctoPrintServer) -> None:
    made = piece(20_000)
    wire.cut_after_bytes = 200_000
    with pytest.raises(LinkLostError):
        wired.run(made.program, lambda _: None)
    wire.cut_after_bytes = None
    assert server.files == []
    assert server.printed(made.marker) == 0
    assert wired.status().state is MachineState.IDLE


def test_answer_to_the_start_lost(
    wired: Machine, wire: Proxy, server: OctoPrintServer
) -> None:
    made = piece(60)
    wire.lose_answer = b'"print":true'
    outcome = Run(wired, made).ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert "the answer to the start was lost" in outcome.incidents[0]
    assert server.printed(made.marker) == 1


def test_start_itself_lost(
    wired: Machine, wire: Proxy, server: OctoPrintServer
) -> None:
    made = piece(60)
    wire.lose_request = b'"print":true'
    outcome = Run(wired, made).ended()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.lines_sent == 0
    assert server.printed(made.marker) == 0
    assert server.files == []  # so it can't start any more


def test_wrong_and_small_keys_are_named(server: OctoPrintServer) -> None:
    for key in ("A" * 32, None):
        with pytest.raises(HostKeyError, match="does not take the key") as error:
            connect(server.address, key=key, patience=QUICK)
        assert "AAAA" not in str(error.value)
    with pytest.raises(HostKeyError, match="may not do CONNECTION, CONTROL, PRINT"):
        connect(server.address, key=SMALL_KEY, patience=QUICK)


def test_closed_while_it_runs(machine: Machine, server: OctoPrintServer) -> None:
    made = piece(60, dwell_ms=50)
    run = Run(machine, made).when_running(machine.close)
    threading.Event().wait(0.3)
    assert server.state == "Printing"  # a server goes on without us
    again = connect(server.address, key=KEY, patience=QUICK)
    assert again.status().state is MachineState.RUNNING
    with pytest.raises(NotReadyError):
        again.run(made.program, lambda _: None)
    again.close()
    assert server.printed(made.marker) == 1
    assert run.ended().kind is OutcomeKind.UNKNOWN
