"""Tables of the network: facilities, their stocks and people, machines, couriers."""

import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import DDL, JSON, BigInteger, ForeignKey, Index, event
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base, RowNumber

STAMP_BITS: Final = 44  # so that the sum of a million of them is a whole number, too
OFFERED: Final = ("facility_id", "name", "kind", "dialect", "capability", "said")


def new_stamp() -> int:
    """A number that nothing else bears: a counter would count the same after a rollback."""
    return secrets.randbits(STAMP_BITS)


class FacilityRow(Base):
    """A lab: a place with machines, owned by an agent (REA)."""

    __tablename__ = "facility"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    address: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    # Weekly hours, in minutes of the day by the clock on the wall:
    # [[weekday 0-6, opens, closes], …]; [] = never open
    opening: Mapped[list[list[int]]] = mapped_column(JSON)
    zone: Mapped[str]  # whose clock that is, its name in the IANA database
    # for whom people may come and work there: of facilities.ACCESS; "": nobody told
    access: Mapped[str] = mapped_column(default="", server_default="")
    # switched off by its operator until…: nothing is planned there
    closed_until: Mapped[datetime | None]
    # what its people usually take, measured from its last jobs; None: too few yet
    arm_s: Mapped[int | None]  # from a job sent to a job started
    clear_s: Mapped[int | None]  # from its end to a clear bed
    created_at: Mapped[datetime]


class ArrivalRow(Base):
    """What a directory says of a lab that a steward brought in; its people may differ."""

    __tablename__ = "lab_arrival"
    facility_id: Mapped[str] = mapped_column(
        ForeignKey("facility.id"), primary_key=True
    )
    origin: Mapped[str]  # OKW, fablabs.io, SpaceAPI or whatever its OKW says
    url: Mapped[str]  # where the lab tells of itself; "": nowhere
    # [{"name", "processes": codes, "unknown": words that call none}, …]
    machines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    brought_at: Mapped[datetime]
    brought_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))


class LabOfferRow(Base):
    """A lab offered to another member: it is theirs once they accept; never erased.

    One of stewards, for an owner who is gone, may be accepted from `open_at` on, and
    has none before the second steward's word.
    """

    __tablename__ = "lab_offer"
    id: Mapped[str] = mapped_column(primary_key=True)
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.id"), index=True)
    from_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))  # whose it was then
    to_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    offered_at: Mapped[datetime]
    offered_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    second_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    stays: Mapped[bool]  # who gives it goes on working there
    open_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # None: it stands
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    is_taken: Mapped[bool]  # else it was taken back, or not wanted


class DeviceLifeRow(Base):
    """Whether a device agent lives, by its births and deaths."""

    __tablename__ = "device_life"
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    online: Mapped[bool]
    epoch: Mapped[int]  # grows with each start of the agent: orders lives, not clocks
    since: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    local_page: Mapped[str | None]  # its URL within the lab, as the agent tells it


class MachineRow(Base):
    """One machine: capability is its agent's word, `said` its lab's (abilities.py)."""

    __tablename__ = "machine"
    # what tells that a machine offers something else now, without reading it
    __table_args__ = (Index("ix_machine_offer", "withdrawn_at", "offer_stamp", "id"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    dialect: Mapped[str]
    capability: Mapped[dict[str, Any]] = mapped_column(JSON)
    capability_at: Mapped[datetime]
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    said_at: Mapped[datetime | None]
    hourly_cents: Mapped[int]
    state: Mapped[str]  # of the wire's MachineState; "offline" when its agent is gone
    told_state: Mapped[str]  # what the agent last said, even while it seems gone
    state_at: Mapped[datetime]  # of its agent's newest word
    since_at: Mapped[datetime]  # it has been in this state
    job_id: Mapped[str | None]
    done_ratio: Mapped[float | None]
    remaining_s: Mapped[float | None]
    nozzle_c: Mapped[float | None]
    bed_c: Mapped[float | None]
    text: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]  # no longer named in a birth
    # another one whenever one of OFFERED is another, whoever wrote it: see the triggers
    offer_stamp: Mapped[int] = mapped_column(
        BigInteger, default=new_stamp, server_default="0"
    )


_CHANGED: Final = {
    "sqlite": " OR ".join(f"old.{name} IS NOT new.{name}" for name in OFFERED),
    "postgresql": " OR ".join(
        f"old.{name}::text IS DISTINCT FROM new.{name}::text" for name in OFFERED
    ),
}
STAMPING: Final = {  # by database: what makes it stamp anew by itself
    "sqlite": (
        "CREATE TRIGGER machine_offers_anew AFTER UPDATE ON machine "  # noqa: S608 - our own names
        f"WHEN {_CHANGED['sqlite']} "
        "BEGIN UPDATE machine "
        f"SET offer_stamp = random() & {(1 << STAMP_BITS) - 1} WHERE id = new.id; END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION machine_offers_anew() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN new.offer_stamp := hashtextextended(gen_random_uuid()::text, 0) "
        f"& {(1 << STAMP_BITS) - 1}; RETURN new; END $$",
        "CREATE TRIGGER machine_offers_anew BEFORE UPDATE ON machine FOR EACH ROW "
        f"WHEN ({_CHANGED['postgresql']}) EXECUTE FUNCTION machine_offers_anew()",
    ),
}
for _database, _statements in STAMPING.items():
    for _statement in _statements:
        event.listen(
            MachineRow.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_database),  # type: ignore[no-untyped-call]
        )


class PaceRow(Base):
    """How a machine's newest jobs of a process took, beside what was told of them.

    In logarithms of real time by told time (`catalogue/estimates/learned.py`).
    """

    __tablename__ = "machine_pace"
    machine_id: Mapped[str] = mapped_column(ForeignKey("machine.id"), primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    jobs: Mapped[int]
    middle: Mapped[float]
    spread: Mapped[float]


class CourierRow(Base):
    """A member who carries; position is known only while on shift."""

    __tablename__ = "courier"
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    profile: Mapped[str]  # bicycle | cargo-bike | van | foot
    capacity_pieces: Mapped[int]
    capacity_g: Mapped[int]
    cost_per_km_cents: Mapped[int]
    cost_per_hour_cents: Mapped[int]
    lat: Mapped[float]
    lon: Mapped[float]
    position_at: Mapped[datetime]
    status: Mapped[str]  # on-shift | off-shift | out (sick, broken down)
    shift_from_at: Mapped[datetime | None]
    shift_until_at: Mapped[datetime | None]


class PlaceRow(Base):
    """An address of a shop where orders are handed over."""

    __tablename__ = "place"
    id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    name: Mapped[str]
    address: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]


class AlarmRow(Base):
    """Something a steward must look at: a cloned device, a forged message."""

    __tablename__ = "alarm"
    id: Mapped[str] = mapped_column(primary_key=True)
    raised_at: Mapped[datetime]
    code: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    seen_at: Mapped[datetime | None]


class StockMovementRow(Base):
    """One change of what a lab has of a material: appended, never edited.

    What there is is the sum. A lab that never said what it has of a material keeps no
    stock of it.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        Index("ix_stock_movement_facility_id_material", "facility_id", "material"),
    )
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.id"))
    material: Mapped[str]  # as designs and machines call it
    kind: Mapped[str]  # counted | delivered | used | stopped | undone
    grams: Mapped[float]  # more, or less below 0
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))  # None: a job
    job_id: Mapped[str | None] = mapped_column(unique=True)  # takes its material once
    undoes: Mapped[int | None] = mapped_column(
        ForeignKey("stock_movement.number"), unique=True
    )


class TrainingNeedRow(Base):
    """That a kind of machine, or one machine, of a lab is run by trained people only.

    Ended, never erased; without such a row anybody who works there may run it.
    """

    __tablename__ = "training_need"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.id"), index=True)
    about: Mapped[str]  # kind of machine, or a machine's id
    stated_at: Mapped[datetime]
    stated_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))


class TrainingRow(Base):
    """That a person may run a kind of machine of a lab, or one machine.

    Withdrawn, never erased.
    """

    __tablename__ = "training"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    about: Mapped[str]  # kind of machine, or a machine's id
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]  # None: it does not lapse
    granted_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))


class PersonHoursRow(Base):
    """When a person is in a lab, week by week; without a row: whenever it is open."""

    __tablename__ = "person_hours"
    facility_id: Mapped[str] = mapped_column(
        ForeignKey("facility.id"), primary_key=True
    )
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    opening: Mapped[list[list[int]]] = mapped_column(JSON)  # as its lab's, same zone


class ServiceRow(Base):
    """One word on a machine's care: appended, never edited.

    A service in force is one whose newest interval that stands names hours.
    """

    __tablename__ = "machine_service"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machine.id"), index=True)
    task: Mapped[str]  # as the lab calls it: "Grease the rods"
    kind: Mapped[str]  # interval | serviced | undone
    every_h: Mapped[float | None]  # of an interval; None: no longer
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    undoes: Mapped[int | None] = mapped_column(
        ForeignKey("machine_service.number"), unique=True
    )


class MachineBlockRow(Base):
    """A time in which nothing is planned on a machine; ended, never erased."""

    __tablename__ = "machine_block"
    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machine.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    why: Mapped[str]
    stated_at: Mapped[datetime]
    stated_by: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
