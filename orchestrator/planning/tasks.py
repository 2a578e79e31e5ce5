"""Runs of an order: how many there are, which are left, and what makes it made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation.ids import derived_id
from orchestrator.orders.parts import own_steps, pieces_of
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.picture import OPEN_STATES
from orchestrator.planning.rows import TaskRow

LIVE: Final = ("planned", "sent", "armed", "running", "unknown")


def run_sizes(quantity: int, pieces_per_run: int) -> list[int]:
    """Pieces of each run: full ones first, the rest in the last."""
    runs = ceil(quantity / pieces_per_run)
    rest = quantity - (runs - 1) * pieces_per_run
    return [pieces_per_run] * (runs - 1) + [rest]


def runs_of(step: StepRow, quantity: int) -> list[int]:
    """Parts of each run of a step, for so many finished pieces."""
    return run_sizes(pieces_of(step, quantity), step.pieces_per_run)


def waits_for(
    steps: Iterable[StepRow], tasks_of: Mapping[int, Sequence[str]]
) -> dict[int, tuple[str, ...]]:
    """By position of a step, the tasks that must end before one of its tasks begins.

    `steps`: each after those that it waits for; `tasks_of`: by position, what is left
    to do. Where of a step nothing is left, what that step waited for is waited for.
    """
    found: dict[int, tuple[str, ...]] = {}
    stands_for: dict[int, Sequence[str]] = {}
    for step in steps:
        before = [
            task for one in step.after if one in stands_for for task in stands_for[one]
        ]
        found[step.position] = tuple(dict.fromkeys(before))
        stands_for[step.position] = tasks_of.get(step.position) or found[step.position]
    return found


def task_id(order_id: str, step_id: str, run: int, attempt: int) -> str:
    """The same id for the same attempt, whoever asks."""
    return derived_id("task", order_id, step_id, str(run), str(attempt))


def first_tasks(order: OrderRow, steps: Sequence[StepRow]) -> list[TaskRow]:
    """The first attempt of every run of the order, as rows that nobody keeps yet."""
    return [
        _task(order.id, step.id, run, attempt=1, pieces=pieces)
        for step in own_steps(order, steps)
        for run, pieces in enumerate(runs_of(step, order.quantity))
    ]


def open_missing_tasks(session: Session) -> int:
    """Create the tasks of every open order that has none; returns how many."""
    tasked = exists().where(TaskRow.order_id == OrderRow.id)
    orders = session.scalars(
        select(OrderRow)
        .where(OrderRow.state.in_(OPEN_STATES), ~tasked)
        .order_by(OrderRow.id)
        .with_for_update()
    ).all()
    steps: dict[str, list[StepRow]] = {}
    versions = {order.design_version_id for order in orders}
    for step in session.scalars(
        select(StepRow)
        .where(StepRow.version_id.in_(versions))
        .order_by(StepRow.position)
    ):
        steps.setdefault(step.version_id, []).append(step)
    created = [
        task
        for order in orders
        for task in first_tasks(order, steps[order.design_version_id])
    ]
    session.add_all(created)
    session.flush()
    return len(created)


def attempts(session: Session, task: TaskRow) -> list[TaskRow]:
    """Every attempt at this task's run, first to last."""
    return list(
        session.scalars(
            select(TaskRow)
            .where(
                TaskRow.order_id == task.order_id,
                TaskRow.step_id == task.step_id,
                TaskRow.run == task.run,
            )
            .order_by(TaskRow.attempt)
        )
    )


def next_attempt(session: Session, task: TaskRow) -> TaskRow | None:
    """The run once more, for the pieces that it lacks; None when nothing is to be done.

    Nothing is: when another attempt is under way, or when enough pieces are good.
    """
    known = attempts(session, task)
    if live(known) or lacking(known) == 0:
        return None
    row = _task(
        task.order_id,
        task.step_id,
        task.run,
        attempt=known[-1].attempt + 1,
        pieces=lacking(known),
    )
    session.add(row)
    session.flush()
    return row


def lacking(of_run: Sequence[TaskRow]) -> int:
    """How many good pieces one run still lacks, given all its attempts."""
    wanted = min(of_run, key=lambda task: task.attempt).pieces
    good = sum(task.pieces_good or 0 for task in of_run if task.state == "done")
    return max(wanted - good, 0)


def is_made(tasks: Iterable[TaskRow]) -> bool:
    """Whether every run has its good pieces: nothing is left to do or to look at."""
    runs: dict[tuple[str, int], list[TaskRow]] = {}
    for task in tasks:
        runs.setdefault((task.step_id, task.run), []).append(task)
    return bool(runs) and all(
        not live(of_run) and lacking(of_run) == 0 for of_run in runs.values()
    )


def live(tasks: Iterable[TaskRow]) -> list[TaskRow]:
    """The tasks that are not over."""
    return [task for task in tasks if task.state in LIVE]


def planned_start(tasks: Iterable[TaskRow]) -> datetime | None:
    """When the plan in force begins with what is left of them."""
    starts = (task.start_at for task in tasks if task.state == "planned")
    return min((at for at in starts if at), default=None)


def _task(
    order_id: str, step_id: str, run: int, *, attempt: int, pieces: int
) -> TaskRow:
    return TaskRow(
        id=task_id(order_id, step_id, run, attempt),
        order_id=order_id,
        step_id=step_id,
        run=run,
        attempt=attempt,
        pieces=pieces,
        pieces_good=None,
        state="planned",
        machine_id=None,
        start_at=None,
        end_at=None,
        ready_at=None,
        why=None,
    )
