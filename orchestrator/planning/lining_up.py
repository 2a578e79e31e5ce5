"""The order that a lab's people gave a machine's jobs, as times; and what stands against."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.precedence import all_before
from orchestrator.network.rows import MachineRow
from orchestrator.planning.bonds import open_parts
from orchestrator.planning.by_hand import is_in_hand
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import Picture, Span
from orchestrator.planning.queue import answer
from orchestrator.planning.reasons import Words, reason
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.staffing import setups_of, word_of
from orchestrator.planning.tasks import live
from orchestrator.planning.usable import unusable, usable_spans
from routing.joint.problem import FrozenSlot, JointPlan
from routing.scheduling.setups import setup_s

AHEAD: Final = timedelta(days=2)  # what finds no time within is left to the plan
STEP: Final = timedelta(minutes=10)

type Slots = dict[str, FrozenSlot]
type IsOpen = Callable[[datetime, datetime], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A machine and its jobs in the order that people want."""

    machine: MachineRow
    tasks: tuple[TaskRow, ...]


def lines_of(picture: Picture) -> Iterator[Line]:
    """Of each machine that can be used and has a wish, the jobs that nothing forbids."""
    machines = {machine.id: machine for machine in picture.machines}
    for machine_id, ids in sorted(picture.queues.items()):
        machine = machines.get(machine_id)
        if machine is None or unusable(machine, picture):
            continue
        tasks = {task.id: task for task in picture.tasks}
        wanted = tuple(
            tasks[name]
            for name in ids
            if name in tasks and not _trouble(tasks[name], machine, picture)
        )
        if wanted:
            yield Line(machine=machine, tasks=wanted)


def span_of(
    task: TaskRow,
    line: Line,
    picture: Picture,
    slots: Slots,
    *,
    free_at: datetime,
    is_open: IsOpen,
) -> Span | None:
    """From when to when, once the machine is free and ready; None: no time in sight.

    `slots`: of what comes before, and decides what the machine is loaded with.
    """
    if task.start_at is None or task.end_at is None:
        return None
    length = task.end_at - task.start_at
    begin_at = free_at + _change(task, line.machine, picture, slots)
    until_at = picture.at + AHEAD
    for opens_at, closes_at in usable_spans(line.machine, picture, until_at=until_at):
        start_at = max(begin_at, opens_at)
        while start_at + length <= closes_at:
            if is_open(start_at, start_at + length):
                return start_at, start_at + length
            start_at += STEP
    return None


def troubles(picture: Picture, kept: Collection[str]) -> dict[str, Words]:
    """By task that people put in an order and that is not `kept` there: why not."""
    machines = {machine.id: machine for machine in picture.machines}
    tasks = {task.id: task for task in picture.tasks}
    found: dict[str, Words] = {}
    for machine_id, ids in picture.queues.items():
        machine = machines.get(machine_id)
        for task in (tasks[name] for name in ids if name in tasks):
            if machine is None or task.id in kept:
                continue
            gone = unusable(machine, picture)
            found[task.id] = (
                gone.text
                if gone
                else _trouble(task, machine, picture)
                or reason("no-time", machine=machine.name)
            )
    return found


def answer_queues(session: Session, framed: Frame, plan: JointPlan) -> None:
    """Say with the wishes what of them this plan could not keep. The caller commits."""
    kept = {slot.task for slot in plan.slots if slot.frozen}
    picture = framed.picture
    answer(session, list(picture.queues), troubles(picture, kept))


def _trouble(task: TaskRow, machine: MachineRow, picture: Picture) -> Words | None:
    """Why the job can't stand in the line at all; None: it can."""
    if task.state != "planned" or task.machine_id != machine.id:
        return reason("not-planned-there", machine=machine.name)
    order = next(one for one in picture.orders if one.id == task.order_id)
    for part in open_parts(order, picture):
        return reason("waits-for-part", part=part.number)
    steps = picture.steps()
    of_design = picture.steps_of[order.design_version_id]
    after = {step.position: step.after for step in of_design}
    before = all_before(after)[steps[task.id].position]
    own = [one for one in picture.tasks if one.order_id == task.order_id]
    own = [*live(own), *(one for one in own if is_in_hand(one, picture.at))]
    if any(steps[one.id].position in before for one in own):
        return reason("step-before")
    return None


def _change(
    task: TaskRow, machine: MachineRow, picture: Picture, slots: Slots
) -> timedelta:
    """How long it takes to load another material than what comes before has."""
    setups = setups_of(machine)
    if setups is None:
        return timedelta()
    steps = picture.steps()
    own = [
        one
        for one in picture.tasks
        if one.id in slots
        and slots[one.id].machine == machine.id
        and one.state != "done"
    ]
    last = max(own, key=lambda one: slots[one.id].end_s, default=None)
    before = setups.loaded if last is None else word_of(steps[last.id])
    return timedelta(seconds=setup_s(setups, before, word_of(steps[task.id])))
