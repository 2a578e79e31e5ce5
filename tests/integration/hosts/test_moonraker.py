"""A printer behind the real Moonraker: what it is told, and what is said of its jobs."""

import pytest

from firmware_bridge.errors import (
    HostKeyError,
    LinkLostError,
    NoAnswerError,
    NotReadyError,
)
from firmware_bridge.facts import RUN_OUT, MachineState, OutcomeKind
from firmware_bridge.machine import Machine, connect
from firmware_bridge.space import Box
from tests.integration.hosts.programs import QUICK, Run, piece
from tests.integration.hosts.servers import MoonrakerServer, Proxy, wait_until


def test_printer_is_told_from_klippers_settings(behind: Machine) -> None:
    told = behind.identify()
    assert (told.firmware, told.version) == ("Klipper", "v0.12.0-simulated")
    assert told.dialect == "marlin"
    assert told.work_envelope_mm == Box(min_mm=(0, -5, 0), max_mm=(220, 230, 250))
    assert told.motion is not None
    assert told.motion.max_feed_mm_per_min == (18_000, 18_000, 900)
    assert told.motion.acceleration_mm_per_s2 == (3000, 3000, 100)
    assert (told.hotend_count, told.heated_bed) == (1, True)
    status = behind.status()
    assert status.state is MachineState.IDLE
    assert status.temperatures_c["nozzle"] == 21.0


def test_whole_job(behind: Machine, klipper: MoonrakerServer) -> None:
    made = piece(120)
    run = Run(behind, made)
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.last_position_mm == (5.0, 6.0, 0.3)
    assert outcome.lines_sent == outcome.lines_acknowledged == outcome.lines_total
    assert klipper.printed(made.marker) == 1
    assert klipper.files == []
    done = [progress.done_ratio for progress in run.seen]
    assert done == sorted(done)
    assert any(0 < ratio < 1 for ratio in done)


def test_pause_and_resume(behind: Machine) -> None:
    run = Run(behind, piece(80, dwell_ms=30)).when_running(behind.pause)
    wait_until(lambda: behind.status().state is MachineState.PAUSED, "it stands")
    behind.resume()
    assert run.ended().kind is OutcomeKind.COMPLETED


def test_end_of_a_spool_is_named_and_its_page_goes_on(
    behind: Machine, klipper: MoonrakerServer
) -> None:
    run = Run(behind, piece(80, dwell_ms=30))
    run.when_running(lambda: klipper.act("/printer/gcode/script", script="_SPOOL_ENDS"))
    wait_until(lambda: run.seen[-1].status.note == f"{RUN_OUT} (spool)", "it is told")
    assert run.seen[-1].status.state is MachineState.PAUSED
    klipper.act("/printer/print/resume")
    assert run.ended().kind is OutcomeKind.COMPLETED


def test_cancel(behind: Machine, klipper: MoonrakerServer) -> None:
    cooled = klipper.printed("TURN_OFF_HEATERS")
    outcome = Run(behind, piece(80, dwell_ms=50)).when_running(behind.cancel).ended()
    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.lines_acknowledged < outcome.lines_total
    assert klipper.state == "cancelled"
    assert klipper.printed("TURN_OFF_HEATERS") == cooled + 1


def test_stop_and_unlock(behind: Machine) -> None:
    outcome = Run(behind, piece(80, dwell_ms=50)).when_running(behind.stop).ended()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "stopped at once")
    shown = behind.status()
    assert shown.state is MachineState.ALARM
    assert shown.alarm == "Klipper is shutdown: Shutdown due to webhooks request"
    with pytest.raises(NotReadyError):
        behind.run(piece(1).program, lambda _: None)
    assert behind.unlock().state is MachineState.IDLE
    assert behind.home().state is MachineState.IDLE


def test_cancelled_in_its_page(behind: Machine, klipper: MoonrakerServer) -> None:
    run = Run(behind, piece(80, dwell_ms=50))
    run.when_running(lambda: klipper.act("/printer/print/cancel"))
    assert run.ended().kind is OutcomeKind.INTERRUPTED


def test_shut_down_by_itself(behind: Machine, klipper: MoonrakerServer) -> None:
    run = Run(behind, piece(80, dwell_ms=50))
    run.when_running(lambda: klipper.act("/printer/emergency_stop"))
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "Shutdown due to webhooks request" in outcome.reason


def test_another_file_in_its_place(behind: Machine, klipper: MoonrakerServer) -> None:
    theirs, made = piece(80, dwell_ms=50), piece(80, dwell_ms=50)
    (klipper.folder / "gcodes" / "theirs.g").write_bytes(theirs.source)
    run = Run(behind, made)
    run.when_running(lambda: klipper.act("/printer/print/cancel"))
    klipper.act("/printer/print/start", filename="theirs.g")
    assert run.ended().kind is OutcomeKind.INTERRUPTED
    behind.cancel()
    assert klipper.state == "printing"  # theirs is left alone
    with pytest.raises(NotReadyError, match=r"theirs\.g"):
        behind.run(made.program, lambda _: None)
    assert klipper.printed(made.marker) == 1


def test_klippy_killed_and_back(behind: Machine, klipper: MoonrakerServer) -> None:
    made = piece(200, dwell_ms=50)
    run = Run(behind, made).when_running(klipper.klippy.kill)
    outcome = run.ended()
    assert outcome.kind in (OutcomeKind.INTERRUPTED, OutcomeKind.UNKNOWN)
    assert behind.status().state is MachineState.OFFLINE
    with pytest.raises(NoAnswerError, match="connect it there"):
        connect(klipper.address, key=klipper.key, patience=QUICK)
    klipper.klippy.start()
    wait_until(lambda: behind.status().state is MachineState.IDLE, "it is back")
    assert klipper.printed(made.marker) == 1


def test_moonraker_killed_and_back(behind: Machine, klipper: MoonrakerServer) -> None:
    """Klipper prints on without it, so the job is seen to its end."""
    made = piece(100, dwell_ms=50)
    run = Run(behind, made).when_running(klipper.kill)
    klipper.start()
    outcome = run.ended()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert outcome.incidents
    assert klipper.printed(made.marker) == 1


def test_upload_cut_and_start_lost(klipper: MoonrakerServer) -> None:
    wire, made = Proxy(klipper.port), piece(20_000)
    machine = connect(f"moonraker+{wire.url}", key=klipper.key, patience=QUICK)
    wire.cut_after_bytes = 200_000
    with pytest.raises(LinkLostError):
        machine.run(made.program, lambda _: None)
    wire.cut_after_bytes = None
    assert klipper.files == []
    wire.lose_request = b"/print/start"
    lost = piece(60)
    outcome = machine.run(lost.program, lambda _: None)
    assert (outcome.kind, outcome.lines_sent) == (OutcomeKind.INTERRUPTED, 0)
    assert klipper.files == []  # so it can't start any more
    wire.lose_request, wire.lose_answer = None, b"/print/start"
    heard = piece(60)
    outcome = machine.run(heard.program, lambda _: None)
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    printed = [klipper.printed(one.marker) for one in (made, lost, heard)]
    assert printed == [0, 0, 1]
    machine.close()
    wire.close()


def test_wrong_key_is_named(klipper: MoonrakerServer) -> None:
    for key in ("A" * 32, None):
        with pytest.raises(HostKeyError, match="does not take the key") as error:
            connect(klipper.address, key=key, patience=QUICK)
        assert "AAAA" not in str(error.value)
