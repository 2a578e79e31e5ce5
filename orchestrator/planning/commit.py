"""A plan becomes rows: slots, stops, promises kept, reasons, and what changed and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.clock import stamp
from orchestrator.foundation.ids import new_id
from orchestrator.network.alarms import raise_alarm
from orchestrator.orders import life
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.by_hand import ready_times
from orchestrator.planning.cells import members
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import COMING_BACK, OPEN_STATES, SET_ASIDE, Picture
from orchestrator.planning.reasons import reason
from orchestrator.planning.rows import (
    CellMemberRow,
    PlanChangeRow,
    PlanRow,
    RejectionRow,
    StopRow,
    TaskRow,
)
from routing.cells import FIRST
from routing.joint.problem import JointPlan, Stop, TaskSlot, Why

TOLD_FROM: Final = timedelta(minutes=5)
SAME: Final = timedelta(seconds=30)
CHANGES_MAX: Final = 200
PLANS_KEPT: Final = 300  # of each cell
OVER: Final = select(OrderRow.id).where(OrderRow.state.not_in(OPEN_STATES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One plan on its way into rows; `changes` grows as it is written.

    By order: `lab_of`, where its slots are; `carrier_of`, whose stops are for it. By
    task `ready_of`, when it is done by hand as well.
    """

    frame: Frame
    plan: JointPlan
    fresh: Picture
    triggers: tuple[str, ...]
    now: datetime
    lab_of: Mapping[str, str]
    carrier_of: Mapping[str, str]
    ready_of: Mapping[str, datetime]
    changes: list[PlanChangeRow] = field(default_factory=list)

    def change(
        self,
        order: OrderRow,
        what: str,
        before: str | None,
        after: str | None,
        *affected: str | None,
    ) -> None:
        """Note what moved; `affected`: labs and couriers, beside the order's shop."""
        ids = dict.fromkeys(one for one in affected if one)
        self.changes.append(
            PlanChangeRow(
                order_id=order.id,
                what=what,
                before=before,
                after=after,
                affected=list(ids),
            )
        )


def writing_of(
    frame: Frame,
    plan: JointPlan,
    fresh: Picture,
    *,
    triggers: tuple[str, ...],
    now: datetime,
) -> Writing:
    """A plan about to be written onto what is true now."""
    lab_of_machine = {row.id: row.facility_id for row in fresh.machines}
    return Writing(
        frame=frame,
        plan=plan,
        fresh=fresh,
        triggers=triggers,
        now=now,
        lab_of={slot.order: lab_of_machine[slot.machine] for slot in plan.slots},
        carrier_of={
            stop.order: route.courier for route in plan.routes for stop in route.stops
        },
        ready_of=ready_times(frame, plan),
    )


def write(session: Session, writing: Writing, *, duration_s: float) -> PlanRow:
    """Write the plan in the caller's transaction, which has the turn and no clash."""
    cell = writing.fresh.cell or FIRST
    _forget_what_is_over(session, cell)
    _write_tasks(writing)
    _write_stops(session, writing)
    for order in writing.fresh.orders:
        _write_order(session, writing, order)
    _write_rejections(session, writing)
    plan = writing.plan
    row = PlanRow(
        id=new_id("plan"),
        cell=cell,
        made_at=writing.now,
        triggers=list(writing.triggers),
        weights_version=writing.frame.picture.weights.rule_version,
        cost_cents={
            name.removesuffix("_cents"): cents
            for name, cents in asdict(plan.cost).items()
        },
        bound_cents=plan.bound_cents,
        order_count=len(plan.promises),
        left_out_count=len(plan.left_out),
        duration_s=duration_s,
    )
    session.add(row)
    session.flush()
    for change in writing.changes[:CHANGES_MAX]:
        change.plan_id = row.id
        session.add(change)
    _forget_old_plans(session, cell)
    announce(session, "plan")
    return row


def take_off_the_plan(session: Session, over: Select[str] = OVER) -> None:
    """Nothing is planned any more for orders that are over."""
    for row in (TaskRow, StopRow):
        session.execute(
            update(row)
            .where(row.state == "planned", row.order_id.in_(over))
            .values(state="cancelled")
        )


def _forget_what_is_over(session: Session, cell: str) -> None:
    over = OVER.where(OrderRow.id.in_(members("order", cell)))
    take_off_the_plan(session, over)
    session.execute(delete(RejectionRow).where(RejectionRow.order_id.in_(over)))
    ids = session.scalars(over).all()
    session.execute(delete(CellMemberRow).where(CellMemberRow.subject_id.in_(ids)))


def _forget_old_plans(session: Session, cell: str) -> None:
    kept = (
        select(PlanRow.id)
        .where(PlanRow.cell == cell)
        .order_by(PlanRow.made_at.desc(), PlanRow.id.desc())
        .limit(PLANS_KEPT)
    )
    gone = select(PlanRow.id).where(PlanRow.cell == cell, PlanRow.id.not_in(kept))
    session.execute(delete(PlanChangeRow).where(PlanChangeRow.plan_id.in_(gone)))
    session.execute(delete(PlanRow).where(PlanRow.id.in_(gone)))


def _write_tasks(writing: Writing) -> None:
    slot_of = {slot.task: slot for slot in writing.plan.slots}
    names = {machine.id: machine.name for machine in writing.fresh.machines}
    lab_of = {machine.id: machine.facility_id for machine in writing.fresh.machines}
    numbers = {order.id: order for order in writing.fresh.orders}
    known = {task.id for task in writing.frame.picture.tasks}
    for task in writing.fresh.tasks:
        if task.state != "planned" or task.id not in known:
            continue
        slot = slot_of.get(task.id)
        before, after = task.machine_id, slot.machine if slot else None
        if before is not None and before != after:
            writing.change(
                numbers[task.order_id],
                "machine",
                names.get(before),
                names.get(after or ""),
                lab_of.get(before),
                lab_of.get(after or ""),
            )
        _place(writing, task, slot)


def _place(writing: Writing, task: TaskRow, slot: TaskSlot | None) -> None:
    if slot is None:
        task.machine_id = task.start_at = task.end_at = task.ready_at = task.why = None
        return
    task.machine_id = slot.machine
    task.start_at = writing.frame.time_of(slot.start_s)
    task.end_at = writing.frame.time_of(slot.end_s)
    task.ready_at = writing.ready_of.get(task.id)
    if slot.frozen and task.why is not None:
        return  # why it was put there is still the reason
    why = writing.plan.why.get(task.order_id)
    task.why = _kept(why) if why else None


def _kept(why: Why) -> dict[str, Any]:
    """As JSON gives it back: a tuple would be written anew at each plan."""
    told = asdict(why)
    return told | {name: list(told[name]) for name in ("machines", "alternatives")}


def _write_stops(session: Session, writing: Writing) -> None:
    rows = {(row.order_id, row.kind): row for row in writing.fresh.stops}
    orders = {order.id: order for order in writing.fresh.orders}
    kept: set[str] = set()
    for route in writing.plan.routes:
        position = 0
        for stop in route.stops:
            order = orders.get(stop.order)
            done = order is None or (
                stop.kind == "pickup" and order.state == "on-the-way"
            )
            if order is None or done:
                continue
            position += 1
            row = rows.get((stop.order, stop.kind))
            if row is None:
                row = _new_stop(stop.order, stop.kind)
                session.add(row)
            _set_stop(writing, row, route.courier, position, stop)
            kept.add(row.id)
    for row in writing.fresh.stops:
        if row.id not in kept and orders[row.order_id].reason_code != COMING_BACK:
            session.delete(row)
    session.flush()


def _new_stop(order_id: str, kind: str) -> StopRow:
    return StopRow(
        id=new_id("stop"), order_id=order_id, kind=kind, state="planned", done_at=None
    )


def _set_stop(
    writing: Writing, row: StopRow, courier_id: str, position: int, stop: Stop
) -> None:
    row.courier_id, row.position = courier_id, position
    row.arrive_at = writing.frame.time_of(stop.arrive_s)
    row.depart_at = writing.frame.time_of(stop.depart_s)


def _write_order(session: Session, writing: Writing, order: OrderRow) -> None:
    plan = writing.plan
    promise = plan.promises.get(order.id)
    if promise is not None:
        expected_at = _expected(order, writing.frame.time_of(promise.planned_s))
        _tell_moved(session, writing, order, expected_at)
        _mark(session, writing, order, expected_at)
        if order.reason_code not in {None, COMING_BACK}:
            order.reason_code = order.reason_text = None
        return
    if order.id in writing.frame.aside:
        _set_aside(session, writing, order)
        return
    why = plan.left_out.get(order.id)
    if why is None:
        return
    code, text = writing.frame.hints.get(
        order.id, (why.code, f"{why.text}; what helps: {why.remedy}")
    )
    if order.id in writing.lab_of:
        _go_on_making(session, writing, order, code, text)
        return
    if life.mark_unplanned(session, order, code=code, text=text, now=writing.now):
        writing.change(order, "left out", None, text)


def _set_aside(session: Session, writing: Writing, order: OrderRow) -> None:
    """No plan can hold it as it stands: the others are planned, a person is asked."""
    if order.reason_code == SET_ASIDE:
        return
    text = reason("set-aside")
    life.mark_unplanned(session, order, code=SET_ASIDE, text=text, now=writing.now)
    writing.change(order, "left out", None, text)
    raise_alarm(
        session,
        code="order-set-aside",
        subject=order.id,
        text=f"order {order.number} is set aside: {writing.frame.aside[order.id]}",
        now=writing.now,
    )


def _expected(order: OrderRow, planned_at: datetime) -> datetime:
    """The plan's word, or the one before where nobody would see the difference."""
    before = order.expected_at
    is_same = before is not None and abs(planned_at - before) < SAME
    return before if before is not None and is_same else planned_at


def _go_on_making(
    session: Session, writing: Writing, order: OrderRow, code: str, text: str
) -> None:
    """It can be made, but nobody can bring it yet: it is said, and made meanwhile."""
    is_news = order.reason_code != code
    _mark(session, writing, order, order.promised_to_at)
    order.expected_at, order.courier_id = None, None
    order.reason_code, order.reason_text = code, text
    if is_news:
        life.tell(session, order, "waiting", text, now=writing.now)
        writing.change(order, "no courier", None, text)


def _mark(
    session: Session, writing: Writing, order: OrderRow, expected_at: datetime
) -> None:
    facility_id = _facility_of(writing, order)
    if facility_id is None:
        return
    aboard = order.courier_id if order.state == "on-the-way" else None
    courier_id = writing.carrier_of.get(order.id, aboard)
    was_placed, before = order.state == "placed", order.courier_id
    life.mark_planned(
        session,
        order,
        facility_id=facility_id,
        courier_id=courier_id,
        expected_at=expected_at,
        now=writing.now,
    )
    if was_placed:
        name = writing.fresh.facilities[facility_id].name
        writing.change(order, "planned", None, name, facility_id, courier_id)
    elif before is not None and courier_id not in {None, before}:
        names = writing.fresh.names
        told = names.get(before), names.get(courier_id or "")
        writing.change(order, "courier", *told, before, courier_id)


def _facility_of(writing: Writing, order: OrderRow) -> str | None:
    """Where it is or will be made; where it was, once it left the lab."""
    if order.state in {"made", "on-the-way"}:
        return order.facility_id
    why = writing.plan.why.get(order.id)
    if why is not None and why.fab is not None:
        return why.fab
    return writing.lab_of.get(order.id, order.facility_id)


def _tell_moved(
    session: Session, writing: Writing, order: OrderRow, expected_at: datetime
) -> None:
    before = order.expected_at
    if before is None or abs(expected_at - before) <= TOLD_FROM:
        return
    is_later = expected_at > before
    if is_later and expected_at > order.promised_to_at:
        text = f"Expected at {stamp(expected_at)}, not {stamp(before)}."
        life.tell(session, order, "later", text, now=writing.now)
    writing.change(
        order,
        "later" if is_later else "earlier",
        before.isoformat(),
        expected_at.isoformat(),
        *_who(writing, order),
    )


def _who(writing: Writing, order: OrderRow) -> tuple[str | None, str | None]:
    """The lab and the courier of the order in the new plan."""
    courier_id = writing.carrier_of.get(order.id, order.courier_id)
    return _facility_of(writing, order), courier_id


def _write_rejections(session: Session, writing: Writing) -> None:
    """Only what differs is written: most reasons stand from plan to plan."""
    open_ids = {order.id for order in writing.fresh.orders}
    known = {
        (row.order_id, row.subject_id): row
        for row in session.scalars(
            select(RejectionRow).where(RejectionRow.order_id.in_(open_ids))
        )
    }
    wanted = {
        (order_id, rejection.subject_id): rejection
        for order_id, found in writing.frame.rejections.items()
        if order_id in open_ids
        for rejection in found
    }
    for key, rejection in wanted.items():
        row = known.pop(key, None)
        if row is None:
            row = RejectionRow(order_id=key[0])
            session.add(row)
        for name, value in asdict(rejection).items():
            setattr(row, name, value)
    for row in known.values():
        if row.order_id in writing.frame.rejections:
            session.delete(row)
