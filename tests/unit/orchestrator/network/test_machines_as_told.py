"""The newest word on a machine counts; late, doubled and foreign words do not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.devices import note_life
from orchestrator.network.errors import ForeignMachineError
from orchestrator.network.machines import (
    BirthTold,
    CapabilityTold,
    DeathTold,
    StateTold,
    apply_birth,
    apply_capability,
    apply_death,
    apply_state,
    machine_of,
    machines,
    set_hourly,
)

SECOND = timedelta(seconds=1)


class Teller:
    """Says what the device of a lab says."""

    def __init__(self, session: Session, device: str, now: datetime) -> None:
        self.session, self.device, self.now = session, device, now

    def birth(self, *machine_ids: str, at: datetime) -> bool:
        told = BirthTold(device_id=self.device, machine_ids=machine_ids, observed_at=at)
        return apply_birth(self.session, told, now=self.now)

    def death(self, *, at: datetime) -> bool:
        told = DeathTold(device_id=self.device, observed_at=at)
        return apply_death(self.session, told, now=self.now)

    def capability(self, *, at: datetime, **changed: Any) -> bool:
        told = CapabilityTold(
            device_id=self.device,
            machine_id="printer-one",
            name="Prusa 1",
            machine_kind="fdm-printer",
            dialect="marlin",
            capability={"processes": ["3DP"], "envelope_x_mm": 200.0},
            observed_at=at,
        )
        return apply_capability(self.session, replace(told, **changed), now=self.now)

    def state(self, state: str, *, at: datetime, **changed: Any) -> bool:
        told = StateTold(
            device_id=self.device,
            machine_id="printer-one",
            state=state,
            job_id=None,
            done_ratio=None,
            remaining_s=None,
            nozzle_c=21.5,
            bed_c=None,
            text=None,
            observed_at=at,
        )
        return apply_state(self.session, replace(told, **changed), now=self.now)

    @property
    def shown(self) -> str:
        return machine_of(self.session, "printer-one").state


@pytest.fixture
def teller(session: Session, region: Any, now: datetime) -> Teller:
    return Teller(session, region.device, now + timedelta(hours=1))


def test_a_machine_comes_runs_and_goes(teller: Teller, now: datetime) -> None:
    assert teller.capability(at=now)
    assert teller.shown == "offline"
    assert teller.birth("printer-one", at=now)
    assert teller.state("idle", at=now + SECOND)
    assert teller.shown == "idle"
    assert not teller.state("running", at=now + 2 * SECOND)
    assert teller.state("alarm", at=now + 3 * SECOND, text="Door open")
    assert teller.death(at=now)
    assert teller.shown == "offline"


def test_words_come_in_any_order_after_a_restart_of_ours(
    teller: Teller, now: datetime
) -> None:
    teller.capability(at=now)
    assert not teller.state("idle", at=now + SECOND)
    assert teller.shown == "offline"  # nobody said yet that the device lives
    assert teller.birth("printer-one", at=now)
    assert teller.shown == "idle"


def test_late_and_doubled_words_change_nothing(
    teller: Teller, session: Session, now: datetime
) -> None:
    teller.capability(at=now)
    teller.birth("printer-one", at=now)
    teller.state("idle", at=now + 5 * SECOND)
    assert not teller.state("alarm", at=now + 4 * SECOND)
    assert not teller.state("idle", at=now + 5 * SECOND)
    assert not teller.capability(at=now)
    assert not teller.capability(at=now - SECOND, dialect="grbl")
    assert not teller.birth("printer-one", at=now)
    machine = machine_of(session, "printer-one")
    assert (machine.state, machine.dialect) == ("idle", "marlin")


def test_an_old_will_does_not_end_a_new_life(teller: Teller, now: datetime) -> None:
    teller.capability(at=now)
    teller.birth("printer-one", at=now)
    teller.birth("printer-one", at=now + 60 * SECOND)
    teller.state("idle", at=now + 61 * SECOND)
    assert not teller.death(at=now)
    assert teller.shown == "idle"
    assert teller.death(at=now + 60 * SECOND)
    assert not teller.death(at=now + 60 * SECOND)


def test_a_birth_names_all_machines_and_the_rest_are_withdrawn(
    teller: Teller, session: Session, now: datetime
) -> None:
    teller.capability(at=now)
    teller.birth("printer-one", at=now)
    teller.state("idle", at=now + SECOND)
    assert teller.birth(at=now + 2 * SECOND)
    assert not machines(session)
    assert len(machines(session, withdrawn=True)) == 1
    teller.state("idle", at=now + 3 * SECOND)
    assert teller.shown == "offline"
    assert teller.birth("printer-one", at=now + 4 * SECOND)
    teller.state("idle", at=now + 5 * SECOND)
    assert teller.shown == "idle"


def test_a_clock_ten_years_ahead_does_not_mute_the_device(
    teller: Teller, session: Session, region: Any, now: datetime
) -> None:
    far = now + timedelta(days=3650)
    note_life(session, region.device, epoch=1, incarnation="a")
    teller.capability(at=far)
    teller.birth("printer-one", at=far)
    teller.state("idle", at=far)
    teller.now += SECOND
    teller.state("running", at=far + SECOND)
    assert teller.shown == "running"
    note_life(session, region.device, epoch=2, incarnation="b")  # restarted, set right
    assert teller.birth("printer-one", at=now) is False
    teller.state("alarm", at=now + SECOND)
    assert teller.shown == "alarm"


def test_a_machine_belongs_to_the_lab_of_its_device(
    teller: Teller, session: Session, region: Any, now: datetime
) -> None:
    teller.capability(at=now)
    thief = Teller(session, region.other_device, teller.now)
    with pytest.raises(ForeignMachineError):
        thief.capability(at=now + SECOND)
    with pytest.raises(ForeignMachineError):
        thief.state("idle", at=now + SECOND)
    thief.birth("printer-one", at=now)
    assert machine_of(session, "printer-one").facility_id == region.lab
    assert teller.shown == "offline"
    with pytest.raises(NotFoundError):
        teller.state("idle", at=now, machine_id="printer-two")
    with pytest.raises(NotFoundError):
        Teller(session, "device-nobody", now).birth(at=now)


def test_only_what_decides_on_steps_changes_a_plan(
    teller: Teller, session: Session, now: datetime
) -> None:
    teller.capability(at=now)
    same = {"processes": ["3DP"], "envelope_x_mm": 200.0, "observed_at": "later"}
    assert not teller.capability(at=now + SECOND, capability=same)
    assert teller.capability(
        at=now + 2 * SECOND, capability={"processes": ["3DP"], "envelope_x_mm": 100.0}
    )
    assert set_hourly(session, "printer-one", 999)
    teller.capability(at=now + 3 * SECOND)
    assert machine_of(session, "printer-one").hourly_cents == 999
