"""Why the region wants a new plan: rows, so that no crash forgets a wish."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.ids import new_id
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import PlanWishRow, TaskRow

TOPIC = "plan-wish"


def wish(session: Session, reason: str, now: datetime) -> None:
    """Ask for a new plan, in words for the plan's page. The caller commits."""
    session.add(PlanWishRow(id=new_id("wish"), wished_at=now, reason=reason))
    announce(session, TOPIC)


def waiting(session: Session) -> Sequence[PlanWishRow]:
    """The wishes that no plan has answered yet, oldest first."""
    return session.scalars(select(PlanWishRow).order_by(PlanWishRow.id)).all()


def is_wanted(session: Session) -> bool:
    """Whether anybody wished."""
    return session.scalar(select(PlanWishRow.id).limit(1)) is not None


def unseen(session: Session) -> int:
    """How many placed orders have no task yet."""
    tasked = exists().where(TaskRow.order_id == OrderRow.id)
    return len(
        session.scalars(
            select(OrderRow.id).where(OrderRow.state == "placed", ~tasked)
        ).all()
    )


def take_away(session: Session, wish_ids: Sequence[str]) -> None:
    """The plan of this transaction answers these."""
    session.execute(delete(PlanWishRow).where(PlanWishRow.id.in_(wish_ids)))
