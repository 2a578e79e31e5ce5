"""Tables of planning: plans, the tasks and stops that they commit to, and reasons."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base, RowNumber


class PlanRow(Base):
    """One plan of a cell, as the referee passed it."""

    __tablename__ = "plan"
    id: Mapped[str] = mapped_column(primary_key=True)
    cell: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    triggers: Mapped[list[str]] = mapped_column(JSON)
    weights_version: Mapped[str]  # of the members' weights that it was made by
    cost_cents: Mapped[dict[str, int]] = mapped_column(JSON)  # by part
    bound_cents: Mapped[int | None]
    order_count: Mapped[int]
    left_out_count: Mapped[int]
    duration_s: Mapped[float]


class PlanChangeRow(Base):
    """What one plan moved of one order; why is in the plan's triggers."""

    __tablename__ = "plan_change"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan.id"), index=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), index=True)
    # planned | lab | machine | courier | later | earlier | left out | no courier
    what: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    affected: Mapped[list[str]] = mapped_column(JSON)  # labs and couriers, by id


class PlanWishRow(Base):
    """Why a new plan is wanted; taken away by the plan that answers it.

    `cell` is None until it is known which cells are touched: those that have to do
    with the lab, order or courier it is `about`; about None: all.
    """

    __tablename__ = "plan_wish"
    id: Mapped[str] = mapped_column(primary_key=True)
    wished_at: Mapped[datetime]
    reason: Mapped[str]
    about: Mapped[str | None]
    cell: Mapped[str | None] = mapped_column(index=True)


class QueueWishRow(Base):
    """In which order a lab's people want a machine's jobs done; the newest counts.

    Ended, never erased: the one before then counts again.
    """

    __tablename__ = "queue_wish"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machine.id"), index=True)
    task_ids: Mapped[list[str]] = mapped_column(JSON)  # the first to be done first
    # by task that the newest plan could not keep there: why not
    troubles: Mapped[dict[str, str]] = mapped_column(JSON)
    wished_at: Mapped[datetime]
    wished_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))


class TaskRow(Base):
    """One run of one step of an order: planned on a machine, or waiting for one."""

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("order_id", "step_id", "run", "attempt"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), index=True)
    step_id: Mapped[str] = mapped_column(ForeignKey("step.id"))
    run: Mapped[int]  # 0-based
    attempt: Mapped[int]  # 1-based; a failed run is made again as the next attempt
    pieces: Mapped[int]
    pieces_good: Mapped[int | None]  # counted once it is done
    # planned | sent | armed | running | done | failed | unknown | cancelled
    state: Mapped[str] = mapped_column(index=True)
    machine_id: Mapped[str | None] = mapped_column(ForeignKey("machine.id"), index=True)
    start_at: Mapped[datetime | None]
    end_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]  # when the work by hand after it is done, too
    why: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class StopRow(Base):
    """A courier's stop: pick up or drop off one order."""

    __tablename__ = "stop"
    id: Mapped[str] = mapped_column(primary_key=True)
    courier_id: Mapped[str] = mapped_column(ForeignKey("courier.agent_id"), index=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), index=True)
    kind: Mapped[str]  # pickup | dropoff
    position: Mapped[int]  # order along the courier's route
    arrive_at: Mapped[datetime]
    depart_at: Mapped[datetime]
    # planned | done | failed | cancelled
    state: Mapped[str] = mapped_column(index=True)
    done_at: Mapped[datetime | None]


class RejectionRow(Base):
    """Why a machine was passed over for an open order, in people's words.

    One reason, the most telling; machines of other processes are one line together,
    couriers who are away another.
    """

    __tablename__ = "rejection"
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)  # machine, or a kind
    subject_name: Mapped[str]
    code: Mapped[str]
    text: Mapped[str]
    count: Mapped[int]  # of machines or couriers


class WhatIfRow(Base):
    """A question to planning that changes nothing; the answer is about one moment."""

    __tablename__ = "what_if"
    id: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]  # agent
    kind: Mapped[str]  # lab | machine | courier
    subject_id: Mapped[str]
    subject_name: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    # waiting | answered | failed
    state: Mapped[str] = mapped_column(index=True)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class PlanLeaseRow(Base):
    """Who may plan a cell now. The fence grows with each taking."""

    __tablename__ = "plan_lease"
    cell: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    fence: Mapped[int]
    until_s: Mapped[float]  # of the database's clock, since 1970


class PlanCellRow(Base):
    """A group of labs that is planned by itself."""

    __tablename__ = "plan_cell"
    name: Mapped[str] = mapped_column(primary_key=True)
    halo: Mapped[list[str]] = mapped_column(JSON)  # labs of others that it may use
    couriers_lacking: Mapped[int]  # it asks its neighbours for so many
    asked_at: Mapped[datetime | None]


class CellMemberRow(Base):
    """Which cell a lab, an open order or a courier is planned in: always one."""

    __tablename__ = "cell_member"
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # lab | order | courier
    cell: Mapped[str] = mapped_column(ForeignKey("plan_cell.name"), index=True)
    lent_by: Mapped[str | None]  # the cell that gets the courier back
    scene: Mapped[str | None]  # how a lab or courier was when last looked at
