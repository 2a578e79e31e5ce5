"""Keys for programs: shown once, kept as a hash, never wider than their owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.members.agents import ROLES, roles_of
from orchestrator.members.rows import ApiKeyRow
from orchestrator.members.secrets import hash_of, new_token

USE_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A new key; `secret` is shown this once."""

    id: str
    prefix: str
    secret: str = field(repr=False)


def issue_key(
    session: Session, agent_id: str, *, name: str, scopes: Sequence[str], now: datetime
) -> IssuedKey:
    """A key with some of the agent's roles.

    Errors: InvalidInputError without a name or scope; NotAllowedError for a role
    that the agent does not hold.
    """
    if not 1 <= len(name) <= 80 or not scopes or not set(scopes) <= set(ROLES):
        raise InvalidInputError(
            f"a key needs a name and scopes out of {', '.join(ROLES)}", field="scopes"
        )
    missing = set(scopes) - {role.role for role in roles_of(session, agent_id)}
    if missing:
        raise NotAllowedError(f"you do not hold the role {', '.join(sorted(missing))}")
    secret = new_token("fabkey")
    row = ApiKeyRow(
        id=new_id("apikey"),
        prefix=secret[: len("fabkey_") + 3],
        secret_hash=hash_of(secret),
        agent_id=agent_id,
        name=name,
        scopes=",".join(sorted(set(scopes))),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return IssuedKey(id=row.id, prefix=row.prefix, secret=secret)


def key_of_secret(session: Session, secret: str) -> ApiKeyRow:
    """The key. Errors: NotSignedInError when it is unknown or revoked."""
    row = session.scalar(
        select(ApiKeyRow).where(ApiKeyRow.secret_hash == hash_of(secret))
    )
    if row is None or row.revoked_at is not None:
        raise NotSignedInError("this API key is unknown or revoked")
    return row


def keys_of(session: Session, agent_id: str) -> Sequence[ApiKeyRow]:
    """The agent's keys, newest first, revoked ones too."""
    return session.scalars(
        select(ApiKeyRow)
        .where(ApiKeyRow.agent_id == agent_id)
        .order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id)
    ).all()


def note_use(session: Session, key_id: str, *, now: datetime) -> None:
    """Remember, to the hour, that the key was used."""
    row = session.get(ApiKeyRow, key_id)
    if row is not None:
        row.last_used_at = now


def is_use_stale(row: ApiKeyRow, *, now: datetime) -> bool:
    """Whether the last use was noted too long ago to say 'this hour'."""
    return row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY


def revoke_api_key(
    session: Session, agent_id: str, key_id: str, *, now: datetime
) -> None:
    """The key opens nothing from now on. Errors: NotFoundError for another's key."""
    row = session.get(ApiKeyRow, key_id)
    if row is None or row.agent_id != agent_id:
        raise NotFoundError(f"you have no API key {key_id}")
    row.revoked_at = row.revoked_at or now
