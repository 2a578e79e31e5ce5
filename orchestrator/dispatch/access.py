"""Which programs a device may fetch: those of jobs that were sent to it."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.rows import JobRow
from orchestrator.planning.rows import TaskRow


def program_was_sent(session: Session, device_id: str, sha256: str) -> bool:
    """Whether a job with this program was ever sent to the device."""
    found = exists().where(
        JobRow.device_id == device_id,
        TaskRow.id == JobRow.id,
        StepRow.id == TaskRow.step_id,
        StepRow.program_sha256 == sha256,
    )
    return bool(session.scalar(select(found)))
