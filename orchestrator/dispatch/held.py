"""A job with its task and its order, locked in one order for whoever changes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.errors import ForeignFactError, UnknownJobError
from orchestrator.dispatch.rows import JobRow
from orchestrator.foundation.changes import announce
from orchestrator.orders.parts import hold_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.tasks import attempts, live

AT_MACHINE: Final = ("sent", "accepted", "armed", "running", "paused", "unknown")
SILENT: Final = "silent"  # code of a job whose computer is not heard
CAN_GO_ON: Final = "can-go-on"  # of one that a person may let go on where it stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The three rows; they stay locked until the transaction's end."""

    job: JobRow
    task: TaskRow
    order: OrderRow


def hold(session: Session, job_id: str) -> Held:
    """Lock and read them afresh. Errors: UnknownJobError."""
    task = session.get(TaskRow, job_id)
    if task is None or session.get(JobRow, job_id) is None:
        raise UnknownJobError(f"no job {job_id} was ever sent")
    order = hold_order(session, task.order_id)
    job = session.get(JobRow, job_id, populate_existing=True)
    task = session.get(TaskRow, job_id, populate_existing=True)
    if order is None or job is None or task is None:
        raise UnknownJobError(f"no job {job_id} was ever sent")
    announce(session, f"order/{order.id}", f"machine/{job.machine_id}", "plan")
    return Held(job=job, task=task, order=order)


def check_own(held: Held, *, device_id: str, machine_id: str, fence: int) -> None:
    """Errors: ForeignFactError when the job was not sent to this device so."""
    job = held.job
    if (job.device_id, job.machine_id) != (device_id, machine_id):
        raise ForeignFactError(
            f"device {device_id} spoke about job {job.id}, which was sent to "
            f"{job.device_id} for {job.machine_id}"
        )
    if job.fence != fence:
        raise ForeignFactError(
            f"job {job.id} has fence {job.fence}, the device speaks of {fence}"
        )


def rivals(session: Session, held: Held) -> list[TaskRow]:
    """Other attempts at the same run that are not over."""
    return [task for task in live(attempts(session, held.task)) if task != held.task]


def is_taken(session: Session, job: JobRow) -> bool:
    """Whether the machine holds another job by now."""
    other = session.scalar(
        select(JobRow.id)
        .where(JobRow.machine_id == job.machine_id, JobRow.id != job.id)
        .where(JobRow.state.in_(AT_MACHINE))
        .limit(1)
    )
    return other is not None


def moment_of(observed_at: datetime, job: JobRow, now: datetime) -> datetime:
    """The device's time, kept between the sending of the job and now."""
    return min(max(observed_at, job.sent_at), now)


def hear(job: JobRow) -> None:
    """The device speaks of the job again: what was said of its silence is over."""
    if job.code == SILENT:
        job.code = job.text = None
