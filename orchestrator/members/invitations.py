"""Letting members in: a one-time code with which they say how they sign in.

The same way leads back for whoever forgot the password.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import agent_of
from orchestrator.members.browser_sessions import close_all_sessions
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.rows import InvitationRow, LoginRow
from orchestrator.members.secrets import code_hash, new_code

LIFE: Final = timedelta(days=14)


class BadInvitationError(InvalidInputError):
    """Nobody's invitation, used, over, or taken back by a newer one."""

    code = "bad-invitation"


def invite(session: Session, agent_id: str, *, issued_by: str, now: datetime) -> str:
    """A code for this member, told this once; one that they had is void.

    Errors: NotFoundError.
    """
    agent_of(session, agent_id)
    _use_up(session, agent_id, now)
    code = new_code()
    session.add(
        InvitationRow(
            code_hash=code_hash(code),
            agent_id=agent_id,
            issued_by=issued_by,
            issued_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return code


def accept(
    session: Session, *, code: str, email: str, password_hash: str, now: datetime
) -> str:
    """From now on the invited member signs in so, and so alone; their id.

    `password_hash`: of `logins.hashed`. Browsers they were signed in with are no more.
    Errors: BadInvitationError; InvalidInputError; ConflictError for another's address.
    """
    row = session.scalar(
        select(InvitationRow)
        .where(InvitationRow.code_hash == code_hash(code))
        .with_for_update()
    )
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise BadInvitationError(
            "this code is not known, was used, or is over: ask a steward for a new one",
            field="code",
        )
    session.execute(delete(LoginRow).where(LoginRow.agent_id == row.agent_id))
    add_hashed_login(
        session, row.agent_id, email=email, password_hash=password_hash, now=now
    )
    close_all_sessions(session, row.agent_id, now=now)
    _use_up(session, row.agent_id, now)
    return row.agent_id


def open_invitations(session: Session, *, now: datetime) -> Sequence[InvitationRow]:
    """Those that can still be used, the newest first."""
    return session.scalars(
        select(InvitationRow)
        .where(InvitationRow.used_at.is_(None), InvitationRow.expires_at > now)
        .order_by(InvitationRow.issued_at.desc(), InvitationRow.code_hash)
    ).all()


def _use_up(session: Session, agent_id: str, now: datetime) -> None:
    session.execute(
        update(InvitationRow)
        .where(InvitationRow.agent_id == agent_id, InvitationRow.used_at.is_(None))
        .values(used_at=now)
    )
