"""Runs of an order: how many there are, which are left, and what makes it made."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation.ids import derived_id
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.picture import open_orders
from orchestrator.planning.rows import TaskRow

LIVE: Final = ("planned", "sent", "armed", "running", "unknown")


def run_sizes(quantity: int, pieces_per_run: int) -> list[int]:
    """Pieces of each run: full ones first, the rest in the last."""
    runs = ceil(quantity / pieces_per_run)
    rest = quantity - (runs - 1) * pieces_per_run
    return [pieces_per_run] * (runs - 1) + [rest]


def task_id(order_id: str, step_id: str, run: int, attempt: int) -> str:
    """The same id for the same attempt, whoever asks."""
    return derived_id("task", order_id, step_id, str(run), str(attempt))


def open_tasks(
    session: Session, order: OrderRow, steps: Sequence[StepRow]
) -> list[TaskRow]:
    """Create the first attempt of every run of an order that has no task yet.

    The caller holds the order. Returns what was created; called again, nothing.
    """
    known = session.scalar(
        select(TaskRow.id).where(TaskRow.order_id == order.id).limit(1)
    )
    if known is not None:
        return []
    created = [
        _task(order.id, step.id, run, attempt=1, pieces=pieces)
        for step in steps
        for run, pieces in enumerate(run_sizes(order.quantity, step.pieces_per_run))
    ]
    session.add_all(created)
    session.flush()
    return created


def open_missing_tasks(session: Session) -> int:
    """Create the tasks of every open order that has none; returns how many."""
    created = 0
    for order in open_orders(session, hold=True):
        steps = session.scalars(
            select(StepRow)
            .where(StepRow.version_id == order.design_version_id)
            .order_by(StepRow.position)
        ).all()
        created += len(open_tasks(session, order, steps))
    return created


def next_attempt(session: Session, task: TaskRow, *, pieces: int) -> TaskRow:
    """The run once more, for so many pieces; the same row when asked twice."""
    name = task_id(task.order_id, task.step_id, task.run, task.attempt + 1)
    known = session.get(TaskRow, name)
    if known is not None:
        return known
    row = _task(
        task.order_id, task.step_id, task.run, attempt=task.attempt + 1, pieces=pieces
    )
    session.add(row)
    session.flush()
    return row


def is_made(tasks: Iterable[TaskRow]) -> bool:
    """Whether every run has ended well: nothing is left to do or to look at."""
    states = [task.state for task in tasks]
    return "done" in states and not any(state in LIVE for state in states)


def live(tasks: Iterable[TaskRow]) -> list[TaskRow]:
    """The tasks that are not over."""
    return [task for task in tasks if task.state in LIVE]


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
        state="planned",
        machine_id=None,
        start_at=None,
        end_at=None,
        why=None,
    )
