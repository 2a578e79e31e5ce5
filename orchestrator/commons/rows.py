"""Tables of the rules that members may change, and of acts that need two stewards."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class RuleRow(Base):
    """One version of a rule; a version is never edited.

    Who had it enacted, why and by which vote; nobody did with what a network began by.
    """

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("kind", "number"),)

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    table: Mapped[str] = mapped_column(Text)  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))
    in_force_from: Mapped[datetime]
    enacted_at: Mapped[datetime]
    enacted_by: Mapped[str | None] = mapped_column(String(64))  # agent
    reason: Mapped[str | None] = mapped_column(Text)
    proposal_id: Mapped[str | None] = mapped_column(String(64))


class TwoKeyActRow(Base):
    """What one steward proposed and another must confirm; ended, never erased."""

    __tablename__ = "two_key_act"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    act: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]  # None: it waits
    is_done: Mapped[bool] = mapped_column(default=False)  # else it was withdrawn
