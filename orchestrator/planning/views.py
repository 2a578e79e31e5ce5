"""What people may see of the plan: each what has to do with them, a steward all."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.members.principals import Principal
from orchestrator.network.rows import MachineRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.cells import cell_names
from orchestrator.planning.rows import (
    PlanChangeRow,
    PlanRow,
    RejectionRow,
    StopRow,
    TaskRow,
)

CHANGES_MAX: Final = 300
PLANNED_STATES = ("planned", "sent", "armed", "running", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """One run on its machine; without a machine it waits for one."""

    id: str
    order_id: str
    number: int
    run: int
    attempt: int
    pieces: int
    state: str
    machine_id: str | None
    machine_name: str | None
    facility_id: str | None
    start_at: datetime | None
    end_at: datetime | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why an order is served as it is, or not at all."""

    code: str | None
    text: str | None
    why: dict[str, Any] | None  # of the plan: fab, machines, courier, alternative
    rejections: Sequence[RejectionRow]
    changes: Sequence["PlannedChange"]  # by all plans that are kept, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """What one plan moved of one order, with the plan's reasons."""

    plan_id: str
    made_at: datetime
    triggers: Sequence[str]
    weights_version: str
    order_id: str
    number: int  # of the order
    what: str
    before: str | None
    after: str | None
    affected: Sequence[str]  # labs and couriers, by id


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInForce:
    """The newest plan, with the sums over the newest plans of all cells."""

    id: str
    made_at: datetime
    triggers: Sequence[str]
    weights_version: str
    cost_cents: Mapping[str, int]
    order_count: int
    left_out_count: int
    cell_count: int


def latest_plan(session: Session) -> PlanInForce | None:
    """The plan in force: of each cell its newest."""
    newest = [
        session.scalar(
            select(PlanRow)
            .where(PlanRow.cell == cell)
            .order_by(PlanRow.made_at.desc(), PlanRow.id.desc())
            .limit(1)
        )
        for cell in cell_names(session)
    ]
    plans = [plan for plan in newest if plan is not None]
    if not plans:
        return None
    last = max(plans, key=lambda plan: (plan.made_at, plan.id))
    cost: Counter[str] = Counter()
    for plan in plans:
        cost.update(plan.cost_cents)
    return PlanInForce(
        id=last.id,
        made_at=last.made_at,
        triggers=last.triggers,
        weights_version=last.weights_version,
        cost_cents=cost,
        order_count=sum(plan.order_count for plan in plans),
        left_out_count=sum(plan.left_out_count for plan in plans),
        cell_count=len(newest),
    )


def change_count(session: Session, plan: PlanInForce) -> int:
    """How many changes of orders this plan made."""
    asked = select(func.count()).where(PlanChangeRow.plan_id == plan.id)
    return session.execute(asked).scalar_one()


def tasks_for(session: Session, principal: Principal) -> list[PlannedTask]:
    """Runs that are not over, by machine and time, as far as they concern the asker."""
    rows = session.execute(
        select(TaskRow, OrderRow, MachineRow)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .outerjoin(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(TaskRow.state.in_(PLANNED_STATES))
        .order_by(TaskRow.machine_id, TaskRow.start_at, TaskRow.id)
    )
    return [
        PlannedTask(
            id=task.id,
            order_id=order.id,
            number=order.number,
            run=task.run,
            attempt=task.attempt,
            pieces=task.pieces,
            state=task.state,
            machine_id=task.machine_id,
            machine_name=machine.name if machine else None,
            facility_id=machine.facility_id if machine else None,
            start_at=task.start_at,
            end_at=task.end_at,
            ready_at=task.ready_at,
        )
        for task, order, machine in rows
        if _concerns(principal, order, machine)
    ]


def material_planned(session: Session, facility_id: str) -> dict[str, float]:
    """What runs that are not over take in this lab, in grams, by material in small."""
    rows = session.execute(
        select(StepRow, TaskRow.pieces, OrderRow.made_of)
        .join(TaskRow, TaskRow.step_id == StepRow.id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(MachineRow.facility_id == facility_id, TaskRow.state.in_(PLANNED_STATES))
    )
    found: dict[str, float] = {}
    for step, pieces, made_of in rows:
        name = as_made(step, made_of).material.casefold()
        found[name] = found.get(name, 0.0) + step.material_g * pieces
    return found


def stops_for(session: Session, principal: Principal) -> Sequence[StopRow]:
    """Stops that nobody has done, by courier and position; a courier's own, a steward all."""
    asked = select(StopRow).where(StopRow.state == "planned")
    if "steward" not in principal.roles:
        asked = asked.where(StopRow.courier_id == principal.agent_id)
    return session.scalars(asked.order_by(StopRow.courier_id, StopRow.position)).all()


def reasons_of(session: Session, order: OrderRow) -> Reasons:
    """Every reason that planning gives for this order."""
    task = session.scalar(
        select(TaskRow)
        .where(TaskRow.order_id == order.id, TaskRow.machine_id.is_not(None))
        .order_by(TaskRow.attempt.desc(), TaskRow.run)
        .limit(1)
    )
    return Reasons(
        code=order.reason_code,
        text=order.reason_text,
        why=task.why if task else None,
        rejections=session.scalars(
            select(RejectionRow)
            .where(RejectionRow.order_id == order.id)
            .order_by(RejectionRow.subject_name, RejectionRow.code)
        ).all(),
        changes=changes_of(session, [order.id]),
    )


def changes_of(
    session: Session, order_ids: Collection[str], *, limit: int = CHANGES_MAX
) -> list[PlannedChange]:
    """What plans moved of these orders, newest first. The caller knows whose they are."""
    rows = session.execute(
        select(PlanChangeRow, PlanRow, OrderRow.number)
        .join(PlanRow, PlanRow.id == PlanChangeRow.plan_id)
        .join(OrderRow, OrderRow.id == PlanChangeRow.order_id)
        .where(PlanChangeRow.order_id.in_(order_ids))
        .order_by(PlanRow.made_at.desc(), PlanRow.id.desc(), PlanChangeRow.number)
        .limit(limit)
    )
    return [
        PlannedChange(
            plan_id=plan.id,
            made_at=plan.made_at,
            triggers=plan.triggers,
            weights_version=plan.weights_version,
            order_id=change.order_id,
            number=number,
            what=change.what,
            before=change.before,
            after=change.after,
            affected=change.affected,
        )
        for change, plan, number in rows
    ]


def _concerns(
    principal: Principal, order: OrderRow, machine: MachineRow | None
) -> bool:
    if "steward" in principal.roles or principal.agent_id == order.shop_id:
        return True
    return (
        "operator" in principal.roles
        and machine is not None
        and machine.facility_id in principal.facility_ids
    )
