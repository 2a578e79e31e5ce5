"""Messages as they came, stored before anybody judges them; copies are told apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.foundation.database import Base, RowNumber, insert_into

type Outcome = Literal["new", "duplicate", "conflict"]

QUARANTINE_MAX = 1000
REASON_MAX = 500


class InboxRow(Base):
    """One message. `id` is the order of arrival."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("device_id", "sequence"),
        Index("ix_inbox_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(300))
    device_id: Mapped[str | None] = mapped_column(String(64))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))  # new | done | quarantined
    code: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(REASON_MAX))
    handled_at: Mapped[datetime | None]


class InboxCountRow(Base):
    """How often each kind of refusal was met, ever: never set back."""

    __tablename__ = "inbox_count"

    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message at the door. Without a `sequence` nothing tells copies apart."""

    source: str
    topic: str
    body: bytes
    device_id: str | None = None
    sequence: int | None = None
    received_at: datetime


def store(session: Session, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Store each arrival once; the answers stand in the order of `arrivals`.

    new: stored now. duplicate: the same bytes are stored already. conflict: other
    bytes were stored under this device and sequence; kept in quarantine: an alarm.
    """
    outcomes: list[Outcome] = ["new"] * len(arrivals)
    numbered: list[tuple[int, Arrival]] = []
    for place, arrival in enumerate(arrivals):
        if arrival.device_id is not None and arrival.sequence is not None:
            numbered.append((place, arrival))
        else:
            session.add(_row(arrival))
    if numbered:
        fresh, known = _store_numbered(session, [arrival for _, arrival in numbered])
        for place, arrival in numbered:
            key = _key(arrival)
            if key in fresh:
                fresh.discard(key)
            elif known[key] == sha256(arrival.body).hexdigest():
                outcomes[place] = "duplicate"
            else:
                outcomes[place] = "conflict"
                _keep_conflict(session, arrival)
    session.flush()
    return outcomes


def refuse(session: Session, arrival: Arrival, *, code: str, reason: str) -> None:
    """Keep a message that cannot even be read, for inspection, and count it."""
    row = _row(arrival)
    row.device_id = row.sequence = None
    session.add(row)
    quarantine(session, row, code=code, reason=reason, now=arrival.received_at)


def claim(session: Session, *, limit: int) -> Sequence[InboxRow]:
    """The oldest `limit` new messages in order, locked until the caller's end."""
    return session.scalars(
        select(InboxRow)
        .where(InboxRow.state == "new")
        .order_by(InboxRow.id)
        .limit(limit)
        .with_for_update()
    ).all()


def mark_done(session: Session, rows: Iterable[InboxRow], *, now: datetime) -> None:
    """The messages took effect in this transaction."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.id.in_([row.id for row in rows]))
        .values(state="done", handled_at=now)
    )


def quarantine(
    session: Session, row: InboxRow, *, code: str, reason: str, now: datetime
) -> None:
    """Set a message aside for a person to look at; it is never tried again."""
    row.state, row.handled_at = "quarantined", now
    row.code, row.reason = _storable(code)[:80], _storable(reason)[:REASON_MAX]
    _count(session, row.source, row.code)


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many were refused ever, by (source, code)."""
    rows = session.execute(
        select(InboxCountRow.source, InboxCountRow.code, InboxCountRow.count)
    )
    return {(source, code): count for source, code, count in rows}


def waiting(session: Session) -> int:
    """How many messages nobody has handled yet."""
    return (
        session.scalar(
            select(func.count()).select_from(InboxRow).where(InboxRow.state == "new")
        )
        or 0
    )


def tidy(
    session: Session, *, before: datetime, quarantine_max: int = QUARANTINE_MAX
) -> None:
    """Forget bodies handled before `before` and all but the newest of the quarantine.

    A message with a sequence leaves its hash behind, so that a late copy is known.
    """
    session.execute(
        delete(InboxRow).where(
            InboxRow.state == "done",
            InboxRow.sequence.is_(None),
            InboxRow.handled_at < before,
        )
    )
    session.execute(
        update(InboxRow)
        .where(
            InboxRow.state == "done",
            InboxRow.handled_at < before,
            InboxRow.body != b"",
        )
        .values(body=b"")
    )
    oldest = session.scalar(
        select(InboxRow.id)
        .where(InboxRow.state == "quarantined")
        .order_by(InboxRow.id.desc())
        .offset(quarantine_max - 1)
        .limit(1)
    )
    if oldest is None:
        return
    beyond = (InboxRow.state == "quarantined", InboxRow.id < oldest)
    session.execute(delete(InboxRow).where(*beyond, InboxRow.sequence.is_(None)))
    told = update(InboxRow).where(*beyond, InboxRow.body != b"")
    session.execute(told.values(body=b""))


def _store_numbered(
    session: Session, arrivals: list[Arrival]
) -> tuple[set[tuple[str, int]], dict[tuple[str, int], str]]:
    """Insert what is not there; return the keys inserted now and every key's hash."""
    statement = insert_into(session, InboxRow)
    fresh = session.execute(
        statement.on_conflict_do_nothing(
            index_elements=["device_id", "sequence"]
        ).returning(InboxRow.device_id, InboxRow.sequence),
        [_values(arrival) for arrival in arrivals],
    )
    inserted = {(device_id, sequence) for device_id, sequence in fresh}
    stored = session.execute(
        select(InboxRow.device_id, InboxRow.sequence, InboxRow.sha256).where(
            tuple_(InboxRow.device_id, InboxRow.sequence).in_(
                {_key(arrival) for arrival in arrivals}
            )
        )
    )
    return inserted, {(row[0] or "", row[1] or 0): row[2] for row in stored}


def _keep_conflict(session: Session, arrival: Arrival) -> None:
    refuse(
        session,
        arrival,
        code="sequence-conflict",
        reason=f"device {arrival.device_id} sent other bytes as {arrival.sequence}",
    )


def _count(session: Session, source: str, code: str) -> None:
    statement = insert_into(session, InboxCountRow)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "code"],
            set_={"count": InboxCountRow.count + 1},
        ),
        [{"source": source, "code": code, "count": 1}],
    )


def _storable(text: str) -> str:
    """Words out of a hostile message: no database may choke on telling of it."""
    plain = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return plain.encode("utf-8", "replace").decode()


def _key(arrival: Arrival) -> tuple[str, int]:
    return (arrival.device_id or "", arrival.sequence or 0)


def _row(arrival: Arrival) -> InboxRow:
    return InboxRow(**_values(arrival))


def _values(arrival: Arrival) -> dict[str, object]:
    return {
        "source": arrival.source,
        "topic": arrival.topic[:300],
        "device_id": arrival.device_id,
        "sequence": arrival.sequence,
        "sha256": sha256(arrival.body).hexdigest(),
        "body": arrival.body,
        "received_at": arrival.received_at,
        "state": "new",
    }
