"""Question and answer with a Marlin board, and what its replies last said."""

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import marlin
from firmware_bridge.errors import CommandRefusedError, NoAnswerError
from firmware_bridge.facts import MachineState, Patience, Status
from firmware_bridge.link import Link
from firmware_bridge.space import Point

_QUIET_S = 0.1
_SETTLE_S = 1.5


class MarlinTalk:
    """One board's conversation. Used by one thread at a time, except `status`."""

    def __init__(self, link: Link, *, wall: Clock, patience: Patience) -> None:
        self.link = link
        self.wall = wall
        self.patience = patience
        self.position_mm: Point | None = None
        self.has_emergency_parser = False
        self.reports_temperatures = False
        self.state = MachineState.IDLE
        self._temperatures_c: dict[str, float] = {}
        self._alarm: str | None = None

    @property
    def status(self) -> Status:
        """What the board's replies said last."""
        state = self.state if self._alarm is None else MachineState.ALARM
        return Status(
            state=state,
            position_mm=self.position_mm,
            temperatures_c=dict(self._temperatures_c),
            alarm=self._alarm,
        )

    def settle(self) -> None:
        """Let the board finish its opening words. Errors: LinkLostError."""
        until_s = self.wall.monotonic_s() + _SETTLE_S
        while self.wall.monotonic_s() < until_s:
            line = self.link.read_line(_QUIET_S)
            if line is None:
                return
            self.note(marlin.parse(line))

    def ask(self, command: str, timeout_s: float) -> list[marlin.Reply]:
        """Send a line without a number; its replies up to and with `ok`.

        While the board says that it is busy, the time starts anew.
        Errors: NoAnswerError, CommandRefusedError (fatal), LinkLostError.
        """
        self.link.write(command.encode("ascii") + b"\n")
        replies: list[marlin.Reply] = []
        until_s = self.wall.monotonic_s() + timeout_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is None:
                continue
            reply = marlin.parse(line)
            self.note(reply)
            replies.append(reply)
            match reply:
                case marlin.Ok():
                    return replies
                case marlin.Busy():
                    until_s = self.wall.monotonic_s() + timeout_s
                case marlin.Error(fatal=True, text=text):
                    raise CommandRefusedError(f"{command}: {text}")
                case _:
                    pass
        raise NoAnswerError(f"{command}: no answer in {timeout_s:g} s")

    def ask_status(self) -> Status:
        """Ask for temperatures and place. Errors: as `ask`."""
        if self._alarm is None:
            self.ask("M105", self.patience.answer_s)
            self.ask("M114", self.patience.answer_s)
        return self.status

    def restart(self) -> bool:
        """Reset the board (heaters and motors go off); whether it spoke again.

        Errors: LinkLostError, LinkBusyError.
        """
        self.link.reset_board()
        self.position_mm = None
        until_s = self.wall.monotonic_s() + self.patience.boot_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is not None and isinstance(marlin.parse(line), marlin.Start):
                self.clear_alarm()
                self.settle()
                return True
        return False

    def clear_alarm(self) -> None:
        """The board was restarted: it halts no more."""
        self._alarm = None
        self.state = MachineState.IDLE

    def note(self, reply: marlin.Reply) -> None:
        """Keep what a reply says about the board's state."""
        match reply:
            case marlin.Ok(temperatures_c=temperatures_c) if temperatures_c:
                self._temperatures_c = temperatures_c
            case marlin.Temperatures(temperatures_c=temperatures_c):
                self._temperatures_c = temperatures_c
            case marlin.Position(mm=mm):
                self.position_mm = mm
            case marlin.Error(fatal=True, text=text):
                self._alarm = text
            case marlin.Start():
                self.clear_alarm()
            case _:
                pass
