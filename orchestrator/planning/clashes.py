"""What happened while a plan was thought out, and makes it wrong."""

from collections.abc import Iterator
from datetime import datetime

from orchestrator.network.rows import CourierRow
from orchestrator.planning.frames import Frame
from orchestrator.planning.goals import goals_clash
from orchestrator.planning.material import taken_meanwhile
from orchestrator.planning.picture import AT_MACHINE, Picture
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.usable import courier_rejection, unusable
from routing.joint.problem import JointPlan, TaskSlot


def clashes(frame: Frame, plan: JointPlan, fresh: Picture) -> list[str]:
    """Every reason why the plan can't be committed onto what is true now.

    What is merely new (an order, another attempt) is no clash: its wish still waits.
    """
    return [
        *_tasks(frame, plan, fresh),
        *_machines(frame, plan, fresh),
        *_guests(frame, plan, fresh),
        *_material(frame, plan, fresh),
        *_loads(frame, plan, fresh),
        *goals_clash(frame, fresh),
    ]


def _tasks(frame: Frame, plan: JointPlan, fresh: Picture) -> Iterator[str]:
    before = {task.id: task.state for task in frame.picture.tasks}
    slot_of = {slot.task: slot for slot in plan.slots}
    for task in fresh.tasks:
        began = before.get(task.id) == "planned" and task.state in AT_MACHINE
        slot = slot_of.get(task.id)
        if began and (slot is None or not slot.frozen):
            yield f"task {task.id} was sent meanwhile"
        if began and slot is not None and slot.machine != task.machine_id:
            yield f"task {task.id} was sent to another machine meanwhile"


def _machines(frame: Frame, plan: JointPlan, fresh: Picture) -> Iterator[str]:
    was_planned = {task.id for task in frame.picture.tasks if task.state == "planned"}
    wanted = {slot.machine for slot in plan.slots if slot.task in was_planned}
    for machine in fresh.machines:
        if machine.id in wanted and (rejection := unusable(machine, fresh)):
            yield f"{rejection.text}, meanwhile"


def _guests(frame: Frame, plan: JointPlan, fresh: Picture) -> Iterator[str]:
    """Another cell took a machine's time first: only what is new to the plan counts."""
    known = {_span(task) for task in frame.picture.guests}
    slots_at: dict[str, list[TaskSlot]] = {}
    for slot in plan.slots:
        if not slot.frozen:
            slots_at.setdefault(slot.machine, []).append(slot)
    for task in fresh.guests:
        _, machine, start_at, end_at = span = _span(task)
        if span in known or machine is None or start_at is None or end_at is None:
            continue
        for slot in slots_at.get(machine, ()):
            if frame.time_of(slot.start_s) < end_at and start_at < frame.time_of(
                slot.end_s
            ):
                yield f"another cell uses {machine} at that time meanwhile"


def _material(frame: Frame, plan: JointPlan, fresh: Picture) -> Iterator[str]:
    """Somebody counted less, or another cell took of it first."""
    lab_of = {machine.id: machine.facility_id for machine in fresh.machines}
    yield from taken_meanwhile(
        {task.id: task for task in frame.problem.tasks},
        [(slot.task, lab_of[slot.machine]) for slot in plan.slots],
        frame.problem.stocks,
        fresh,
    )


def _span(task: TaskRow) -> tuple[str, str | None, datetime | None, datetime | None]:
    return task.id, task.machine_id, task.start_at, task.end_at


def _loads(frame: Frame, plan: JointPlan, fresh: Picture) -> Iterator[str]:
    orders = {order.id: order for order in fresh.orders}
    before = {order.id: order for order in frame.picture.orders}
    couriers: dict[str, CourierRow] = {row.agent_id: row for row in fresh.couriers}
    for route in plan.routes:
        courier = couriers.get(route.courier)
        if courier is None:
            yield f"courier {route.courier} is planned in another cell meanwhile"
            continue
        rejection = courier_rejection(courier, fresh)
        for stop in route.stops:
            order, was = orders.get(stop.order), before.get(stop.order)
            if order is None or was is None:
                continue  # it is over; its stops are not written
            is_aboard = order.state == "on-the-way"
            if is_aboard and order.courier_id != route.courier:
                yield f"order {order.number} is with another courier meanwhile"
            if not is_aboard and was.state == "on-the-way":
                yield f"order {order.number} came back meanwhile"
            if not is_aboard and rejection is not None:
                yield f"{rejection.text}, meanwhile"
            if order.reason_code != was.reason_code:
                yield f"order {order.number} has a new reason meanwhile"
