"""Machines as their device agents tell them: the newest word counts, copies do not.

Each `apply_` function returns whether a plan could be different for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.members.devices import device_of
from orchestrator.network.errors import ForeignMachineError
from orchestrator.network.rows import DeviceLifeRow, MachineRow
from orchestrator.network.text import checked_text

OFFLINE: Final = "offline"
WAITS: Final = "waits for a person: "  # so begin the words of a machine that does
UNUSABLE: Final = frozenset({OFFLINE, "alarm", "unknown"})
HOURLY_CENTS: Final[Mapping[str, int]] = {
    "fdm-printer": 250,
    "cnc-mill": 1_800,
    "laser-cutter": 1_500,
    "pen-plotter": 400,
}
OTHER_HOURLY_CENTS: Final = 600
HOURLY_CENTS_MAX: Final = 1_000_000
_AGE_ONLY: Final = frozenset({"observed_at", "kind"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthTold:
    """A device is here, with these machines and no others."""

    device_id: str
    machine_ids: tuple[str, ...]
    observed_at: datetime
    local_page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathTold:
    """A device is gone; `observed_at` is of the birth that this death ends."""

    device_id: str
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityTold:
    """What a machine can make; `capability` is plain JSON, as told."""

    device_id: str
    machine_id: str
    name: str
    machine_kind: str
    dialect: str
    capability: Mapping[str, Any]
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTold:
    """How a machine is now."""

    device_id: str
    machine_id: str
    state: str
    job_id: str | None
    done_ratio: float | None
    remaining_s: float | None
    nozzle_c: float | None
    bed_c: float | None
    text: str | None
    observed_at: datetime


def machine_of(session: Session, machine_id: str) -> MachineRow:
    """The machine. Errors: NotFoundError."""
    row = session.get(MachineRow, machine_id)
    if row is None:
        raise NotFoundError(
            f"there is no machine {machine_id[:64]!r}", field="machine_id"
        )
    return row


def machines(
    session: Session, *, facility_id: str | None = None, withdrawn: bool = False
) -> Sequence[MachineRow]:
    """Machines (of one lab) by name; those taken out of service only if wished."""
    query = select(MachineRow).order_by(MachineRow.name, MachineRow.id)
    if facility_id is not None:
        query = query.where(MachineRow.facility_id == facility_id)
    if not withdrawn:
        query = query.where(MachineRow.withdrawn_at.is_(None))
    return session.scalars(query).all()


def life_of(session: Session, device_id: str) -> DeviceLifeRow | None:
    """Whether the device lives; None when it was never heard."""
    return session.get(DeviceLifeRow, device_id)


def local_pages_of(session: Session, facility_id: str) -> dict[str, str]:
    """By machine: the page of the agent beside it, where it told one."""
    rows = session.execute(
        select(MachineRow.id, DeviceLifeRow.local_page)
        .join(DeviceLifeRow, DeviceLifeRow.device_id == MachineRow.device_id)
        .where(
            MachineRow.facility_id == facility_id,
            DeviceLifeRow.local_page.is_not(None),
        )
    )
    return {machine_id: page for machine_id, page in rows if page is not None}


def waits(row: MachineRow) -> bool:
    """Whether it stands still in mid-job until somebody comes, as filament run out."""
    return row.state == "paused" and WAITS in (row.text or "")


def set_hourly(session: Session, machine_id: str, hourly_cents: int) -> bool:
    """What its owner asks for an hour; True when that is news."""
    if not 0 <= hourly_cents <= HOURLY_CENTS_MAX:
        raise InvalidInputError(
            f"hourly_cents must be in 0..{HOURLY_CENTS_MAX}, got {hourly_cents}",
            field="hourly_cents",
        )
    row = machine_of(session, machine_id)
    changed = row.hourly_cents != hourly_cents
    row.hourly_cents = hourly_cents
    return changed


def apply_birth(session: Session, told: BirthTold, *, now: datetime) -> bool:
    """The device lives; machines it no longer names are taken out of service.

    A later start of the device (its epoch, kept with the device) begins a new count
    of time, so that a clock set back does not mute it.
    """
    device = device_of(session, told.device_id)
    observed_at = min(told.observed_at, now)
    life = session.get(DeviceLifeRow, told.device_id, with_for_update=True)
    is_later_start = life is None or device.epoch > life.epoch
    if life is not None and not is_later_start and observed_at < life.since:
        return False
    was_online = life is not None and life.online
    if life is None:
        life = DeviceLifeRow(device_id=told.device_id)
        session.add(life)
    life.online, life.epoch = True, device.epoch
    life.since, life.last_seen_at = observed_at, now
    life.local_page = told.local_page
    changed = not was_online
    for machine in _machines_of_device(session, told.device_id):
        if is_later_start:
            machine.state_at = min(machine.state_at, observed_at)
            machine.capability_at = min(machine.capability_at, observed_at)
        changed |= _name_or_withdraw(machine, told.machine_ids, now)
        if machine.state_at >= observed_at:  # told in this life, before its birth came
            changed |= _show(machine, machine.told_state, observed_at)
        _tell(session, machine)
    session.flush()
    return changed


def apply_death(session: Session, told: DeathTold, *, now: datetime) -> bool:
    """The device is gone, and none of its machines can be reached.

    A last will that comes after a newer birth ends nothing.
    """
    life = session.get(DeviceLifeRow, told.device_id, with_for_update=True)
    if life is None or not life.online:
        return False
    if min(told.observed_at, now) < life.since:
        return False
    life.online, life.last_seen_at = False, now
    for machine in _machines_of_device(session, told.device_id):
        _show(machine, OFFLINE, now)
        _tell(session, machine)
    session.flush()
    return True


def apply_capability(session: Session, told: CapabilityTold, *, now: datetime) -> bool:
    """What the machine can make, by the device of its lab; unknown ones are added.

    Errors: ForeignMachineError when it is another lab's; InvalidInputError.
    """
    name = checked_text(told.name, field="name", length_max=80)
    row, facility_id = _own_machine(session, told.device_id, told.machine_id)
    observed_at = min(told.observed_at, now)
    if row is None:
        row = _new_machine(told, facility_id, observed_at)
        session.add(row)
        row.name = name
        session.flush()
        _tell(session, row)
        return True
    if observed_at < row.capability_at and row.device_id == told.device_id:
        return False
    before = _makes(row)
    row.device_id, row.name = told.device_id, name
    row.kind, row.dialect = told.machine_kind, told.dialect
    row.capability, row.capability_at = dict(told.capability), observed_at
    _seen(session, told.device_id, now)
    changed = before != _makes(row)
    if changed:
        _tell(session, row)
    return changed


def apply_state(session: Session, told: StateTold, *, now: datetime) -> bool:
    """How the machine is now. While its device is gone, it stays offline.

    Errors: ForeignMachineError when it is another lab's; NotFoundError when its
    capability was never told.
    """
    row, _ = _own_machine(session, told.device_id, told.machine_id)
    if row is None or row.device_id != told.device_id:
        raise NotFoundError(
            f"machine {told.machine_id[:64]!r} was not announced by this device: tell its capability first",
            field="machine_id",
        )
    observed_at = min(told.observed_at, now)
    if observed_at < row.state_at:
        return False
    was_job = row.job_id
    row.state_at, row.told_state = observed_at, told.state
    row.job_id, row.done_ratio = told.job_id, told.done_ratio
    row.remaining_s, row.text = told.remaining_s, _clean(told.text)
    row.nozzle_c, row.bed_c = told.nozzle_c, told.bed_c
    life = session.get(DeviceLifeRow, told.device_id)
    online = life is not None and life.online
    changed = _show(row, told.state if online else OFFLINE, observed_at)
    _seen(session, told.device_id, now)
    _tell(session, row)
    return changed or was_job != row.job_id


def _own_machine(
    session: Session, device_id: str, machine_id: str
) -> tuple[MachineRow | None, str]:
    """The machine, if known, and the lab for which its device was enrolled."""
    facility_id = device_of(session, device_id).facility_id
    row = session.get(MachineRow, machine_id, with_for_update=True)
    if row is not None and row.facility_id != facility_id:
        raise ForeignMachineError(
            f"device {device_id} speaks for machine {machine_id[:64]}, "
            "which belongs to another lab",
            field="machine_id",
        )
    return row, facility_id


def _new_machine(
    told: CapabilityTold, facility_id: str, observed_at: datetime
) -> MachineRow:
    return MachineRow(
        id=told.machine_id,
        facility_id=facility_id,
        device_id=told.device_id,
        kind=told.machine_kind,
        dialect=told.dialect,
        capability=dict(told.capability),
        capability_at=observed_at,
        hourly_cents=HOURLY_CENTS.get(told.machine_kind, OTHER_HOURLY_CENTS),
        state=OFFLINE,
        told_state=OFFLINE,
        # older than any word on its state, which may have come first
        state_at=observed_at - timedelta(days=1),
        since_at=observed_at,
    )


def _machines_of_device(session: Session, device_id: str) -> Sequence[MachineRow]:
    return session.scalars(
        select(MachineRow)
        .where(MachineRow.device_id == device_id)
        .order_by(MachineRow.id)
        .with_for_update()
    ).all()


def _name_or_withdraw(machine: MachineRow, named: Sequence[str], now: datetime) -> bool:
    was_withdrawn = machine.withdrawn_at is not None
    if machine.id in named:
        machine.withdrawn_at = None
    else:
        machine.withdrawn_at = machine.withdrawn_at or now
        machine.state = OFFLINE
    return was_withdrawn != (machine.withdrawn_at is not None)


def _show(machine: MachineRow, state: str, at: datetime) -> bool:
    """Put the state; whether the machine became usable or unusable by it."""
    before = machine.state
    machine.state = state if machine.withdrawn_at is None else OFFLINE
    if machine.state != before:
        machine.since_at = at
    return (before in UNUSABLE) != (machine.state in UNUSABLE)


def _makes(row: MachineRow) -> dict[str, Any]:
    """What of a machine's word decides which steps it can make."""
    told = {
        name: value for name, value in row.capability.items() if name not in _AGE_ONLY
    }
    return {**told, "kind": row.kind, "dialect": row.dialect, "device": row.device_id}


def _seen(session: Session, device_id: str, now: datetime) -> None:
    life = session.get(DeviceLifeRow, device_id)
    if life is not None and life.online:
        life.last_seen_at = max(life.last_seen_at, now)


def _clean(text: str | None) -> str | None:
    return text[:500].replace("\x00", "�") if text else None


def _tell(session: Session, machine: MachineRow) -> None:
    announce(session, f"machine/{machine.id}", f"lab/{machine.facility_id}", "map")
