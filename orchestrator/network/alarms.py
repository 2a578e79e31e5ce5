"""What a steward must look at: one open alarm for each trouble, however often told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.observability import ALARMS
from orchestrator.network.rows import AlarmRow

TEXT_MAX: Final = 1_000


def raise_alarm(
    session: Session, *, code: str, subject: str, text: str, now: datetime
) -> AlarmRow:
    """The open alarm of this code and subject; a new one only if none is open."""
    same = (AlarmRow.code == code, AlarmRow.subject == subject)
    known = session.scalar(select(AlarmRow).where(*same, AlarmRow.seen_at.is_(None)))
    if known is not None:
        return known
    seen_count = session.scalar(
        select(func.count()).where(*same, AlarmRow.seen_at.is_not(None))
    )
    row = AlarmRow(
        id=derived_id("alarm", code, subject, str(seen_count)),
        raised_at=now,
        code=code,
        subject=subject,
        text=text[:TEXT_MAX].replace("\x00", "�"),
    )
    row_id = row.id
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # somebody else raised it in this very moment
        return session.get_one(AlarmRow, row_id, populate_existing=True)
    ALARMS.labels(kind=code).inc()
    announce(session, "alarms")
    return row


def mark_seen(session: Session, alarm_id: str, *, now: datetime) -> bool:
    """A steward looked; False when somebody did before. Errors: NotFoundError."""
    row = session.get(AlarmRow, alarm_id)
    if row is None:
        raise NotFoundError(f"there is no alarm {alarm_id[:64]!r}", field="alarm_id")
    if row.seen_at is not None:
        return False
    row.seen_at = now
    announce(session, "alarms")
    return True


def open_alarms(session: Session) -> Sequence[AlarmRow]:
    """What nobody looked at yet, oldest first."""
    return session.scalars(
        select(AlarmRow)
        .where(AlarmRow.seen_at.is_(None))
        .order_by(AlarmRow.raised_at, AlarmRow.id)
    ).all()
