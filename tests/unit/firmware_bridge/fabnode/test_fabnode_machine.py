"""A hand-run machine through the same words as any other: connect, status, run."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.detect import detect
from firmware_bridge.errors import CommandRefusedError, NotReadyError, ProgramError
from firmware_bridge.facts import (
    MachineState,
    Outcome,
    OutcomeKind,
    Patience,
    PieceCount,
    Progress,
)
from firmware_bridge.gcode import Program
from firmware_bridge.machine import Machine, connect
from firmware_bridge.simulators.avr_node import AvrNode

# Patient, as the simulated board stands still while others use the processor.
PATIENCE = Patience(poll_s=0.05, stall_s=5.0)
WALL = WallClock()


class Run:
    """A job under way in a thread of its own."""

    def __init__(self, machine: Machine, count: PieceCount) -> None:
        self.last: Progress | None = None
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._armed = threading.Event()
        self._future: Future[Outcome] = self._pool.submit(
            machine.run, count, self._note
        )
        assert self._armed.wait(timeout=20), self._future
        self._pool.shutdown(wait=False)

    def outcome(self, timeout_s: float = 60.0) -> Outcome:
        return self._future.result(timeout=timeout_s)

    def is_over(self) -> bool:
        return self._future.done()

    def until(self, wanted: Callable[[Progress], bool]) -> None:
        for _ in range(400):
            if self.last is not None and wanted(self.last):
                return
            WALL.sleep(0.05)
        raise AssertionError(f"not seen; last: {self.last}")

    def _note(self, progress: Progress) -> None:
        self.last = progress
        self._armed.set()


@pytest.fixture
def machine(node: AvrNode) -> Iterator[Machine]:
    connected = connect(node.port, dialect="fabnode", patience=PATIENCE)
    yield connected
    connected.close()


def test_hello_is_enough_to_detect_it(node: AvrNode) -> None:
    found = detect(node.port, patience=Patience(boot_s=0.3, answer_s=0.3))
    assert (found.dialect, found.baud) == ("fabnode", 115_200)


def test_job_completes_only_with_done(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=3))
    node.current(amperes=2.0)
    run.until(lambda progress: progress.status.state is MachineState.RUNNING)
    node.count_pieces(3)
    run.until(lambda progress: progress.lines_acknowledged == 3)
    node.current(amperes=0)
    run.until(lambda progress: progress.status.state is MachineState.IDLE)
    assert run.last is not None
    assert run.last.done_ratio == 1.0
    assert not run.is_over()  # all pieces, machine at rest: still nobody said 'done'

    node.press_done()
    outcome = run.outcome()
    assert (outcome.kind, outcome.pieces) == (OutcomeKind.COMPLETED, 3)
    assert "pressed 'done'" in outcome.reason


def test_done_before_the_last_piece_is_not_completed(
    node: AvrNode, machine: Machine
) -> None:
    run = Run(machine, PieceCount(pieces_expected=3))
    node.count_pieces(2)
    run.until(lambda progress: progress.lines_acknowledged == 2)
    node.press_done()
    outcome = run.outcome()
    assert (outcome.kind, outcome.pieces) == (OutcomeKind.INTERRUPTED, 2)
    assert "2 of 3" in outcome.reason


def test_fault_interrupts_and_only_a_hand_clears_it(
    node: AvrNode, machine: Machine
) -> None:
    run = Run(machine, PieceCount(pieces_expected=1))
    node.press_fault()
    assert run.outcome().kind is OutcomeKind.INTERRUPTED
    assert machine.status().state is MachineState.ALARM
    with pytest.raises(CommandRefusedError, match="at the machine"):
        machine.unlock()
    with pytest.raises(NotReadyError, match="fault"):
        machine.run(PieceCount(pieces_expected=1), lambda _: None)
    node.press_done()
    node.wait(0.9)
    assert machine.unlock().state is MachineState.IDLE


def test_cancel_withdraws_the_job(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=1))
    machine.cancel()
    assert run.outcome().kind is OutcomeKind.CANCELLED
    again = Run(machine, PieceCount(pieces_expected=1))
    machine.stop()
    assert again.outcome().kind is OutcomeKind.CANCELLED


def test_bad_line_in_mid_job_changes_nothing(node: AvrNode, machine: Machine) -> None:
    node.do("noise 6 7")
    run = Run(machine, PieceCount(pieces_expected=4))
    run.until(lambda _: True)  # armed: what is counted before is no piece of this job
    node.count_pieces(4)
    run.until(lambda progress: progress.lines_acknowledged == 4)
    node.press_done()
    outcome = run.outcome()
    assert (outcome.kind, outcome.pieces) == (OutcomeKind.COMPLETED, 4)


def test_reset_in_mid_job_keeps_it(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=2))
    node.count_pieces(2)
    run.until(lambda progress: progress.lines_acknowledged == 2)
    node.reset()
    node.wait(0.5)
    node.press_done()
    outcome = run.outcome()
    assert (outcome.kind, outcome.pieces) == (OutcomeKind.COMPLETED, 2)
    assert outcome.incidents == ("the board restarted and kept the job",)


def test_power_cut_in_mid_job_is_unknown(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=2))
    node.power_cycle()
    outcome = run.outcome()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "lost its power" in outcome.reason


def test_silent_board_is_unknown(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=2))
    node.do("freeze")
    outcome = run.outcome()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "silent" in outcome.reason


def test_end_pressed_while_nobody_listened_is_told_later(eeprom: Path) -> None:
    """Here the port's opening resets the board, as on an Uno: the job outlives it."""
    job = PieceCount(pieces_expected=2, job_id="11111111-2222-4333-8444-555555555555")
    with AvrNode(eeprom=eeprom, speed=6.0) as node:
        first = connect(node.port, dialect="fabnode", patience=PATIENCE)
        run = Run(first, job)
        first.close()
        assert run.outcome().kind is OutcomeKind.UNKNOWN
        node.count_pieces(2)
        node.wait(0.5)
        node.press_done()
        node.wait(1.0)
        for _ in range(2):  # and told again to whoever asks again
            second = connect(node.port, dialect="fabnode", patience=PATIENCE)
            outcome = second.run(job, lambda _: None)
            second.close()
            assert (outcome.kind, outcome.pieces) == (OutcomeKind.COMPLETED, 2)


def test_vanished_port_is_unknown_then_offline(node: AvrNode, machine: Machine) -> None:
    run = Run(machine, PieceCount(pieces_expected=2))
    node.close()
    assert run.outcome().kind is OutcomeKind.UNKNOWN
    assert machine.status().state is MachineState.OFFLINE


def test_blank_board_works_only_after_commissioning() -> None:
    with AvrNode(resets_on_open=False, speed=6.0) as node:
        blank = connect(node.port, dialect="fabnode", patience=PATIENCE)
        try:
            assert blank.identify().uuid is None
            assert blank.status().state is MachineState.ALARM
            with pytest.raises(NotReadyError, match="identity"):
                blank.run(PieceCount(pieces_expected=1), lambda _: None)
        finally:
            blank.close()


def test_other_kinds_of_work_are_refused(machine: Machine) -> None:
    with pytest.raises(ProgramError):
        machine.run(Program(source=b"G0 X1\n"), lambda _: None)
    with pytest.raises(CommandRefusedError):
        machine.home()
