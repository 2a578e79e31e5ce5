"""Everything of one lab as a ZIP for whoever owns it, written while it is sent.

What it has to keep of others stands in it under their numbers: who was trained, who
counted, who blocked. Whom it made something for, names and hours of people do not.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from orchestrator.belongings.own import table_named
from orchestrator.belongings.zipped import Member, told_rows, told_text, zipped
from orchestrator.catalogue.okw import Equipment, Facility, written_okw
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.dispatch.rows import JobRow
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import NotAllowedError
from orchestrator.members.logins import can_sign_in
from orchestrator.members.principals import Principal
from orchestrator.network.abilities import abilities_of
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machines
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow

FORMAT: Final = "fabcommons-lab-archive-1"
# table: what it holds
RECORDS: Final[Mapping[str, str]] = {
    "facility": "the lab: place, hours, what its people usually take",
    "machine": "machines: what they can do, by their word and by yours, and their prices",
    "device": "computers beside them, never their secret",
    "stock_movement": "material counted, delivered and used, in grams",
    "training_need": "what only trained people run",
    "training": "who may run what, by number",
    "machine_service": "care of machines",
    "machine_block": "times in which nothing was planned",
    "lab_arrival": "what a directory said of the lab, and when a steward brought it in",
    "lab_offer": "when the lab was offered to somebody",
}
SECRET: Final = frozenset({"token_hash", "broker_hash", "incarnation"})
BY_MACHINE: Final = frozenset({"machine_service", "machine_block"})
JOBS: Final = "what each job was, how it went, and whom it counts for"


def may_take(session: Session, lab: FacilityRow, asker: Principal) -> bool:
    """Its owner may; who works there, where nobody signs in as the owner."""
    if asker.how != "session":  # no key of a program, and no device
        return False
    works_there = lab.id in asker.facility_ids
    return asker.agent_id == lab.owner_id or (
        works_there and not can_sign_in(session, lab.owner_id)
    )


def check_may_take(session: Session, lab: FacilityRow, asker: Principal) -> None:
    """Errors: NotAllowedError for whoever may not."""
    if not may_take(session, lab, asker):
        raise NotAllowedError("the lab's owner takes its archive, signed in")


def lab_archive(
    readers: Sessions, facility_id: str, *, now: datetime
) -> Iterator[bytes]:
    """The parts of the ZIP. Errors: NotFoundError before the first, for no lab."""
    with readers() as session:
        name = facility_of(session, facility_id).name
        yield from zipped(_members(session, facility_id, name, now), now=now)


def okw_of_lab(session: Session, lab: FacilityRow) -> Facility:
    """The lab as OKW states it; what its people say of a machine counts first."""
    rows = machines(session, facility_id=lab.id)
    equipment = tuple(_equipment(row) for row in rows)
    found = {one for each in equipment for one in each.manufacturing_process}
    return Facility(
        name=lab.name,
        origin="fabcommons",
        latitude=lab.lat,
        longitude=lab.lon,
        address=lab.address,
        facility_status="Active",
        manufacturing_processes=tuple(sorted(found)),
        equipment=equipment,
    )


def _members(
    session: Session, facility_id: str, name: str, now: datetime
) -> Iterator[Member]:
    count_of: dict[str, int] = {}
    lab = facility_of(session, facility_id)
    yield "okw/lab.json", iter([written_okw([okw_of_lab(session, lab)])])
    for table in RECORDS:
        rows = _rows(session, table, facility_id)
        session.rollback()
        count_of[table] = len(rows)
        yield from told_rows(table, rows)
    jobs = _jobs(session, facility_id)
    session.rollback()
    count_of["job"] = len(jobs)
    yield from told_rows("job", jobs)
    yield "README.txt", told_text(_readme(name, facility_id, now, count_of))


def _rows(session: Session, name: str, facility_id: str) -> Sequence[Mapping[str, Any]]:
    table = table_named(name)
    is_labs: ColumnElement[bool] = (
        table.c.machine_id.in_(
            select(MachineRow.id).where(MachineRow.facility_id == facility_id)
        )
        if name in BY_MACHINE
        else table.c["id" if name == "facility" else "facility_id"] == facility_id
    )
    columns = [one for one in table.columns if one.name not in SECRET]
    asked = select(*columns).where(is_labs).order_by(*table.primary_key)
    found = session.execute(asked).mappings()
    return [{str(key): value for key, value in row.items()} for row in found]


def _jobs(session: Session, facility_id: str) -> Sequence[Mapping[str, Any]]:
    """Every job there ever was, the oldest first."""
    asked = (
        select(
            JobRow.id,
            JobRow.machine_id,
            JobRow.device_id,
            OrderRow.number.label("order_number"),
            OrderRow.design_version_id,
            DesignVersionRow.title.label("design"),
            StepRow.name.label("step"),
            StepRow.material,
            TaskRow.run,
            TaskRow.attempt,
            TaskRow.pieces,
            TaskRow.pieces_good,
            JobRow.state,
            JobRow.code,
            JobRow.text,
            JobRow.sent_at,
            JobRow.accepted_at,
            JobRow.armed_at,
            JobRow.started_at,
            JobRow.ended_at,
            JobRow.cleared_at,
            JobRow.credit,
        )
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .join(TaskRow, TaskRow.id == JobRow.id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .join(DesignVersionRow, DesignVersionRow.id == OrderRow.design_version_id)
        .where(MachineRow.facility_id == facility_id)
        .order_by(JobRow.sent_at, JobRow.id)
    )
    rows = [dict(row) for row in session.execute(asked).mappings()]
    for row in rows:
        credit = row.pop("credit")  # the rest of it tells whom the job was for
        row |= {name: credit[name] for name in ("owner_id", "maker_id", "material_g")}
    return rows


def _equipment(machine: MachineRow) -> Equipment:
    said = abilities_of(machine)
    told = machine.capability
    size = said.get("envelope_mm")
    axes = size.value if size else [told.get(f"envelope_{axis}_mm") for axis in "xyz"]
    x_mm, y_mm, z_mm = (float(one or 0) for one in axes)
    materials = said["materials"].value if "materials" in said else None
    if materials is None:
        materials = [one["code"] for one in told.get("materials") or ()]
    processes = said["processes"].value if "processes" in said else None
    return Equipment(
        name=machine.name,
        manufacturing_process=tuple(processes or told.get("processes") or ()),
        tags=(machine.kind,),
        work_envelope_mm=(x_mm, y_mm, z_mm) if x_mm and y_mm else None,
        work_envelope_source=size.source if size else None,
        rest={
            "fabcommons_materials": materials,
            "fabcommons_hourly_cents": machine.hourly_cents,
        },
    )


def _readme(
    name: str, facility_id: str, now: datetime, count_of: Mapping[str, int]
) -> str:
    return "\n".join(
        [
            f"All that the network keeps of the lab {name}, number {facility_id}.",
            f"Made {now:%Y-%m-%d %H:%M} UTC; format {FORMAT}.",
            "",
            "okw/lab.json  the lab and its machines as Open Know-Where states them.",
            "records/      each table as JSON and, for a spreadsheet, as CSV:",
            "              UTF-8; times in UTC; sums of money in cents.",
            *(
                f"    {table}: {words} ({count_of[table]})"
                for table, words in {**RECORDS, "job": JOBS}.items()
            ),
            "",
            "People stand here by number, where a lab has to keep what they did. Not in",
            "here: for whom something was made, names and hours of people, secrets of",
            "computers. What the lab earned is its owner's, and in the owner's archive.",
            "",
        ]
    )
