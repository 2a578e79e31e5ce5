"""A wish to stop is never lost, whenever it comes."""

import threading
from collections.abc import Callable

import pytest

from device_agents.agent.attempt import Attempt, End
from device_agents.errors import StorageError
from firmware_bridge.errors import NotReadyError
from firmware_bridge.facts import (
    MachineState,
    Outcome,
    OutcomeKind,
    Progress,
    Status,
)
from firmware_bridge.gcode import Program
from tests.unit.device_agents.agent.conftest import HandClock

WORK = Program(source=b"G1 X1 F600\n")


class Board:
    """Forgets every wish from before its run begins, as the bridge's drivers do."""

    def __init__(self, script: Callable[["Board", Callable[..., None]], None]) -> None:
        self.script = script
        self.asked: list[str] = []

    def run(self, program: Program, on_progress: Callable[..., None]) -> Outcome:
        self.asked.clear()
        self.script(self, on_progress)
        kind = OutcomeKind.CANCELLED if self.asked else OutcomeKind.COMPLETED
        return Outcome(
            kind=kind, reason="x", lines_sent=1, lines_acknowledged=1, lines_total=1
        )

    def stop(self) -> None:
        self.asked.append("stop")

    def cancel(self) -> None:
        self.asked.append("cancel")

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")


def look(state: MachineState = MachineState.RUNNING) -> Progress:
    return Progress(
        status=Status(state=state),
        lines_sent=1,
        lines_acknowledged=1,
        lines_total=2,
        done_ratio=0.5,
    )


def perform(
    attempt: Attempt,
    told: list[Progress] | None = None,
    pauses: list[bool] | None = None,
) -> Outcome:
    return attempt.perform(
        WORK,
        tell=(told if told is not None else []).append,
        tell_pause=(pauses if pauses is not None else []).append,
    )


def attempt_on(script: Callable[..., None], clock: HandClock) -> tuple[Attempt, Board]:
    board = Board(script)
    return Attempt(board, clock), board  # type: ignore[arg-type]  # only what is used


def test_wish_from_before_the_run_sends_nothing(clock: HandClock) -> None:
    attempt, board = attempt_on(lambda *_: pytest.fail("it ran"), clock)
    attempt.ask_end(End.CANCEL, "by-operator")
    outcome = perform(attempt)
    assert (outcome.kind, outcome.lines_sent) == (OutcomeKind.CANCELLED, 0)
    assert board.asked == []


def test_wish_that_comes_while_the_board_forgets_is_told_again(
    clock: HandClock,
) -> None:
    def script(board: Board, on_progress: Callable[..., None]) -> None:
        attempt.ask_end(End.STOP, "by-operator")  # after `begin`, before the first look
        assert board.asked == []
        on_progress(look())

    attempt, board = attempt_on(script, clock)
    perform(attempt)
    assert board.asked == ["stop"]


def test_stop_beats_cancel_and_is_not_taken_back(clock: HandClock) -> None:
    def script(_board: Board, on_progress: Callable[..., None]) -> None:
        on_progress(look())
        attempt.ask_end(End.STOP, "by-operator")
        attempt.ask_end(End.CANCEL, "by-network")
        attempt.ask_pause(paused=False, by_hand=True)

    attempt, board = attempt_on(script, clock)
    perform(attempt)
    assert set(board.asked) == {"stop"}
    assert attempt.wishes.by == "by-operator"


def test_progress_is_thinned_and_pauses_are_told_when_they_are_seen(
    clock: HandClock,
) -> None:
    def script(_board: Board, on_progress: Callable[..., None]) -> None:
        for state in ("running",) * 10 + ("paused",) * 5 + ("running",) * 5:
            on_progress(look(MachineState(state)))
            clock.sleep(0.2)

    attempt, _board = attempt_on(script, clock)
    told: list[Progress] = []
    pauses: list[bool] = []
    perform(attempt, told, pauses)
    assert pauses == [True, False]
    assert 4 <= len(told) <= 7


def test_refusal_before_the_first_byte_is_an_outcome(clock: HandClock) -> None:
    def script(_board: Board, _on_progress: Callable[..., None]) -> None:
        raise NotReadyError("alarm")

    attempt, _board = attempt_on(script, clock)
    outcome = perform(attempt)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "machine-not-ready" in outcome.reason


def test_disk_that_fails_in_mid_run_ends_it_safely_first(clock: HandClock) -> None:
    def script(_board: Board, on_progress: Callable[..., None]) -> None:
        on_progress(look())
        on_progress(look(MachineState.PAUSED))
        on_progress(look())

    def fail(_paused: bool) -> None:
        raise StorageError("no space left")

    attempt, board = attempt_on(script, clock)
    with pytest.raises(StorageError):
        attempt.perform(WORK, tell=lambda _progress: None, tell_pause=fail)
    assert board.asked == ["cancel"]


def test_wishes_from_other_threads_all_arrive(clock: HandClock) -> None:
    def script(_board: Board, on_progress: Callable[..., None]) -> None:
        on_progress(look())
        threads = [
            threading.Thread(target=attempt.ask_end, args=(End.CANCEL, "by-network"))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    attempt, board = attempt_on(script, clock)
    assert perform(attempt).kind is OutcomeKind.CANCELLED
    assert set(board.asked) == {"cancel"}
