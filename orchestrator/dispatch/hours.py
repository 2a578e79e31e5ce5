"""How long machines ran for the network's jobs, since a moment of each."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.dispatch.rows import JobRow


def spans_of(
    session: Session, machine_ids: Collection[str], *, since: datetime
) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """By machine, each job's start and end (None: it runs) after `since`."""
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for machine_id, started_at, ended_at in session.execute(
        select(JobRow.machine_id, JobRow.started_at, JobRow.ended_at).where(
            JobRow.machine_id.in_(machine_ids),
            or_(JobRow.ended_at.is_(None), JobRow.ended_at > since),
        )
    ):
        if started_at is not None:
            found.setdefault(machine_id, []).append((started_at, ended_at))
    return found


def ran_s(
    spans: Collection[tuple[datetime, datetime | None]],
    *,
    since: datetime,
    now: datetime,
) -> float:
    """Seconds at work between `since` and `now`, pauses included."""
    return sum(
        max(
            0.0,
            (min(ended_at or now, now) - max(started_at, since)).total_seconds(),
        )
        for started_at, ended_at in spans
    )
