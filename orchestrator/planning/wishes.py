"""Why a new plan is wanted: rows, so that no crash forgets a wish."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.ids import new_id
from orchestrator.planning.rows import PlanWishRow

TOPIC = "plan-wish"


def wish(
    session: Session, reason: str, now: datetime, *, about: str | None = None
) -> None:
    """Ask for a new plan, in words for the plan's page. The caller commits.

    `about`: the lab, machine, order or courier that changed; None: everything may have.
    """
    row = PlanWishRow(
        id=new_id("wish"), wished_at=now, reason=reason, about=about, cell=None
    )
    session.add(row)
    announce(session, TOPIC)


def wish_in(session: Session, cell: str, reason: str, now: datetime) -> None:
    """Ask for a new plan of this cell."""
    row = PlanWishRow(
        id=new_id("wish"), wished_at=now, reason=reason, about=None, cell=cell
    )
    session.add(row)
    announce(session, TOPIC)


def waiting(session: Session, cell: str) -> Sequence[PlanWishRow]:
    """The wishes that no plan of the cell has answered yet, oldest first."""
    return session.scalars(
        select(PlanWishRow).where(PlanWishRow.cell == cell).order_by(PlanWishRow.id)
    ).all()


def spread(session: Session, row: PlanWishRow, cells: Sequence[str]) -> None:
    """One wish becomes one of each touched cell."""
    session.execute(
        update(PlanWishRow).where(PlanWishRow.id == row.id).values(cell=cells[0])
    )
    for cell in cells[1:]:
        wish_in(session, cell, row.reason, row.wished_at)


def unspread(session: Session) -> Sequence[PlanWishRow]:
    """Wishes of which nobody has said yet what cells they touch."""
    return session.scalars(
        select(PlanWishRow).where(PlanWishRow.cell.is_(None)).order_by(PlanWishRow.id)
    ).all()


def wanted_cells(session: Session) -> Sequence[str]:
    """Cells that somebody wants planned, those that wait longest first."""
    found = session.scalars(
        select(PlanWishRow.cell)
        .group_by(PlanWishRow.cell)
        .order_by(func.min(PlanWishRow.id))
    )
    return [cell for cell in found if cell is not None]


def is_wanted(session: Session) -> bool:
    """Whether anybody wished."""
    return session.scalar(select(PlanWishRow.id).limit(1)) is not None


def take_away(session: Session, wish_ids: Sequence[str]) -> None:
    """The plan of this transaction answers these."""
    session.execute(delete(PlanWishRow).where(PlanWishRow.id.in_(wish_ids)))
