"""Commands as outbox rows: one key for each, so that twice asked is once sent."""

from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy.orm import Session

from orchestrator.dispatch.commands import Command, ControlJob, payload_of
from orchestrator.dispatch.rows import JobRow
from orchestrator.foundation import outbox
from orchestrator.foundation.ids import derived_id

DESTINATION: Final = "mqtt"
CANCEL_LIFE: Final = timedelta(days=7)


def command_id(job: JobRow, verb: Literal["start", "cancel", "pause", "resume"]) -> str:
    """The id of a job's command; also its key in the outbox."""
    return derived_id("command", job.id, str(job.fence), verb)


def put_command(session: Session, command: Command, *, now: datetime) -> None:
    """Send it once this transaction is committed, in order for each device."""
    outbox.put(
        session,
        message_key=command.command_id,
        destination=DESTINATION,
        topic=f"{command.device_id}/{command.machine_id}",
        payload=payload_of(command),
        order_key=command.device_id,
        now=now,
        not_after=command.not_after,
        wants_receipt=True,
    )


def put_cancel(session: Session, job: JobRow, *, now: datetime) -> None:
    """Take a job back from its machine, where it still waits or runs. Twice is once."""
    outbox.withdraw(session, command_id(job, "start"))
    name = command_id(job, "cancel")
    if is_put(session, name):
        return
    command = ControlJob(
        command_id=name,
        device_id=job.device_id,
        machine_id=job.machine_id,
        job_id=job.id,
        fence=job.fence,
        not_after=now + CANCEL_LIFE,
        action="cancel",
    )
    put_command(session, command, now=now)


def is_put(session: Session, name: str) -> bool:
    """Whether this command was ever handed to the outbox."""
    asked = outbox.OutboxRow.message_key == name
    return session.query(outbox.OutboxRow.id).filter(asked).first() is not None
