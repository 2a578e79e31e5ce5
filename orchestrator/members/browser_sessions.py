"""Signed-in browsers: a random token each, kept as a hash, ended at any time."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotSignedInError
from orchestrator.members.rows import BrowserSessionRow
from orchestrator.members.secrets import hash_of, new_token

LIFE = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """What the browser is given."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    expires_at: datetime
    life_s: int


def open_session(
    session: Session, agent_id: str, *, now: datetime, life: timedelta = LIFE
) -> OpenedSession:
    """A new session for somebody who has just proven who they are."""
    token, csrf_token = new_token("fabsession"), secrets.token_urlsafe(32)
    session.add(
        BrowserSessionRow(
            token_hash=hash_of(token),
            agent_id=agent_id,
            csrf_token=csrf_token,
            created_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return OpenedSession(
        token=token,
        csrf_token=csrf_token,
        expires_at=now + life,
        life_s=int(life.total_seconds()),
    )


def session_of_token(
    session: Session, token: str, *, now: datetime
) -> BrowserSessionRow:
    """The session. Errors: NotSignedInError when unknown, over or revoked."""
    row = session.get(BrowserSessionRow, hash_of(token))
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotSignedInError("your session is over: sign in again")
    return row


def close_session(session: Session, token: str, *, now: datetime) -> None:
    """End this session; an unknown one is over already."""
    row = session.get(BrowserSessionRow, hash_of(token))
    if row is not None:
        row.revoked_at = row.revoked_at or now


def close_all_sessions(session: Session, agent_id: str, *, now: datetime) -> None:
    """End every session of the agent: after a changed password or a theft."""
    session.execute(
        update(BrowserSessionRow)
        .where(
            BrowserSessionRow.agent_id == agent_id,
            BrowserSessionRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


def tidy(session: Session, *, before: datetime) -> None:
    """Forget the sessions that were over before `before`."""
    session.execute(
        delete(BrowserSessionRow).where(BrowserSessionRow.expires_at < before)
    )
