"""In which order a lab's people want a machine's jobs done: wishes that plans keep."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.network.machines import machine_of
from orchestrator.planning.rows import QueueWishRow, TaskRow
from orchestrator.planning.wishes import wish


class QueueChangedError(ConflictError):
    """Other jobs wait at the machine by now than those that were put in order."""

    code = "queue-changed"


def queue_of(session: Session, machine_id: str) -> Sequence[TaskRow]:
    """What is planned on the machine and not sent to it, the first first."""
    return session.scalars(
        select(TaskRow)
        .where(
            TaskRow.machine_id == machine_id,
            TaskRow.state == "planned",
            TaskRow.start_at.is_not(None),
        )
        .order_by(TaskRow.start_at, TaskRow.id)
    ).all()


def queues(
    session: Session, machine_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """By machine, the order in force: of its tasks that still are only planned."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _in_force(session, machine_ids):
        found[row.machine_id] = tuple(row.task_ids)  # the newest comes last
    if not found:
        return {}
    named = {task_id for ids in found.values() for task_id in ids}
    planned = set(
        session.scalars(
            select(TaskRow.id).where(TaskRow.id.in_(named), TaskRow.state == "planned")
        )
    )
    kept = {
        name: tuple(one for one in ids if one in planned) for name, ids in found.items()
    }
    return {name: ids for name, ids in kept.items() if ids}


def newest_wish(session: Session, machine_id: str) -> QueueWishRow | None:
    """The wish in force, as it was made."""
    rows = _in_force(session, [machine_id])
    return rows[-1] if rows else None


def wish_queue(
    session: Session,
    machine_id: str,
    task_ids: Sequence[str],
    *,
    by: str,
    now: datetime,
) -> QueueWishRow:
    """Do these jobs of the machine in this order, from the next plan on.

    Errors: NotFoundError; InvalidInputError for a job named twice; QueueChangedError
    when it has others by now. The caller commits.
    """
    machine = machine_of(session, machine_id)
    if len(set(task_ids)) != len(task_ids):
        raise InvalidInputError("a job is named twice", field="order")
    check_same(session, machine_id, task_ids)
    row = QueueWishRow(
        machine_id=machine.id,
        task_ids=list(task_ids),
        troubles={},
        wished_at=now,
        wished_by=by,
        ended_at=None,
        ended_by=None,
    )
    session.add(row)
    session.flush()
    _tell(session, machine.id, f"{machine.name} has its jobs in another order", now)
    return row


def check_same(session: Session, machine_id: str, task_ids: Sequence[str]) -> None:
    """Errors: QueueChangedError unless just these jobs wait at the machine."""
    if {task.id for task in queue_of(session, machine_id)} != set(task_ids):
        raise QueueChangedError(
            "other jobs wait at this machine by now: look at them, and order them anew"
        )


def answer(
    session: Session, machine_ids: Collection[str], troubles: Mapping[str, str]
) -> None:
    """A plan was made: why it could not keep some jobs where people want them."""
    for row in _in_force(session, machine_ids):
        told = {name: troubles[name] for name in row.task_ids if name in troubles}
        if row.troubles != told:
            row.troubles = told


def end_wish(
    session: Session, machine_id: str, number: int, *, by: str, now: datetime
) -> bool:
    """Take the wish back: the one before counts again, or what the plan finds best.

    False where it is over already. Errors: NotFoundError.
    """
    row = session.get(QueueWishRow, number)
    if row is None or row.machine_id != machine_id:
        raise NotFoundError(f"there is no such order of jobs: {number}")
    if row.ended_at is not None:
        return False
    row.ended_at, row.ended_by = now, by
    name = machine_of(session, machine_id).name
    _tell(session, machine_id, f"{name} has its jobs in the order of before", now)
    return True


def end_all(session: Session, machine_id: str, *, by: str, now: datetime) -> int:
    """The plan decides again; how many wishes were in force."""
    rows = _in_force(session, [machine_id])
    for row in rows:
        row.ended_at, row.ended_by = now, by
    if rows:
        name = machine_of(session, machine_id).name
        _tell(session, machine_id, f"the plan orders the jobs of {name} again", now)
    return len(rows)


def _in_force(session: Session, machine_ids: Collection[str]) -> Sequence[QueueWishRow]:
    return session.scalars(
        select(QueueWishRow)
        .where(
            QueueWishRow.machine_id.in_(machine_ids), QueueWishRow.ended_at.is_(None)
        )
        .order_by(QueueWishRow.number)
    ).all()


def _tell(session: Session, machine_id: str, reason: str, now: datetime) -> None:
    wish(session, reason, now, about=machine_id)
    announce(session, f"machine/{machine_id}", "plan")
