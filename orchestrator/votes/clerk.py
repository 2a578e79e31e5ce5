"""Who signs for the network what members decided, and tells those who must know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import Act
from orchestrator.ledger.append import append_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """The network's key; `enacted` is called with the version that becomes the rule."""

    key: SigningKey
    enacted: Callable[[Session, str, datetime], None] = lambda *_told: None

    def note(
        self,
        session: Session,
        act: str,
        subject: str,
        *parts: str,
        actor: str,
        now: datetime,
        told: dict[str, str | int],
    ) -> None:
        """Put an act into the log in the caller's transaction; the same parts once."""
        append_act(
            session,
            Act(
                id=derived_id("act", act, subject, *parts),
                actor=actor,
                act=act,
                subject=subject,
                occurred_at=now,
                told=told,
            ),
            key=self.key,
            recorded_at=now,
        )
