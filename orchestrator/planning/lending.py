"""Couriers change their cell only here: lent by the plan that has no use for them.

A cell whose orders wait for couriers asks the neighbour with the nearest idle one, at
most every ASK_AGAIN. That cell's next plan lends it, and the borrower's plan gives it
back when nothing is left for it to do. So a courier is always in one plan.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.network.couriers import ON_SHIFT, distance_m
from orchestrator.network.rows import CourierRow, FacilityRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.cells import members
from orchestrator.planning.commit import Writing
from orchestrator.planning.picture import OPEN_STATES
from orchestrator.planning.rows import CellMemberRow, PlanCellRow
from orchestrator.planning.wishes import wish_in
from routing.cells import waiting_for_couriers

ASK_AGAIN: Final = timedelta(minutes=15)
ORDERS_A_COURIER: Final = 4  # that wait, for each courier that is asked for
log = structlog.get_logger()


def lend(session: Session, writing: Writing) -> None:
    """Give back, lend and ask, in the transaction of the cell's plan."""
    cell = session.get(PlanCellRow, writing.fresh.cell)
    if cell is None or not cell.halo:
        return
    idle = _idle(session, writing)
    for row in idle.values():
        if row.lent_by is not None:
            row.cell, row.lent_by = row.lent_by, None
    waiting = waiting_for_couriers(writing.frame.problem, writing.plan)
    if waiting:
        _ask(session, cell, len(waiting), writing)
        return
    if cell.couriers_lacking:
        cell.couriers_lacking = 0
    own = [name for name, row in idle.items() if row.cell == cell.name]
    _lend_to_whoever_asks(session, cell, own, writing)


def _idle(session: Session, writing: Writing) -> dict[str, CellMemberRow]:
    """Couriers of the cell whom the plan knew and has nothing to do for."""
    known = {row.agent_id for row in writing.frame.picture.couriers}
    known -= {route.courier for route in writing.plan.routes}
    here = [
        row.agent_id
        for row in writing.fresh.couriers
        if row.agent_id in known and row.status == ON_SHIFT
    ]
    free = set(here) - set(_busy(session, here))
    rows = session.scalars(
        select(CellMemberRow)
        .where(CellMemberRow.subject_id.in_(free))
        .order_by(CellMemberRow.subject_id)
    )
    return {row.subject_id: row for row in rows}


def _busy(session: Session, couriers: Iterable[str]) -> Sequence[str | None]:
    """Those of them who have an open order, or are to fetch one."""
    return session.scalars(
        select(OrderRow.courier_id).where(
            OrderRow.courier_id.in_(list(couriers)), OrderRow.state.in_(OPEN_STATES)
        )
    ).all()


def _ask(session: Session, cell: PlanCellRow, count: int, writing: Writing) -> None:
    if cell.asked_at is not None and writing.now - cell.asked_at < ASK_AGAIN:
        return
    neighbours = session.scalars(
        select(CellMemberRow.cell)
        .where(CellMemberRow.subject_id.in_(cell.halo), CellMemberRow.cell != cell.name)
        .distinct()
    ).all()
    near = session.execute(
        select(CourierRow, CellMemberRow.cell)
        .join(CellMemberRow, CellMemberRow.subject_id == CourierRow.agent_id)
        .where(CellMemberRow.cell.in_(neighbours), CourierRow.status == ON_SHIFT)
    ).all()
    busy = set(_busy(session, (courier.agent_id for courier, _ in near)))
    labs = _labs(session, cell)
    free = {
        (_away_m(courier, labs), courier.agent_id): name
        for courier, name in near
        if courier.agent_id not in busy
    }
    if not free:
        return
    cell.couriers_lacking = ceil(count / ORDERS_A_COURIER)
    cell.asked_at = writing.now
    lender = free[min(free)]
    wish_in(session, lender, f"{cell.name} waits for a courier", writing.now)


def _lend_to_whoever_asks(
    session: Session, cell: PlanCellRow, idle: Sequence[str], writing: Writing
) -> None:
    own_labs = set(session.scalars(members("lab", cell.name)))
    couriers = [row for row in writing.fresh.couriers if row.agent_id in idle]
    for asking in session.scalars(
        select(PlanCellRow)
        .where(PlanCellRow.couriers_lacking > 0, PlanCellRow.name != cell.name)
        .order_by(PlanCellRow.asked_at, PlanCellRow.name)
    ).all():
        if not couriers or not own_labs & set(asking.halo):
            continue
        labs = _labs(session, asking)
        couriers.sort(key=lambda row: (_away_m(row, labs), row.agent_id))
        lent, couriers = (
            couriers[: asking.couriers_lacking],
            couriers[asking.couriers_lacking :],
        )
        for courier in lent:
            row = session.get_one(CellMemberRow, courier.agent_id)
            row.cell, row.lent_by = asking.name, cell.name
        asking.couriers_lacking -= len(lent)
        wish_in(session, asking.name, f"{cell.name} lends couriers", writing.now)
        log.info("couriers lent", count=len(lent), by=cell.name, to=asking.name)


def _labs(session: Session, cell: PlanCellRow) -> Sequence[FacilityRow]:
    return session.scalars(
        select(FacilityRow).where(FacilityRow.id.in_(members("lab", cell.name)))
    ).all()


def _away_m(courier: CourierRow, labs: Sequence[FacilityRow]) -> float:
    here = courier.lat, courier.lon
    return min(distance_m(here, (lab.lat, lab.lon)) for lab in labs)
