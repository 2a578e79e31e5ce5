"""What a plan stands on beside orders and facts: looked at again and again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions
from orchestrator.network.machines import UNUSABLE
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow
from orchestrator.planning.plan import TIME_PASSED
from orchestrator.planning.rows import (
    CellMemberRow,
    PlanCellRow,
    PlanRow,
    PlanWishRow,
)
from orchestrator.planning.turn import take_turn
from orchestrator.planning.wishes import wish, wish_in

DIGITS: Final = 16
CHANGED: Final = "labs, machines or couriers changed"
EPOCH: Final = timedelta(minutes=15)  # each plan is looked at anew at least so often


def look_around(sessions: Sessions, reading: Sessions, *, now: datetime) -> None:
    """Wish for what no fact tells: shifts, closed labs, the passing time."""
    with reading() as session:
        if not _changed(session) and not _old(session, now):
            return
    with sessions.begin() as session:
        take_turn(session)
        for row, scene in _changed(session).values():
            if row.scene is not None:
                wish(session, CHANGED, now, about=row.subject_id)
            row.scene = scene
        for cell in _old(session, now):
            wish_in(session, cell, TIME_PASSED, now)


def scenes(session: Session) -> dict[str, str]:
    """By lab and courier one short word: the same as long as nothing changed there."""
    told: dict[str, list[object]] = {}
    for lab in session.execute(
        select(
            FacilityRow.id,
            FacilityRow.opening,
            FacilityRow.zone,
            FacilityRow.closed_until,
        )
    ):
        told[lab.id] = [lab.opening, lab.zone, lab.closed_until]
    for machine in session.execute(
        select(
            MachineRow.facility_id,
            MachineRow.id,
            MachineRow.state,
            MachineRow.withdrawn_at,
            MachineRow.hourly_cents,
        ).order_by(MachineRow.id)
    ):
        usable = machine.state not in UNUSABLE, machine.withdrawn_at is None
        told[machine.facility_id].append((machine.id, usable, machine.hourly_cents))
    for courier in session.execute(
        select(
            CourierRow.agent_id,
            CourierRow.status,
            CourierRow.shift_from_at,
            CourierRow.shift_until_at,
        )
    ):
        told[courier.agent_id] = list(courier)
    return {
        name: sha256(repr(parts).encode()).hexdigest()[:DIGITS]
        for name, parts in told.items()
    }


def _changed(session: Session) -> Mapping[str, tuple[CellMemberRow, str]]:
    now = scenes(session)
    return {
        row.subject_id: (row, now[row.subject_id])
        for row in session.scalars(
            select(CellMemberRow).where(CellMemberRow.kind != "order")
        )
        if row.subject_id in now and row.scene != now[row.subject_id]
    }


def _old(session: Session, now: datetime) -> list[str]:
    """Cells that were planned once, long ago, and that nobody wants planned."""
    newest = (
        select(PlanRow.cell, func.max(PlanRow.made_at).label("made_at"))
        .group_by(PlanRow.cell)
        .subquery()
    )
    wanted = select(PlanWishRow.id).where(
        PlanWishRow.cell.is_(None) | (PlanWishRow.cell == PlanCellRow.name)
    )
    return list(
        session.scalars(
            select(PlanCellRow.name)
            .join(newest, newest.c.cell == PlanCellRow.name)
            .where(newest.c.made_at < now - EPOCH, ~wanted.exists())
            .order_by(PlanCellRow.name)
        )
    )
