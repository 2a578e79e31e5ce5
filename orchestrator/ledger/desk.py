"""Who does a steward's act: it comes with what puts it into the log."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.foundation.signing import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Which steward acts, when, and the network's key that puts it into the log."""

    steward_id: str
    key: SigningKey
    now: datetime
