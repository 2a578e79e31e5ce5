"""One program on one GRBL board, from the first line to a proven end."""

from collections.abc import Iterator
from dataclasses import replace

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import grbl
from firmware_bridge.drivers.account import Account
from firmware_bridge.drivers.grbl_talk import GrblTalk
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import LinkLostError, NoAnswerError, ProgramError
from firmware_bridge.facts import (
    MachineState,
    Outcome,
    OutcomeKind,
    ProgressCallback,
)
from firmware_bridge.gcode import Measured, Program
from firmware_bridge.gcode.again import HAS_GROWN
from firmware_bridge.gcode.path import Path
from firmware_bridge.gcode.words import parse as parse_words
from firmware_bridge.space import is_at, told
from firmware_bridge.stream import CharacterCount

# Modes that the program may rely on; then a dwell that is answered only when
# every motion is over, and a question that is answered in words, which no other answer
# is taken for. All are our own lines, with numbers no program has.
_PREAMBLE = b"G0G54G17G21G90G94\n"
_SYNC = b"G4P0\n"
_MODES = b"$G\n"
_PREAMBLE_LINE = -1
_SYNC_LINE = -2
_MODES_LINE = -3

# What the board holds lasts as long as a line waits for its answer: within a part of
# that time several answers come, which are then one turn of the loop instead of many.
_REST_SHARE = 0.25
_REST_LEAST_S = 0.001
_REST_MOST_S = 0.003
_IDLE_STALL_S = 1.0  # idle with lines unanswered: an answer was lost
_HOLD_POLL_S = 0.05
_WORDS_LOOKS = 5  # at a board at rest, for the words that not every one has


class GrblJob:
    """The state of one run. `run` is called once."""

    def __init__(
        self,
        *,
        talk: GrblTalk,
        wishes: Wishes,
        clock: Clock,
        program: Program,
        measured: Measured,
        path: Path,
        resolution_mm: float,
        on_progress: ProgressCallback,
    ) -> None:
        self._talk = talk
        self._wishes = wishes
        self._clock = clock
        self._measured = measured
        self._path = path
        self._tolerance_mm = max(0.02, resolution_mm)
        self._slack_mm = 0.02 + 2 * resolution_mm  # steps, chords and rounded reports
        self._on_progress = on_progress
        self._window = CharacterCount(capacity_bytes=talk.rx_capacity_bytes)
        self._source = measured.again(program)
        self._lines = self._framed()
        self._next: tuple[int, bytes] | None = (_PREAMBLE_LINE, _PREAMBLE)
        self._file_line_of: dict[int, int] = {}
        self._dwell_s_of: dict[int, float] = {}
        self._account = Account(measured)
        self._synced = self._worded = False
        self._looks_for_words = 0
        self._answers_to_nothing = 0
        self._verdict: Outcome | None = None
        now_s = talk.wall.monotonic_s()
        self._heard_s = self._read_s = now_s  # what was understood; anything
        self._poll_due_s = now_s
        self._answered_s = clock.monotonic_s()  # the program's last line so far
        self._idle_since: tuple[float, float] | None = None  # wall, clock
        self._timed: tuple[int, float] | None = None  # a line, and when it was sent
        self._rest_s = 0.0

    def run(self) -> Outcome:
        """Stream, watch, judge. Always returns: silence and loss are verdicts."""
        try:
            while self._verdict is None:
                self._fill()
                self._poll()
                self._listen()
                self._mind_wishes()
        except LinkLostError as lost:
            self._verdict = self._outcome(self._account.not_proven, str(lost))
        except ProgramError as unfit:
            self._halt(OutcomeKind.INTERRUPTED, str(unfit))
        except BaseException:  # a bug of ours or the caller's: the machine rests first
            self._halt(OutcomeKind.INTERRUPTED, "the host failed")
            raise
        return self._verdict or self._outcome(OutcomeKind.UNKNOWN, "no verdict")

    def _framed(self) -> Iterator[tuple[int, bytes]]:
        for index, (number, code) in enumerate(self._source, start=1):
            self._file_line_of[index] = number
            self._path.take(index, code)
            if "G4" in code or "G04" in code:
                self._dwell_s_of[index] = dict(parse_words(code)).get("P") or 0.0
            yield index, grbl.line_bytes(code)
        yield _SYNC_LINE, _SYNC
        yield _MODES_LINE, _MODES

    def _fill(self) -> None:
        if self._wishes.paused:
            return
        batch: list[bytes] = []
        try:
            while self._next is not None and self._window.has_room(len(self._next[1])):
                index, line = self._next
                self._window.sent(len(line), index)
                batch.append(line)
                self._account.sent += index > 0
                self._next = next(self._lines, None)
        finally:  # what counts as sent is sent, also where the program can't be read on
            if batch:
                self._talk.link.write(b"".join(batch))
        if batch and self._timed is None:
            self._timed = (index, self._talk.wall.monotonic_s())

    def _listen(self) -> None:
        if self._rest_s >= _REST_LEAST_S and self._next and not self._wishes.paused:
            self._talk.wall.sleep(self._rest_s)
        wait_s = self._poll_due_s - self._talk.wall.monotonic_s()
        line = self._talk.link.read_line(max(0.0, wait_s))
        if line is not None:
            self._read_s = self._talk.wall.monotonic_s()
        while line is not None and self._verdict is None:
            reply = self._talk.hear(line)
            if not isinstance(reply, grbl.Unknown):
                self._heard_s = self._read_s
            self._take(reply)
            line = self._talk.link.read_ready()

    def _poll(self) -> None:
        now_s = self._talk.wall.monotonic_s()
        if now_s - self._heard_s > self._talk.patience.stall_s:
            silent_s = now_s - self._heard_s
            self._halt(
                self._account.not_proven, f"the board is silent for {silent_s:.0f} s"
            )
            return
        if now_s >= self._poll_due_s:
            self._talk.link.write_now(self._talk.real_time.status)
            self._poll_due_s = now_s + self._talk.patience.poll_s

    def _take(self, reply: grbl.Reply) -> None:
        match reply:
            case grbl.Ok():
                self._take_ok()
            case grbl.Error() if self._window.oldest == _MODES_LINE:
                self._worded = True
                self._take_ok()
            case grbl.Error():
                number = self._file_line_of.get(self._window.oldest or 0, 0)
                self._window.answered()
                self._halt(
                    OutcomeKind.INTERRUPTED, f"line {number} refused: {reply.text}"
                )
            case grbl.Alarm() if self._wishes.end is not End.STOP:
                self._halt_where_it_was(OutcomeKind.INTERRUPTED, reply.text)
            case grbl.Banner():
                self._take_reset()
            case grbl.Message(kind=kind, text=text):
                self._worded |= kind == "GC"
                if kind == "MSG" and "to unlock" in text:
                    self._take_reset()
            case grbl.Report():
                self._judge(reply)
            case grbl.Unknown():
                self._account.incident(f"not understood: {reply.text}")
            case _:
                pass

    def _take_ok(self) -> None:
        self._idle_since = None
        waited, index = self._window.answered()
        if self._timed is not None and index == self._timed[0]:
            waited_s = self._heard_s - self._timed[1]
            self._rest_s = min(_REST_SHARE * waited_s, _REST_MOST_S)
            self._timed = None
        if not waited:
            self._answers_to_nothing += 1
            self._account.incident("an answer to nothing")
        elif index == _MODES_LINE:
            self._synced = True
            self._poll_due_s = 0.0
        elif index is not None and index > 0:
            self._account.acknowledged += 1
            self._path.answered(index)
            self._answered_s = self._clock.monotonic_s()
            self._file_line_of.pop(index - 200, None)  # older ones are never named
            self._dwell_s_of.pop(index, None)

    def _take_reset(self) -> None:
        if self._wishes.end is End.STOP:
            self._cancelled("stopped at once")
            return
        self._halt_where_it_was(
            self._account.not_proven, "the board restarted in mid-job"
        )

    def _judge(self, report: grbl.Report) -> None:
        self._tell_progress()
        if report.state in ("Alarm", "Sleep"):
            alarm = self._talk.status.alarm or "alarm"
            self._halt_where_it_was(OutcomeKind.INTERRUPTED, alarm)
        elif self._strayed():
            self._halt(
                OutcomeKind.INTERRUPTED,
                f"the tool is at {told(self._talk.status.position_mm)}, off the "
                "program's path: a line was altered on its way",
            )
        elif report.state == "Check":
            self._halt(self._account.not_proven, "the board is in check mode")
        elif report.state != "Idle":
            self._idle_since = None
        elif self._synced and self._window.under_way_lines == 0:
            self._judge_end()
        elif self._window.under_way_lines:
            self._judge_idle()

    def _judge_end(self) -> None:
        self._looks_for_words += 1
        if not self._worded and self._looks_for_words < _WORDS_LOOKS:
            return
        if self._talk.status.position_mm is None:
            self._halt(OutcomeKind.UNKNOWN, "the board did not say where it stands")
        elif self._answers_to_nothing:
            self._halt(
                OutcomeKind.UNKNOWN,
                "it answered more often than it was asked, so bytes may have been lost "
                "on their way: look at the piece",
            )
        elif self._source.has_grown:
            self._halt(OutcomeKind.UNKNOWN, HAS_GROWN)
        elif self._at_planned_end():
            self._verdict = self._outcome(
                OutcomeKind.COMPLETED, "every line answered, the planned end reached"
            )
        else:
            self._halt(
                OutcomeKind.INTERRUPTED,
                f"the end is at {told(self._talk.status.position_mm)} instead of "
                f"{self._measured.end_mm}: a line was altered on its way",
            )

    def _judge_idle(self) -> None:
        """Idle while lines are unanswered: for how long is that possible?"""
        now = (self._talk.wall.monotonic_s(), self._clock.monotonic_s())
        if self._idle_since is None:
            self._idle_since = now
            return
        idle_wall_s = now[0] - self._idle_since[0]
        idle_clock_s = now[1] - self._idle_since[1]
        dwell_s = sum(self._dwell_s_of.values())
        if idle_wall_s < _IDLE_STALL_S or idle_clock_s < 1.5 * dwell_s:
            return
        missing = self._window.under_way_lines
        everything_sent = self._next is None
        kind = OutcomeKind.INTERRUPTED
        if everything_sent and self._at_planned_end():
            kind = OutcomeKind.UNKNOWN
        self._halt(kind, f"stalled: the board is idle, {missing} answers are missing")

    def _strayed(self) -> bool:
        """Whether the tool is where no line that is under way leads: a checkpoint."""
        place = self._talk.status.position_mm
        return place is not None and self._path.is_off(place, self._slack_mm)

    def _at_planned_end(self) -> bool:
        place = self._talk.status.position_mm
        return is_at(place, self._measured.end_mm, self._tolerance_mm)

    def _stands_at_its_end(self) -> bool:
        sent = self._account.sent >= self._measured.lines_total
        return sent and is_at(
            self._talk.status.position_mm, self._measured.end_mm, self._tolerance_mm
        )

    def _mind_wishes(self) -> None:
        if self._verdict is not None:
            return
        if self._wishes.end is End.CANCEL:
            self._halt(OutcomeKind.CANCELLED, "cancelled")
        elif self._wishes.end is End.STOP:  # its reset byte is already out
            self._talk.await_banner()
            self._cancelled("stopped at once")

    def _halt(self, kind: OutcomeKind, reason: str) -> None:
        """Bring the board to rest with spindle and laser off, then give `kind`."""
        try:
            self._hold()
            if self._talk.soft_reset():
                self._look()
                if kind is OutcomeKind.INTERRUPTED and self._stands_at_its_end():
                    kind = OutcomeKind.UNKNOWN  # noise after the last line, perhaps
            else:
                reason += "; the board did not confirm its reset"
        except LinkLostError as lost:
            reason += f"; then {lost}"
        self._verdict = self._outcome(kind, reason)

    def _halt_where_it_was(self, kind: OutcomeKind, reason: str) -> None:
        """As `_halt`, after what may have lost the place: a spindle runs on in some
        alarms, and lines that were on their way are obeyed after a restart.
        """
        before = self._outcome(kind, reason)
        self._halt(kind, reason)
        if self._verdict is not None:
            place = before.last_position_mm
            self._verdict = replace(self._verdict, last_position_mm=place)

    def _cancelled(self, reason: str) -> None:
        self._look()
        self._verdict = self._outcome(OutcomeKind.CANCELLED, reason)

    def _hold(self) -> None:
        """A reset in motion loses the position, so the motion ends first."""
        self._talk.link.write_now(self._talk.real_time.hold)
        wall = self._talk.wall
        until_s = wall.monotonic_s() + self._talk.patience.safe_end_s
        while wall.monotonic_s() < until_s:
            if not self._look():
                return
            report = self._talk.report
            if report is None or report.state not in ("Run", "Jog", "Hold"):
                return
            if report.state == "Hold" and report.substate == 0:
                return
            wall.sleep(_HOLD_POLL_S)

    def _look(self) -> bool:
        try:
            self._talk.ask_status()
        except NoAnswerError:
            return False
        return True

    def _tell_progress(self) -> None:
        since_s = self._clock.monotonic_s() - self._answered_s
        if self._wishes.paused:
            since_s = 0.0
        self._on_progress(self._account.progress(self._talk.status, since_s))

    def _outcome(self, kind: OutcomeKind, reason: str) -> Outcome:
        status = self._talk.status
        lost = status.state in (MachineState.OFFLINE, MachineState.UNKNOWN)
        place = None if lost else status.position_mm
        return self._account.outcome(kind, reason, place)
