"""Messages that wait to be sent, written in the transaction that caused them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Index, LargeBinary, String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.foundation import canonical
from orchestrator.foundation.database import Base, RowNumber
from orchestrator.foundation.errors import ConflictError


class OutboxRow(Base):
    """One message. It may be sent more than once; `message_key` makes it one."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_destination_state_id", "destination", "state", "id"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    message_key: Mapped[str] = mapped_column(String(128), unique=True)
    destination: Mapped[str] = mapped_column(String(64))  # 'mqtt', 'peer', …
    topic: Mapped[str] = mapped_column(String(300))
    payload: Mapped[bytes] = mapped_column(LargeBinary)  # canonical JSON
    order_key: Mapped[str] = mapped_column(String(128), index=True)
    wants_receipt: Mapped[bool]
    not_after: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(12))  # waiting|sent|receipted|expired
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    receipted_at: Mapped[datetime | None]


def put(
    session: Session,
    *,
    message_key: str,
    destination: str,
    topic: str,
    payload: object,
    order_key: str,
    now: datetime,
    not_after: datetime | None = None,
    wants_receipt: bool = False,
) -> OutboxRow:
    """Send `payload` (any canonical JSON value) once this transaction is committed.

    The same key with the same payload is the same message. Messages of one
    `order_key` leave in the order they were put.
    Errors: ConflictError for the same key with another payload.
    """
    body = canonical.dumps(payload)
    known = session.scalar(
        select(OutboxRow).where(OutboxRow.message_key == message_key)
    )
    if known is not None:
        if (known.payload, known.topic) != (body, topic):
            raise ConflictError(f"message {message_key} was put with another content")
        return known
    row = OutboxRow(
        message_key=message_key,
        destination=destination,
        topic=topic,
        payload=body,
        order_key=order_key,
        wants_receipt=wants_receipt,
        not_after=not_after,
        state="waiting",
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def claim(
    session: Session,
    *,
    destination: str,
    limit: int,
    now: datetime,
    resend_after: timedelta | None = None,
) -> Sequence[OutboxRow]:
    """What to send now, oldest first, locked until the caller's end.

    With `resend_after`, also what was sent that long ago and wants a receipt that
    has not come. Rows past their `not_after` become expired and are not returned.
    """
    open_states = or_(
        OutboxRow.state == "waiting",
        (OutboxRow.state == "sent") & OutboxRow.wants_receipt,
    )
    session.execute(
        update(OutboxRow)
        .where(open_states, OutboxRow.not_after < now)
        .values(state="expired")
    )
    due = OutboxRow.state == "waiting"
    if resend_after is not None:
        due = or_(
            due,
            (OutboxRow.state == "sent")
            & OutboxRow.wants_receipt
            # sent in the future: the clock was set back since
            & ((OutboxRow.sent_at <= now - resend_after) | (OutboxRow.sent_at > now)),
        )
    return session.scalars(
        select(OutboxRow)
        .where(OutboxRow.destination == destination, due)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update()
    ).all()


def mark_sent(session: Session, rows: Iterable[OutboxRow], *, now: datetime) -> None:
    """These were handed to the carrier; a receipt that came meanwhile stands."""
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.id.in_([row.id for row in rows]),
            OutboxRow.state.in_(("waiting", "sent")),
        )
        .values(state="sent", sent_at=now)
    )


def mark_receipted(session: Session, message_key: str, *, now: datetime) -> bool:
    """The receiver has it. False when no such message waits for a receipt."""
    changed = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.message_key == message_key,
            OutboxRow.state.in_(("waiting", "sent")),
        )
        .values(state="receipted", receipted_at=now)
        .returning(OutboxRow.id)
    )
    return changed.first() is not None


def withdraw(session: Session, message_key: str) -> bool:
    """Do not send it (again). False when it is receipted, expired or unknown."""
    changed = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.message_key == message_key,
            OutboxRow.state.in_(("waiting", "sent")),
        )
        .values(state="expired")
        .returning(OutboxRow.id)
    )
    return changed.first() is not None


def tidy(session: Session, *, before: datetime) -> None:
    """Forget what was put before `before` and is over."""
    session.execute(
        delete(OutboxRow).where(
            OutboxRow.created_at < before,
            or_(
                OutboxRow.state.in_(("receipted", "expired")),
                (OutboxRow.state == "sent") & ~OutboxRow.wants_receipt,
            ),
        )
    )
