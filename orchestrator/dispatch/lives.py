"""Births, deaths and states of machines: kept by the network, and a plan is wished for."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.facts import Born, CapabilityTold, Died, StateTold
from orchestrator.members.devices import device_of
from orchestrator.network import machines
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import MachineRow
from orchestrator.planning.wishes import wish


def born(session: Session, fact: Born, *, now: datetime) -> None:
    """A device is here. Errors: NotFoundError."""
    told = machines.BirthTold(
        device_id=fact.device_id,
        machine_ids=fact.machine_ids,
        observed_at=fact.observed_at,
    )
    if machines.apply_birth(session, told, now=now):
        wish(session, f"{_lab(session, fact.device_id)} is back", now=now)


def died(session: Session, fact: Died, *, now: datetime) -> None:
    """A device is gone."""
    told = machines.DeathTold(device_id=fact.device_id, observed_at=fact.observed_at)
    if machines.apply_death(session, told, now=now):
        wish(session, f"{_lab(session, fact.device_id)} is silent", now=now)


def capability_told(session: Session, fact: CapabilityTold, *, now: datetime) -> None:
    """What a machine can make. Errors: NotFoundError, ForeignMachineError."""
    told = machines.CapabilityTold(
        device_id=fact.device_id,
        machine_id=fact.machine_id,
        name=fact.name,
        machine_kind=fact.machine_kind,
        dialect=fact.dialect,
        capability=fact.capability,
        observed_at=fact.observed_at,
    )
    if machines.apply_capability(session, told, now=now):
        wish(session, f"{fact.name} can make other things", now=now)


def state_told(session: Session, fact: StateTold, *, now: datetime) -> None:
    """How a machine is. Errors: NotFoundError, ForeignMachineError."""
    told = machines.StateTold(
        device_id=fact.device_id,
        machine_id=fact.machine_id,
        state=fact.state,
        job_id=fact.job_id,
        done_ratio=fact.done_ratio,
        remaining_s=fact.remaining_s,
        nozzle_c=fact.nozzle_c,
        bed_c=fact.bed_c,
        text=fact.text,
        observed_at=fact.observed_at,
    )
    before = _state(session, fact.machine_id)
    machines.apply_state(session, told, now=now)
    after = _state(session, fact.machine_id)
    if (before in machines.UNUSABLE) != (after in machines.UNUSABLE):
        name = machines.machine_of(session, fact.machine_id).name
        wish(session, f"{name} is {after}", now=now)


def _state(session: Session, machine_id: str) -> str | None:
    return session.scalar(select(MachineRow.state).where(MachineRow.id == machine_id))


def _lab(session: Session, device_id: str) -> str:
    return facility_of(session, device_of(session, device_id).facility_id).name
