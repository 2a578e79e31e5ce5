"""Labs that a steward brings in from a directory, before their own people join.

Such a lab stands on the map with what the directory says of it. It has no computer and
so no machine of ours: nothing is planned there. The steward holds it until it is handed
over; one that nobody ever used is taken out again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.database import Base
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.ledger.desk import Desk
from orchestrator.network.facilities import (
    Access,
    add_facility,
    facility_of,
    set_access,
)
from orchestrator.network.rows import ArrivalRow, FacilityRow, MachineRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMachine:
    """A machine as a directory tells it: what it does, and what nobody understood."""

    name: str
    processes: tuple[str, ...]  # codes of the vocabulary
    unknown: tuple[str, ...] = ()  # as written


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLab:
    """A lab as a directory tells it. Degrees are WGS 84."""

    name: str
    address: str
    lat: float
    lon: float
    origin: str
    url: str = ""
    access: Access | None = None
    machines: tuple[ListedMachine, ...] = ()


def bring_in(session: Session, desk: Desk, lab: ListedLab, *, zone: str) -> FacilityRow:
    """A lab that is not yet joined, held by the steward. The caller commits.

    Errors: InvalidInputError for a name, an address or a place that can't be.
    """
    row = add_facility(
        session,
        name=lab.name,
        owner_id=desk.agent_id,
        address=lab.address,
        lat=lab.lat,
        lon=lab.lon,
        opening=(),
        zone=zone,
        now=desk.now,
    )
    set_access(session, row.id, lab.access)
    session.add(
        ArrivalRow(
            facility_id=row.id,
            origin=lab.origin,
            url=lab.url,
            machines=[
                {
                    "name": one.name,
                    "processes": list(one.processes),
                    "unknown": list(one.unknown),
                }
                for one in lab.machines
            ],
            brought_at=desk.now,
            brought_by=desk.agent_id,
        )
    )
    session.flush()
    desk.note(session, "lab-brought-in", row.id, told={"origin": lab.origin})
    return row


def arrival_of(session: Session, facility_id: str) -> ArrivalRow | None:
    """What a directory said of the lab, while none of its machines is known to us."""
    return session.scalar(
        select(ArrivalRow).where(
            ArrivalRow.facility_id == facility_id,
            ~_has_machines(ArrivalRow.facility_id),
        )
    )


def arrivals(session: Session) -> Sequence[ArrivalRow]:
    """Of every lab that is not yet joined, the newest first."""
    return session.scalars(
        select(ArrivalRow)
        .where(~_has_machines(ArrivalRow.facility_id))
        .order_by(ArrivalRow.brought_at.desc(), ArrivalRow.facility_id)
    ).all()


def has_joined() -> ColumnElement[bool]:
    """Whether a lab, as a row of a query, is more than a word of a directory."""
    listed = exists().where(ArrivalRow.facility_id == FacilityRow.id)
    return or_(~listed, _has_machines(FacilityRow.id))


def take_out(session: Session, desk: Desk, facility_id: str) -> None:
    """It was never here; what was done stays in the ledger. The caller commits.

    Errors: NotFoundError for one that nobody brought in; ConflictError once it was
    offered, or anybody did anything there.
    """
    lab = facility_of(session, facility_id, hold=True)
    arrival = session.get(ArrivalRow, facility_id)
    if arrival is None:
        raise NotFoundError(f"{lab.name} was brought in by nobody", field="facility_id")
    if _is_used(session, facility_id):
        raise ConflictError(
            f"somebody offered {lab.name}, works there or set a computer up: it stays"
        )
    origin = arrival.origin
    session.delete(arrival)
    session.flush()
    session.delete(lab)
    session.flush()
    desk.note(session, "lab-taken-out", facility_id, told={"origin": origin})
    announce(session, f"lab/{facility_id}", "map")


def _has_machines(facility_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return exists().where(MachineRow.facility_id == facility_id)


def _is_used(session: Session, facility_id: str) -> bool:
    """Whether anything but what the directory said hangs on it, whatever room it is of."""
    facility = Base.metadata.tables[FacilityRow.__tablename__].c.id
    for table in Base.metadata.tables.values():
        if table.name in {FacilityRow.__tablename__, ArrivalRow.__tablename__}:
            continue
        for column in table.columns:
            if column.name == "facility_id" or column.references(facility):
                asked = select(column).where(column == facility_id).limit(1)
                if session.execute(asked).first() is not None:
                    return True
    return False
