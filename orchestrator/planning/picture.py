"""What planning looks at, read in one go: everything that a plan relies on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import hands_of
from orchestrator.catalogue.hands import Hand
from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.commons.weights import PlanWeights, weights_at
from orchestrator.members.agents import names_of
from orchestrator.network.arrivals import has_joined
from orchestrator.network.rows import (
    CourierRow,
    DeviceLifeRow,
    FacilityRow,
    MachineRow,
    PlaceRow,
    TrainingNeedRow,
    TrainingRow,
)
from orchestrator.network.service import blocks
from orchestrator.network.stock import Stock, stocks
from orchestrator.network.training import Hours, needs, person_hours, trainings
from orchestrator.orders.parts import whole_id
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.cells import has_cell, labs_seen, members
from orchestrator.planning.paces import NO_PACES, Paces, paces
from orchestrator.planning.queue import queues
from orchestrator.planning.rows import StopRow, TaskRow

OPEN_STATES: Final = ("placed", "planned", "making", "made", "on-the-way")
AT_MACHINE: Final = ("sent", "armed", "running", "unknown")
SET_ASIDE: Final = "set-aside"  # reason_code of an order that no plan can hold
type Span = tuple[datetime, datetime]

COMING_BACK: Final = "coming-back"  # reason_code of a load that its courier returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows of all rooms at one moment; nobody writes to them.

    Of a cell (None: of the whole region): its own orders with all that is theirs, its
    couriers, the machines that it may use, and the `guests` on them: work of other
    cells' orders that is not over.
    """

    at: datetime
    orders: tuple[OrderRow, ...]
    tasks: tuple[TaskRow, ...]
    stops: tuple[StopRow, ...]  # planned ones of open orders, along each route
    failed_at: Mapping[str, datetime]  # of the last stop that failed, by order
    steps_of: Mapping[str, tuple[StepRow, ...]]  # by design version, as are
    hands_of: Mapping[str, tuple[Hand, ...]]
    facilities: Mapping[str, FacilityRow]
    machines: tuple[MachineRow, ...]
    lives: Mapping[str, DeviceLifeRow]
    couriers: tuple[CourierRow, ...]
    names: Mapping[str, str]  # of couriers, by agent
    places: Mapping[str, PlaceRow]
    weights: PlanWeights  # in force at that moment
    in_doubt: frozenset[str] = frozenset()  # machines with a job whose end is unknown
    cell: str | None = None
    guests: tuple[TaskRow, ...] = ()
    guest_steps: Mapping[str, StepRow] = MappingProxyType({})  # by task
    stocks: tuple[Stock, ...] = ()  # what labs have of materials that they count
    needs: tuple[TrainingNeedRow, ...] = ()  # what only trained people run
    trainings: tuple[TrainingRow, ...] = ()
    person_hours: Hours = MappingProxyType({})
    blocks: Mapping[str, tuple[Span, ...]] = MappingProxyType({})  # by machine
    queues: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # tasks, by machine
    paces: Paces = NO_PACES  # of machines, by their jobs
    parts: tuple[OrderRow, ...] = ()  # of these orders, be they open, over or elsewhere

    def steps(self) -> dict[str, StepRow]:
        """By task of its own orders its step, of what the order is made of."""
        steps = {step.id: step for own in self.steps_of.values() for step in own}
        made_of = {order.id: order.made_of for order in self.orders}
        return {
            task.id: as_made(steps[task.step_id], made_of[task.order_id])
            for task in self.tasks
        }


def look(
    session: Session,
    *,
    now: datetime,
    cell: str | None = None,
    version_id: str | None = None,
    place_id: str | None = None,
    hold: bool = False,
    new: bool = False,
) -> Picture:
    """Read the picture of a cell, or of the whole region.

    `version_id` adds the steps of a design nobody ordered yet, `place_id` the place it
    is for. `hold` locks the orders until the caller's end. `new`: those without cell, too.
    """
    couriers = _couriers(session, cell)
    carriers = {courier.agent_id for courier in couriers}
    orders = [
        order
        for order in open_orders(session, cell=cell, hold=hold, new=new)
        if cell is None or _is_within_reach(order, carriers)
    ]
    order_ids = [order.id for order in orders]
    tasks = _tasks(session, order_ids)
    parts = _parts(session, orders)
    goals = {part.to_facility_id for part in (*parts, *orders) if part.to_facility_id}
    machines, guests = _machines(session, cell, tasks, order_ids, goals)
    lab_ids = {machine.facility_id for machine in machines}
    versions = {order.design_version_id for order in orders} | {version_id or ""}
    return Picture(
        at=now.replace(microsecond=0),  # or what stands would move by a blink each time
        orders=tuple(orders),
        tasks=tasks,
        stops=_stops(session, order_ids),
        failed_at=_failed(session, order_ids),
        steps_of=_steps(session, versions),
        hands_of=hands_of(session, versions),
        facilities=_facilities(session, None if cell is None else lab_ids | goals),
        machines=machines,
        lives=_lives(session, machines),
        couriers=couriers,
        names=names_of(session, carriers),
        in_doubt=_in_doubt((*tasks, *guests)),
        places=_places(
            session, cell, {order.place_id for order in orders} | {place_id or ""}
        ),
        weights=weights_at(session, now),
        cell=cell,
        guests=guests,
        guest_steps=_steps_of(session, guests),
        stocks=tuple(stocks(session, lab_ids)),
        needs=tuple(needs(session, lab_ids)),
        trainings=tuple(trainings(session, lab_ids, now=now)),
        person_hours=person_hours(session, lab_ids),
        blocks=_blocks(session, machines, now),
        queues=queues(session, [machine.id for machine in machines]),
        paces=paces(session, [machine.id for machine in machines]),
        parts=parts,
    )


def look_at_labs(
    session: Session,
    lab_ids: Collection[str],
    *,
    now: datetime,
    machine_ids: Collection[str] | None = None,
) -> Picture:
    """These labs as if there were no orders, with all machines or those that are named."""
    picture = Picture(
        at=now.replace(microsecond=0),
        orders=(),
        tasks=(),
        stops=(),
        failed_at={},
        steps_of={},
        hands_of={},
        facilities=_facilities(session, lab_ids),
        machines=(),
        lives={},
        couriers=(),
        names={},
        places={},
        weights=weights_at(session, now),
        needs=tuple(needs(session, lab_ids)),
        trainings=tuple(trainings(session, lab_ids, now=now)),
    )
    if machine_ids is None:
        machine_ids = session.scalars(
            select(MachineRow.id).where(MachineRow.facility_id.in_(lab_ids))
        ).all()
    return with_machines(session, picture, machine_ids)


def with_machines(
    session: Session, picture: Picture, machine_ids: Collection[str]
) -> Picture:
    """The same with these machines of its labs, too."""
    if not machine_ids:
        return picture
    rows = session.scalars(
        select(MachineRow).where(MachineRow.id.in_(machine_ids)).order_by(MachineRow.id)
    ).all()
    machines = (*picture.machines, *rows)
    doubt = session.scalars(
        select(TaskRow.machine_id).where(
            TaskRow.state == "unknown", TaskRow.machine_id.in_(machine_ids)
        )
    )
    return replace(
        picture,
        machines=machines,
        lives={**picture.lives, **_lives(session, rows)},
        in_doubt=picture.in_doubt | {name for name in doubt if name},
        paces=paces(session, [machine.id for machine in machines]),
    )


def open_orders(
    session: Session,
    *,
    cell: str | None = None,
    hold: bool = False,
    new: bool = False,
) -> list[OrderRow]:
    """Orders of the cell that are not over, by id; `hold` locks them until the end.

    `new`: those that have no cell yet, too.
    Whoever changes a task or a stop holds its order first: that is what keeps a
    plan and a fact from overwriting each other.
    """
    asked = (
        select(OrderRow).where(OrderRow.state.in_(OPEN_STATES)).order_by(OrderRow.id)
    )
    if cell is not None:
        is_own = OrderRow.id.in_(members("order", cell))
        asked = asked.where(or_(is_own, ~has_cell(OrderRow.id)) if new else is_own)
    if hold:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(asked))


def _in_doubt(tasks: Sequence[TaskRow]) -> frozenset[str]:
    return frozenset(
        task.machine_id for task in tasks if task.state == "unknown" and task.machine_id
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


def _parts(session: Session, orders: Sequence[OrderRow]) -> tuple[OrderRow, ...]:
    wholes = {whole_id(order) for order in orders if order.steps is not None}
    if not wholes:
        return ()
    return tuple(
        session.scalars(
            select(OrderRow)
            .where(OrderRow.part_of.in_(wholes))
            .order_by(OrderRow.id)
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


def _is_within_reach(order: OrderRow, carriers: set[str]) -> bool:
    """Whether it is not just on its way with a courier of another cell."""
    return order.state != "on-the-way" or order.courier_id in carriers


def _couriers(session: Session, cell: str | None) -> tuple[CourierRow, ...]:
    asked = select(CourierRow).order_by(CourierRow.agent_id)
    if cell is not None:
        asked = asked.where(CourierRow.agent_id.in_(members("courier", cell)))
    return tuple(session.scalars(asked))


def _machines(
    session: Session,
    cell: str | None,
    tasks: Sequence[TaskRow],
    order_ids: Collection[str],
    goals: Collection[str],
) -> tuple[tuple[MachineRow, ...], tuple[TaskRow, ...]]:
    """Those that the cell may use or has work at, and others' work on them.

    `goals`: labs where parts of its orders are brought.
    """
    asked = select(MachineRow).order_by(MachineRow.id)
    if cell is None:
        return tuple(session.scalars(asked)), ()
    worked_at = {task.machine_id for task in tasks if task.machine_id}
    labs = (labs_seen(session, cell) | set(goals)) | set(
        session.scalars(
            select(MachineRow.facility_id).where(MachineRow.id.in_(worked_at))
        )
    )
    machines = tuple(session.scalars(asked.where(MachineRow.facility_id.in_(labs))))
    guests = session.scalars(
        select(TaskRow)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .where(
            TaskRow.machine_id.in_([machine.id for machine in machines]),
            TaskRow.state.in_(("planned", *AT_MACHINE)),
            OrderRow.state.in_(OPEN_STATES),
        )
        .order_by(TaskRow.id)
        .execution_options(populate_existing=True)
    )
    own = set(order_ids)
    return machines, tuple(task for task in guests if task.order_id not in own)


def _lives(
    session: Session, machines: Sequence[MachineRow]
) -> dict[str, DeviceLifeRow]:
    devices = {machine.device_id for machine in machines}
    rows = session.scalars(
        select(DeviceLifeRow).where(DeviceLifeRow.device_id.in_(devices))
    )
    return {row.device_id: row for row in rows}


def _places(
    session: Session, cell: str | None, place_ids: Collection[str]
) -> dict[str, PlaceRow]:
    asked = select(PlaceRow)
    if cell is not None:
        asked = asked.where(PlaceRow.id.in_(place_ids))
    return {row.id: row for row in session.scalars(asked)}


def _blocks(
    session: Session, machines: Sequence[MachineRow], now: datetime
) -> dict[str, tuple[Span, ...]]:
    """When machines stand still for their care."""
    found: dict[str, tuple[Span, ...]] = {}
    for row in blocks(session, [machine.id for machine in machines], now=now):
        before = found.get(row.machine_id, ())
        found[row.machine_id] = (*before, (row.from_at, row.until_at))
    return found


def _facilities(
    session: Session, lab_ids: Collection[str] | None
) -> dict[str, FacilityRow]:
    """These labs, or all that have joined."""
    asked = select(FacilityRow).where(has_joined())
    if lab_ids is not None:
        asked = asked.where(FacilityRow.id.in_(lab_ids))
    return {row.id: row for row in session.scalars(asked)}


def _steps_of(session: Session, tasks: Sequence[TaskRow]) -> dict[str, StepRow]:
    rows = session.execute(
        select(TaskRow.id, StepRow, OrderRow.made_of)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .where(TaskRow.id.in_([task.id for task in tasks]))
    )
    return {name: as_made(step, made_of) for name, step, made_of in rows}


def _steps(
    session: Session, version_ids: Collection[str]
) -> dict[str, tuple[StepRow, ...]]:
    steps: dict[str, list[StepRow]] = {}
    for step in session.scalars(
        select(StepRow)
        .where(StepRow.version_id.in_(version_ids))
        .order_by(StepRow.version_id, StepRow.position)
    ):
        steps.setdefault(step.version_id, []).append(step)
    return {version: tuple(rows) for version, rows in steps.items()}
