"""Table of members who leave."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class LeavingRow(Base):
    """A member who asked to leave: may come back until `erase_at`, and is forgotten then.

    Her roles sleep here meanwhile, so that nobody counts on her. Who stays after all
    has no row.
    """

    __tablename__ = "leaving"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    asked_at: Mapped[datetime]
    erase_at: Mapped[datetime] = mapped_column(index=True)
    roles: Mapped[list[list[str]]] = mapped_column(JSON)  # role, facility or ""
    gives_up: Mapped[bool]  # she leaves without what the network owes her
    erased_at: Mapped[datetime | None]
