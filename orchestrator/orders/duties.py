"""What a licence still asks after the hand-over: tasks with a due date, done by who owes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import derived_id
from orchestrator.orders.clear import clearance_of
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.rows import DutyRow, OrderRow
from orchestrator.orders.table import Owed

PROOF_MAX: Final = 300
LIMIT: Final = 200


def owe(session: Session, order: OrderRow, *, now: datetime) -> None:
    """The order was handed over: its duties become due by the rules it was placed under.

    A fee is on the bill and a condition has no end: neither is a task. Twice is once.
    """
    if order.part_of is not None:
        return
    days = rules_at(session, order.placed_at).duty_days
    due_days: Mapping[Owed, int] = {
        Owed.ATTRIBUTION: days.attribution,
        Owed.SOURCE: days.source,
        Owed.SHARE_ALIKE: days.share_alike,
        Owed.IN_KIND: days.in_kind,
    }
    for duty in clearance_of(session, order).duties:
        row_id = derived_id("duty", order.id, duty.kind, duty.text)
        if duty.kind in due_days and session.get(DutyRow, row_id) is None:
            session.add(
                DutyRow(
                    id=row_id,
                    order_id=order.id,
                    agent_id=order.shop_id,
                    kind=duty.kind.value,
                    text=duty.text,
                    due_at=now + timedelta(days=due_days[duty.kind]),
                )
            )


def settle(
    session: Session, duty_id: str, *, agent_id: str, proof: str, now: datetime
) -> DutyRow:
    """Who owes it says that it is done, and where that can be seen. Twice is once.

    Errors: NotFoundError, also for another's; InvalidInputError for no proof.
    """
    row = session.get(DutyRow, duty_id)
    if row is None or row.agent_id != agent_id:
        raise NotFoundError(f"you have no duty {duty_id[:64]!r}")
    if row.done_at is not None:
        return row
    if not 2 <= len(proof.strip()) <= PROOF_MAX or not proof.isprintable():
        raise InvalidInputError(
            f"say where it can be seen, in 2 to {PROOF_MAX} letters", field="proof"
        )
    row.done_at, row.proof = now, proof.strip()
    return row


def owed_by(session: Session, agent_id: str) -> Sequence[DutyRow]:
    """A member's duties: open ones by their due date, then those that are done."""
    return session.scalars(
        select(DutyRow)
        .where(DutyRow.agent_id == agent_id)
        .order_by(DutyRow.done_at.is_not(None), DutyRow.due_at, DutyRow.id)
        .limit(LIMIT)
    ).all()


def owed_for(session: Session, designer_id: str) -> Sequence[DutyRow]:
    """What others owe for a designer's designs, in the same order."""
    return session.scalars(
        select(DutyRow)
        .join(OrderRow, OrderRow.id == DutyRow.order_id)
        .join(DesignVersionRow, DesignVersionRow.id == OrderRow.design_version_id)
        .join(DesignRow, DesignRow.id == DesignVersionRow.design_id)
        .where(DesignRow.designer_id == designer_id)
        .order_by(DutyRow.done_at.is_not(None), DutyRow.due_at, DutyRow.id)
        .limit(LIMIT)
    ).all()


def open_count(session: Session, agent_id: str) -> int:
    """How many duties wait for this member."""
    return sum(row.done_at is None for row in owed_by(session, agent_id))
