"""The plan as its page tells it: lines of machines, stops, and why each order is so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.geography import orders_seen
from orchestrator.doors.web.order_view import why_words
from orchestrator.doors.web.order_words import late_s, order_told, sentence
from orchestrator.doors.web.plan_view import PlanLine, PlannedJob
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.members.principals import Principal
from orchestrator.members.rows import AgentRow
from orchestrator.network.machines import machines
from orchestrator.network.rows import FacilityRow, MachineRow, PlaceRow
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import titles_of
from orchestrator.planning.rows import PlanRow, RejectionRow, StopRow, TaskRow
from orchestrator.planning.views import PlannedTask, latest_plan, tasks_for

HELPS: Final = "; what helps: "
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
    "moved": N_("Moved work"),
}
STOP_WORDS: Final[Mapping[str, str]] = {
    "pickup": N_("Pick up"),
    "dropoff": N_("Deliver"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStop:
    """A stop in the couriers' table."""

    courier: str
    position: int
    kind: str
    order: OrderRow
    title: str
    place: str
    arrive_at: datetime
    depart_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Why an order is where it is, or (without a lab) why nowhere and what helps."""

    order: OrderRow
    title: str
    told: Told
    late_s: float
    lab: str
    machines: tuple[str, ...]
    why: str
    reason: str = ""
    helps: str = ""
    passed_over: Sequence[RejectionRow] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the newest plan moved."""

    order_id: str
    number: int
    words: str
    before: str | datetime
    after: str | datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStory:
    """All of the plan's page."""

    plan: PlanRow | None
    lines: tuple[PlanLine, ...]
    stops: tuple[ShownStop, ...]
    placed: tuple[Placed, ...]
    unplanned: tuple[Placed, ...]
    changes: tuple[Change, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def plan_story(session: Session, principal: Principal, now: datetime) -> PlanStory:
    """The plan in force, as far as it concerns the one who asks; a steward's is all."""
    orders = {order.id: order for order in orders_seen(session, principal)}
    titles = titles_of(session, orders.values())
    plan = latest_plan(session)
    placed = _placed(session, orders, titles, now)
    return PlanStory(
        plan=plan,
        lines=_lines(session, principal, orders, titles, now),
        stops=_stops(session, principal, orders, titles),
        placed=tuple(one for one in placed if not one.reason),
        unplanned=tuple(one for one in placed if one.reason),
        changes=_changes(plan, orders),
    )


def _lines(
    session: Session,
    principal: Principal,
    orders: Mapping[str, OrderRow],
    titles: Mapping[str, str],
    now: datetime,
) -> tuple[PlanLine, ...]:
    tasks_at: dict[str, list[PlannedTask]] = {}
    for task in tasks_for(session, principal):
        if task.machine_id is not None and task.order_id in orders:
            tasks_at.setdefault(task.machine_id, []).append(task)
    labs = {row.id: row for row in session.scalars(select(FacilityRow))}
    rows = [
        row
        for row in machines(session)
        if row.id in tasks_at
        or "steward" in principal.roles
        or row.facility_id in principal.facility_ids
    ]
    rows.sort(key=lambda row: (labs[row.facility_id].name, row.name))
    return tuple(
        PlanLine(
            name=row.name,
            place=labs[row.facility_id].name,
            url=f"/machines/{row.id}",
            jobs=tuple(
                job
                for task in tasks_at.get(row.id, [])
                if (job := _job(task, row, orders[task.order_id], titles, now))
            ),
        )
        for row in rows
    )


def _job(
    task: PlannedTask,
    machine: MachineRow,
    order: OrderRow,
    titles: Mapping[str, str],
    now: datetime,
) -> PlannedJob | None:
    if task.start_at is None or task.end_at is None:
        return None
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
        name=f"{order.number} {titles[order.design_version_id]}",
        url=f"/orders/{order.id}",
        starts_at=starts_at,
        ends_at=ends_at,
        state=told.shown,
        word=told.word,
    )


def _stops(
    session: Session,
    principal: Principal,
    orders: Mapping[str, OrderRow],
    titles: Mapping[str, str],
) -> tuple[ShownStop, ...]:
    """A steward sees all; a courier its own; a lab who fetches, a shop who brings."""
    rows = session.execute(
        select(StopRow, AgentRow.name, PlaceRow.name, FacilityRow.name)
        .join(OrderRow, OrderRow.id == StopRow.order_id)
        .join(AgentRow, AgentRow.id == StopRow.courier_id)
        .join(PlaceRow, PlaceRow.id == OrderRow.place_id)
        .outerjoin(FacilityRow, FacilityRow.id == OrderRow.facility_id)
        .where(StopRow.state == "planned", StopRow.order_id.in_(orders))
        .order_by(AgentRow.name, StopRow.courier_id, StopRow.position)
    )
    return tuple(
        ShownStop(
            courier=courier,
            position=stop.position,
            kind=STOP_WORDS[stop.kind],
            order=orders[stop.order_id],
            title=titles[orders[stop.order_id].design_version_id],
            place=place if stop.kind == "dropoff" else (lab or ""),
            arrive_at=stop.arrive_at,
            depart_at=stop.depart_at,
        )
        for stop, courier, place, lab in rows
        if _sees_stop(principal, stop, orders[stop.order_id])
    )


def _sees_stop(principal: Principal, stop: StopRow, order: OrderRow) -> bool:
    if "steward" in principal.roles or stop.courier_id == principal.agent_id:
        return True
    if stop.kind == "dropoff":
        return order.shop_id == principal.agent_id
    return order.facility_id in principal.facility_ids


def _placed(
    session: Session,
    orders: Mapping[str, OrderRow],
    titles: Mapping[str, str],
    now: datetime,
) -> list[Placed]:
    labs = {row.id: row.name for row in session.scalars(select(FacilityRow))}
    works: dict[str, list[tuple[TaskRow, str]]] = {}
    for task, machine in session.execute(
        select(TaskRow, MachineRow.name)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(TaskRow.order_id.in_(orders))
        .order_by(TaskRow.order_id, TaskRow.run, TaskRow.attempt.desc())
    ):
        works.setdefault(task.order_id, []).append((task, machine))
    passed: dict[str, list[RejectionRow]] = {}
    for row in session.scalars(
        select(RejectionRow)
        .where(RejectionRow.order_id.in_(orders))
        .order_by(RejectionRow.subject_name, RejectionRow.code)
    ):
        passed.setdefault(row.order_id, []).append(row)
    return [
        _one(
            order,
            title=titles[order.design_version_id],
            lab=labs.get(order.facility_id or "", ""),
            works=works.get(order.id, []),
            passed=passed.get(order.id, []),
            now=now,
        )
        for order in orders.values()
    ]


def _one(
    order: OrderRow,
    *,
    title: str,
    lab: str,
    works: Sequence[tuple[TaskRow, str]],
    passed: Sequence[RejectionRow],
    now: datetime,
) -> Placed:
    why: dict[str, Any] = next((task.why for task, _ in works if task.why), {}) or {}
    reason, _, helps = (order.reason_text or "").partition(HELPS)
    return Placed(
        order=order,
        title=title,
        told=order_told(order, now),
        late_s=late_s(order, now),
        lab=lab,
        machines=tuple(dict.fromkeys(name for _, name in works)),
        why=why_words(why, order.currency),
        reason=sentence(reason),
        helps=sentence(helps),
        passed_over=passed,
    )


def _changes(
    plan: PlanRow | None, orders: Mapping[str, OrderRow]
) -> tuple[Change, ...]:
    found = plan.changes if plan else []
    return tuple(_change(one) for one in found if one["order_id"] in orders)


def _change(told: Mapping[str, Any]) -> Change:
    what = str(told["what"])
    words = {
        "planned": N_("Planned"),
        "machine": N_("Other machine"),
        "courier": N_("Other courier"),
        "later": N_("Later"),
        "left out": N_("Left out"),
        "no courier": N_("No courier"),
    }.get(what, what)
    return Change(
        order_id=str(told["order_id"]),
        number=int(told["number"]),
        words=words,
        before=_moment_or_words(what, told["from"]),
        after=_moment_or_words(what, told["to"]),
        why=sentence(str(told["why"])),
    )


def _moment_or_words(what: str, value: object) -> str | datetime:
    if value is None:
        return "none"
    if what == "later":
        return datetime.fromisoformat(str(value))
    return str(value).partition(HELPS)[0]
