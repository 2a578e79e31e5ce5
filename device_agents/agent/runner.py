"""One machine's work, one job at a time: fetch, check, offer, wait for a person, run.

The loop looks at the durable ledger and at the board, and does the one next thing.
Nothing runs that a person at the machine has not armed.
"""

import fcntl
import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import structlog

from device_agents.agent import credit, jobs
from device_agents.agent.attempt import Attempt, End, evidence_of
from device_agents.agent.bulletin import Bulletin
from device_agents.agent.fetch import prune, still_whole
from device_agents.agent.going_on import GoingOn
from device_agents.agent.identity import Signer
from device_agents.agent.readying import Readying
from device_agents.agent.station import Station
from device_agents.agent.store import Store
from device_agents.contract.messages import JobCommand
from device_agents.errors import (
    FetchError,
    RefusedError,
    SettingsError,
)
from firmware_bridge.clock import Clock
from firmware_bridge.facts import Outcome, OutcomeKind, PieceCount, Progress
from firmware_bridge.gcode import Program

log = structlog.get_logger()

UPDATE = "update.lock"  # held while another release is put in force
LOOK_EVERY_S = 1.0  # wall, at a machine that waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What all runners of one agent share."""

    store: Store
    bulletin: Bulletin
    clock: Clock
    wall: Clock
    server: httpx.Client
    programs: Path
    signer: Signer
    update: Path  # locked: another release is put in force, nothing may start
    fenced: threading.Event  # set: another agent has our name, nothing may start
    turn: threading.Semaphore  # whose program is judged: one at a time


class Runner:
    """The thread of one machine; other threads only ask."""

    def __init__(self, station: Station, tools: Tools) -> None:
        self.station = station
        self.machine_id = station.machine_id
        self._tools = tools
        self._going_on = GoingOn(station, tools.store, tools.programs, tools.wall)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._attempt: Attempt | None = None
        self._attempt_job: str | None = None
        self.readying = Readying(
            station,
            server=tools.server,
            programs=tools.programs,
            wall=tools.wall,
            turn=tools.turn,
        )

    def run(self) -> None:
        """Work until `end`; an interrupted run is reported before it returns."""
        store = self._tools.store
        while not self._ended.is_set():
            heard = store.heard()
            rest_s = self._step()
            if rest_s > 0 and not self._ended.is_set():
                store.wait(heard, rest_s)
        self.readying.leave()
        self.station.let_go()

    def end(self) -> None:
        """Let `run` return; a job under way is ended at a safe place."""
        self._ended.set()
        self.ask_end(End.CANCEL, by="agent-stopped")
        self._tools.store.ring()

    def ask_end(self, end: End, *, by: str, job_id: str | None = None) -> bool:
        """End the job under way (that one only, if named); False: none is."""
        attempt = self._attempt_of(job_id)
        if attempt is not None:
            attempt.ask_end(end, by)
        return attempt is not None

    def ask_pause(
        self, *, paused: bool, by_hand: bool, job_id: str | None = None
    ) -> bool:
        """Pause or resume the job under way; False: none is."""
        attempt = self._attempt_of(job_id)
        if attempt is not None:
            attempt.ask_pause(paused=paused, by_hand=by_hand)
        return attempt is not None

    @property
    def busy(self) -> bool:
        """Whether a job is under way on the board."""
        return self._attempt_of(None) is not None

    @property
    def paused_by_hand(self) -> bool:
        """Whether a person at the machine stopped it for a moment."""
        attempt = self._attempt_of(None)
        return attempt is not None and attempt.wishes.paused_by_hand

    def _attempt_of(self, job_id: str | None) -> Attempt | None:
        with self._lock:
            mine = job_id is None or job_id == self._attempt_job
            return self._attempt if mine else None

    def _step(self) -> float:
        """Do the one next thing; return how long to rest, in wall seconds."""
        with self._tools.store.reading() as reading:
            job = jobs.current(reading, self.machine_id)
        is_here = self.station.look(job)
        if not is_here or job is None or job.stage != "received":
            self.readying.leave()
        if not is_here:
            if job is not None and job.stage == "armed":
                self._disarm(job, "machine-away", "the machine does not answer")
            return self.station.rest_s()
        if job is None or job.command is None:
            return LOOK_EVERY_S
        if job.stage not in ("started", "ended") and self._expired(job, job.command):
            return 0.0
        if job.stage == "ended" and job.outcome in jobs.RESUMABLE:
            self._going_on.find_out(job.job_id, job.command)
        match job.stage:
            case "received":
                return self._make_ready(job, job.command)
            case "fetched":
                with self._tools.store.transaction() as writing:
                    jobs.offer(writing, job.job_id)
                return 0.0
            case "armed":
                self._run_armed(job, job.command)
                return 0.0
            case _:
                return LOOK_EVERY_S

    def _expired(self, job: jobs.Job, command: JobCommand) -> bool:
        now = self._tools.clock.now()
        if now > command.not_after and not job.goes_on:
            words = "nobody armed it in its time; it will not be made"
            self._fail(job, "expired", words)
            return True
        if job.armed_until is not None and now > job.armed_until:
            self._disarm(job, "arming-over", "the arming was not used in its time")
            return True
        return False

    def _make_ready(self, job: jobs.Job, command: JobCommand) -> float:
        """Fetch the program and hold it against the limits before anybody may arm."""
        try:
            rest_s = self.readying.step(job.job_id, command)
        except (RefusedError, SettingsError, FetchError) as error:
            code = error.code if isinstance(error, SettingsError) else error.reason
            self._fail(job, code, str(error))
            return 0.0
        if rest_s is not None:
            return rest_s
        with self._tools.store.transaction() as writing:
            jobs.fetched(writing, job.job_id)
        return 0.0

    def _run_armed(self, job: jobs.Job, command: JobCommand) -> None:
        """The one place where a job starts."""
        if self._tools.fenced.is_set():
            self._disarm(job, "fenced", "the network has shut this agent out")
            return
        if _is_locked(self._tools.update):
            self._disarm(
                job, "updating", "this agent is being updated; arm it again soon"
            )
            return
        board = self.station.free_board()
        if board is None:
            self._disarm(job, "machine-not-ready", "the machine is not idle")
            return
        own_lines = 0
        try:
            work = self._work(command)
            if job.goes_on and isinstance(work, Program):
                work, own_lines = self._going_on.rest_of(job, work)
        except (RefusedError, SettingsError, FetchError) as error:
            self._not_startable(job, error)
            return
        attempt = Attempt(board, self._tools.wall)
        with self._lock:
            self._attempt, self._attempt_job = attempt, job.job_id
        try:
            if not self._ended.is_set() and self._write_start(job, own_lines):
                self._perform(attempt, job, command, work)
        finally:
            with self._lock:
                self._attempt = self._attempt_job = None
            self._going_on.forget(job.job_id)

    def _not_startable(
        self, job: jobs.Job, error: RefusedError | SettingsError | FetchError
    ) -> None:
        """A job that never ran fails; one that should go on waits for a person again."""
        code = error.code if isinstance(error, SettingsError) else error.reason
        if job.goes_on:
            self._disarm(job, code, str(error))
        else:
            self._fail(job, code, str(error))

    def _work(self, command: JobCommand) -> Program | PieceCount:
        if command.program is None:
            board_id = hashlib.sha256(command.job_id.encode()).hexdigest()[:32]
            return PieceCount(pieces_expected=command.pieces, job_id=board_id)
        return Program(source=still_whole(self._tools.programs, command.program))

    def _write_start(self, job: jobs.Job, own_lines: int) -> bool:
        try:
            with self._tools.store.transaction() as writing:
                jobs.start(writing, job.job_id, self._now(), own_lines=own_lines)
        except RefusedError as error:  # cancelled or over since we looked
            log.info("not-started", job_id=job.job_id, reason=error.reason)
            return False
        return True

    def _perform(
        self,
        attempt: Attempt,
        job: jobs.Job,
        command: JobCommand,
        work: Program | PieceCount,
    ) -> None:
        clock = self._tools.clock
        began_s = clock.monotonic_s()
        log.info("job-started", job_id=job.job_id, machine_id=self.machine_id)

        def tell(progress: Progress) -> None:
            self.station.show_run(job.job_id, progress)
            self._going_on.note(job.job_id, progress)

        def tell_pause(paused: bool) -> None:
            with self._tools.store.transaction() as writing:
                jobs.note(writing, job, "paused" if paused else "resumed", self._now())

        self.station.show_start(job.job_id)
        outcome = attempt.perform(work, tell=tell, tell_pause=tell_pause)
        run_s = clock.monotonic_s() - began_s
        self._report(job, command, attempt, outcome, run_s)

    def _report(
        self,
        job: jobs.Job,
        command: JobCommand,
        attempt: Attempt,
        outcome: Outcome,
        run_s: float,
    ) -> None:
        """Write the outcome, with what is owed for it, in one transaction."""
        known = self._going_on.end(job.job_id, command, outcome)
        completed = outcome.kind is OutcomeKind.COMPLETED
        counted = command.pieces if outcome.pieces is None else outcome.pieces
        pieces_good = counted if completed else 0
        run = credit.Run(
            run_s=run_s if outcome.lines_sent or outcome.pieces or completed else 0.0,
            completed=completed,
            pieces_good=pieces_good,
            ended_at=self._now(),
            part=known.part if known else 1,
        )
        ending, code = _ending(outcome, attempt)
        findings = known.findings if known else None
        offers = findings.offers if findings and ending in jobs.RESUMABLE else ()
        report = jobs.Report(
            done=1.0 if completed else _share(outcome),
            pieces_good=pieces_good if completed else None,
            code=code,
            text=outcome.reason,
            evidence=evidence_of(outcome),
            contributions=credit.contributions(command, run, self._tools.signer),
            rest=jobs.rest_of(offers[0]) if offers else None,
        )
        with self._tools.store.transaction() as writing:
            jobs.end(writing, job.job_id, ending, run.ended_at, report)
        self._tidy()
        log.info("job-ended", job_id=job.job_id, ending=ending, reason=outcome.reason)

    def _fail(self, job: jobs.Job, code: str, words: str) -> None:
        """A job that will not start; the bed was never touched."""
        with self._tools.store.transaction() as writing:
            report = jobs.Report(code=code, text=words)
            jobs.end(writing, job.job_id, "failed", self._now(), report)
        self._tidy()
        log.warning("job-failed", job_id=job.job_id, code=code, reason=words)

    def _tidy(self) -> None:
        """Let go of programs that no waiting job needs, where there are too many."""
        with self._tools.store.reading() as reading:
            in_use = jobs.programs_in_use(reading)
        prune(self._tools.programs, in_use)

    def _disarm(self, job: jobs.Job, code: str, words: str) -> None:
        with self._tools.store.transaction() as writing:
            jobs.disarm(writing, job.job_id)
        self._tools.bulletin.alarm(code, f"{self.machine_id}: {words}")

    def _now(self) -> datetime:
        return self._tools.clock.now()


def _ending(outcome: Outcome, attempt: Attempt) -> tuple[jobs.Ending, str | None]:
    by = attempt.wishes.by
    match outcome.kind:
        case OutcomeKind.COMPLETED:
            return "completed", None
        case OutcomeKind.CANCELLED if by == "agent-stopped":
            return "interrupted", by  # nobody wanted the job itself to end
        case OutcomeKind.CANCELLED:
            return "cancelled", by or "at-the-machine"
        case OutcomeKind.INTERRUPTED:
            return "interrupted", "machine"
        case _:
            return "unknown", "end-not-seen"


def _share(outcome: Outcome) -> float | None:
    if outcome.lines_total <= 0:
        return None
    return min(1.0, outcome.lines_acknowledged / outcome.lines_total)


def _is_locked(path: Path) -> bool:
    """Whether another process holds the file's lock."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
