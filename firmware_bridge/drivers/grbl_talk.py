"""Question and answer with a GRBL board, and what its reports last said."""

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import grbl
from firmware_bridge.errors import NoAnswerError
from firmware_bridge.facts import MachineState, Patience, Status
from firmware_bridge.link import Link
from firmware_bridge.space import Point, minus

_QUIET_S = 0.1  # silence that ends a board's opening words

_STATE_OF: dict[grbl.StateName, MachineState] = {
    "Idle": MachineState.IDLE,
    "Run": MachineState.RUNNING,
    "Jog": MachineState.RUNNING,
    "Home": MachineState.RUNNING,
    "Hold": MachineState.PAUSED,
    "Door": MachineState.PAUSED,
    "Tool": MachineState.PAUSED,
    "Alarm": MachineState.ALARM,
    "Sleep": MachineState.ALARM,
    "Check": MachineState.UNKNOWN,
}
_CHECKS = "in check mode, in which nothing moves: unlock it"


class GrblTalk:
    """One board's conversation. Used by one thread at a time, except `status`."""

    def __init__(self, link: Link, *, wall: Clock, patience: Patience) -> None:
        self.link = link
        self.wall = wall
        self.patience = patience
        self.rx_capacity_bytes = grbl.RX_BUFFER_BYTES - 1
        self.real_time = grbl.PLAIN
        self.axis_count = 3
        self.version = ""  # as its banner says it
        self.status = Status(state=MachineState.UNKNOWN)
        self.report: grbl.Report | None = None
        self._offset_mm: Point = (0.0, 0.0, 0.0)
        self._alarm: str | None = None

    def settle(self) -> None:
        """Let the board finish what it is saying. Errors: LinkLostError."""
        while (line := self.link.read_line(_QUIET_S)) is not None:
            self.hear(line)

    def ask(self, command: bytes, timeout_s: float) -> list[grbl.Reply]:
        """Send a line; its replies up to and with `ok`, error or alarm.

        Errors: NoAnswerError after `timeout_s` of wall time, LinkLostError.
        """
        self.link.write(command)
        replies: list[grbl.Reply] = []
        until_s = self.wall.monotonic_s() + timeout_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is None:
                continue
            reply = self.hear(line)
            replies.append(reply)
            if isinstance(reply, grbl.Ok | grbl.Error | grbl.Alarm):
                return replies
        shown = command.decode("ascii", "replace").strip()
        raise NoAnswerError(f"{shown}: no answer in {timeout_s:g} s")

    def ask_status(self) -> Status:
        """Ask `?` and wait. Errors: NoAnswerError, LinkLostError."""
        self.link.write_now(self.real_time.status)
        until_s = self.wall.monotonic_s() + self.patience.answer_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is None:
                continue
            reply = self.hear(line)
            if isinstance(reply, grbl.Report):
                return self.status
        raise NoAnswerError(f"no status report in {self.patience.answer_s:g} s")

    def soft_reset(self) -> bool:
        """Send 0x18; whether the board's banner came back."""
        self.link.write_now(grbl.SOFT_RESET)
        return self.await_banner()

    def await_banner(self) -> bool:
        """Wait for the banner after a reset; the words after it are taken in."""
        until_s = self.wall.monotonic_s() + self.patience.answer_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is None:
                continue
            reply = self.hear(line)
            if isinstance(reply, grbl.Banner):
                self.settle()
                return True
        return False

    def hear(self, line: bytes) -> grbl.Reply:
        """What a line says; what it tells of the board's state is kept."""
        reply = grbl.parse(line, self.axis_count)
        if isinstance(reply, grbl.Report):
            self._note_report(reply)
        elif isinstance(reply, grbl.Banner):
            self.version = reply.version
        elif isinstance(reply, grbl.Alarm):
            self._alarm = reply.text
            self.status = Status(
                state=MachineState.ALARM,
                position_mm=self.status.position_mm,
                alarm=reply.text,
            )
        return reply

    def _note_report(self, report: grbl.Report) -> None:
        self.report = report
        if report.work_offset_mm is not None:
            self._offset_mm = report.work_offset_mm
        state = _STATE_OF[report.state]
        if state is MachineState.ALARM:
            locked = "locked: home or unlock the machine"
            told = grbl.Alarm(report.substate).text if report.substate else locked
            self._alarm = self._alarm or told
        else:
            self._alarm = None
        self.status = Status(
            state=state,
            position_mm=self._work_mm(report),
            alarm=self._alarm,
            note=_CHECKS if report.state == "Check" else None,
        )

    def _work_mm(self, report: grbl.Report) -> Point | None:
        if report.work_mm is not None:
            return report.work_mm
        if report.machine_mm is not None:
            return minus(report.machine_mm, self._offset_mm)
        return None
