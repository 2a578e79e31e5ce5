"""What a new plan may not move: work at machines, work about to begin, a stop in sight."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from orchestrator.catalogue.precedence import all_before
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.facilities import arm_s, clear_s
from orchestrator.network.opening import open_windows
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow
from orchestrator.planning.bonds import goal_spot, open_parts
from orchestrator.planning.by_hand import is_in_hand
from orchestrator.planning.lining_up import lines_of, span_of
from orchestrator.planning.material import Shelf
from orchestrator.planning.picture import AT_MACHINE, Picture, Span
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.staffing import is_attended, may_run_alone
from orchestrator.planning.travel import RegionMap, matrix, place_at
from orchestrator.planning.usable import unusable
from routing.joint.problem import (
    FrozenSlot,
    NextStop,
    Profile,
    Stock,
    StopKind,
    Window,
)

type FrozenTasks = Mapping[str, FrozenSlot]

UNKNOWN_WAIT: Final = timedelta(minutes=30)
LEAST_LEFT: Final = timedelta(seconds=60)
LEAVE_EARLY: Final = timedelta(seconds=60)


def frozen_tasks(
    picture: Picture, stocks: Sequence[Stock], *, hold_s: int
) -> FrozenTasks:
    """Slots by task: what is at a machine, and what starts there within `hold_s`.

    What people still work on is an instant, at its end: it holds no machine.
    What its lab no longer has the material for, of `stocks` that are left, is not held,
    nor what waits for a part: that comes when it comes. Jobs that the lab's people put
    in an order stand in that order, one after the other.
    """
    machines = {machine.id: machine for machine in picture.machines}
    steps = picture.steps()
    shelf = Shelf(picture, stocks)
    slots: dict[str, FrozenSlot] = {}
    guests = busy_with_guests(picture)
    busy_until: dict[str, datetime] = {}
    for task in picture.tasks:
        machine = machines.get(task.machine_id or "")
        if task.state in AT_MACHINE and machine is not None:
            lab = picture.facilities[machine.facility_id]
            run = timedelta(seconds=picture.paces.machine_s(steps[task.id], machine.id))
            start_at, end_at = _at_machine(task, machine, lab, picture.at, run)
            busy_until[machine.id] = end_at
            slots[task.id] = _slot(machine.id, start_at, end_at, picture.at)
        elif machine is not None and task.ready_at and is_in_hand(task, picture.at):
            over_at = task.ready_at
            slots[task.id] = _slot(machine.id, over_at, over_at, picture.at)
    hold_until = picture.at + timedelta(seconds=hold_s)
    waiting = {order.id for order in picture.orders if open_parts(order, picture)}
    _line_up(picture, slots, busy_until, guests, shelf)
    planned = sorted(
        (task for task in picture.tasks if task.state == "planned" and task.start_at),
        key=lambda task: (task.start_at, task.id),
    )
    for task in planned:
        machine = machines.get(task.machine_id or "")
        if machine is None or unusable(machine, picture):
            continue
        if task.order_id in waiting or task.id in slots:
            continue
        if _is_in_hand_yet(task, picture, steps):
            continue
        slot = _held(task, busy_until.get(machine.id), picture.at, hold_until)
        if slot is None or not _is_open(machine, picture, *slot, guests):
            continue
        if shelf.give(machine.facility_id, steps[task.id], task.pieces):
            busy_until[machine.id] = slot[1]
            slots[task.id] = _slot(machine.id, *slot, picture.at)
    return slots


def _is_in_hand_yet(
    task: TaskRow, picture: Picture, steps: Mapping[str, StepRow]
) -> bool:
    """Whether people still work on what it waits for when it was to begin."""
    late = [
        other
        for other in picture.tasks
        if other.order_id == task.order_id
        and is_in_hand(other, max(picture.at, task.start_at or picture.at))
    ]
    if not late:
        return False
    of_design = picture.steps_of[steps[task.id].version_id]
    before = all_before({step.position: step.after for step in of_design})
    return any(
        steps[other.id].position in before[steps[task.id].position] for other in late
    )


def _line_up(
    picture: Picture,
    slots: dict[str, FrozenSlot],
    busy_until: dict[str, datetime],
    guests: Mapping[str, Sequence[Span]],
    shelf: Shelf,
) -> None:
    """Add what people put in an order; each machine is busy until the last of it."""
    steps = picture.steps()
    for line in lines_of(picture):
        machine, lab = line.machine, line.machine.facility_id
        free_at = max(picture.at, busy_until.get(machine.id, picture.at))
        is_open = partial(_is_open, machine, picture, guests=guests)
        for task in line.tasks:
            span = span_of(task, line, picture, slots, free_at=free_at, is_open=is_open)
            if span and shelf.give(lab, steps[task.id], task.pieces):
                free_at = busy_until[machine.id] = span[1]
                slots[task.id] = _slot(machine.id, *span, picture.at)


def busy_with_guests(picture: Picture) -> dict[str, list[tuple[datetime, datetime]]]:
    """When machines work for other cells: that stands, whatever this cell plans."""
    machines = {machine.id: machine for machine in picture.machines}
    busy: dict[str, list[tuple[datetime, datetime]]] = {}
    for task in picture.guests:
        if task.start_at is None or task.end_at is None or task.machine_id is None:
            continue
        span = task.start_at, task.end_at
        if task.state in AT_MACHINE:
            machine = machines[task.machine_id]
            lab = picture.facilities[machine.facility_id]
            span = _at_machine(task, machine, lab, picture.at, span[1] - span[0])
        busy.setdefault(task.machine_id, []).append(span)
    return busy


def taken(
    machine_id: str, picture: Picture, frozen: FrozenTasks, aside: Collection[str]
) -> list[Window]:
    """When a machine is busy with jobs of orders set `aside`, or of other cells."""
    slots = [
        frozen[task.id]
        for task in picture.tasks
        if task.order_id in aside
        and task.machine_id == machine_id
        and task.state in AT_MACHINE
    ]
    spans = busy_with_guests(picture).get(machine_id, ()) if picture.guests else ()
    guests = [_slot(machine_id, start, end, picture.at) for start, end in spans]
    return [(slot.start_s, slot.end_s) for slot in (*slots, *guests)]


def next_stop(
    courier: CourierRow, picture: Picture, ground: RegionMap
) -> NextStop | None:
    """The stop that the courier is already on the way to, if any."""
    own = [stop for stop in picture.stops if stop.courier_id == courier.agent_id]
    if not own or courier.status == "off-shift":
        return None
    stop = min(own, key=lambda row: row.position)
    order = next(row for row in picture.orders if row.id == stop.order_id)
    is_there = order.state == ("made" if stop.kind == "pickup" else "on-the-way")
    if not is_there:
        return None
    here = place_at(courier.lat, courier.lon)
    if stop.kind == "dropoff":
        spot = goal_spot(order, picture)
        there = place_at(spot.lat, spot.lon)
    else:
        facility = picture.facilities[order.facility_id or ""]
        there = place_at(facility.lat, facility.lon)
    way = matrix(ground, (here, there), Profile(courier.profile))
    way_s = int(way.seconds[0, 1])
    leaves_at = stop.arrive_at - timedelta(seconds=way_s) - LEAVE_EARLY
    if leaves_at > picture.at:
        return None
    return NextStop(order=stop.order_id, kind=StopKind(stop.kind))


def _at_machine(
    task: TaskRow, machine: MachineRow, lab: FacilityRow, now: datetime, run: timedelta
) -> tuple[datetime, datetime]:
    """From when to when, by what the machine itself says where it says something."""
    start_at, end_at = task.start_at or now, task.end_at or now
    if task.state == "unknown":
        return start_at, max(end_at, now + UNKNOWN_WAIT)
    if task.state == "running":
        made_at = start_at + run
        if machine.job_id == task.id and machine.remaining_s is not None:
            made_at = now + timedelta(seconds=machine.remaining_s)
        made_at = max(made_at, now + LEAST_LEFT)
        return min(start_at, now), made_at + timedelta(seconds=clear_s(lab))
    late = max(now - start_at, timedelta())  # waits for a person to arm it
    return start_at + late, max(end_at + late, now + LEAST_LEFT)


def _held(
    task: TaskRow, busy_until: datetime | None, now: datetime, hold_until: datetime
) -> tuple[datetime, datetime] | None:
    if task.start_at is None or task.end_at is None:
        return None
    if not now <= task.start_at <= hold_until:
        return None
    if busy_until is not None and task.start_at < busy_until:
        return None
    return task.start_at, task.end_at


def _is_open(
    machine: MachineRow,
    picture: Picture,
    start_at: datetime,
    end_at: datetime,
    guests: Mapping[str, Sequence[Span]],
) -> bool:
    """Whether its lab is open all the while: it may have closed since the plan.

    Where the machine may run alone, only its beginning needs somebody.
    Nor may work of another cell, which takes longer than planned, be in the way.
    """
    if any(
        start < end_at and start_at < end for start, end in guests.get(machine.id, ())
    ):
        return False
    if any(a < end_at and start_at < b for a, b in picture.blocks.get(machine.id, ())):
        return False
    facility = picture.facilities[machine.facility_id]
    made_at = end_at - timedelta(seconds=clear_s(facility))
    if may_run_alone(machine):
        end_at = min(end_at, start_at + timedelta(seconds=arm_s(facility)))
    if not is_attended(machine, picture, start_at, min(made_at, end_at)):
        return False
    windows = open_windows(
        facility.opening,
        facility.zone,
        from_at=start_at,
        until_at=end_at,
        closed_until=facility.closed_until,
    )
    return windows == [(start_at, end_at)]


def _slot(
    machine_id: str, start_at: datetime, end_at: datetime, now: datetime
) -> FrozenSlot:
    return FrozenSlot(
        machine=machine_id,
        start_s=round((start_at - now).total_seconds()),
        end_s=round((end_at - now).total_seconds()),
    )
