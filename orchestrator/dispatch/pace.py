"""How long a lab's people take to arm a job and to clear the bed, by its last jobs."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.rows import JobRow
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import MachineRow

JOBS_MAX: Final = 40
JOBS_MIN: Final = 8
SHARE: Final = 0.8  # so many of the jobs went at least so fast
LONGEST_S: Final = 3_600  # a night says nothing about the next job


def measure(session: Session, facility_id: str) -> None:
    """Keep with the lab what its last jobs took; planning allows it for the next."""
    session.flush()
    jobs = session.execute(
        select(JobRow.sent_at, JobRow.started_at, JobRow.ended_at, JobRow.cleared_at)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .where(
            MachineRow.facility_id == facility_id,
            JobRow.started_at.is_not(None),
            JobRow.ended_at.is_not(None),
            JobRow.cleared_at.is_not(None),
        )
        .order_by(JobRow.sent_at.desc())
        .limit(JOBS_MAX)
    ).all()
    if len(jobs) < JOBS_MIN:
        return
    lab = facility_of(session, facility_id)
    lab.arm_s = _usual_s([(sent_at, start_at) for sent_at, start_at, *_ in jobs])
    lab.clear_s = _usual_s([(end_at, clear_at) for *_, end_at, clear_at in jobs])


def _usual_s(spans: Sequence[tuple[datetime | None, datetime | None]]) -> int:
    lengths_s = [(end - begin).total_seconds() for begin, end in spans if begin and end]
    ordered = sorted(min(max(each, 0), LONGEST_S) for each in lengths_s)
    return ceil(ordered[ceil(SHARE * len(ordered)) - 1])
