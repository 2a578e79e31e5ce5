"""Who is near enough to make an order, and so which cell has it to plan."""

from collections.abc import Iterator
from itertools import batched, count, islice
from math import cos, radians
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made, materials_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.arrivals import has_joined
from orchestrator.network.rows import FacilityRow, MachineRow, PlaceRow
from orchestrator.planning.cells import cell_names, cell_of
from orchestrator.planning.usable import cannot_make

READ_AT_ONCE: Final = 16
ASKED_AT_ONCE: Final = 8  # labs whose machines are read together
QUOTED_MAX: Final = 3  # cells that are asked for one quote
NEAR_MAX: Final = 32  # labs whose cells are asked where none can make it alone


def by_nearness(session: Session, lat: float, lon: float) -> Iterator[str]:
    """Every lab, the nearest first as the crow flies: roads are the plan's business."""
    north = FacilityRow.lat - lat
    east = (FacilityRow.lon - lon) * cos(radians(lat))
    asked = (
        select(FacilityRow.id)
        .where(has_joined())
        .order_by(north * north + east * east, FacilityRow.id)
    )
    for offset in count(0, READ_AT_ONCE):
        names = session.scalars(asked.limit(READ_AT_ONCE).offset(offset)).all()
        yield from names
        if len(names) < READ_AT_ONCE:
            return


def labs_able(session: Session, version_id: str, place_id: str) -> Iterator[str]:
    """Labs whose machines can make every step, be they busy or away; nearest first."""
    place = session.get(PlaceRow, place_id)
    if place is None:
        return
    steps = session.scalars(
        select(StepRow).where(StepRow.version_id == version_id)
    ).all()
    labs = by_nearness(session, place.lat, place.lon)
    for some in batched(labs, ASKED_AT_ONCE):
        machines_of: dict[str, list[MachineRow]] = {lab: [] for lab in some}
        for machine in session.scalars(
            select(MachineRow).where(
                MachineRow.facility_id.in_(machines_of),
                MachineRow.withdrawn_at.is_(None),
            )
        ):
            machines_of[machine.facility_id].append(machine)
        for lab_id, machines in machines_of.items():
            if all(
                any(_can_make(step, machine) for machine in machines) for step in steps
            ):
                yield lab_id


def _can_make(step: StepRow, machine: MachineRow) -> bool:
    """Of its own material or of what the design allows instead."""
    return any(
        not cannot_make(as_made(step, {step.id: material}), machine)
        for material in materials_of(step)
    )


def likely_lab(session: Session, version_id: str, place_id: str) -> str | None:
    """The nearest lab that can make it, else the nearest; None where there is no lab."""
    able = next(labs_able(session, version_id, place_id), None)
    place = session.get(PlaceRow, place_id)
    if able is not None or place is None:
        return able
    return next(by_nearness(session, place.lat, place.lon), None)


def cells_near(session: Session, version_id: str, place_id: str) -> list[str]:
    """Cells with a lab that can make it, the nearest such lab's first.

    At most QUOTED_MAX. Where no lab can make it alone: the cells of the nearest labs.
    """
    names = cell_names(session, at_most=2)
    if len(names) < 2:
        return list(names)
    found: dict[str, None] = {}
    for lab_id in labs_able(session, version_id, place_id):
        cell = cell_of(session, lab_id)
        if cell is not None:
            found[cell] = None
        if len(found) == QUOTED_MAX:
            break
    place = session.get(PlaceRow, place_id)
    if found or place is None:
        return list(found) or [names[0]]
    for lab_id in islice(by_nearness(session, place.lat, place.lon), NEAR_MAX):
        cell = cell_of(session, lab_id)
        if cell is not None and len(found) < QUOTED_MAX:
            found[cell] = None
    return list(found) or [names[0]]
