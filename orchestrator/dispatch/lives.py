"""Births, deaths and states of machines: kept by the network, and a plan is wished for."""

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.dispatch.facts import Born, CapabilityTold, Died, StateTold
from orchestrator.members.devices import device_of
from orchestrator.network import machines
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.planning.usable import CLEAR_WAIT_MAX
from orchestrator.planning.wishes import wish

STATE_WORDS = {
    "idle": "is free",
    "needs-arming": "waits to be started",
    "needs-clearing": "waits to be cleared",
    "running": "runs",
    "paused": "is paused",
    "alarm": "is in alarm",
    "offline": "does not answer",
    "unknown": "must be looked at",
}


def born(session: Session, fact: Born, *, now: datetime) -> None:
    """A device is here. Errors: NotFoundError."""
    told = machines.BirthTold(
        device_id=fact.device_id,
        machine_ids=fact.machine_ids,
        observed_at=fact.observed_at,
        local_page=fact.local_page,
    )
    if machines.apply_birth(session, told, now=now):
        lab = _lab(session, fact.device_id)
        wish(session, f"{lab.name} is back", now, about=lab.id)


def died(session: Session, fact: Died, *, now: datetime) -> None:
    """A device is gone."""
    told = machines.DeathTold(device_id=fact.device_id, observed_at=fact.observed_at)
    if machines.apply_death(session, told, now=now):
        lab = _lab(session, fact.device_id)
        wish(session, f"{lab.name} is silent", now, about=lab.id)


def capability_told(session: Session, fact: CapabilityTold, *, now: datetime) -> None:
    """What a machine can make. Errors: NotFoundError, ForeignMachineError."""
    if machines.apply_capability(session, fact, now=now):
        text = f"{fact.name} can make other things"
        wish(session, text, now, about=fact.machine_id)


def state_told(session: Session, fact: StateTold, *, now: datetime) -> None:
    """How a machine is. Errors: NotFoundError, ForeignMachineError."""
    row = session.get(MachineRow, fact.machine_id)
    before = None if row is None else (row.state, row.since_at)
    machines.apply_state(session, fact, now=now)
    row = machines.machine_of(session, fact.machine_id)
    if before is None or before[0] == row.state:
        return
    state, since_at = before
    was_forgotten = state == "needs-clearing" and now - since_at > CLEAR_WAIT_MAX
    if was_forgotten or (state in machines.UNUSABLE) != (
        row.state in machines.UNUSABLE
    ):
        wish(session, f"{row.name} {STATE_WORDS[row.state]}", now, about=row.id)


def _lab(session: Session, device_id: str) -> FacilityRow:
    return facility_of(session, device_of(session, device_id).facility_id)
