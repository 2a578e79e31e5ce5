"""Who acts, and when: an act comes with what puts it into the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import Act
from orchestrator.ledger.append import append_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who acts, when, and the network's key that puts it into the log."""

    agent_id: str
    key: SigningKey
    now: datetime

    def note(
        self,
        session: Session,
        act: str,
        row_id: str,
        *,
        told: Mapping[str, str | int],
        subject: str | None = None,
        order_id: str | None = None,
        actor: str | None = None,
        second: str | None = None,
    ) -> None:
        """Put an act on a row into the log in the caller's transaction; twice is once.

        `subject`: what it was done to, if not the row; `actor`: who began what this desk
        ends. Errors: as `append_act`.
        """
        append_act(
            session,
            Act(
                id=derived_id("act", act, row_id),
                actor=actor or self.agent_id,
                act=act,
                subject=subject or row_id,
                occurred_at=self.now,
                told=told,
                order_id=order_id,
                second=second,
            ),
            key=self.key,
            recorded_at=self.now,
        )
