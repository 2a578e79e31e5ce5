"""Who speaks for whom: given for one matter or for all, taken back at any moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.votes.roll import members
from orchestrator.votes.rows import DelegationRow

EVERYTHING = ""


class DelegationCycleError(ConflictError):
    """The trust would come back to the one who gives it: nobody would speak."""

    code = "delegation-cycle"

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(f"{' → '.join(path)} is a circle")
        self.path = tuple(path)


def delegate(
    session: Session, agent_id: str, delegate_id: str, *, matter: str, now: datetime
) -> DelegationRow:
    """Let the delegate's ballot speak for the agent, instead of whoever did.

    Errors: InvalidInputError for oneself; NotAllowedError when one of them is no
    member; DelegationCycleError.
    """
    if agent_id == delegate_id:
        raise InvalidInputError("choose somebody else", field="delegate_id")
    roll = members(session, now)
    for one in (agent_id, delegate_id):
        if one not in roll:
            raise NotAllowedError(f"{one} is no member with a voice")
    trusted, path = delegations(session, matter, now), [agent_id]
    speaker: str | None = delegate_id
    while speaker is not None and speaker not in path[1:]:
        path.append(speaker)
        if speaker == agent_id:
            raise DelegationCycleError(path)
        speaker = trusted.get(speaker)
    take_back(session, agent_id, matter=matter, now=now)
    row = DelegationRow(
        id=new_id("delegation"),
        agent_id=agent_id,
        delegate_id=delegate_id,
        matter=matter,
        since=now,
    )
    session.add(row)
    session.flush()
    return row


def take_back(session: Session, agent_id: str, *, matter: str, now: datetime) -> None:
    """End the agent's trust in this matter, at once. Twice is once."""
    for row in _standing(session, agent_id=agent_id, matter=matter):
        row.until = now
    session.flush()


def delegations(session: Session, matter: str, at: datetime) -> Mapping[str, str]:
    """Who trusts whom in this matter at `at`: what was given for it goes first."""
    standing = session.scalars(
        select(DelegationRow)
        .where(
            DelegationRow.since <= at,
            or_(DelegationRow.until.is_(None), DelegationRow.until > at),
        )
        .order_by(DelegationRow.since, DelegationRow.id)
    )
    rows = sorted(standing, key=lambda row: row.matter != EVERYTHING)
    return {
        row.agent_id: row.delegate_id
        for row in rows
        if row.matter in {EVERYTHING, matter}
    }


def given_by(session: Session, agent_id: str) -> Sequence[DelegationRow]:
    """Whom the agent trusts now."""
    return _standing(session, agent_id=agent_id)


def given_to(session: Session, agent_id: str) -> Sequence[DelegationRow]:
    """Who trusts the agent now."""
    return [row for row in _standing(session) if row.delegate_id == agent_id]


def _standing(
    session: Session, *, agent_id: str | None = None, matter: str | None = None
) -> Sequence[DelegationRow]:
    query = select(DelegationRow).where(DelegationRow.until.is_(None))
    if agent_id is not None:
        query = query.where(DelegationRow.agent_id == agent_id)
    if matter is not None:
        query = query.where(DelegationRow.matter == matter)
    return session.scalars(query.order_by(DelegationRow.since, DelegationRow.id)).all()
