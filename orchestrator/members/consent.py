"""What people agreed to, for which purpose, and when they took it back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.ids import new_id
from orchestrator.members.rows import ConsentRow


def give_consent(
    session: Session, agent_id: str, purpose: str, *, now: datetime
) -> ConsentRow:
    """The agent agrees to the purpose; agreeing twice is once."""
    known = _standing(session, agent_id, purpose)
    if known is not None:
        return known
    row = ConsentRow(
        id=new_id("consent"), agent_id=agent_id, purpose=purpose, given_at=now
    )
    session.add(row)
    session.flush()
    return row


def withdraw_consent(
    session: Session, agent_id: str, purpose: str, *, now: datetime
) -> None:
    """The agent no longer agrees."""
    known = _standing(session, agent_id, purpose)
    if known is not None:
        known.withdrawn_at = now


def has_consented(session: Session, agent_id: str, purpose: str) -> bool:
    """Whether the agent agrees now."""
    return _standing(session, agent_id, purpose) is not None


def who_consented(
    session: Session, agent_ids: Collection[str], purpose: str
) -> set[str]:
    """Who of these agrees now."""
    return set(
        session.scalars(
            select(ConsentRow.agent_id).where(
                ConsentRow.agent_id.in_(agent_ids),
                ConsentRow.purpose == purpose,
                ConsentRow.withdrawn_at.is_(None),
            )
        )
    )


def consents_of(session: Session, agent_id: str) -> Sequence[ConsentRow]:
    """All that the agent ever agreed to, the newest first."""
    return session.scalars(
        select(ConsentRow)
        .where(ConsentRow.agent_id == agent_id)
        .order_by(ConsentRow.given_at.desc(), ConsentRow.id)
    ).all()


def _standing(session: Session, agent_id: str, purpose: str) -> ConsentRow | None:
    return session.scalar(
        select(ConsentRow).where(
            ConsentRow.agent_id == agent_id,
            ConsentRow.purpose == purpose,
            ConsentRow.withdrawn_at.is_(None),
        )
    )
