"""The same question as a node answers it for a page: rows in a database, then an index."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.matching.fleet import Place, fleet, places
from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation import migrate
from orchestrator.foundation.database import engine_of, readers, writers
from orchestrator.members.rows import AgentRow, DeviceRow
from orchestrator.network.abilities import say_abilities
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makeable import who_makes
from routing.matching.problem import Capability, Requirement

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
OWNER = "owner-of-all"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTimed:
    """What a node took in CPU time. `first_s`: reading all; `told_ms`: after one machine changed."""

    first_s: float
    page_ms: tuple[float, ...]
    told_ms: float


def node_timed(labs: int, asked: Sequence[Requirement], seed: int) -> NodeTimed:
    """Return the times of "who can make this?", from the session to the whole answer."""
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_of(f"sqlite:///{Path(folder) / 'node.db'}")
        migrate.upgrade(engine)
        machines = fleet(labs, seed)
        with writers(engine).begin() as session:
            add_machines(session, machines, dict(places(labs)))
        index = Fleet()
        reading = readers(engine)
        started = time.process_time()
        with reading() as session:
            index.index(session)
        first_s = time.process_time() - started
        page_ms = []
        for requirement in asked:
            started = time.process_time()
            with reading() as session:
                who_makes(index.index(session), [step_of(requirement)])
            page_ms.append((time.process_time() - started) * 1_000)
        with writers(engine).begin() as session:
            name = f"{machines[0].facility}-{machines[0].machine}"
            say_abilities(
                session, name, {"power_w": 40}, source="declared", by=OWNER, now=AT
            )
        started = time.process_time()
        with reading() as session:
            index.index(session)
        told_ms = (time.process_time() - started) * 1_000
        engine.dispose()
    return NodeTimed(first_s=first_s, page_ms=tuple(page_ms), told_ms=told_ms)


def step_of(asked: Requirement, name: str = "") -> StepRow:
    """A version's only step that asks for this; `name` in the ids of both."""
    part, sheet = asked.part_mm, asked.sheet
    return StepRow(
        id=f"step-{name}",
        version_id=f"version-{name}",
        position=0,
        name="a step",
        process=asked.process,
        machine_kind="",
        dialect="",
        program_sha256=None,
        material=asked.material or "",
        material_g=1,
        box_x_mm=part.x_mm if part else 0,
        box_y_mm=part.y_mm if part else 0,
        box_z_mm=part.z_mm if part else 0,
        setup_s=60,
        run_s=600,
        labour_s=60,
        pieces_per_run=1,
        quantity=1,
        after=[],
        needs={"sheet_mm": [sheet.x_mm, sheet.y_mm]} if sheet else {},
    )


def add_machines(
    session: Session,
    machines: Sequence[Capability],
    places: Mapping[str, Place],
    opening: Sequence[Sequence[int]] = (),
) -> None:
    """Put these machines in, and their labs, as their places say."""
    session.add(
        AgentRow(
            id=OWNER,
            kind="organisation",
            name="Owner",
            legal_form="coop",
            created_at=AT,
        )
    )
    session.flush()
    rows = [_lab(name, place, opening) for name, place in places.items()]
    session.execute(insert(FacilityRow), rows)
    session.execute(insert(DeviceRow), [_device(name) for name in places])
    session.execute(insert(MachineRow), [_machine(one) for one in machines])


def _lab(
    name: str, place: Place, opening: Sequence[Sequence[int]]
) -> dict[str, object]:
    lat, lon = place.spot
    return {
        "id": name,
        "name": place.name,
        "owner_id": OWNER,
        "address": place.country,
        "lat": lat,
        "lon": lon,
        "opening": [list(span) for span in opening],
        "zone": "UTC",
        "created_at": AT,
    }


def _device(lab: str) -> dict[str, object]:
    return {
        "id": f"device-{lab}",
        "name": lab,
        "facility_id": lab,
        "owner_id": OWNER,
        "public_key": lab.encode(),
        "key_id": lab,
        "token_hash": lab,
        "broker_hash": lab,
        "epoch": 1,
        "enrolled_at": AT,
    }


def _machine(one: Capability) -> dict[str, object]:
    envelope, sheet = one.envelope_mm, one.sheet
    told: dict[str, object] = {
        "processes": sorted(one.processes),
        "materials": [{"code": code} for code in sorted(one.loaded)],
    }
    if envelope:
        told |= {
            "envelope_x_mm": envelope.x_mm,
            "envelope_y_mm": envelope.y_mm,
            "envelope_z_mm": envelope.z_mm,
        }
    said: dict[str, object] = {"tool_mm": one.tool_mm}
    if sheet:
        said["sheet_mm"] = [sheet.x_mm, sheet.y_mm, sheet.thickness_mm]
    return {
        "id": f"{one.facility}-{one.machine}",
        "facility_id": one.facility,
        "device_id": f"device-{one.facility}",
        "name": one.name,
        "kind": "other",
        "dialect": "marlin",
        "capability": told,
        "capability_at": AT,
        "said": {
            field: {
                "value": value,
                "source": "declared",
                "where": "",
                "at": AT.isoformat(),
                "by": OWNER,
            }
            for field, value in said.items()
        },
        "said_at": AT,
        "hourly_cents": 100,
        "state": "idle",
        "told_state": "idle",
        "state_at": AT,
        "since_at": AT,
    }
