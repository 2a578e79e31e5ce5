"""Tables of the rules that members may change."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
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
