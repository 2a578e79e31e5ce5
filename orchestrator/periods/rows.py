"""Tables of periods: what was frozen when, what was signed, and who got what."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class PeriodRow(Base):
    """A period, from the publication of its rules to its close; nothing is edited.

    What is None waits: for the first steward (`proposed_*`), then for a second one
    (`closed_*`). The period counts the entries of the log from `since` (the cut of the
    one before) up to `cut`; `income_total` and `costs_total` are what the books said
    from their beginning on, so that each cent is counted by one period.
    """

    __tablename__ = "period"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[str] = mapped_column(Text)  # canonical JSON
    rules_sha256: Mapped[str] = mapped_column(String(64))
    equation_version: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(64))
    opens_at: Mapped[datetime]
    since: Mapped[int] = mapped_column(BigInteger)

    cut: Mapped[int | None] = mapped_column(BigInteger)
    income_total: Mapped[int | None] = mapped_column(BigInteger)
    costs_total: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str | None] = mapped_column(String(64))
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))


class ShareRow(Base):
    """One contributor's part in one community of a closed period."""

    __tablename__ = "period_share"

    period: Mapped[int] = mapped_column(ForeignKey("period.number"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    community: Mapped[str] = mapped_column(String(16), primary_key=True)
    milli_points: Mapped[str] = mapped_column(String(40))  # beyond 64 bits in theory
    cents: Mapped[int] = mapped_column(BigInteger)
