"""What devices tell, free of any wire: `dispatch.apply.apply` takes these in.

A door translates each message into one of them. `observed_at` is the device's time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from orchestrator.ledger.append import Signed
from orchestrator.network.machines import CapabilityTold, StateTold

__all__ = [
    "Acknowledged",
    "Born",
    "CapabilityTold",
    "Died",
    "Fact",
    "JobHappened",
    "JobHappening",
    "Rest",
    "StateTold",
    "Verdict",
]

Verdict = Literal["accepted", "duplicate", "expired", "fenced", "refused"]
JobHappening = Literal[
    "armed",
    "started",
    "paused",
    "resumed",
    "completed",
    "failed",
    "interrupted",
    "cancelled",
    "unknown",
    "cleared",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Born:
    """A device is here, with these machines and no others."""

    device_id: str
    agent_version: str
    machine_ids: tuple[str, ...]
    observed_at: datetime
    local_page: str | None = None  # where people in the lab find its own page


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A device is gone; for a last will, `observed_at` is of the birth that it ends."""

    device_id: str
    reason: Literal["connection-lost", "stopped"]
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A device's answer to a command."""

    device_id: str
    command_id: str
    job_id: str
    verdict: Verdict
    code: str | None
    text: str | None
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What is left of an interrupted job, from a safe place on."""

    layer: int | None
    done_ratio: float
    remaining_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHappened:
    """What happened to one job at one machine."""

    device_id: str
    machine_id: str
    job_id: str
    fence: int
    event: JobHappening
    done_ratio: float | None
    pieces_good: int | None
    code: str | None
    text: str | None
    evidence: dict[str, Any] | None
    contributions: tuple[Signed, ...]
    observed_at: datetime
    rest: Rest | None = None  # interrupted: it may go on; resumed: it does
    by: str | None = None  # who armed it or let it go on, in their own word


Fact = Born | Died | CapabilityTold | StateTold | Acknowledged | JobHappened
