"""How long real jobs took beside what was told of them: kept with their machine."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.estimates.learned import seen
from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.held import Held
from orchestrator.dispatch.rows import JobRow
from orchestrator.network.rows import PaceRow
from orchestrator.planning.rows import TaskRow

JOBS_MAX: Final = 40  # the newest: machines and hands change
BY_PEOPLE: Final = ("counted", "judged")  # the moment of their word is not the end


def measure(session: Session, held: Held) -> None:
    """Keep with the machine what its last jobs of this process took.

    Only those count whose end the machine saw, and that never stood still between.
    """
    session.flush()
    machine_id = held.job.machine_id
    process = session.get_one(StepRow, held.task.step_id).process
    told_s = StepRow.setup_s + StepRow.run_s  # as planning allows from start to end
    rows = session.execute(
        select(told_s, JobRow.started_at, JobRow.ended_at)
        .join(TaskRow, TaskRow.step_id == StepRow.id)
        .join(JobRow, JobRow.id == TaskRow.id)
        .where(
            JobRow.machine_id == machine_id,
            StepRow.process == process,
            JobRow.state == "completed",
            JobRow.told_at.is_(None),
            JobRow.code.is_(None) | JobRow.code.not_in(BY_PEOPLE),
            JobRow.started_at.is_not(None),
            JobRow.ended_at.is_not(None),
        )
        .order_by(JobRow.ended_at.desc())
        .limit(JOBS_MAX)
    )
    found = seen(
        [
            (ended_at - started_at).total_seconds() / told
            for told, started_at, ended_at in rows
            if started_at and ended_at
        ]
    )
    if found is not None:
        session.merge(
            PaceRow(
                machine_id=machine_id,
                process=process,
                jobs=found.jobs,
                middle=found.middle,
                spread=found.spread,
            )
        )
