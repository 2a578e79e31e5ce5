"""The only way into the log: signed bodies, checked, stored as they came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import FabcommonsError, NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    text_of,
    verify,
)
from orchestrator.ledger.acts import BODY_MAX_BYTES, Act, InvalidActError, act_of
from orchestrator.ledger.events import EconomicEvent, InvalidEventError, event_of
from orchestrator.ledger.insertion import Columns, check_same, insert, stands
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import ACT, EVENT, EntryRow
from orchestrator.members.signing_keys import (
    Key,
    UnknownKeyError,
    forget_keys,
    keys_of,
)

CLOCK_SLACK = timedelta(days=1)  # a clock without a battery may be wrong by hours
LEAF_FORM = b"fabcommons-entry-1"
EVENT_COLUMNS = (
    *("id", "action", "provider", "receiver", "resource", "quantity", "unit"),
    *("occurred_at", "order_id", "job_id", "corrects", "rule_version", "cited_by"),
)
OF_A_CORRECTION = ("action", "unit", "provider", "resource")  # as in what it corrects


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A body in its very bytes, and who signed them."""

    body: bytes
    key_id: str
    signature: bytes


def append(
    session: Session, signed: Sequence[Signed], *, recorded_at: datetime
) -> None:
    """Store signed events in the caller's transaction; they get positions later.

    All of them or none, by one INSERT. The same bytes again are the same entry, however
    they were signed or dated. Errors, with the event's id: InvalidEventError,
    UnknownKeyError, BadSignatureError, NotFoundError (the event it corrects, which may
    stand before it in `signed`), LedgerConflictError (other bytes under the same id).
    """
    drafts = [(_event_columns(event_of(one.body)), one) for one in signed]
    _enter(session, drafts, recorded_at)


def append_witnessed(
    session: Session, event: EconomicEvent, *, key: SigningKey, recorded_at: datetime
) -> None:
    """Store what the server itself saw (a cite, a code that was confirmed).

    Signed with the network's own key, which must be registered. Errors: as `append`.
    """
    append(session, [_signed(event.canonical(), key)], recorded_at=recorded_at)


def append_act(
    session: Session, act: Act, *, key: SigningKey, recorded_at: datetime
) -> None:
    """Store an act in the transaction of its fact, signed with the network's own key.

    The same bytes again are the same entry. Errors: UnknownKeyError (also for a key
    that is not the network's), InvalidActError, LedgerConflictError.
    """
    body = act.canonical()
    if len(body) > BODY_MAX_BYTES:
        raise InvalidActError(f"an act has at most {BODY_MAX_BYTES} bytes")
    _enter(session, [(_act_columns(act), _signed(body, key))], recorded_at)


def _enter(
    session: Session, drafts: Sequence[tuple[Columns, Signed]], recorded_at: datetime
) -> None:
    keys = keys_of(session, {one.key_id for _, one in drafts})
    fresh: dict[str, Columns] = {}
    for columns, one in drafts:
        name = columns["id"]
        if name in fresh:
            check_same(name, fresh[name]["body"], one.body)
            continue
        if columns.get("corrects"):
            _check_correction(session, columns, fresh)
        try:
            fresh[name] = _checked(columns, one, keys.get(one.key_id), recorded_at)
        except FabcommonsError:
            if not stands(session, name, one.body):
                raise
    if fresh and not insert(session, fresh):
        forget_keys(session)
        _enter(session, drafts, recorded_at)


def _checked(
    columns: Columns, signed: Signed, key: Key | None, recorded_at: datetime
) -> Columns:
    """The whole row of what may enter."""
    name = columns["id"]
    if key is None:
        raise UnknownKeyError(
            f"{name}: nobody registered the key {signed.key_id}", field="key_id"
        )
    if columns["kind"] == ACT and (key.agent_id or key.device_id):
        raise UnknownKeyError(f"{key.key_id} is not the network's own key")
    if key.revoked_at is not None:  # whatever a clock that stepped back says
        raise UnknownKeyError(
            f"{name}: the key {key.key_id} was revoked at {key.revoked_at.isoformat()}",
            field="key_id",
        )
    recorded_at = max(recorded_at, key.valid_from)  # nor does such a clock turn it away
    if columns["occurred_at"] > recorded_at + CLOCK_SLACK:
        raise InvalidEventError(
            f"{name} happened at {columns['occurred_at'].isoformat()}, "
            "long after it was told: set the clock of who signed it",
            field="occurred_at",
        )
    try:
        verify(key.public_key, signed.signature, signed.body)
    except BadSignatureError as error:
        raise BadSignatureError(f"{name}: {error}") from error
    leaf = leaf_bytes(
        body=signed.body,
        key_id=signed.key_id,
        signature=signed.signature,
        recorded_at=recorded_at,
    )
    return {
        **columns,
        "body": signed.body,
        "key_id": signed.key_id,
        "signature": signed.signature,
        "recorded_at": recorded_at,
        "leaf_hash": leaf_hash(leaf),
    }


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


def _check_correction(
    session: Session, columns: Columns, fresh: Mapping[str, Columns]
) -> None:
    first = fresh.get(columns["corrects"])
    if first is None:
        row = entry_of(session, columns["corrects"])
        first = {name: getattr(row, name) for name in OF_A_CORRECTION}
    if any(columns[name] != first[name] for name in OF_A_CORRECTION):
        raise InvalidEventError(
            f"a correction of {columns['corrects']} has its action, unit, provider "
            "and resource",
            field="corrects",
        )


def _signed(body: bytes, key: SigningKey) -> Signed:
    return Signed(body=body, key_id=key.key_id, signature=key.sign(body))


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
