"""Leaving the network: asked for, taken back within two weeks, then done by itself."""

from datetime import datetime, timedelta
from typing import Final, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.rows import BillRow
from orchestrator.belongings.erasing import Eraser, erase
from orchestrator.belongings.hindrances import hindrances
from orchestrator.belongings.rows import LeavingRow
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.members.agents import (
    Role,
    agent_of,
    grant_role,
    roles_of,
    withdraw_role,
)
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.couriers import end_shift
from orchestrator.network.rows import CourierRow

GRACE: Final = timedelta(days=14)


class NotYetError(ConflictError):
    """Something has to be ended first; the page says what, and where."""

    code = "not-yet"


def ask_to_leave(
    session: Session, agent_id: str, *, gives_up: bool, now: datetime
) -> LeavingRow:
    """Every role sleeps from now on, and all is erased after GRACE. Twice is once.

    Errors: NotFoundError; NotYetError while anything hinders it.
    """
    agent_of(session, agent_id)
    known = session.get(LeavingRow, agent_id)
    if known is not None:
        return known
    if hindrances(session, agent_id, gives_up=gives_up):
        raise NotYetError("something has to be ended first: this page says what")
    if session.get(CourierRow, agent_id) is not None:
        end_shift(session, agent_id, now=now)
    held = roles_of(session, agent_id)
    row = LeavingRow(
        agent_id=agent_id,
        asked_at=now,
        erase_at=now + GRACE,
        roles=[[one.role, one.facility_id] for one in held],
        gives_up=gives_up,
    )
    for one in held:
        withdraw_role(
            session,
            agent_id,
            _role(one.role),
            facility_id=one.facility_id or None,
        )
    session.add(row)
    session.flush()
    _tell_stewards(session, row, now)
    return row


def stay(session: Session, agent_id: str, *, now: datetime) -> None:
    """All as it was before. Who never asked stays anyway.

    Errors: NotFoundError for who is erased already.
    """
    row = session.get(LeavingRow, agent_id, with_for_update=True)
    if row is None:
        return
    if row.erased_at is not None:
        raise NotFoundError("this member has left")
    for role, facility_id in row.roles:
        grant_role(
            session, agent_id, _role(role), now=now, facility_id=facility_id or None
        )
    session.delete(row)
    session.flush()


def leaving_of(session: Session, agent_id: str) -> LeavingRow | None:
    """That the member asked to leave, if she did."""
    return session.get(LeavingRow, agent_id)


def erase_due(sessions: Sessions, eraser: Eraser) -> int:
    """Erase whose time has come, each in one transaction; how many.

    Whom something hinders by now (a refund, a bill) waits until it is ended.
    """
    with sessions() as session:
        due = session.scalars(
            select(LeavingRow.agent_id)
            .where(LeavingRow.erased_at.is_(None), LeavingRow.erase_at <= eraser.now)
            .order_by(LeavingRow.erase_at, LeavingRow.agent_id)
        ).all()
    count = 0
    for agent_id in due:
        with sessions.begin() as session:
            row = session.get(LeavingRow, agent_id, with_for_update=True)
            if row is None or hindrances(session, agent_id, gives_up=row.gives_up):
                continue
            erase(session, agent_id, eraser)
            count += 1
    return count


def _tell_stewards(session: Session, row: LeavingRow, now: datetime) -> None:
    """Tax laws want a name on invoices that are kept: copies are theirs to make."""
    count = session.scalar(
        select(func.count())
        .select_from(BillRow)
        .where(BillRow.payer_id == row.agent_id, BillRow.invoiced_at.is_not(None))
    )
    if count:
        raise_alarm(
            session,
            code="member-leaves",
            subject=row.agent_id,
            text=f"A member with {count} invoices is erased on "
            f"{row.erase_at:%Y-%m-%d}. Print or save the invoices before, if the law "
            "wants a name on what you keep.",
            now=now,
        )


def _role(name: str) -> Role:
    role: Role = next(one for one in get_args(Role.__value__) if one == name)
    return role
