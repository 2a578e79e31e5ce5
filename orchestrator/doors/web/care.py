"""How near each machine's next service is, by the hours that it ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.dispatch.hours import ran_s, spans_of
from orchestrator.members.agents import names_of
from orchestrator.network.rows import MachineRow
from orchestrator.network.service import Service, services

SOON: Final = 0.9  # of its hours: it is told, before it is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One service of a machine, and how far its hours have come."""

    machine: MachineRow
    service: Service
    ran_h: float
    who: str  # did it last; "": nobody yet

    @property
    def ratio(self) -> float:
        """Of its hours; 1 when it is due."""
        return min(1.0, self.ran_h / self.service.every_h)

    @property
    def left_s(self) -> float:
        """Until it is due."""
        return max(0.0, self.service.every_h - self.ran_h) * 3_600

    @property
    def is_due(self) -> bool:
        """Whether its hours are over."""
        return self.ran_h >= self.service.every_h

    @property
    def is_soon(self) -> bool:
        """Whether somebody should think of it."""
        return self.ran_h >= SOON * self.service.every_h


def cares_of(
    session: Session, machines: Sequence[MachineRow], *, now: datetime
) -> list[Care]:
    """Every service in force of these machines, the most pressing first."""
    by_id = {row.id: row for row in machines}
    asked = services(session, by_id)
    if not asked:
        return []
    oldest = min(one.since_at for one in asked)
    spans = spans_of(session, by_id, since=oldest)
    names = names_of(session, {one.by for one in asked if one.by})
    found = [
        Care(
            machine=by_id[one.machine_id],
            service=one,
            ran_h=ran_s(spans.get(one.machine_id, ()), since=one.since_at, now=now)
            / 3_600,
            who=names.get(one.by or "", ""),
        )
        for one in asked
    ]
    return sorted(
        found, key=lambda one: (-one.ratio, one.machine.name, one.service.task)
    )


def total_h(
    session: Session, machines: Sequence[MachineRow], *, now: datetime
) -> dict[str, float]:
    """By machine, the hours that it ever ran for the network."""
    ever = now - timedelta(days=36_500)
    spans = spans_of(session, [row.id for row in machines], since=ever)
    return {
        name: ran_s(own, since=ever, now=now) / 3_600 for name, own in spans.items()
    }
