"""What a lab's machines did: jobs with their ends and reasons, and the hours they ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.rows import JobRow
from orchestrator.doors.web.board import Work, works_of
from orchestrator.doors.web.fate import STOPPED, plain_reason
from orchestrator.members.agents import names_of
from orchestrator.network.rows import MachineRow

LINES_MAX: Final = 200
SUMMED: Final = timedelta(days=30)
MADE: Final = ("completed",)
NOT_BEGUN: Final = ("refused", "expired")
ENDS: Final = {"made": MADE, "stopped": tuple(STOPPED), "not-begun": NOT_BEGUN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One job that is over. `grams` None: nobody knows what it took.

    `who`: whose work at the machine it is counted as; who looked at it, where somebody
    had to say how it ended.
    """

    work: Work
    job: JobRow
    machine: MachineRow
    run_s: float | None
    grams: float | None
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A machine's last 30 days: jobs and seconds, well made and not."""

    machine: MachineRow
    made: int
    made_s: float
    stopped: int
    stopped_s: float


def lines_of(
    session: Session, machines: Sequence[MachineRow], *, end: str = ""
) -> list[Line]:
    """The newest jobs of these machines that are over, the newest first."""
    states = ENDS.get(end, (*MADE, *STOPPED, *NOT_BEGUN))
    jobs = session.scalars(
        select(JobRow)
        .where(
            JobRow.machine_id.in_([row.id for row in machines]),
            JobRow.state.in_(states),
        )
        .order_by(JobRow.sent_at.desc(), JobRow.id)
        .limit(LINES_MAX)
    ).all()
    works = works_of(session, [job.id for job in jobs])
    by_id = {row.id: row for row in machines}
    names = names_of(session, {_who(job) for job in jobs})
    return [
        Line(
            work=works[job.id],
            job=job,
            machine=by_id[job.machine_id],
            run_s=run_s(job),
            grams=_grams(job),
            who=names.get(_who(job), ""),
            why="" if job.state in MADE else plain_reason(job.text or job.code),
        )
        for job in jobs
    ]


def sums_of(
    session: Session, machines: Sequence[MachineRow], *, now: datetime
) -> list[Sum]:
    """Of each machine that ran anything in the last 30 days."""
    jobs = session.scalars(
        select(JobRow).where(
            JobRow.machine_id.in_([row.id for row in machines]),
            JobRow.state.in_((*MADE, *STOPPED)),
            JobRow.started_at.is_not(None),
            JobRow.ended_at >= now - SUMMED,
        )
    ).all()
    found = [
        _sum(row, [job for job in jobs if job.machine_id == row.id]) for row in machines
    ]
    return [one for one in found if one.made or one.stopped]


def run_s(job: JobRow) -> float | None:
    """From its start to its end, pauses included; None: it never ran."""
    if job.started_at is None or job.ended_at is None:
        return None
    return max(0.0, (job.ended_at - job.started_at).total_seconds())


def _sum(machine: MachineRow, jobs: Sequence[JobRow]) -> Sum:
    made = [job for job in jobs if job.state in MADE]
    stopped = [job for job in jobs if job.state in STOPPED]
    return Sum(
        machine=machine,
        made=len(made),
        made_s=sum(run_s(job) or 0.0 for job in made),
        stopped=len(stopped),
        stopped_s=sum(run_s(job) or 0.0 for job in stopped),
    )


def _grams(job: JobRow) -> float | None:
    """What its design says; of one that stopped, as far as the machine confirmed."""
    whole = float(job.credit.get("material_g") or 0.0)
    if job.state in MADE:
        return whole
    shown = job.evidence or {}
    total = shown.get("lines_total")
    if job.started_at is None or not total:
        return None
    return whole * min(1.0, float(shown.get("lines_acknowledged") or 0) / float(total))


def _who(job: JobRow) -> str:
    return str((job.evidence or {}).get("by") or job.credit.get("maker_id") or "")
