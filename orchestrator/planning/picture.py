"""What planning looks at, read in one go: everything that a plan relies on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.commons.weights import PlanWeights, weights_at
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import (
    CourierRow,
    DeviceLifeRow,
    FacilityRow,
    MachineRow,
    PlaceRow,
)
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import StopRow, TaskRow

OPEN_STATES: Final = ("placed", "planned", "making", "made", "on-the-way")
AT_MACHINE: Final = ("sent", "armed", "running", "unknown")
SET_ASIDE: Final = "set-aside"  # reason_code of an order that no plan can hold
COMING_BACK: Final = "coming-back"  # reason_code of a load that its courier returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows of all rooms at one moment; nobody writes to them."""

    at: datetime
    orders: tuple[OrderRow, ...]
    tasks: tuple[TaskRow, ...]
    stops: tuple[StopRow, ...]  # planned ones of open orders, along each route
    failed_at: Mapping[str, datetime]  # of the last stop that failed, by order
    steps_of: Mapping[str, tuple[StepRow, ...]]  # by design version
    facilities: Mapping[str, FacilityRow]
    machines: tuple[MachineRow, ...]
    lives: Mapping[str, DeviceLifeRow]
    couriers: tuple[CourierRow, ...]
    names: Mapping[str, str]  # of couriers, by agent
    places: Mapping[str, PlaceRow]
    weights: PlanWeights  # in force at that moment
    in_doubt: frozenset[str] = frozenset()  # machines with a job whose end is unknown


def look(
    session: Session,
    *,
    now: datetime,
    version_id: str | None = None,
    hold: bool = False,
) -> Picture:
    """Read the picture; `version_id` adds the steps of a design nobody ordered yet.

    `hold` locks the orders until the caller's end.
    """
    orders = open_orders(session, hold=hold)
    order_ids = [order.id for order in orders]
    versions = {order.design_version_id for order in orders} | {version_id or ""}
    steps: dict[str, list[StepRow]] = {}
    for step in session.scalars(
        select(StepRow)
        .where(StepRow.version_id.in_(versions))
        .order_by(StepRow.version_id, StepRow.position)
    ):
        steps.setdefault(step.version_id, []).append(step)
    couriers = tuple(
        session.scalars(select(CourierRow).order_by(CourierRow.agent_id)).all()
    )
    carriers = [courier.agent_id for courier in couriers]
    tasks = _tasks(session, order_ids)
    return Picture(
        at=now.replace(microsecond=0),  # or what stands would move by a blink each time
        orders=tuple(orders),
        tasks=tasks,
        stops=_stops(session, order_ids),
        failed_at=_failed(session, order_ids),
        steps_of={version: tuple(rows) for version, rows in steps.items()},
        facilities={row.id: row for row in session.scalars(select(FacilityRow))},
        machines=tuple(
            session.scalars(select(MachineRow).order_by(MachineRow.id)).all()
        ),
        lives={row.device_id: row for row in session.scalars(select(DeviceLifeRow))},
        couriers=couriers,
        names={
            row.id: row.name
            for row in session.scalars(
                select(AgentRow).where(AgentRow.id.in_(carriers))
            )
        },
        in_doubt=frozenset(
            task.machine_id
            for task in tasks
            if task.state == "unknown" and task.machine_id
        ),
        places={row.id: row for row in session.scalars(select(PlaceRow))},
        weights=weights_at(session, now),
    )


def open_orders(session: Session, *, hold: bool = False) -> list[OrderRow]:
    """Orders that are not over, by id; `hold` locks them until the caller's end.

    Whoever changes a task or a stop holds its order first: that is what keeps a
    plan and a fact from overwriting each other.
    """
    asked = (
        select(OrderRow).where(OrderRow.state.in_(OPEN_STATES)).order_by(OrderRow.id)
    )
    if hold:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(asked))


def hold_order(session: Session, order_id: str) -> OrderRow | None:
    """The order, locked until the caller's end and read afresh."""
    return session.scalar(
        select(OrderRow)
        .where(OrderRow.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _tasks(session: Session, order_ids: list[str]) -> tuple[TaskRow, ...]:
    return tuple(
        session.scalars(
            select(TaskRow)
            .where(TaskRow.order_id.in_(order_ids))
            .order_by(TaskRow.order_id, TaskRow.step_id, TaskRow.run, TaskRow.attempt)
            .execution_options(populate_existing=True)
        )
    )


def _stops(session: Session, order_ids: list[str]) -> tuple[StopRow, ...]:
    return tuple(
        session.scalars(
            select(StopRow)
            .where(StopRow.order_id.in_(order_ids), StopRow.state == "planned")
            .order_by(StopRow.courier_id, StopRow.position)
            .execution_options(populate_existing=True)
        )
    )


def _failed(session: Session, order_ids: list[str]) -> dict[str, datetime]:
    rows = session.scalars(
        select(StopRow)
        .where(StopRow.order_id.in_(order_ids), StopRow.state == "failed")
        .order_by(StopRow.done_at)
    )
    return {row.order_id: row.done_at for row in rows if row.done_at is not None}
