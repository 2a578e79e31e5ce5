"""Which commands of the network are taken, and what each is answered.

Every verdict is on the disk before its acknowledgement leaves, so that the same
command again, or after a crash, meets the same answer.
"""

import sqlite3
from datetime import datetime
from typing import Literal

from device_agents.agent import jobs, outbox, standing
from device_agents.contract.messages import Acknowledgement, JobCommand, JobControl

QUEUE_MAX = 16  # jobs that may wait at one machine

type Verdict = Literal["accepted", "duplicate", "expired", "fenced", "refused"]


def take(
    connection: sqlite3.Connection,
    command: JobCommand,
    *,
    now: datetime,
    machines: frozenset[str],
) -> Acknowledgement:
    """Judge a job's command, keep it if it is taken, and put the answer in the outbox.

    The same command again gets its recorded answer as "duplicate"; the same job under
    another command never becomes a second job.
    """
    known = _recorded(connection, command.command_id)
    if known is not None:
        return _answer(connection, command, "duplicate", known, now)
    verdict, code = _judge(connection, command, now=now, machines=machines)
    if verdict == "accepted":
        connection.execute(
            "insert into job (job_id, machine_id, fence, state, command)"
            " values (?, ?, ?, 'received', ?)",
            (
                command.job_id,
                command.machine_id,
                command.fence,
                command.model_dump_json(),
            ),
        )
    _record(connection, command, verdict, code, now)
    return _answer(connection, command, verdict, code, now)


def control(
    connection: sqlite3.Connection,
    command: JobControl,
    *,
    now: datetime,
    machines: frozenset[str],
    hand_held: frozenset[str] = frozenset(),
) -> tuple[Acknowledgement, jobs.Job | None]:
    """Judge a pause, resume or cancel; put the answer in the outbox.

    `hand_held` machines may be set in motion by a person beside them only. A job that has not started is cancelled here and now. The job is returned where
    the machine itself has to act.
    """
    known = _recorded(connection, command.command_id)
    if known is not None:
        return _answer(connection, command, "duplicate", known, now), None
    verdict, code, acts_on = _judge_control(
        connection, command, now=now, machines=machines, hand_held=hand_held
    )
    _record(connection, command, verdict, code, now)
    return _answer(connection, command, verdict, code, now), acts_on


def _judge(
    connection: sqlite3.Connection,
    command: JobCommand,
    *,
    now: datetime,
    machines: frozenset[str],
) -> tuple[Verdict, str | None]:
    job = jobs.get(connection, command.job_id)
    if job is not None and command.fence < job.fence:
        return "fenced", "newer-holder"
    if now > command.not_after:
        return "expired", "too-late"
    if job is not None:
        _take_over(connection, job, command.fence)
        return "duplicate", f"job-{job.outcome or job.stage}"
    if command.machine_id not in machines:
        return "refused", "no-such-machine"
    if len(jobs.waiting(connection, command.machine_id)) >= QUEUE_MAX:
        return "refused", "queue-full"
    return "accepted", None


def _judge_control(
    connection: sqlite3.Connection,
    command: JobControl,
    *,
    now: datetime,
    machines: frozenset[str],
    hand_held: frozenset[str],
) -> tuple[Verdict, str | None, jobs.Job | None]:
    job = jobs.get(connection, command.job_id)
    if job is not None and command.fence < job.fence:
        return "fenced", "newer-holder", None
    if now > command.not_after:
        return "expired", "too-late", None
    if command.machine_id not in machines:
        return "refused", "no-such-machine", None
    if job is None:
        if command.action != "cancel":
            return "refused", "no-such-job", None
        _cancel_unheard(connection, command, now)
        return "accepted", "not-begun", None
    _take_over(connection, job, command.fence)
    job = _let_lie(connection, job, command)
    if job.stage == "ended":
        return "refused", f"job-{job.outcome}", None
    if command.action == "resume" and job.machine_id in hand_held:
        return "refused", "resume-is-local", None
    if job.stage == "started":
        return "accepted", None, jobs.again(connection, job.job_id)
    if command.action == "cancel":
        jobs.end(
            connection, job.job_id, "cancelled", now, jobs.Report(code="by-network")
        )
        return "accepted", "not-begun", None
    return "refused", "not-started", None


def _let_lie(
    connection: sqlite3.Connection, job: jobs.Job, command: JobControl
) -> jobs.Job:
    """An interrupted job that the network wants no more does not go on."""
    if command.action != "cancel":
        return job
    if job.goes_on:
        jobs.disarm(connection, job.job_id)
    job = jobs.again(connection, job.job_id)
    if job.stage == "ended":
        standing.withdraw(connection, job.job_id, "the network makes it elsewhere")
    return job


def _cancel_unheard(
    connection: sqlite3.Connection, command: JobControl, now: datetime
) -> None:
    """Remember a cancel that overtook its job, so that the job never starts."""
    connection.execute(
        "insert into job (job_id, machine_id, fence, state, outcome, cleared)"
        " values (?, ?, ?, 'ended', 'cancelled', 1)",
        (command.job_id, command.machine_id, command.fence),
    )
    job = jobs.again(connection, command.job_id)
    jobs.tell(connection, job, "cancelled", now, jobs.Report(code="by-network"))


def _take_over(connection: sqlite3.Connection, job: jobs.Job, fence: int) -> None:
    connection.execute(
        "update job set fence = max(fence, ?) where job_id = ?", (fence, job.job_id)
    )


def _recorded(connection: sqlite3.Connection, command_id: str) -> str | None:
    row = connection.execute(
        "select verdict, code from command where command_id = ?", (command_id,)
    ).fetchone()
    return str(row["verdict"]) if row else None


def _record(
    connection: sqlite3.Connection,
    command: JobCommand | JobControl,
    verdict: Verdict,
    code: str | None,
    now: datetime,
) -> None:
    connection.execute(
        "insert into command (command_id, job_id, verdict, code, received_at)"
        " values (?, ?, ?, ?, ?)",
        (command.command_id, command.job_id, verdict, code, now.isoformat()),
    )


def _answer(
    connection: sqlite3.Connection,
    command: JobCommand | JobControl,
    verdict: Verdict,
    code: str | None,
    now: datetime,
) -> Acknowledgement:
    acknowledgement = Acknowledgement(
        command_id=command.command_id,
        job_id=command.job_id,
        verdict=verdict,
        code=code,
        observed_at=now,
    )
    outbox.add(connection, acknowledgement)
    return acknowledgement
