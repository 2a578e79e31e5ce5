"""Tables of dispatch: jobs at machines as the wire knows them, and acts of couriers."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class JobRow(Base):
    """A task that was sent to a machine; its id is the task's id.

    `state` is the outcome once it has one; that the bed was cleared is a time beside it.
    """

    __tablename__ = "job"
    id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machine.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    fence: Mapped[int]
    # sent | accepted | refused | armed | running | paused | completed | failed
    # | interrupted | cancelled | unknown | expired
    state: Mapped[str] = mapped_column(index=True)
    sent_at: Mapped[datetime]
    not_after: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    armed_at: Mapped[datetime | None]
    armed_by: Mapped[str | None]  # in their own word; nobody checked it
    started_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # by the device, of a pause or a resume
    ended_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    code: Mapped[str | None]
    text: Mapped[str | None]
    credit: Mapped[dict[str, Any]] = mapped_column(JSON)  # commands.Credit, as sent
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ActRow(Base):
    """What a person did, once: the id is drawn on the phone, copies are dropped."""

    __tablename__ = "act"
    id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    kind: Mapped[str]  # picked-up | delivered | problem | out | back
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"))
    acted_at: Mapped[datetime]  # on the phone
    recorded_at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class CodeTrialRow(Base):
    """How often wrong codes were typed for one hand-over, and since when."""

    __tablename__ = "code_trial"
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # picked-up | delivered | back
    wrong_count: Mapped[int]
    since_at: Mapped[datetime]
    locked_until_at: Mapped[datetime | None]
