"""Which public key speaks for whom, and when it did."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Exists, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import SigningKey, checked_public_key, key_id_of
from orchestrator.members.rows import SigningKeyRow


class UnknownKeyError(NotFoundError):
    """Nobody registered this key, or it was not valid at that time."""

    code = "unknown-key"


class Key(NamedTuple):
    """A public key, whose it is, and since when and until when it could be trusted."""

    key_id: str
    public_key: bytes
    agent_id: str | None
    device_id: str | None
    valid_from: datetime
    revoked_at: datetime | None


_SEEN = "signing keys"
_KEYS = select(*(getattr(SigningKeyRow, name) for name in Key._fields)).where(
    SigningKeyRow.key_id.in_(bindparam("key_ids", expanding=True))
)


def register_key(
    session: Session,
    public_key: bytes,
    *,
    now: datetime,
    agent_id: str | None = None,
    device_id: str | None = None,
) -> SigningKeyRow:
    """Trust the key from now on. Twice for the same holder is once.

    Errors: BadKeyError for a low-order key; ConflictError when it is another's.
    """
    key_id = key_id_of(checked_public_key(public_key))
    known = session.get(SigningKeyRow, key_id)
    if known is not None:
        if (known.agent_id, known.device_id) != (agent_id, device_id):
            raise ConflictError(
                f"{key_id} belongs to another holder: make a new key pair",
                field="public_key",
            )
        if known.revoked_at is not None:
            raise ConflictError(
                f"{key_id} was revoked: make a new key pair", field="public_key"
            )
        return known
    row = SigningKeyRow(
        key_id=key_id,
        public_key=public_key,
        agent_id=agent_id,
        device_id=device_id,
        valid_from=now,
    )
    session.add(row)
    session.flush()
    return row


def register_network_key(
    session: Session, key: SigningKey, *, now: datetime
) -> SigningKeyRow:
    """Trust the network's own key, which signs what the server itself witnessed."""
    return register_key(session, key.public, now=now)


def revoke_key(session: Session, key_id: str, *, now: datetime) -> None:
    """Trust nothing that is recorded from now on under this key."""
    row = key_named(session, key_id)
    row.revoked_at = row.revoked_at or now


def key_named(session: Session, key_id: str) -> SigningKeyRow:
    """The key, valid or not. Errors: UnknownKeyError."""
    row = session.get(SigningKeyRow, key_id)
    if row is None:
        raise UnknownKeyError(f"nobody registered the key {key_id}", field="key_id")
    return row


def keys_of(session: Session, key_ids: Set[str]) -> dict[str, Key]:
    """Those of the keys that were ever registered, by id, as this connection saw them.

    Whoever goes by them writes only where `trusted` holds, or else forgets them.
    """
    session.flush()  # one that was revoked in this very transaction is revoked
    connection = session.connection()
    seen: dict[str, Key] = connection.info.setdefault(_SEEN, {})
    if unseen := key_ids - seen.keys():
        rows = connection.execute(_KEYS, {"key_ids": sorted(unseen)})
        seen |= {row.key_id: Key(*row) for row in rows}
    return {key_id: seen[key_id] for key_id in key_ids if key_id in seen}


def forget_keys(session: Session) -> None:
    """See every key again, for one of them is not as it was."""
    session.connection().info.pop(_SEEN, None)


def trusted(
    key_id: ColumnElement[str],
    at: ColumnElement[datetime],
    is_networks: ColumnElement[bool],
) -> Exists:
    """Whether the key is registered since `at` or before, not revoked, and whose it is.

    A part of the very statement that relies on it, so that nothing comes in between.
    """
    row = SigningKeyRow
    nobodys = and_(row.agent_id.is_(None), row.device_id.is_(None))
    return exists().where(
        row.key_id == key_id,
        row.revoked_at.is_(None),
        row.valid_from <= at,
        or_(not_(is_networks), nobodys),
    )


def key_valid_at(session: Session, key_id: str, at: datetime) -> SigningKeyRow:
    """The key when it could be trusted at `at`. Errors: UnknownKeyError."""
    row = key_named(session, key_id)
    if at < row.valid_from or (row.revoked_at is not None and at >= row.revoked_at):
        raise UnknownKeyError(
            f"the key {key_id} was not valid at {at.isoformat()}", field="key_id"
        )
    return row


def all_keys(session: Session) -> Sequence[SigningKeyRow]:
    """Every key that was ever registered, by id."""
    return session.scalars(select(SigningKeyRow).order_by(SigningKeyRow.key_id)).all()
