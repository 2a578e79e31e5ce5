"""The index hears of every change of what machines offer, and of nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from orchestrator.foundation import migrate
from orchestrator.foundation.database import Base, engine_of
from orchestrator.network.machines import machine_of
from orchestrator.network.rows import OFFERED, MachineRow
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.offers import capability_of
from routing.matching.problem import Capability
from tests.unit.orchestrator.region import Region

Change = Callable[[Session, str], object]


def offer_of(region: Region, fleet: Fleet, machine: str) -> Capability:
    with region.reading() as session:
        index = fleet.index(session)
    (found,) = [one for one in index.capabilities if one.machine == machine]
    return found


def by_row(session: Session, machine: str) -> None:
    """Neither time of its row is touched."""
    row = machine_of(session, machine)
    row.capability = {**row.capability, "processes": ["LAS-CUT"]}


def by_statement(session: Session, machine: str) -> None:
    session.execute(
        update(MachineRow)
        .where(MachineRow.id == machine)
        .values(capability={"processes": ["LAS-CUT"]})
    )


def by_hand(session: Session, machine: str) -> None:
    session.execute(
        text("UPDATE machine SET capability = :told WHERE id = :id"),
        {"told": '{"processes": ["LAS-CUT"]}', "id": machine},
    )


@pytest.mark.parametrize("change", [by_row, by_statement, by_hand])
def test_a_change_without_its_time_is_seen(region: Region, change: Change) -> None:
    printer, fleet = region.labs[0].machines[0], Fleet()
    assert offer_of(region, fleet, printer).processes != {"LAS-CUT"}
    with region.sessions.begin() as session:
        change(session, printer)
    assert offer_of(region, fleet, printer).processes == {"LAS-CUT"}


def test_what_was_taken_back_is_not_kept(region: Region) -> None:
    """Two changes, of which the first was rolled back, have not the same stamp."""
    printer, fleet = region.labs[0].machines[0], Fleet()
    with region.sessions() as session:
        by_row(session, printer)
        session.flush()
        fleet.index(session)
        session.rollback()
    with region.sessions.begin() as session:
        machine_of(session, printer).name = "Another name"
    offer = offer_of(region, fleet, printer)
    assert offer.name == "Another name"
    assert offer.processes != {"LAS-CUT"}


def test_a_session_that_read_a_machine_before_learns_of_it(region: Region) -> None:
    printer, fleet = region.labs[0].machines[0], Fleet()
    with region.reading() as session:
        known = machine_of(session, printer)
        with region.sessions.begin() as other:
            by_row(other, printer)
        fleet.index(session)
        assert known.id == printer
    assert offer_of(region, fleet, printer).processes == {"LAS-CUT"}


def test_a_machine_at_work_costs_no_reading(region: Region) -> None:
    printer, fleet = region.labs[0].machines[0], Fleet()
    with region.sessions.begin() as session:
        before = fleet.index(session)
        row = machine_of(session, printer)
        row.done_ratio, row.nozzle_c, row.text = 0.5, 200.0, "half done"
    with region.reading() as session:
        assert fleet.index(session) is before


def test_what_is_no_other_offer_makes_no_other_index(region: Region) -> None:
    printer, fleet = region.labs[0].machines[0], Fleet()
    with region.sessions.begin() as session:
        before = fleet.index(session)
        row = machine_of(session, printer)
        spool = {"code": "PLA", "colour": None, "remaining_g": 412}
        row.capability = {**row.capability, "materials": [spool]}
    with region.sessions.begin() as session:
        assert fleet.index(session) is before
        by_row(session, printer)
    assert offer_of(region, fleet, printer).processes == {"LAS-CUT"}


def test_a_machine_out_of_service_is_gone_and_comes_back(region: Region) -> None:
    printer, fleet = region.labs[0].machines[0], Fleet()
    for withdrawn_at, is_there in ((region.clock.at, False), (None, True)):
        with region.sessions.begin() as session:
            machine_of(session, printer).withdrawn_at = withdrawn_at
        with region.reading() as session:
            index = fleet.index(session)
        assert (printer in {one.machine for one in index.capabilities}) == is_there


def test_an_offer_is_of_the_columns_that_are_watched(region: Region) -> None:
    """If this fails: what an offer is made of now belongs in OFFERED and its trigger."""

    class Watched:
        def __init__(self, row: MachineRow) -> None:
            self.row, self.read = row, set[str]()

        def __getattr__(self, name: str) -> Any:
            self.read.add(name)
            return getattr(self.row, name)

    with region.reading() as session:
        watched: Any = Watched(machine_of(session, region.labs[0].machines[0]))
        capability_of(watched)
    assert watched.read <= {"id", *OFFERED}


def test_a_migrated_database_stamps_as_a_new_one(empty_database_url: str) -> None:
    listed = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE NOT tgisinternal UNION ALL SELECT prosrc FROM pg_proc"
        " WHERE proname = 'machine_offers_anew'",
    }
    engine = engine_of(empty_database_url)

    def triggers() -> list[str]:
        with engine.connect() as connection:
            found = connection.execute(text(listed[engine.dialect.name])).scalars()
            return sorted(found)

    migrate.know_all_rows()
    Base.metadata.create_all(engine)
    new = triggers()
    Base.metadata.drop_all(engine)
    migrate.upgrade(engine)
    assert triggers() == new != []
    engine.dispose()
