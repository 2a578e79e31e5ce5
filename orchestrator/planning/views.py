"""What people may see of the plan: each what has to do with them, a steward all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.members.principals import Principal
from orchestrator.network.rows import MachineRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import PlanRow, RejectionRow, StopRow, TaskRow

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why an order is served as it is, or not at all."""

    code: str | None
    text: str | None
    why: dict[str, Any] | None  # of the plan: fab, machines, courier, alternative
    rejections: Sequence[RejectionRow]
    changes: Sequence[dict[str, Any]]  # of the newest plan


def latest_plan(session: Session) -> PlanRow | None:
    """The plan in force."""
    return session.scalar(
        select(PlanRow).order_by(PlanRow.made_at.desc(), PlanRow.id.desc()).limit(1)
    )


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
        )
        for task, order, machine in rows
        if _concerns(principal, order, machine)
    ]


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
    plan = latest_plan(session)
    changes = plan.changes if plan else []
    return Reasons(
        code=order.reason_code,
        text=order.reason_text,
        why=task.why if task else None,
        rejections=session.scalars(
            select(RejectionRow)
            .where(RejectionRow.order_id == order.id)
            .order_by(RejectionRow.subject_name, RejectionRow.code)
        ).all(),
        changes=[change for change in changes if change["order_id"] == order.id],
    )


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
