"""How long real jobs took beside what their steps told, by process."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.rows import JobRow
from orchestrator.planning.rows import TaskRow

JOBS_MAX: Final = 1_000  # the newest: machines and hands change


def ratios_by_process(session: Session) -> Mapping[str, Sequence[float]]:
    """Real time by told time of each of the newest completed jobs."""
    rows = session.execute(
        select(StepRow.process, StepRow.run_s, JobRow.started_at, JobRow.ended_at)
        .join(TaskRow, TaskRow.step_id == StepRow.id)
        .join(JobRow, JobRow.id == TaskRow.id)
        .where(
            JobRow.state == "completed",
            JobRow.started_at.is_not(None),
            JobRow.ended_at.is_not(None),
        )
        .order_by(JobRow.ended_at.desc())
        .limit(JOBS_MAX)
    )
    ratios: dict[str, list[float]] = defaultdict(list)
    for process, told_s, started_at, ended_at in rows:
        if started_at is None or ended_at is None:
            continue  # the query leaves these out; the type does not know
        took_s = (ended_at - started_at).total_seconds()
        if took_s > 0:
            ratios[process].append(took_s / told_s)
    return ratios
