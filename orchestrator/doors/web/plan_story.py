"""The plan as its page tells it: labs, lines of machines, and the couriers' stops."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.geography import orders_seen
from orchestrator.doors.web.order_parts import part_words
from orchestrator.doors.web.order_words import late_s
from orchestrator.doors.web.plan_reasons import (
    Placed,
    Replan,
    placed_orders,
    replans_of,
)
from orchestrator.doors.web.plan_view import PlanLine, PlannedJob
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.members.principals import Principal
from orchestrator.members.rows import AgentRow
from orchestrator.network.machines import machines
from orchestrator.network.opening import is_open
from orchestrator.network.rows import FacilityRow, MachineRow, PlaceRow
from orchestrator.orders.parts import goal_of
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import titles_of
from orchestrator.planning.cells import cell_numbers
from orchestrator.planning.rows import StopRow
from orchestrator.planning.views import PlanInForce, PlannedTask, latest_plan, tasks_for

CHANGES_SHOWN: Final = 20
LATE_S: Final = 60
SHOWN_OF_TASK: Final[Mapping[str, Told]] = {
    "planned": Told(shown=Shown.WAITING, word=N_("Planned")),
    "sent": Told(shown=Shown.NEEDS_YOU, word=N_("Waits for its start")),
    "armed": Told(shown=Shown.READY, word=N_("Armed")),
    "running": Told(shown=Shown.RUNNING, word=N_("Running")),
    "unknown": Told(shown=Shown.NEEDS_YOU, word=N_("Nobody saw the end")),
}
COST_WORDS: Final[Mapping[str, str]] = {
    "production": N_("Machines"),
    "distance": N_("Distance"),
    "courier_time": N_("Couriers' time"),
    "lateness": N_("Lateness"),
    "co2": N_("CO₂"),
    "unfair_labs": N_("Unfair share of labs"),
    "unfair_couriers": N_("Unfair share of couriers"),
    "moved": N_("Moved work"),
}
STOP_WORDS: Final[Mapping[str, str]] = {
    "pickup": N_("Pick up"),
    "dropoff": N_("Deliver"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStop:
    """A stop of a courier's route, as far as the asker may see it."""

    id: str
    courier_id: str
    courier: str
    position: int
    kind: str
    order: OrderRow
    title: str
    place: str
    lat: float
    lon: float
    arrive_at: datetime
    depart_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LabShown:
    """A lab above the timeline: what it has to do, and whether it takes work.

    `cell`: the number of the cell it is planned in, where there are several.
    """

    id: str
    name: str
    told: Told
    closed_until: datetime | None
    machine_count: int
    job_count: int
    busy_until: datetime | None
    cell: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStory:
    """All of the plan's page."""

    plan: PlanInForce | None
    labs: tuple[LabShown, ...]
    lines: tuple[PlanLine, ...]
    stops: tuple[ShownStop, ...]
    unplanned: tuple[Placed, ...]
    order_count: int
    late_count: int
    replans: tuple[Replan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the asker may see, read once."""

    principal: Principal
    now: datetime
    orders: Mapping[str, OrderRow]
    titles: Mapping[str, str]
    part_of: Mapping[str, str]  # words for what is a part


def plan_story(
    session: Session, principal: Principal, now: datetime, *, lab_id: str | None = None
) -> PlanStory:
    """The plan in force, as far as it concerns the one who asks; a steward's is all.

    `lab_id`: only this lab's machines.
    """
    seen = _seen(session, principal, now)
    plan = latest_plan(session)
    tasks = [
        task
        for task in tasks_for(session, principal)
        if task.machine_id is not None and task.order_id in seen.orders
    ]
    reasoned = {order.id: order for order in seen.orders.values() if order.reason_text}
    wholes = [order for order in seen.orders.values() if order.part_of is None]
    return PlanStory(
        plan=plan,
        labs=_labs(session, seen, tasks),
        lines=plan_lines(session, seen, tasks, lab_id),
        stops=_stops(session, seen),
        unplanned=tuple(placed_orders(session, reasoned, seen.titles, now)),
        order_count=len(wholes),
        late_count=sum(late_s(order, now) >= LATE_S for order in wholes),
        replans=tuple(replans_of(session, seen.orders, limit=CHANGES_SHOWN)),
    )


def stops_seen(
    session: Session, principal: Principal, now: datetime
) -> tuple[ShownStop, ...]:
    """The couriers' planned stops, by courier and position."""
    return _stops(session, _seen(session, principal, now))


def orders_placed(
    session: Session, principal: Principal, now: datetime
) -> list[Placed]:
    """Every open order that the asker has to do with, and why it is where it is."""
    seen = _seen(session, principal, now)
    return placed_orders(session, seen.orders, seen.titles, now)


def plan_history(session: Session, principal: Principal, now: datetime) -> list[Replan]:
    """Every plan that is kept and moved an open order of the asker's, newest first."""
    return replans_of(session, _seen(session, principal, now).orders)


def _seen(session: Session, principal: Principal, now: datetime) -> _Seen:
    orders = {order.id: order for order in orders_seen(session, principal)}
    return _Seen(
        principal=principal,
        now=now,
        orders=orders,
        titles=titles_of(session, orders.values()),
        part_of=part_words(session, orders.values()),
    )


def _labs(
    session: Session, seen: _Seen, tasks: list[PlannedTask]
) -> tuple[LabShown, ...]:
    """Every lab for a steward, else the asker's own."""
    principal = seen.principal
    is_steward = principal.is_steward
    rows_at: dict[str, list[MachineRow]] = {}
    for row in machines(session):
        rows_at.setdefault(row.facility_id, []).append(row)
    tasks_at: dict[str, list[PlannedTask]] = {}
    for task in tasks:
        tasks_at.setdefault(task.facility_id or "", []).append(task)
    labs = session.scalars(select(FacilityRow).order_by(FacilityRow.name))
    cells = cell_numbers(session)
    return tuple(
        replace(
            _lab(lab, rows_at.get(lab.id, []), tasks_at.get(lab.id, []), seen.now),
            cell=cells.get(lab.id),
        )
        for lab in labs
        if is_steward
        or ("operator" in principal.roles and lab.id in principal.facility_ids)
    )


def _lab(
    lab: FacilityRow, rows: list[MachineRow], tasks: list[PlannedTask], now: datetime
) -> LabShown:
    closed_until = lab.closed_until
    is_off = closed_until is not None and closed_until > now
    if is_off:
        told = Told(shown=Shown.OFFLINE, word=N_("Switched off"))
    elif rows and all(row.state == "offline" for row in rows):
        told = Told(shown=Shown.OFFLINE, word=N_("Silent"))
    elif not is_open(lab.opening, lab.zone, at=now, closed_until=None):
        told = Told(shown=Shown.PAUSED, word=N_("Closed now"))
    else:
        told = Told(shown=Shown.RUNNING, word=N_("Open"))
    ends = [task.end_at for task in tasks if task.end_at is not None]
    return LabShown(
        id=lab.id,
        name=lab.name,
        told=told,
        closed_until=closed_until if is_off else None,
        machine_count=len(rows),
        job_count=len(tasks),
        busy_until=max(ends, default=None),
        cell=None,
    )


def plan_lines(
    session: Session, seen: _Seen, tasks: list[PlannedTask], lab_id: str | None
) -> tuple[PlanLine, ...]:
    """The machines that the asker may see, by lab and name, each with its jobs."""
    tasks_at: dict[str, list[PlannedTask]] = {}
    for task in tasks:
        tasks_at.setdefault(task.machine_id or "", []).append(task)
    labs = {row.id: row for row in session.scalars(select(FacilityRow))}
    principal = seen.principal
    rows = [
        row
        for row in machines(session)
        if lab_id in {None, row.facility_id}
        and (
            row.id in tasks_at
            or principal.is_steward
            or row.facility_id in principal.facility_ids
        )
    ]
    rows.sort(key=lambda row: (labs[row.facility_id].name, row.facility_id, row.name))
    return tuple(
        PlanLine(
            name=row.name,
            place=labs[row.facility_id].name,
            url=f"/machines/{row.id}",
            jobs=tuple(
                job
                for task in tasks_at.get(row.id, [])
                if (job := _job(task, row, seen))
            ),
        )
        for row in rows
    )


def _job(task: PlannedTask, machine: MachineRow, seen: _Seen) -> PlannedJob | None:
    if task.start_at is None or task.end_at is None:
        return None
    now, order = seen.now, seen.orders[task.order_id]
    told = SHOWN_OF_TASK[task.state]
    starts_at, ends_at = task.start_at, task.end_at
    if task.state != "planned":  # it is at the machine, whatever was planned
        ends_at = max(ends_at, now + timedelta(minutes=1))
        if machine.job_id == task.id and machine.remaining_s is not None:
            ends_at = max(now, machine.state_at) + timedelta(
                seconds=machine.remaining_s
            )
        starts_at = min(starts_at, now)
    return PlannedJob(
        id=task.id,
        name=f"{order.number} {seen.titles[order.design_version_id]}"
        f"{seen.part_of.get(order.id, '')}",
        url=f"/orders/{order.id}",
        starts_at=starts_at,
        ends_at=ends_at,
        state=told.shown,
        word=told.word,
    )


def _stops(session: Session, seen: _Seen) -> tuple[ShownStop, ...]:
    """A steward sees all; a courier its own; a lab who fetches, a shop who brings."""
    rows = session.execute(
        select(StopRow, AgentRow.name, FacilityRow)
        .join(OrderRow, OrderRow.id == StopRow.order_id)
        .join(AgentRow, AgentRow.id == StopRow.courier_id)
        .outerjoin(FacilityRow, FacilityRow.id == OrderRow.facility_id)
        .where(StopRow.state == "planned", StopRow.order_id.in_(seen.orders))
        .order_by(AgentRow.name, StopRow.courier_id, StopRow.position)
    )
    return tuple(
        _stop(stop, courier, _spot_of(session, stop, seen, lab), seen)
        for stop, courier, lab in rows
        if _sees_stop(seen.principal, stop, seen.orders[stop.order_id])
    )


def _spot_of(
    session: Session, stop: StopRow, seen: _Seen, lab: FacilityRow | None
) -> PlaceRow | FacilityRow:
    goal = goal_of(session, seen.orders[stop.order_id])
    return goal if stop.kind == "dropoff" or lab is None else lab


def _stop(
    stop: StopRow, courier: str, spot: PlaceRow | FacilityRow, seen: _Seen
) -> ShownStop:
    order = seen.orders[stop.order_id]
    return ShownStop(
        id=stop.id,
        courier_id=stop.courier_id,
        courier=courier,
        position=stop.position,
        kind=STOP_WORDS[stop.kind],
        order=order,
        title=seen.titles[order.design_version_id] + seen.part_of.get(order.id, ""),
        place=spot.name,
        lat=spot.lat,
        lon=spot.lon,
        arrive_at=stop.arrive_at,
        depart_at=stop.depart_at,
    )


def _sees_stop(principal: Principal, stop: StopRow, order: OrderRow) -> bool:
    if principal.is_steward or stop.courier_id == principal.agent_id:
        return True
    if stop.kind == "dropoff" and order.to_facility_id is None:
        return order.shop_id == principal.agent_id
    if stop.kind == "dropoff":
        return order.to_facility_id in principal.facility_ids
    return order.facility_id in principal.facility_ids
