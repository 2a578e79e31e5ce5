"""One program on one server: put there, started once, watched, judged by what was seen.

The server goes on without us, so its word is asked for again after each absence. A
file's name is used for one run only: what the server has written down of that file is
the word on this run, and a file that was taken away can't start any more.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

from firmware_bridge.clock import Clock
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import (
    BridgeError,
    CommandRefusedError,
    HostKeyError,
    NotReadyError,
)
from firmware_bridge.facts import (
    WAITS,
    MachineState,
    Outcome,
    OutcomeKind,
    Patience,
    Progress,
    ProgressCallback,
    Status,
)
from firmware_bridge.gcode import Measured
from firmware_bridge.hosts.host import FOLDER, Host, Look, Record, Upload
from firmware_bridge.hosts.sheet import Sheet

_TOLERANCE_MM = 0.02
_INCIDENTS_MAX = 20

# The server, or a person at the machine, may drive it faster than was planned.
_FASTER = 3.0


class EndedEarlyError(BridgeError):
    """Somebody wished the end before the server was told to start. Ours alone."""


class HostJob:
    """The state of one run. `open` and `run` are called once."""

    def __init__(
        self,
        *,
        host: Host,
        wishes: Wishes,
        woken: threading.Event,
        sheet: Sheet,
        measured: Measured,
        wall: Clock,
        patience: Patience,
        on_progress: ProgressCallback,
    ) -> None:
        self._host = host
        self._wishes = wishes
        self._woken = woken
        self._sheet = sheet
        self._measured = measured
        self._wall = wall
        self._patience = patience
        self._on_progress = on_progress
        self._file = f"{FOLDER}/{uuid4().hex}.gcode"
        self._look = Look(state=MachineState.IDLE, words="not started")
        self._heard_s = self._started_s = self._tell_due_s = wall.monotonic_s()
        self._followed_s = self._heard_s  # when it was last seen to run
        self._began = False  # the server was seen to run our file
        self._bytes = 0  # of our file, as the server told last
        self._bytes_before = 0  # as it told before that: surely answered by now
        self._silent_since_s: float | None = None  # idle, and no record yet
        self._paused = False  # what the server was told last
        self._hard = False  # it's to be stopped at once, not at a safe place
        self._say_end_s: float | None = None  # when to say the end again
        self._end_by_s = float("inf")
        self._incidents: list[str] = []
        self._verdict: Outcome | None = None

    @property
    def look(self) -> Look:
        """What the server told last."""
        return self._look

    def open(self) -> None:
        """Put the program there and start it.

        Errors: BridgeErrors; it surely did not start then, and can't any more.
        """
        self._host.forget_all()
        self._tell()
        try:
            self._host.put(
                Upload(
                    file=self._file,
                    chunks=self._chunks(),
                    size_bytes=self._sheet.size_bytes,
                    sha1=self._sheet.sha1,
                    sha256=self._sheet.sha256,
                )
            )
            self._refuse_wished_end()
            self._start()
        except EndedEarlyError:
            self._host.forget(self._file)
            self._verdict = self._outcome(
                OutcomeKind.CANCELLED, "ended before it was started"
            )

    def run(self) -> Outcome:
        """Watch and judge. Always returns: silence and loss are verdicts."""
        try:
            while self._verdict is None:
                self._mind_wishes()
                self._see()
                self._tell()
                if self._verdict is None:
                    self._woken.wait(self._patience.look_s)
                    self._woken.clear()
        except BaseException:  # a bug of ours or the caller's: the machine rests first
            self._try("cancel", self._host.cancel)
            self._try("heaters off", self._host.cool)
            raise
        self._tidy()
        return self._verdict

    # Before the start

    def _chunks(self) -> Iterator[bytes]:
        for chunk in self._sheet.chunks():
            self._refuse_wished_end()
            self._tell()
            yield chunk

    def _refuse_wished_end(self) -> None:
        if self._wishes.end is not End.NONE:
            raise EndedEarlyError

    def _start(self) -> None:
        """The one request that starts; it's never sent again, whatever became of it."""
        self._started_s = self._heard_s = self._wall.monotonic_s()
        try:
            self._host.start(self._file)
        except (CommandRefusedError, HostKeyError) as refused:
            self._try("forget", lambda: self._host.forget(self._file))
            raise NotReadyError(
                f"{self._host.name} did not start it: {refused}"
            ) from refused
        except BridgeError as lost:
            self._incident(f"the answer to the start was lost: {lost}")

    # Wishes

    def _mind_wishes(self) -> None:
        if self._wishes.end is not End.NONE:
            self._mind_end()
        elif self._began and self._wishes.paused is not self._paused:
            told = self._host.pause if self._wishes.paused else self._host.resume
            if self._try("pause or resume", told):
                self._paused = self._wishes.paused

    def _mind_end(self) -> None:
        """Say it until a look shows it; what takes too long is stopped at once."""
        now_s = self._wall.monotonic_s()
        late = now_s > self._end_by_s
        if late and self._hard:
            self._verdict = self._outcome(
                OutcomeKind.UNKNOWN, f"{self._host.name} does not take the stop"
            )
            return
        hard = late or self._hard or self._wishes.end is End.STOP
        if self._say_end_s is None or hard is not self._hard:
            self._end_by_s = now_s + self._patience.safe_end_s
            self._say_end_s, self._hard = now_s, hard
        if now_s >= self._say_end_s:
            self._say_end_s = now_s + self._patience.answer_s
            self._try("end", self._host.stop if hard else self._host.cancel)

    # Seeing

    def _see(self) -> None:
        if self._verdict is not None:
            return
        try:
            look = self._host.look()
            self._heard_s = self._wall.monotonic_s()
            self._look = look
            if look.state in (MachineState.OFFLINE, MachineState.ALARM):
                self._judge_fault(look)
            elif look.active and look.file == self._file:
                self._follow(look)
            elif look.active:
                self._judge_other(look)
            elif look.state is MachineState.IDLE:
                self._judge_rest()
        except BridgeError as away:
            self._mind_absence(away)

    def _follow(self, look: Look) -> None:
        told = look.bytes_done
        self._began, self._silent_since_s = True, None
        self._followed_s = self._heard_s
        if told is None:  # coming to rest: it tells no place any more
            return
        if told < self._bytes:
            self._verdict = self._outcome(
                OutcomeKind.INTERRUPTED, "somebody started it again from its beginning"
            )
        elif told != self._bytes:
            self._bytes_before, self._bytes = self._bytes, told

    def _mind_absence(self, away: BridgeError) -> None:
        """Out of reach, or answering nonsense: the machine may go on without us."""
        self._incident(f"away: {away}")
        self._look = Look(state=MachineState.UNKNOWN, words=str(away))
        away_s = self._wall.monotonic_s() - self._heard_s
        if self._host.closed or away_s > self._patience.away_s:
            self._verdict = self._outcome(
                OutcomeKind.UNKNOWN, f"{self._host.name} is out of reach: {away}"
            )

    # Judging

    def _judge_fault(self, look: Look) -> None:
        where = f"{self._host.name}: {look.words}"
        written = self._written()
        if written is Record.DONE:
            words = f"it says done, but the machine was lost: {where}"
            self._verdict = self._outcome(OutcomeKind.UNKNOWN, words)
        elif self._wishes.end is not End.NONE:
            words = "stopped at once" if self._hard else where
            self._verdict = self._outcome(OutcomeKind.CANCELLED, words)
        elif written is Record.FAILED:
            self._verdict = self._outcome(OutcomeKind.INTERRUPTED, where)
        else:
            self._judge_unwritten(where)

    def _judge_other(self, look: Look) -> None:
        where = f"{self._host.name} runs {look.file or 'something'} that is not ours"
        done = self._written() is Record.DONE
        kind = OutcomeKind.UNKNOWN if done else self._not_proven()
        self._verdict = self._outcome(kind, where)

    def _judge_rest(self) -> None:
        match self._written():
            case Record.DONE:
                self._prove()
            case Record.FAILED if self._wishes.end is not End.NONE:
                self._host.cool()
                words = "stopped at once" if self._hard else "cancelled"
                self._verdict = self._outcome(OutcomeKind.CANCELLED, words)
            case Record.FAILED:
                self._host.cool()
                words = "ended there before its end, by hand or by a fault"
                self._verdict = self._outcome(
                    OutcomeKind.INTERRUPTED, f"{self._host.name}: {words}"
                )
            case Record.NONE if self._began:
                self._judge_unwritten(f"{self._host.name} knows no end of it")
            case Record.NONE:
                self._judge_unstarted()

    def _written(self) -> Record:
        return self._host.record(self._file)

    def _judge_unwritten(self, words: str) -> None:
        """At rest without a word on the end; it may still be on its way to the disk."""
        now_s = self._wall.monotonic_s()
        if self._silent_since_s is None:
            self._silent_since_s = now_s
        if now_s - self._silent_since_s > self._patience.answer_s:
            self._verdict = self._outcome(self._not_proven(), words)

    def _judge_unstarted(self) -> None:
        """It was told to start, and did not. Once the file is away, it never will."""
        if self._wall.monotonic_s() - self._started_s < self._patience.stall_s:
            return
        away = self._host.forget(self._file)
        started = self._written() is not Record.NONE
        kind = OutcomeKind.INTERRUPTED if away and not started else OutcomeKind.UNKNOWN
        self._verdict = self._outcome(kind, f"{self._host.name} did not start it")

    def _prove(self) -> None:
        """The server says done: so must its place in the file, and the tool's place."""
        name, look = self._host.name, self._look
        told = look.bytes_done if look.file == self._file else None
        if told is not None and told < self._sheet.size_bytes:
            words = f"{name} says done at byte {told} of {self._sheet.size_bytes}"
            self._verdict = self._outcome(OutcomeKind.UNKNOWN, words)
            return
        place = self._host.place()
        self._bytes = self._bytes_before = self._sheet.size_bytes
        self._look = replace(look, position_mm=place)
        planned = self._measured.end_mm
        if place is None:
            words = f"{name} says done; the tool's place can't be asked there"
            self._verdict = self._outcome(OutcomeKind.COMPLETED, words)
        elif all(
            end is None or abs(at - end) <= _TOLERANCE_MM
            for at, end in zip(place, planned, strict=True)
        ):
            words = f"{name} says done, the planned end reached"
            self._verdict = self._outcome(OutcomeKind.COMPLETED, words)
        else:
            words = f"{name} says done, but the end is at {place} instead of {planned}"
            self._verdict = self._outcome(OutcomeKind.UNKNOWN, words)

    def _not_proven(self) -> OutcomeKind:
        """Whether it may have come to its end between two looks."""
        left_s = self._measured.remaining_s(self._sheet.lines_in(self._bytes))
        unseen_s = self._wall.monotonic_s() - self._followed_s + self._patience.look_s
        read = self._bytes >= self._sheet.size_bytes
        soon = read or left_s <= _FASTER * unseen_s
        return OutcomeKind.UNKNOWN if soon else OutcomeKind.INTERRUPTED

    # Telling

    def _tidy(self) -> None:
        """The run is over: its file isn't needed, and must not be run again there."""
        if self._verdict is not None and self._verdict.kind is not OutcomeKind.UNKNOWN:
            self._try("forget", lambda: self._host.forget(self._file))

    def _try(self, what: str, act: Callable[[], object]) -> bool:
        try:
            act()
        except BridgeError as failed:
            self._incident(f"{what}: {failed}")
            return False
        return True

    def _incident(self, words: str) -> None:
        if len(self._incidents) < _INCIDENTS_MAX and words not in self._incidents:
            self._incidents.append(words)

    def _tell(self) -> None:
        now_s = self._wall.monotonic_s()
        if now_s < self._tell_due_s or self._verdict is not None:
            return
        self._tell_due_s = now_s + self._patience.poll_s
        done = self._sheet.lines_in(self._bytes)
        self._on_progress(
            Progress(
                status=self._status(),
                lines_sent=done,
                lines_acknowledged=self._sheet.lines_in(self._bytes_before),
                lines_total=self._sheet.lines_total,
                done_ratio=self._measured.done_ratio(done),
                remaining_s=self._measured.remaining_s(done),
            )
        )

    def _status(self) -> Status:
        """A pause that nobody here asked for waits for somebody, whatever its cause."""
        status = self._look.status
        ours = self._wishes.paused or self._paused or not self._began
        if status.state is not MachineState.PAUSED or status.note or ours:
            return status
        why = f"it was paused in {self._host.name}: by hand, or the filament ran out"
        return replace(status, note=WAITS + why)

    def _outcome(self, kind: OutcomeKind, reason: str) -> Outcome:
        return Outcome(
            kind=kind,
            reason=reason,
            lines_sent=self._sheet.lines_in(self._bytes),
            lines_acknowledged=self._sheet.lines_in(self._bytes_before),
            lines_total=self._sheet.lines_total,
            last_position_mm=self._look.position_mm,
            incidents=tuple(self._incidents),
        )
