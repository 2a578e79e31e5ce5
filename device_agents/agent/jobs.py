"""The durable ledger of jobs: what was asked, what was answered, what was started.

A job starts at most once in its life. `started` is on the disk before the machine gets
its first byte; a job that is found started when the agent comes back has an unknown
outcome, and only a person settles that.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from device_agents.agent import outbox, standing
from device_agents.contract.messages import (
    Evidence,
    JobCommand,
    JobEvent,
    Rest,
    SignedContribution,
)
from device_agents.errors import RefusedError

type Stage = Literal["received", "fetched", "needs-arming", "armed", "started", "ended"]
type Ending = Literal["completed", "failed", "interrupted", "cancelled", "unknown"]
type Happening = Literal[
    "armed",
    "started",
    "paused",
    "resumed",
    "completed",
    "failed",
    "interrupted",
    "cancelled",
    "unknown",
    "cleared",
]

RESUMABLE = ("interrupted", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as the disk has it. `command` None: only its cancelling was ever heard."""

    job_id: str
    machine_id: str
    fence: int
    stage: Stage
    command: JobCommand | None
    armed_until: datetime | None
    started_at: datetime | None
    outcome: Ending | None
    reason: str | None
    armed_by: str | None  # in their own word, where they gave one

    @property
    def goes_on(self) -> bool:
        """Whether it is armed to go on where it was interrupted."""
        return self.stage == "armed" and self.outcome is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a runner has to say with a job's event."""

    done: float | None = None
    pieces_good: int | None = None
    code: str | None = None
    text: str | None = None
    evidence: Evidence | None = None
    contributions: tuple[SignedContribution, ...] = ()
    rest: Rest | None = None
    by: str | None = None


NOTHING = Report()


def current(connection: sqlite3.Connection, machine_id: str) -> Job | None:
    """The job that a machine is busy with: one under way or uncleared, else the oldest."""
    row = connection.execute(
        "select * from job where machine_id = ? and cleared = 0 order by"
        " case state when 'started' then 0 when 'ended' then 1 else 2 end, number"
        " limit 1",
        (machine_id,),
    ).fetchone()
    return _job(row) if row else None


def waiting(connection: sqlite3.Connection, machine_id: str) -> list[Job]:
    """Every job of a machine that is not over and cleared, oldest first."""
    rows = connection.execute(
        "select * from job where machine_id = ? and cleared = 0 order by number",
        (machine_id,),
    )
    return [_job(row) for row in rows]


def get(connection: sqlite3.Connection, job_id: str) -> Job | None:
    """That job, however it stands."""
    row = connection.execute("select * from job where job_id = ?", (job_id,)).fetchone()
    return _job(row) if row else None


def fetched(connection: sqlite3.Connection, job_id: str) -> None:
    """The program is here and allowed."""
    _move(connection, job_id, "received", "fetched")


def offer(connection: sqlite3.Connection, job_id: str) -> None:
    """The machine is free and clear: a person may arm this job."""
    _move(connection, job_id, "fetched", "needs-arming")


def arm(
    connection: sqlite3.Connection,
    *,
    machine_id: str,
    job_id: str,
    now: datetime,
    arming_s: float,
    by: str | None = None,
) -> Job:
    """A person at the machine arms this one job for a limited time. RefusedError."""
    job = current(connection, machine_id)
    if job is None or job.job_id != job_id or job.command is None:
        raise RefusedError("not-this-job", "that job does not wait at this machine")
    if job.stage != "needs-arming":
        raise RefusedError("not-ready", f"the job is {job.stage}, not waiting for you")
    if now > job.command.not_after:
        raise RefusedError("expired", "the job's time is over; it will not be made")
    until = min(now + timedelta(seconds=arming_s), job.command.not_after)
    _set_armed(connection, job_id, until, by)
    tell(connection, job, "armed", now, Report(by=by))
    return again(connection, job_id)


def rearm(
    connection: sqlite3.Connection,
    *,
    machine_id: str,
    job_id: str,
    line: int,
    now: datetime,
    arming_s: float,
    by: str | None = None,
) -> Job:
    """A person at the machine wants an interrupted job to go on from what was offered.

    Errors: RefusedError.
    """
    job = current(connection, machine_id)
    if job is None or job.job_id != job_id or job.stage != "ended":
        raise RefusedError("nothing-to-resume", "no interrupted job waits here")
    known = standing.of(connection, job_id)
    if job.outcome not in RESUMABLE or known is None or known.offer(line) is None:
        raise RefusedError("not-offered", "the job can't go on from there")
    standing.consent(connection, job_id, line)
    _set_armed(connection, job_id, now + timedelta(seconds=arming_s), by)
    return again(connection, job_id)


def disarm(connection: sqlite3.Connection, job_id: str) -> None:
    """The arming is over: time, a restart, or a machine that went away."""
    connection.execute(
        "update job set armed_until = null, state ="
        " case when outcome is null then 'needs-arming' else 'ended' end"
        " where job_id = ? and state = 'armed'",
        (job_id,),
    )


def start(
    connection: sqlite3.Connection, job_id: str, now: datetime, *, own_lines: int = 0
) -> Job:
    """Write that the job starts, before the first byte is sent. RefusedError.

    Only an armed job starts, within its arming and before its own end of time, and
    never twice; one that was interrupted goes on, `own_lines` before its rest.
    """
    job = again(connection, job_id)
    if job.stage != "armed" or job.armed_until is None or job.command is None:
        raise RefusedError("not-armed", f"the job is {job.stage}")
    if now > job.armed_until or (now > job.command.not_after and not job.goes_on):
        raise RefusedError("arming-over", "the arming is over")
    connection.execute(
        "update job set state = 'started', started_at = ?, armed_until = null,"
        " outcome = null, code = null, reason = null where job_id = ?",
        (now.isoformat(), job_id),
    )
    known = standing.of(connection, job_id)
    if job.goes_on and known is not None:
        rest = rest_of(known.offer(known.consent_line))
        report = Report(rest=rest, by=job.armed_by)
        standing.go_on(connection, known, own_lines)
        tell(connection, job, "resumed", now, report)
    else:
        standing.begin(connection, job_id)
        tell(connection, job, "started", now)
    return again(connection, job_id)


def note(
    connection: sqlite3.Connection,
    job: Job,
    happening: Literal["paused", "resumed"],
    now: datetime,
    report: Report = NOTHING,
) -> None:
    """Tell a pause or a resume of a started job."""
    tell(connection, job, happening, now, report)


def end(
    connection: sqlite3.Connection,
    job_id: str,
    ending: Ending,
    now: datetime,
    report: Report = NOTHING,
) -> None:
    """The job is over. One that had started leaves a bed that a person must clear."""
    job = again(connection, job_id)
    if job.stage == "ended":
        return
    connection.execute(
        "update job set state = 'ended', outcome = ?, code = ?, reason = ?,"
        " armed_until = null, cleared = ? where job_id = ?",
        (ending, report.code, report.text, job.stage != "started", job_id),
    )
    tell(connection, job, ending, now, report)


def clear(
    connection: sqlite3.Connection,
    *,
    machine_id: str,
    job_id: str,
    now: datetime,
    pieces_good: int | None = None,
) -> None:
    """A person took the piece out and says that the bed is clear. RefusedError."""
    job = current(connection, machine_id)
    if job is None or job.job_id != job_id or job.stage != "ended":
        raise RefusedError("nothing-to-clear", "no ended job waits at this machine")
    connection.execute("update job set cleared = 1 where job_id = ?", (job_id,))
    tell(connection, job, "cleared", now, Report(pieces_good=pieces_good))


def recover(connection: sqlite3.Connection, now: datetime) -> list[Job]:
    """After a start of the agent: armings are lost, started jobs have unknown ends."""
    rows = connection.execute("select * from job where state in ('armed', 'started')")
    lost: list[Job] = []
    for job in [_job(row) for row in rows.fetchall()]:
        if job.stage == "armed":
            disarm(connection, job.job_id)
            continue
        words = "the agent stopped while the machine ran; a person must look"
        report = Report(code="agent-restarted", text=words)
        end(connection, job.job_id, "unknown", now, report)
        lost.append(job)
    return lost


def rest_of(offer: standing.Offer | None) -> Rest | None:
    """What is left of a job, in the wire's words."""
    if offer is None:
        return None
    return Rest(
        line=offer.line,
        layer=offer.layer or None,
        done=min(1.0, max(0.0, offer.done)),
        remaining_s=min(offer.remaining_s, 3e7),
    )


def programs_in_use(connection: sqlite3.Connection) -> set[str]:
    """Hashes of the programs that a waiting or interrupted job still needs."""
    rows = connection.execute(
        "select * from job where state != 'ended' or"
        " (cleared = 0 and outcome in ('interrupted', 'unknown'))"
    ).fetchall()
    commands = [_job(row).command for row in rows]
    return {found.program.sha256 for found in commands if found and found.program}


def tell(
    connection: sqlite3.Connection,
    job: Job,
    happening: Happening,
    now: datetime,
    report: Report = NOTHING,
) -> None:
    """Put a job's event in the outbox, with whatever the runner has to say."""
    fence = again(connection, job.job_id).fence  # it may have grown meanwhile
    event = JobEvent(
        job_id=job.job_id,
        machine_id=job.machine_id,
        fence=fence,
        event=happening,
        done=report.done,
        pieces_good=report.pieces_good,
        code=report.code,
        text=report.text[:500] if report.text else None,
        evidence=report.evidence,
        contributions=report.contributions,
        rest=report.rest,
        by=report.by,
        observed_at=now,
    )
    outbox.add(connection, event)


def _set_armed(
    connection: sqlite3.Connection, job_id: str, until: datetime, by: str | None
) -> None:
    connection.execute(
        "update job set state = 'armed', armed_until = ?, armed_by = ?"
        " where job_id = ?",
        (until.isoformat(), by, job_id),
    )


def _move(
    connection: sqlite3.Connection, job_id: str, before: Stage, after: Stage
) -> None:
    connection.execute(
        "update job set state = ? where job_id = ? and state = ?",
        (after, job_id, before),
    )


def again(connection: sqlite3.Connection, job_id: str) -> Job:
    """That job, which is known to be there. RefusedError "no-such-job" if not."""
    job = get(connection, job_id)
    if job is None:
        raise RefusedError("no-such-job", f"no job {job_id!r} is known here")
    return job


def _job(row: sqlite3.Row) -> Job:
    return Job(
        job_id=row["job_id"],
        machine_id=row["machine_id"],
        fence=row["fence"],
        stage=row["state"],
        command=JobCommand.model_validate_json(row["command"])
        if row["command"]
        else None,
        armed_until=_time(row["armed_until"]),
        started_at=_time(row["started_at"]),
        outcome=row["outcome"],
        reason=row["reason"],
        armed_by=row["armed_by"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
