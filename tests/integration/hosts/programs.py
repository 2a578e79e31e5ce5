"""Programs for printers behind servers, and runs of them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from firmware_bridge.facts import MachineState, Outcome, Patience, Progress
from firmware_bridge.gcode import Program
from firmware_bridge.machine import Machine

QUICK = Patience(
    answer_s=2.0, stall_s=3.0, look_s=0.1, poll_s=0.05, safe_end_s=8.0, away_s=150.0
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A program with a line of its own, by which its prints are counted."""

    marker: str
    source: bytes

    @property
    def program(self) -> Program:
        return Program(source=self.source)


def piece(lines: int = 40, *, dwell_ms: int = 0) -> Piece:
    """Lines along a diagonal; each waits so long before it."""
    marker = f"M117 {uuid4().hex}"
    code = [marker, "M104 S30", "G28", "G1 Z0.3 F600"]
    for line in range(lines):
        if dwell_ms:
            code.append(f"G4 P{dwell_ms}")
        code.append(f"G1 X{10 + line % 80} Y{20 + line % 60} E{line / 100:.2f} F3000")
    code += ["M104 S0", "M140 S0", "G1 X5 Y6 F6000", "; the end"]
    return Piece(marker=marker, source="\n".join(code).encode())


@dataclass
class Run:
    """A run in a thread of its own, so that a test can act meanwhile."""

    machine: Machine
    piece: Piece
    seen: list[Progress] = field(default_factory=list)
    outcome: Outcome | None = None
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def when_running(self, act: Callable[[], object] = lambda: None) -> "Run":
        """Act once the server was seen to be some lines into the program."""
        assert self._running.wait(20), f"it never ran: {self.error or self.outcome}"
        act()
        return self

    def ended(self, timeout_s: float = 60.0) -> Outcome:
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "it does not end"
        if self.error is not None:
            raise self.error
        assert self.outcome is not None
        return self.outcome

    def _work(self) -> None:
        try:
            self.outcome = self.machine.run(self.piece.program, self._see)
        except Exception as error:  # noqa: BLE001  # raised again by `ended`
            self.error = error

    def _see(self, progress: Progress) -> None:
        self.seen.append(progress)
        running = progress.status.state is MachineState.RUNNING
        if running and progress.lines_acknowledged > 2:
            self._running.set()
