"""Question and answer with a printer's board, and what its replies last said."""

import math
import re
from dataclasses import replace

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import marlin, reprap
from firmware_bridge.dialects.manner import KIN, Manner
from firmware_bridge.errors import CommandRefusedError, NoAnswerError
from firmware_bridge.facts import RUN_OUT, WAITS, MachineState, Patience, Status
from firmware_bridge.gcode import Measured
from firmware_bridge.link import Link
from firmware_bridge.space import Point

_OK_AND_PLACE = re.compile(rb"ok(?: C:)? (X:.*)")
_ASIDE = 9  # a line's number, of none of a job
_ANSWER_FOLLOWS_S = 0.3
_QUIET_S = 0.1
_SETTLE_S = 1.5
_REPEATS_SOON = 3
_WARM_C = 2.0  # so near to its target a heater is there

SPINS = re.compile(r"M0*[34](?!\d)")  # a spindle or a laser

_HEATS = (b" M109", b" M190", b" M191")
_HOMES = (b" G28", b" G29")
_NOZZLE = re.compile(r"nozzle_\d\Z")  # beyond the first

# RepRapFirmware's `state.status`.
_STATE_OF = {
    "idle": MachineState.IDLE,
    "paused": MachineState.PAUSED,
    "halted": MachineState.ALARM,
    "off": MachineState.UNKNOWN,
    "starting": MachineState.UNKNOWN,
    "updating": MachineState.UNKNOWN,
}


class MarlinTalk:
    """One board's conversation. Used by one thread at a time, except `status`."""

    def __init__(
        self, link: Link, *, manner: Manner, wall: Clock, patience: Patience
    ) -> None:
        self.link = link
        self.manner = manner
        self.wall = wall
        self.patience = patience
        self.position_mm: Point | None = None
        self.extruder_mm = 0.0  # as the board counts
        self.has_emergency_parser = False
        self.reports_temperatures = False
        self.keeps_alive = True  # says something every few seconds in long commands
        self.has_been_busy = False  # and did
        self.place_is_free = True  # M114 may be asked in a print
        self.answers_requests = True  # an `ok` follows where it asks for a line again
        self.spins = False  # a spindle or a laser was switched on
        self.state = MachineState.IDLE
        self.waits_for: str | None = None  # a person, and why
        self.held_for: str | None = None  # the same, where the host has to wait
        self.silence: str | None = None  # what is done about it
        self._notice = ""  # the board's last word to people
        self._temperatures_c: dict[str, float] = {}
        self._alarm: str | None = None
        self._up_s = 0.0  # since its last start, where it says so

    @property
    def status(self) -> Status:
        """What the board's replies said last."""
        state = self.state if self._alarm is None else MachineState.ALARM
        if self.waits_for is not None and state is MachineState.RUNNING:
            state = MachineState.PAUSED
        return Status(
            state=state,
            position_mm=self.position_mm,
            temperatures_c=dict(self._temperatures_c),
            alarm=self._alarm,
            note=self.held_for or self.waits_for or self.silence,
        )

    @property
    def all_off(self) -> tuple[str, ...]:
        """Lines that switch off all that it told of and all that was switched on."""
        more = [name[7:] for name in self._temperatures_c if _NOZZLE.match(name)]
        nozzles = [f"M104 T{tool} S0" for tool in (0, *more)] if more else ["M104 S0"]
        chamber = ["M141 S0"] if "chamber" in self._temperatures_c else []
        return (*(["M5"] * self.spins), *nozzles, "M140 S0", *chamber, "M107")

    def settle(self) -> int:
        """Let the board finish what it is saying; how many answers to nothing it gave.

        Errors: LinkLostError.
        """
        until_s = self.wall.monotonic_s() + _SETTLE_S
        answers = 0
        while self.wall.monotonic_s() < until_s:
            line = self.link.read_line(_QUIET_S)
            if line is None:
                break
            answers += isinstance(self.hear(line), marlin.Ok)
        return answers

    def ask(self, command: str, timeout_s: float) -> list[marlin.Reply]:
        """Send a line without a number; its replies up to and with `ok`.

        While the board says that it is busy, the time starts anew.
        Errors: NoAnswerError, CommandRefusedError (fatal), LinkLostError.
        """
        self.link.write(self.manner.question(command))
        replies: list[marlin.Reply] = []
        until_s = self.wall.monotonic_s() + timeout_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is None:
                continue
            reply = self.hear(line)
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
            for look in self.manner.looks:
                self.ask(look, self.patience.answer_s)
        return self.status

    def silence_max_s(self, frame: bytes, measured: Measured, done: int) -> float:
        """How long a silence may last while `frame` waits for its answer and `done`
        lines of the program are answered. Marlin 1.0 works on without a word.
        """
        usual_s = self.patience.stall_s
        homes = any(word in frame for word in _HOMES)
        if homes and not (self.keeps_alive and self.has_been_busy):
            return self.patience.home_s
        if self.keeps_alive or not frame:
            return usual_s
        held = range(done, done + marlin.PLANNER_BLOCKS)  # moves that it may be at
        if b" M400" in frame or held.stop >= measured.lines_total:
            return usual_s + measured.remaining_s(done)
        done_s = measured.done_s
        return usual_s + max(done_s(line + 1) - done_s(line) for line in held)

    def repeat_s(self, longest_s: float, *, again: bool, repeats: int) -> float:
        """Silence before a line is said once more, after so many `repeats` of it;
        `again`: this line has lost before, so it will do it again.
        """
        if not self.keeps_alive:
            return longest_s
        if repeats >= _REPEATS_SOON and longest_s > self.patience.stall_s:
            return math.inf  # its buffer has no room for many
        usual_s = min(longest_s, self.patience.repeat_s)
        return usual_s / 3 if again else usual_s

    def tell_silence(self, number: int, repeats: int) -> None:
        """A person may see that the line is not answered, however often it is said."""
        self.silence = f"no answer to line N{number}, said again {repeats} times"

    def is_alive(self, reply: marlin.Reply, frame: bytes) -> bool:
        """Whether the board is at work on our lines, of which `frame` is the oldest, and
        not only reporting.
        """
        if isinstance(reply, marlin.Temperatures):
            heats = any(word in frame for word in _HEATS)
            warms = heats and _is_warming(reply.temperatures_c)
            return reply.waiting or warms or self.manner.reports_show_life
        return isinstance(reply, marlin.Ok | marlin.Busy | marlin.Resend)

    def find_out_manner(self) -> None:
        """Whether a line that comes before its turn is asked for, and how.

        Errors: NoAnswerError, LinkLostError.
        """
        count = marlin.frame(_ASIDE, f"M110 N{_ASIDE}").decode("ascii").strip()
        self.ask(count, self.patience.answer_s)
        self.link.write(marlin.frame(_ASIDE + 2, "M105"))
        until_s = self.wall.monotonic_s() + self.patience.answer_s
        asks = answers = False
        while not answers and (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            reply = None if line is None else self.hear(line)
            if isinstance(reply, marlin.Resend):
                asks = True
                until_s = self.wall.monotonic_s() + _ANSWER_FOLLOWS_S
            answers = isinstance(reply, marlin.Ok)
        self.answers_requests = answers
        self.manner = replace(
            KIN, checks_numbers=asks, counts_again=() if asks else KIN.counts_again
        )

    def halt(self) -> bool:
        """M112, where the board hears it at once; whether it says that it halted.

        Errors: LinkLostError.
        """
        if not self.has_emergency_parser and self.manner.resets_by is None:
            return False
        self.link.write_now(self.manner.question("M112"))
        until_s = self.wall.monotonic_s() + self.patience.answer_s
        while self._alarm is None and self.wall.monotonic_s() < until_s:
            line = self.link.read_line(0.1)
            if line is not None:
                self.hear(line)
        return self._alarm is not None

    def restart(self) -> bool:
        """Reset the board (heaters and motors go off); whether it spoke again.

        Errors: LinkLostError, LinkBusyError.
        """
        if self.manner.resets_by is None:
            self.link.reset_board()
        else:
            self.link.write(self.manner.question(self.manner.resets_by))
        self.position_mm = None
        until_s = self.wall.monotonic_s() + self.patience.boot_s
        while (left_s := until_s - self.wall.monotonic_s()) > 0:
            line = self.link.read_line(left_s)
            if line is not None and isinstance(self.hear(line), marlin.Start):
                self.settle()
                return True
        return False

    def clear_alarm(self) -> None:
        """The board was restarted: it halts no more."""
        self._alarm = self.waits_for = None
        self.state = MachineState.IDLE

    def hear(self, line: bytes) -> marlin.Reply:
        """What a line says; what it tells of the board's state is kept.

        A board that is up for less time than before has started anew.
        """
        if found := _OK_AND_PLACE.match(line):  # Smoothieware's answer to M114
            self.link.put_back(b"ok")
            line = found.group(1)
        reply = self.manner.parse(line)
        if isinstance(reply, marlin.Value) and reply.key == reprap.UP_TIME:
            before_s, self._up_s = self._up_s, float(reply.value)
            if self._up_s < before_s:
                reply = marlin.Start()
        self.has_been_busy |= isinstance(reply, marlin.Busy)
        self._note(reply)
        return reply

    def _note(self, reply: marlin.Reply) -> None:
        match reply:
            case marlin.Ok(temperatures_c=temperatures_c):
                self.waits_for = None
                self._temperatures_c = temperatures_c or self._temperatures_c
            case marlin.Busy(what=what) if what.startswith("paused for"):
                self.waits_for = _wanted(self._notice)
            case marlin.Echo(text=text):
                self._notice = text.removeprefix("action:paused").strip()
            case marlin.Temperatures(temperatures_c=temperatures_c):
                self._temperatures_c = temperatures_c
            case marlin.Position(mm=mm, extruder_mm=extruder_mm):
                self.position_mm, self.extruder_mm = mm, extruder_mm
            case marlin.Error(fatal=True, text=text):
                self._alarm = text
            case marlin.Value(key=reprap.STATUS, value=str(status)):
                self.state = _STATE_OF.get(status, MachineState.RUNNING)
                if self.state is MachineState.ALARM:
                    self._alarm = "stopped: it has to be reset"
            case marlin.Start():
                self._up_s = 0.0
                self.clear_alarm()
            case _:
                pass


def _is_warming(temperatures_c: dict[str, float]) -> bool:
    """Whether a heater is still on its way: Marlin 1 waits for a bed without a word."""
    return any(
        goal_c > 0
        and abs(goal_c - temperatures_c[name.removesuffix("_target")]) > _WARM_C
        for name, goal_c in temperatures_c.items()
        if name.endswith("_target")
    )


def _wanted(notice: str) -> str:
    """Why it waits, by the board's last words: `filament_runout 0`, M600's own, …"""
    words = notice.replace("_", " ").lower()
    if "runout" in words or "out of filament" in words:
        return RUN_OUT
    return f"{WAITS}{words or 'its own display says why'}"
