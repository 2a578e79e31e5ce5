"""Labs: where they are, when they are open, and who shut one for a while."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import checked_id, new_id
from orchestrator.members.agents import agent_of
from orchestrator.network.opening import ALWAYS, checked_opening, checked_zone, in_zone
from orchestrator.network.rows import FacilityRow, PersonHoursRow
from orchestrator.network.text import checked_position, checked_text

# Who may come and work there, as OKW's access_type has it, and what labs add.
type Access = Literal[
    "public", "hours", "appointment", "shared", "members", "schools", "restricted"
]
ACCESS: Final[tuple[Access, ...]] = Access.__value__.__args__
# Of a lab that made too few jobs to know better: published, so that anybody can reckon.
ARM_S: Final = 300
CLEAR_S: Final = 300
CHANGE_S: Final = 600  # to change the material of a machine


def add_facility(
    session: Session,
    *,
    name: str,
    owner_id: str,
    address: str,
    lat: float,
    lon: float,
    now: datetime,
    opening: Sequence[Sequence[int]] = ALWAYS,
    zone: str = "UTC",
    facility_id: str | None = None,
) -> FacilityRow:
    """A new lab. Errors: InvalidInputError; NotFoundError for an unknown owner."""
    agent_of(session, owner_id)
    lat, lon = checked_position(lat, lon)
    row = FacilityRow(
        id=checked_id(facility_id) if facility_id else new_id("lab"),
        name=checked_text(name, field="name", length_max=120),
        owner_id=owner_id,
        address=checked_text(address, field="address", length_max=300),
        lat=lat,
        lon=lon,
        opening=checked_opening(opening),
        zone=checked_zone(zone),
        closed_until=None,
        arm_s=None,
        clear_s=None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _tell(session, row)
    return row


def arm_s(facility: FacilityRow) -> int:
    """How long its people usually take to arm a job; by its own jobs, else as usual."""
    return ARM_S if facility.arm_s is None else facility.arm_s


def clear_s(facility: FacilityRow) -> int:
    """How long they usually take to clear the bed after one."""
    return CLEAR_S if facility.clear_s is None else facility.clear_s


def facility_of(
    session: Session, facility_id: str, *, hold: bool = False
) -> FacilityRow:
    """The lab; `hold` locks it until the caller's end. Errors: NotFoundError."""
    row = session.get(FacilityRow, facility_id, with_for_update=hold)
    if row is None:
        raise NotFoundError(
            f"there is no lab {facility_id[:64]!r}", field="facility_id"
        )
    return row


def facilities(session: Session) -> Sequence[FacilityRow]:
    """All labs, by name."""
    return session.scalars(
        select(FacilityRow).order_by(FacilityRow.name, FacilityRow.id)
    ).all()


def set_opening(
    session: Session,
    facility_id: str,
    opening: Sequence[Sequence[int]],
    *,
    now: datetime,
    zone: str | None = None,
) -> bool:
    """New weekly hours; True when they differ from the old ones.

    `zone`: by whose clock, None: as before. With a new one the hours of its people
    are told by that, too: the same times as they are now.
    """
    row = facility_of(session, facility_id, hold=True)
    before = row.opening, row.zone
    zone = row.zone if zone is None else checked_zone(zone)
    row.opening = checked_opening(opening)
    if zone != row.zone:
        for person in session.scalars(
            select(PersonHoursRow).where(PersonHoursRow.facility_id == facility_id)
        ):
            person.opening = in_zone(person.opening, row.zone, zone, at=now)
        row.zone = zone
    if (row.opening, row.zone) == before:
        return False
    _tell(session, row)
    return True


def access_told(word: str) -> Access | None:
    """The kind of access that a row or a form names; None: it is not told."""
    return next((one for one in ACCESS if one == word), None)


def set_access(session: Session, facility_id: str, access: Access | None) -> bool:
    """Who may come and work there; None: it is not told. True when that is news."""
    row = facility_of(session, facility_id, hold=True)
    if row.access == (access or ""):
        return False
    row.access = access or ""
    _tell(session, row)
    return True


def labs_open_to(session: Session, kinds: Collection[Access]) -> frozenset[str]:
    """The labs of these kinds of access. One that tells none is of no kind."""
    query = select(FacilityRow.id).where(FacilityRow.access.in_(kinds))
    return frozenset(session.scalars(query))


def close_facility(
    session: Session, facility_id: str, *, until: datetime, now: datetime
) -> bool:
    """Plan nothing there before `until`; True when that is news.

    Errors: InvalidInputError when `until` is past.
    """
    row = facility_of(session, facility_id)
    if until <= now:
        raise InvalidInputError(
            f"a lab is closed until a time to come, got {until.isoformat()}",
            field="until",
        )
    if row.closed_until == until:
        return False
    row.closed_until = until
    _tell(session, row)
    return True


def open_facility(session: Session, facility_id: str) -> bool:
    """Its usual hours hold again; True when it was closed."""
    row = facility_of(session, facility_id)
    if row.closed_until is None:
        return False
    row.closed_until = None
    _tell(session, row)
    return True


def _tell(session: Session, row: FacilityRow) -> None:
    announce(session, f"lab/{row.id}", "map")
