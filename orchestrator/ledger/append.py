"""The only way into the log: a signed body, checked, stored as it came."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import SigningKey, text_of, verify
from orchestrator.ledger.acts import BODY_MAX_BYTES, Act, InvalidActError, act_of
from orchestrator.ledger.events import EconomicEvent, InvalidEventError, event_of
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import ACT, EVENT, EntryRow
from orchestrator.members.signing_keys import (
    UnknownKeyError,
    key_named,
    key_valid_at,
)

CLOCK_SLACK = timedelta(days=1)  # a clock without a battery may be wrong by hours
LEAF_FORM = b"fabcommons-entry-1"
EVENT_COLUMNS = (
    *("id", "action", "provider", "receiver", "resource", "quantity", "unit"),
    *("occurred_at", "order_id", "job_id", "corrects", "rule_version", "cited_by"),
)


class LedgerConflictError(ConflictError):
    """Another event stands in the log under this id."""

    code = "ledger-conflict"


def append(
    session: Session,
    *,
    body: bytes,
    key_id: str,
    signature: bytes,
    recorded_at: datetime,
) -> EntryRow:
    """Store a signed event in the caller's transaction; it gets its position later.

    The same bytes again are the same entry, however they were signed or dated.
    Errors: InvalidEventError, UnknownKeyError, BadSignatureError, NotFoundError (the
    event it corrects), LedgerConflictError (other bytes under the same event id).
    """
    event = event_of(body)
    known = session.get(EntryRow, event.id)
    if known is not None:
        return _same(known, body)
    if event.corrects is not None:
        _check_correction(event, entry_of(session, event.corrects))
    return _store(
        session,
        _event_columns(event),
        body=body,
        key_id=key_id,
        signature=signature,
        recorded_at=recorded_at,
    )


def append_witnessed(
    session: Session, event: EconomicEvent, *, key: SigningKey, recorded_at: datetime
) -> EntryRow:
    """Store what the server itself saw (a cite, a code that was confirmed).

    Signed with the network's own key, which must be registered. Errors: as `append`.
    """
    body = event.canonical()
    return append(
        session,
        body=body,
        key_id=key.key_id,
        signature=key.sign(body),
        recorded_at=recorded_at,
    )


def append_act(
    session: Session, act: Act, *, key: SigningKey, recorded_at: datetime
) -> EntryRow:
    """Store an act in the transaction of its fact, signed with the network's own key.

    The same bytes again are the same entry. Errors: UnknownKeyError (also for a key
    that is not the network's), InvalidActError, LedgerConflictError.
    """
    body = act.canonical()
    if len(body) > BODY_MAX_BYTES:
        raise InvalidActError(f"an act has at most {BODY_MAX_BYTES} bytes")
    known = session.get(EntryRow, act.id)
    if known is not None:
        return _same(known, body)
    holder = key_named(session, key.key_id)
    if holder.agent_id is not None or holder.device_id is not None:
        raise UnknownKeyError(f"{key.key_id} is not the network's own key")
    return _store(
        session,
        _act_columns(act),
        body=body,
        key_id=key.key_id,
        signature=key.sign(body),
        recorded_at=recorded_at,
    )


def _store(
    session: Session,
    columns: dict[str, Any],
    *,
    body: bytes,
    key_id: str,
    signature: bytes,
    recorded_at: datetime,
) -> EntryRow:
    # A clock that stepped back must neither turn away what a known key signed, nor
    # let in what a revoked one did.
    known_key = key_named(session, key_id)
    since = known_key.revoked_at or known_key.valid_from
    recorded_at = max(recorded_at, since)
    key = key_valid_at(session, key_id, recorded_at)
    if columns["occurred_at"] > recorded_at + CLOCK_SLACK:
        raise InvalidEventError(
            f"{columns['id']} happened at {columns['occurred_at'].isoformat()}, "
            "long after it was told: set the clock of who signed it",
            field="occurred_at",
        )
    verify(key.public_key, signature, body)
    row = _row(
        columns,
        body=body,
        key_id=key_id,
        signature=signature,
        recorded_at=recorded_at,
    )
    session.add(row)
    session.flush()
    order_id = columns["order_id"]
    announce(session, "ledger", *([f"order/{order_id}"] if order_id else []))
    return row


def entry_of(session: Session, event_id: str) -> EntryRow:
    """The entry of an event. Errors: NotFoundError."""
    row = session.get(EntryRow, event_id)
    if row is None:
        raise NotFoundError(f"there is no ledger entry {event_id}")
    return row


def entries_of_order(session: Session, order_id: str) -> Sequence[EntryRow]:
    """All events of an order, in the order they occurred; acts earn nothing."""
    return session.scalars(
        select(EntryRow)
        .where(EntryRow.order_id == order_id, EntryRow.kind == EVENT)
        .order_by(EntryRow.occurred_at, EntryRow.id)
    ).all()


def leaf_of(row: EntryRow) -> bytes:
    """What the tree hashes: who signed, when it was recorded, and the body itself."""
    return leaf_bytes(
        body=row.body,
        key_id=row.key_id,
        signature=row.signature,
        recorded_at=row.recorded_at,
    )


def leaf_bytes(
    *, body: bytes, key_id: str, signature: bytes, recorded_at: datetime
) -> bytes:
    """Five parts with a line feed between; only the last can hold one itself."""
    return b"\n".join(
        (
            LEAF_FORM,
            key_id.encode(),
            text_of(signature).encode(),
            spell_recorded(recorded_at).encode(),
            body,
        )
    )


def spell_recorded(moment: datetime) -> str:
    """UTC to the microsecond, always with six digits: one spelling a moment."""
    told = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{told[: -len('+00:00')]}Z"


def _check_correction(event: EconomicEvent, first: EntryRow) -> None:
    told = (event.action, event.unit, event.provider, event.resource)
    if told != (first.action, first.unit, first.provider, first.resource):
        raise InvalidEventError(
            f"a correction of {first.id} has its action, unit, provider and resource",
            field="corrects",
        )


def _same(known: EntryRow, body: bytes) -> EntryRow:
    if known.body != body:
        raise LedgerConflictError(
            f"event {known.id} stands in the log with other bytes: use a new id"
        )
    return known


def _row(
    columns: dict[str, Any],
    *,
    body: bytes,
    key_id: str,
    signature: bytes,
    recorded_at: datetime,
) -> EntryRow:
    signed = leaf_bytes(
        body=body, key_id=key_id, signature=signature, recorded_at=recorded_at
    )
    return EntryRow(
        body=body,
        key_id=key_id,
        signature=signature,
        recorded_at=recorded_at,
        leaf_hash=leaf_hash(signed),
        **columns,
    )


def columns_of(kind: str, body: bytes) -> dict[str, Any]:
    """What the searchable columns of an entry with this body must be."""
    return _act_columns(act_of(body)) if kind == ACT else _event_columns(event_of(body))


def _event_columns(event: EconomicEvent) -> dict[str, Any]:
    names = EVENT_COLUMNS
    return {"kind": EVENT} | {name: getattr(event, name) for name in names}


def _act_columns(act: Act) -> dict[str, Any]:
    return {
        "kind": ACT,
        "id": act.id,
        "action": act.act,
        "provider": act.actor,
        "receiver": act.second or act.actor,
        "resource": act.subject,
        "quantity": "0",
        "unit": "",
        "occurred_at": act.occurred_at,
        "order_id": act.order_id,
    }
