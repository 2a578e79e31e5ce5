"""A machine's care: what is done every so many hours, when it was, when it stands still."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.network.machines import machine_of
from orchestrator.network.rows import MachineBlockRow, ServiceRow
from orchestrator.network.text import checked_text

TASK_MAX: Final = 80
EVERY_H_MAX: Final = 20_000.0
BLOCK_MAX: Final = timedelta(days=31)


class NothingToUndoError(ConflictError):
    """Something was said since, or it was undone already."""

    code = "nothing-to-undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a lab does to a machine every `every_h` hours of its work.

    `since_at`: when it was done last, or first asked for; `by` None: never done.
    `last`: number of the newest word, which can be taken back.
    """

    machine_id: str
    task: str
    every_h: float
    since_at: datetime
    by: str | None
    last: int


def services(session: Session, machine_ids: Collection[str]) -> list[Service]:
    """All services in force, by machine and task."""
    told: dict[tuple[str, str], list[ServiceRow]] = {}
    for row in _standing(session, machine_ids):
        told.setdefault((row.machine_id, row.task), []).append(row)
    return [one for rows in told.values() if (one := _service(rows))]


def set_interval(
    session: Session,
    machine_id: str,
    task: str,
    every_h: float | None,
    *,
    by: str,
    now: datetime,
) -> ServiceRow:
    """From now on it is done every so many hours of work; None: no longer.

    Errors: NotFoundError; InvalidInputError.
    """
    name = checked_text(task, field="task", length_max=TASK_MAX)
    if every_h is not None and not 1 <= every_h <= EVERY_H_MAX:
        raise InvalidInputError(
            f"a service comes every 1 to {EVERY_H_MAX:.0f} hours of work",
            field="every_h",
        )
    return _append(session, machine_id, name, "interval", every_h, by=by, now=now)


def say_serviced(
    session: Session, machine_id: str, task: str, *, by: str, now: datetime
) -> ServiceRow:
    """It was done just now. Errors: NotFoundError for a service that is not in force."""
    if not any(one.task == task for one in services(session, [machine_id])):
        raise NotFoundError(f"there is no service {task[:TASK_MAX]!r} of this machine")
    return _append(session, machine_id, task, "serviced", None, by=by, now=now)


def undo_service(
    session: Session, machine_id: str, number: int, *, by: str, now: datetime
) -> ServiceRow:
    """Take back the last word on a service. Errors: NotFoundError, NothingToUndoError."""
    row = session.get(ServiceRow, number)
    if row is None or row.machine_id != machine_id or row.kind == "undone":
        raise NotFoundError(f"there is no such word on a service: {number}")
    standing = [one for one in _standing(session, [machine_id]) if one.task == row.task]
    if not standing or standing[-1].number != number:
        raise NothingToUndoError("somebody said more since, or this was undone already")
    return _append(
        session, machine_id, row.task, "undone", None, by=by, now=now, undoes=number
    )


def blocks(
    session: Session, machine_ids: Collection[str], *, now: datetime
) -> list[MachineBlockRow]:
    """When these machines stand still, now or later, the soonest first."""
    return list(
        session.scalars(
            select(MachineBlockRow)
            .where(
                MachineBlockRow.machine_id.in_(machine_ids),
                MachineBlockRow.ended_at.is_(None),
                MachineBlockRow.until_at > now,
            )
            .order_by(MachineBlockRow.from_at, MachineBlockRow.number)
        )
    )


def block(
    session: Session,
    machine_id: str,
    *,
    from_at: datetime,
    until_at: datetime,
    why: str,
    by: str,
    now: datetime,
) -> MachineBlockRow:
    """Nothing is planned on it in that time; what runs goes on.

    Errors: NotFoundError; InvalidInputError.
    """
    machine = machine_of(session, machine_id)
    if not max(from_at, now) < until_at <= from_at + BLOCK_MAX:
        raise InvalidInputError(
            f"it stands still until a time to come, {BLOCK_MAX.days} days at most",
            field="hours",
        )
    row = MachineBlockRow(
        machine_id=machine.id,
        from_at=from_at,
        until_at=until_at,
        why=checked_text(why, field="why", length_max=TASK_MAX),
        stated_at=now,
        stated_by=by,
        ended_at=None,
        ended_by=None,
    )
    session.add(row)
    session.flush()
    announce(session, f"lab/{machine.facility_id}", f"machine/{machine.id}")
    return row


def unblock(
    session: Session, machine_id: str, number: int, *, by: str, now: datetime
) -> bool:
    """It may be planned again; False where that was said. Errors: NotFoundError."""
    row = session.get(MachineBlockRow, number)
    if row is None or row.machine_id != machine_id:
        raise NotFoundError(f"there is no such time of standing still: {number}")
    if row.ended_at is not None:
        return False
    row.ended_at, row.ended_by = now, by
    machine = machine_of(session, machine_id)
    announce(session, f"lab/{machine.facility_id}", f"machine/{machine.id}")
    return True


def _standing(session: Session, machine_ids: Collection[str]) -> list[ServiceRow]:
    """What was said and not taken back, oldest first."""
    rows = session.scalars(
        select(ServiceRow)
        .where(ServiceRow.machine_id.in_(machine_ids))
        .order_by(ServiceRow.number)
    ).all()
    undone = {row.undoes for row in rows}
    return [row for row in rows if row.kind != "undone" and row.number not in undone]


def _service(rows: Sequence[ServiceRow]) -> Service | None:
    intervals = [row for row in rows if row.kind == "interval"]
    if not intervals or intervals[-1].every_h is None:
        return None
    done = [row for row in rows if row.kind == "serviced"]
    last = done[-1] if done else intervals[0]
    return Service(
        machine_id=last.machine_id,
        task=last.task,
        every_h=intervals[-1].every_h,
        since_at=last.at,
        by=last.by if done else None,
        last=rows[-1].number,
    )


def _append(
    session: Session,
    machine_id: str,
    task: str,
    kind: str,
    every_h: float | None,
    *,
    by: str,
    now: datetime,
    undoes: int | None = None,
) -> ServiceRow:
    machine = machine_of(session, machine_id)
    row = ServiceRow(
        machine_id=machine.id,
        task=task,
        kind=kind,
        every_h=every_h,
        at=now,
        by=by,
        undoes=undoes,
    )
    session.add(row)
    session.flush()
    announce(session, f"lab/{machine.facility_id}")
    return row
