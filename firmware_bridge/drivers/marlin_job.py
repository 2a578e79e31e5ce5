"""One program on one printer's board, from the first line to a proven end."""

import contextlib
from collections.abc import Iterator

from firmware_bridge.dialects import marlin
from firmware_bridge.drivers.account import Account
from firmware_bridge.drivers.heat_wait import HeatWait, without_wait
from firmware_bridge.drivers.marlin_doubts import Doubts
from firmware_bridge.drivers.marlin_questions import Questions
from firmware_bridge.drivers.marlin_talk import SPINS, MarlinTalk
from firmware_bridge.drivers.marlin_trail import Trail
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import BridgeError, LinkLostError, ProgramError
from firmware_bridge.facts import (
    MachineState,
    Outcome,
    OutcomeKind,
    ProgressCallback,
)
from firmware_bridge.gcode import Measured, Program
from firmware_bridge.gcode.again import HAS_GROWN
from firmware_bridge.space import is_at, told
from firmware_bridge.stream import LineWindow

# A board that was reset counts from 0, so it always asks for a line below this.
_FIRST_NUMBER = 1001

_UNSURE = ", but the board did not confirm it: look at it"
_NEVER_KNOWN = "an answer was lost, and the board can't say whether its line was done"
_DRAIN_S = 0.03  # wall; what was on the wire before a resend dies out
_REPEATS_MAX = 3
_TOLERANCE_MM = 0.02


class MarlinJob:
    """The state of one run. `open` and `run` are called once."""

    def __init__(
        self,
        *,
        talk: MarlinTalk,
        wishes: Wishes,
        program: Program,
        measured: Measured,
        on_progress: ProgressCallback,
    ) -> None:
        self._talk = talk
        self._manner = talk.manner
        self._wishes = wishes
        self._measured = measured
        self._on_progress = on_progress
        self._window = LineWindow(
            next_number=_FIRST_NUMBER,
            lines_max=self._manner.lines_max,
            answers_requests=talk.answers_requests,
        )
        trail = Trail(talk.position_mm, talk.extruder_mm)
        self._doubts = Doubts(trail, is_checked=self._manner.checks_numbers)
        self._may_repeat = True  # what is under way
        self._lost: tuple[int, bytes] | None = None  # without an answer
        self._heat_wait = HeatWait()
        self._source = measured.again(program)
        self._lines = self._in_order()
        self._next = next(self._lines, None)
        self._program_numbers: set[int] = set()  # under way
        self._proof_number = 0  # of the M114 that ends the job
        self._questions = Questions(talk)
        self._placed = False  # the answer to a M114 came after the last motion
        self._account = Account(measured)
        self._ending: tuple[OutcomeKind, str, float] | None = None
        self._verdict: Outcome | None = None
        self._proofs = self._repeats = 0
        now_s = talk.wall.monotonic_s()
        self._heard_s = self._repeated_s = self._answered_s = self._tell_due_s = now_s
        self._quiet_until_s = 0.0

    def open(self) -> None:
        """Set the board's line count. Errors: NoAnswerError, LinkLostError."""
        if self._manner.checks_numbers:
            count = f"M110 N{_FIRST_NUMBER - 1}"
            line = marlin.frame(_FIRST_NUMBER - 1, count).decode("ascii").strip()
            self._talk.ask(line, self._talk.patience.answer_s)
        if self._talk.reports_temperatures:
            self._talk.ask("M155 S1", self._talk.patience.answer_s)
        self._window.answers_to_nothing = self._talk.settle()

    def run(self) -> Outcome:
        """Stream, watch, judge. Always returns: silence and loss are verdicts."""
        self._talk.state = MachineState.RUNNING
        try:
            while self._verdict is None:
                self._mind_wishes()
                self._fill()
                self._listen()
                self._mind_silence()
                self._tell_progress()
        except LinkLostError as lost:
            self._talk.state = MachineState.OFFLINE
            self._end(self._account.not_proven, str(lost))
        except BaseException:  # a bug of ours or the caller's: the machine rests first
            with contextlib.suppress(LinkLostError):
                self._restart()
            raise
        finally:
            self._talk.silence = None
            if self._talk.state is not MachineState.OFFLINE:
                self._talk.state = MachineState.IDLE
        return self._verdict or self._account.outcome(OutcomeKind.UNKNOWN, "no verdict")

    def _in_order(self) -> Iterator[tuple[bool, str]]:
        yield from ((False, command) for command in self._manner.preamble)
        yield from ((True, code) for _, code in self._source)
        yield from ((False, command) for command in self._manner.proof)

    # Out

    def _fill(self) -> None:
        if self._talk.wall.monotonic_s() < self._quiet_until_s:
            return
        while (again := self._window.next_again()) is not None:
            self._may_repeat = self._manner.checks_numbers
            self._talk.link.write(again)
        if self._window.waits_to_resend or self._verdict is not None:
            return
        if self._next is not None:
            self._questions.look(self._account.sent, is_held=self._is_held())
        due = self._questions.due
        while due and self._send(due[0], of_program=False):
            del due[0]
        while not due and self._next is not None and not self._is_held():
            of_program, command = self._next
            if not self._send(command, of_program=of_program):
                return
            try:
                self._next = next(self._lines, None)
            except ProgramError as unfit:
                self._end_safely(OutcomeKind.INTERRUPTED, str(unfit))
                return
            if self._next is None:
                self._placed = False  # nothing that was told before is its answer
                self._proof_number = self._window.next_number - 1

    def _is_held(self) -> bool:
        waits = self._heat_wait.is_on(self._talk.status.temperatures_c)
        waits = waits or self._lost is not None
        return self._ending is None and (self._wishes.paused or waits)

    def _send(self, command: str, *, of_program: bool) -> bool:
        number = self._window.next_number
        host_waits = self._manner.waits_for_heat
        frame = marlin.frame(number, without_wait(command) if host_waits else command)
        if not self._window.has_room(len(frame)):
            return False
        self._window.sent(frame)
        if host_waits:
            self._heat_wait.begin(command)
        harmless = self._doubts.sent(number, command)
        self._may_repeat = self._manner.checks_numbers or harmless
        self._talk.link.write(frame)
        self._talk.spins |= SPINS.match(command) is not None
        if of_program:
            self._program_numbers.add(number)
            self._account.sent += 1
        return True

    # In

    def _listen(self) -> None:
        quiet_s = self._quiet_until_s - self._talk.wall.monotonic_s()
        poll_s = self._talk.patience.poll_s
        line = self._talk.link.read_line(
            min(poll_s, quiet_s if quiet_s > 0 else poll_s)
        )
        while line is not None and self._verdict is None:
            self._take(self._talk.hear(line))
            line = self._talk.link.read_ready()

    def _take(self, reply: marlin.Reply) -> None:
        if self._talk.is_alive(reply, self._window.repeat_oldest() or b""):
            self._heard_s = self._talk.wall.monotonic_s()
        counts = self._questions.counts(reply)
        match reply:
            case marlin.Ok(queue_free=free) if counts:
                self._window.offered(free)
                number = self._window.answered()
                if number is not None:
                    self._take_answer(number)
                if self._window.is_overanswered:  # until its other answers are here
                    self._quiet_until_s = self._talk.wall.monotonic_s() + _DRAIN_S
            case marlin.Resend(number=number):
                self._take_resend(number)
            case marlin.Position(mm=mm, extruder_mm=extruder_mm):
                self._placed = True
                self._doubts.told((*mm, extruder_mm))
                self._judge_lost((*mm, extruder_mm))
            case marlin.Start():
                self._take_reset()
            case marlin.Wait() if self._window.under_way_lines:
                self._repeat()
            case _:
                self._take_words(reply)

    def _take_words(self, reply: marlin.Reply) -> None:
        match reply:
            case marlin.Error(fatal=True, text=text):
                self._take_halt(text)
            case marlin.Error(text=text) if not self._manner.checks_numbers:
                self._end_safely(self._account.not_proven, f"refused: {text}")
            case marlin.Error(text=text):
                self._doubts.complained(reply)
                self._account.incident(text)
            case marlin.Action(name="cancel"):
                self._end_safely(OutcomeKind.CANCELLED, "cancelled at the machine")
            case marlin.Action(name=name):
                self._wishes.ask_pause(paused=name == "pause")
            case marlin.FilamentError(text=text):
                self._wishes.ask_pause(paused=True)
                self._talk.held_for = reply.wanted
                self._account.incident(text)
            case marlin.Echo(text=text) if "cold extrusion" in text:
                self._end_safely(OutcomeKind.INTERRUPTED, text)
            case marlin.Echo(text=text) if text.startswith("Unknown command"):
                self._doubts.not_known(text, self._window.repeat_oldest() or b"")
                self._account.incident(text)
            case marlin.Unknown(text=text):
                self._account.incident(f"not understood: {text}")

    def _take_answer(self, number: int) -> None:
        if self._repeats:
            self._questions.count_again()
        self._repeats = 0
        self._talk.silence = None
        if number in self._program_numbers:
            self._program_numbers.discard(number)
            self._account.acknowledged += 1
            self._answered_s = self._talk.wall.monotonic_s()
        if self._proof_number and number == self._proof_number - 1:
            self._placed = False  # what was told before the motion's end is no proof
        elif number == self._proof_number:
            self._judge_end()

    def _take_resend(self, number: int) -> None:
        if not self._window.resend_from(number):
            if number <= 1:  # it counts from 0 again
                self._take_reset()
            return
        self._account.incident(f"resend from N{number}")
        doubted = self._doubts.asked_again(number, we_repeated=self._repeats > 0)
        if doubted:
            self._questions.place()
        self._quiet_until_s = self._talk.wall.monotonic_s() + _DRAIN_S
        if self._repeats:  # it was silent, so it is done with what it has
            self._repeats = 0
            for known in self._window.forget_older():
                self._take_answer(known)

    def _take_reset(self) -> None:
        self._talk.position_mm = None
        self._end(self._account.not_proven, "the board restarted in mid-job")

    def _take_halt(self, text: str) -> None:
        stopped = self._wishes.end is End.STOP
        kind = OutcomeKind.CANCELLED if stopped else self._account.not_proven
        self._end(kind, f"the board halted: {text}")

    # Judging

    def _judge_end(self) -> None:
        if self._ending is not None:
            kind, reason, _ = self._ending
            self._end(kind, reason)
        elif self._proofs < _REPEATS_MAX and (
            not self._placed or self._doubts.wants_place
        ):
            self._proofs += 1
            self._next = (False, "M114")  # its answer was lost; ours to ask again
        elif not self._placed:
            self._end(OutcomeKind.UNKNOWN, "the board did not say where it stands")
        elif is_at(self._talk.position_mm, self._measured.end_mm, _TOLERANCE_MM):
            doubt = HAS_GROWN if self._source.has_grown else self._doubts.why
            kind = OutcomeKind.UNKNOWN if doubt else OutcomeKind.COMPLETED
            self._end(kind, doubt or "every line answered, the planned end reached")
        else:
            self._end(
                OutcomeKind.INTERRUPTED,
                f"the end is at {told(self._talk.position_mm)} "
                f"instead of {self._measured.end_mm}",
            )

    def _mind_wishes(self) -> None:
        if self._wishes.end is End.STOP:
            self._stop_now()
        elif self._wishes.end is End.CANCEL and self._ending is None:
            if self._talk.has_emergency_parser:
                self._talk.link.write_now(b"M108\n")  # ends a wait for heat
            self._end_safely(OutcomeKind.CANCELLED, "cancelled")

    def _stop_now(self) -> None:
        sure = self._talk.halt() or self._restart()
        self._end(OutcomeKind.CANCELLED, "stopped at once" + ("" if sure else _UNSURE))

    def _end_safely(self, kind: OutcomeKind, reason: str) -> None:
        """No more of the program; heaters off, motion over, place told."""
        if self._ending is not None:
            return
        due_s = self._talk.wall.monotonic_s() + self._talk.patience.safe_end_s
        self._ending = (kind, reason, due_s)
        own = (*self._talk.all_off, *self._manner.proof)
        self._lines = ((False, line) for line in own)
        self._next = next(self._lines, None)
        self._proof_number = 0

    def _mind_silence(self) -> None:
        now_s = self._talk.wall.monotonic_s()
        if self._verdict is not None:
            return
        if self._ending is not None and now_s > self._ending[2]:
            kind, reason, _ = self._ending
            doubt = "" if self._restart() else _UNSURE
            self._end(kind, f"{reason}; no safe end in time, so it was reset{doubt}")
        else:
            self._mind_answers(now_s - self._heard_s)

    def _mind_answers(self, silent_s: float) -> None:
        """In silence, say the oldest line again; too much of it is a verdict."""
        oldest = self._window.repeat_oldest() or b""
        repeats, done = self._repeats, self._account.acknowledged
        longest_s = self._talk.silence_max_s(oldest, self._measured, done)
        lost = self._window.resend_count or (repeats and self._manner.counts_again)
        again = bool(oldest and lost)
        wait_s = self._talk.repeat_s(longest_s, again=again, repeats=repeats)
        longest_s *= 1 + _REPEATS_MAX * (wait_s == longest_s)
        if silent_s > longest_s or (silent_s > wait_s and not oldest):
            for off in self._talk.all_off:  # it may hear what it does not answer
                self._talk.link.write(self._manner.question(off))
            self._end(self._account.not_proven, "the board is silent, repeats included")
        elif self._talk.wall.monotonic_s() - self._repeated_s > wait_s < silent_s:
            self._account.incident(
                "silence: a line is said again, its answer may be lost"
            )
            self._repeat()
            self._talk.tell_silence(self._window.next_number - 1, self._repeats)

    def _repeat(self) -> None:
        """Say the oldest unanswered line again, where it surely does no harm."""
        frame = self._window.repeat_oldest()
        if frame is None:
            return
        if not self._may_repeat:
            (number,) = self._window.forget_older()
            self._lost = number, frame
            self._questions.count_again()
            self._questions.due.append("M114")
            return
        self._repeats += 1
        self._repeated_s = self._talk.wall.monotonic_s()
        self._talk.link.write(self._manner.drops_part + frame)

    def _judge_lost(self, place: tuple[float, ...]) -> None:
        """Where the board stands tells what became of the line without an answer."""
        if self._lost is None or self._ending is not None:
            return
        (number, frame), self._lost = self._lost, None
        match self._doubts.was_done(number, place):
            case True:
                self._take_answer(number)
            case False:
                self._program_numbers.add(self._window.say_again(frame))
            case None:
                self._end_safely(OutcomeKind.INTERRUPTED, _NEVER_KNOWN)

    def _restart(self) -> bool:
        try:
            return self._talk.restart()
        except LinkLostError:
            raise
        except BridgeError as refused:
            self._account.incident(f"reset: {refused}")
            return False

    # Telling

    def _tell_progress(self) -> None:
        now_s = self._talk.wall.monotonic_s()
        if now_s < self._tell_due_s:
            return
        self._tell_due_s = now_s + self._talk.patience.poll_s
        standing = self._wishes.paused and self._ending is None
        if not standing:
            self._talk.held_for = None
        self._talk.state = MachineState.PAUSED if standing else MachineState.RUNNING
        standing = standing or self._talk.waits_for is not None
        since_s = 0.0 if standing else now_s - self._answered_s
        self._on_progress(self._account.progress(self._talk.status, since_s))

    def _end(self, kind: OutcomeKind, reason: str) -> None:
        resends = self._window.resend_count
        place = self._talk.position_mm
        self._verdict = self._account.outcome(kind, reason, place, resends=resends)
