"""Tables of the rules that members may change."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class ValueEquationRow(Base):
    """One version of the value equation; a version is never edited."""

    __tablename__ = "value_equation"

    rule_version: Mapped[str] = mapped_column(String(64), primary_key=True)
    table: Mapped[str] = mapped_column(Text)  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))
    in_force_from: Mapped[datetime] = mapped_column(index=True)


class PlanWeightsRow(Base):
    """One version of what the plan weighs; a version is never edited.

    Who put it into force, and why; nobody did with the one a network begins with.
    """

    __tablename__ = "plan_weights"

    rule_version: Mapped[str] = mapped_column(String(64), primary_key=True)
    table: Mapped[str] = mapped_column(Text)  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))
    in_force_from: Mapped[datetime] = mapped_column(index=True)
    enacted_by: Mapped[str | None] = mapped_column(String(64))  # agent
    reason: Mapped[str | None] = mapped_column(Text)
    restores: Mapped[str | None] = mapped_column(String(64))  # the version it repeats
