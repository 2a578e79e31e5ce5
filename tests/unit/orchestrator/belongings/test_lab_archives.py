"""A lab's owner takes all of it along, and nothing of others that it need not keep."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.belongings.columns import TABLES
from orchestrator.belongings.labs import RECORDS, lab_archive, may_take
from orchestrator.catalogue.okw import read_okw
from orchestrator.dispatch.commands import StartJob
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.agents import agent_of
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.principals import Principal
from orchestrator.network.abilities import say_abilities
from orchestrator.network.facilities import facility_of
from orchestrator.network.stock import Said, say_stock
from orchestrator.network.training import grant_training, set_person_hours
from tests.unit.orchestrator.region import NOON, Lab, Region, a_region

SHOP, WORKER, ARMED = "Zyxma the shop", "Zyxma the worker", "Zyxma at the machine"


@pytest.fixture
def region(sessions: Sessions, reading: Sessions, tmp_path: Path) -> Region:
    return a_region(sessions, reading, tmp_path / "files")


def taken(region: Region, lab: Lab) -> zipfile.ZipFile:
    parts = lab_archive(region.reading, lab.facility_id, now=region.clock.at)
    return zipfile.ZipFile(io.BytesIO(b"".join(parts)))


def worked(region: Region) -> tuple[Lab, StartJob]:
    """A lab with all that one has, and a job made in it."""
    region.order("clip", quantity=1)
    region.plan()
    region.clock.turn(30)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.make(command)
    lab = region.lab_of(command.machine_id)
    now = region.clock.at
    with region.sessions.begin() as session:
        agent_of(session, region.shop_id).name = SHOP
        agent_of(session, lab.operator_id).name = WORKER
        by = lab.operator_id
        say_stock(
            session,
            lab.facility_id,
            Said(kind="counted", material="PLA", amount="2 kg"),
            by=by,
            now=now,
        )
        grant_training(
            session,
            lab.facility_id,
            by,
            command.machine_id,
            from_at=now,
            until_at=now + timedelta(days=9),
            by=by,
            now=now,
        )
        set_person_hours(session, lab.facility_id, by, [[0, 480, 600]])
        say_abilities(
            session,
            command.machine_id,
            {"envelope_mm": [210, 200, 190]},
            source="measured",
            by=by,
            now=now,
        )
    return lab, command


def test_all_of_a_lab_is_in_it_and_nothing_of_another(region: Region) -> None:
    lab, command = worked(region)
    whole = taken(region, lab)
    assert whole.testzip() is None
    (facility,) = read_okw(whole.read("okw/lab.json")).facilities
    assert (facility.name, len(facility.equipment)) == ("Kamppi", 3) or (
        facility.name,
        len(facility.equipment),
    ) == ("Kallio", 3)
    machine = next(one for one in facility.equipment if one.name == command.machine_id)
    assert machine.work_envelope_mm == (210, 200, 190)
    assert machine.work_envelope_source == "measured"
    assert machine.rest["fabcommons_materials"] == ["PLA"]
    (job,) = json.loads(whole.read("records/job.json"))
    assert (job["id"], job["state"], job["pieces"]) == (command.job_id, "completed", 1)
    assert (job["owner_id"], job["step"]) == (lab.owner_id, "print")
    told = {
        name: list(
            csv.DictReader(io.StringIO(whole.read(f"records/{name}.csv").decode()))
        )
        for name in ("machine", "device", "stock_movement", "training", "facility")
    }
    assert {row["id"] for row in told["machine"]} == set(lab.machines)
    assert all(row["hourly_cents"] in {"600", "900"} for row in told["machine"])
    assert [row["id"] for row in told["device"]] == [lab.device_id]
    assert told["stock_movement"][0]["grams"] == "2000.0"
    assert told["training"][0]["agent_id"] == lab.operator_id
    assert "records/machine_block.csv" not in whole.namelist()
    assert "machine_block" in whole.read("README.txt").decode()
    other = next(one for one in region.labs if one is not lab)
    everything = "".join(whole.read(name).decode() for name in whole.namelist())
    assert other.facility_id not in everything
    with pytest.raises(NotFoundError):
        next(lab_archive(region.reading, "lab-nowhere", now=NOON))


def test_no_secret_no_customer_no_name_and_no_hours_of_people(region: Region) -> None:
    lab, _ = worked(region)
    whole = taken(region, lab)
    everything = "".join(whole.read(name).decode() for name in whole.namelist())
    for word in (SHOP, WORKER, ARMED, region.shop_id, "token_hash", "broker_hash"):
        assert word not in everything
    assert "person_hours" not in everything
    # what is withheld of a member is withheld of a lab
    for table in RECORDS:
        for column in TABLES[table].withheld.split():
            assert column not in everything


def test_its_owner_takes_it_or_who_works_there_for_one_who_cannot_sign_in(
    region: Region,
) -> None:
    lab, other = region.labs

    def asker(agent_id: str, *labs: str, how: str = "session") -> Principal:
        return Principal(
            agent_id=agent_id,
            roles=frozenset({"operator"} if labs else ()),
            facility_ids=frozenset(labs),
            how=how,  # type: ignore[arg-type]
        )

    owner = asker(lab.owner_id)
    worker = asker(lab.operator_id, lab.facility_id)
    with region.sessions.begin() as session:
        row = facility_of(session, lab.facility_id)
        assert may_take(session, row, owner)
        assert may_take(session, row, worker)
        assert not may_take(session, row, asker(other.owner_id, other.facility_id))
        assert not may_take(session, row, asker(lab.owner_id, how="device"))
        assert not may_take(session, row, asker(lab.owner_id, how="api-key"))
        add_hashed_login(
            session, lab.owner_id, email="o@example.org", password_hash="x", now=NOON
        )
        assert may_take(session, row, owner)
        assert not may_take(session, row, worker)
