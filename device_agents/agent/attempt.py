"""One run of one job on one board: wishes go in, progress and the outcome come out.

The job is `started` on the disk before the board gets its first byte, and what the
board showed at the end is all that is ever reported.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from device_agents.contract.messages import Evidence
from device_agents.errors import DeviceAgentError
from firmware_bridge.clock import Clock
from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import MachineState as BoardState
from firmware_bridge.facts import Outcome, OutcomeKind, PieceCount, Progress
from firmware_bridge.gcode import Program
from firmware_bridge.machine import Machine

TELL_EVERY_S = 1.0  # wall


class End(IntEnum):
    """How somebody wants a run to end; the higher wish wins, and stop beats all."""

    NONE = 0
    CANCEL = 1
    STOP = 2


@dataclass(slots=True)
class Wishes:
    """What people and the network want of a run; set from any thread."""

    end: End = End.NONE
    by: str = ""
    paused: bool = False
    paused_by_hand: bool = False


class Attempt:
    """A run of one job. `perform` blocks; the wishes may come at any moment before it."""

    def __init__(self, board: Machine, wall: Clock) -> None:
        self._board = board
        self._wall = wall
        self._lock = threading.Lock()
        self._running = False
        self.wishes = Wishes()

    def ask_end(self, end: End, by: str) -> None:
        """End it; a weaker wish never replaces a stronger one."""
        with self._lock:
            if end > self.wishes.end:
                self.wishes.end, self.wishes.by = end, by
        self._pass_on()

    def ask_pause(self, *, paused: bool, by_hand: bool) -> None:
        """Stand still, or go on."""
        with self._lock:
            self.wishes.paused = paused
            self.wishes.paused_by_hand = paused and by_hand
        self._pass_on()

    def perform(
        self,
        program: Program | PieceCount,
        *,
        tell: Callable[[Progress], None],
        tell_pause: Callable[[bool], None],
    ) -> Outcome:
        """Run to the end. `tell` about once a wall second; `tell_pause` at each change.

        An error of theirs (a disk that fails) ends the run at a safe place, and is
        raised when the board stands still.
        """
        if self.wishes.end is not End.NONE:
            return _nothing_sent(OutcomeKind.CANCELLED, "ended before it began")
        watch = _Watch(self, self._wall, tell=tell, tell_pause=tell_pause)
        try:
            outcome = self._board.run(program, watch.see)
        except BridgeError as error:  # by its contract nothing was sent
            outcome = _nothing_sent(OutcomeKind.INTERRUPTED, f"{error.code}: {error}")
        finally:
            with self._lock:
                self._running = False
        if watch.failure is not None:
            raise watch.failure
        return outcome

    def begun(self) -> None:
        """The board's first look; a wish from before the run began is told again now."""
        with self._lock:
            first, self._running = not self._running, True
            wished = self.wishes.paused or self.wishes.end is not End.NONE
        if first and wished:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            running, wishes = self._running, self.wishes
        if not running:
            return
        if wishes.end is End.STOP:
            self._board.stop()
        elif wishes.end is End.CANCEL:
            self._board.cancel()
        elif wishes.paused:
            self._board.pause()
        else:
            self._board.resume()


class _Watch:
    """Thins the board's looks out to what is worth telling."""

    def __init__(
        self,
        attempt: Attempt,
        wall: Clock,
        *,
        tell: Callable[[Progress], None],
        tell_pause: Callable[[bool], None],
    ) -> None:
        self._attempt = attempt
        self._wall = wall
        self._tell = tell
        self._tell_pause = tell_pause
        self._told_at_s = float("-inf")
        self._paused = False
        self.failure: DeviceAgentError | None = None

    def see(self, progress: Progress) -> None:
        self._attempt.begun()
        if self.failure is not None:
            return
        try:
            self._tell_on(progress)
        except DeviceAgentError as error:
            self.failure = error
            self._attempt.ask_end(End.CANCEL, "agent-failing")

    def _tell_on(self, progress: Progress) -> None:
        paused = progress.status.state is BoardState.PAUSED
        changed = paused != self._paused
        if changed:
            self._paused = paused
            self._tell_pause(paused)
        now_s = self._wall.monotonic_s()
        if changed or now_s - self._told_at_s >= TELL_EVERY_S:
            self._told_at_s = now_s
            self._tell(progress)


def evidence_of(outcome: Outcome) -> Evidence:
    """What the board showed, in the wire's words."""
    x_mm, y_mm, z_mm = outcome.last_position_mm or (None, None, None)
    return Evidence(
        lines_sent=outcome.lines_sent,
        lines_acknowledged=outcome.lines_acknowledged,
        lines_total=outcome.lines_total,
        last_x_mm=x_mm,
        last_y_mm=y_mm,
        last_z_mm=z_mm,
        pieces_counted=outcome.pieces,
    )


def _nothing_sent(kind: OutcomeKind, reason: str) -> Outcome:
    return Outcome(
        kind=kind, reason=reason, lines_sent=0, lines_acknowledged=0, lines_total=0
    )
