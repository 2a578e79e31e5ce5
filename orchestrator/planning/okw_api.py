"""The labs of this node as OKW, for whoever lists labs, and for `fabcommons match`."""

from collections import defaultdict
from typing import Any, Final

from fastapi import APIRouter, Response

from orchestrator.catalogue.okw import Equipment, Facility, written_okw
from orchestrator.foundation.api import ReaderDep
from orchestrator.network.arrivals import arrivals
from orchestrator.network.facilities import facilities
from orchestrator.network.machines import machines
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.planning.match_okw import OURS
from orchestrator.planning.offers import capability_of
from routing.matching.problem import Box, Capability
from routing.matching.processes import PROCESSES, canonical

router = APIRouter()

ACCESS_TYPES: Final = {  # OKW's own words, and ours where it has none
    "public": "Public",
    "hours": "Restricted with public hours",
    "appointment": "By appointment",
    "shared": "Shared space",
    "members": "Membership",
    "schools": "Schools",
    "restricted": "Restricted",
}


@router.get("/okw")
def labs_as_okw(session: ReaderDep) -> Response:
    """All labs that have joined, with the machines that are in service, as OKW in JSON."""
    owned: defaultdict[str, list[MachineRow]] = defaultdict(list)
    for row in machines(session):
        owned[row.facility_id].append(row)
    others = {row.facility_id for row in arrivals(session)}
    told = [
        _facility(row, owned[row.id])
        for row in facilities(session)
        if row.id not in others
    ]
    return Response(written_okw(told), media_type="application/json")


def _facility(lab: FacilityRow, owned: list[MachineRow]) -> Facility:
    return Facility(
        name=lab.name,
        origin="OKW",
        latitude=lab.lat,
        longitude=lab.lon,
        address=lab.address,
        access_type=ACCESS_TYPES.get(lab.access),
        equipment=tuple(_equipment(row) for row in owned),
        rest={f"{OURS}id": lab.id},
    )


def _equipment(row: MachineRow) -> Equipment:
    offer = capability_of(row)
    sources = [one.source for one in offer.told if one.field == "envelope_mm"]
    return Equipment(
        name=row.name,
        manufacturing_process=tuple(map(_address, sorted(offer.processes))),
        work_envelope_mm=_solid(offer.envelope_mm),
        work_envelope_source=next(iter(sources), None),
        rest={f"{OURS}{name}": value for name, value in _ours(row, offer).items()},
    )


def _solid(box: Box | None) -> tuple[float, float, float] | None:
    """A work area with three sides: a pen's has no height, which OKW's readers refuse."""
    sides = None if box is None else (box.x_mm, box.y_mm, box.z_mm)
    return sides if sides and min(sides) > 0 else None


def _address(process: str) -> str:
    """Its address where one names exactly this process, as OKW writes them."""
    known = PROCESSES.get(canonical(process))
    return known.uris[0] if known and known.uris else process


def _ours(row: MachineRow, offer: Capability) -> dict[str, Any]:
    """What OKW has no field for, as `--facilities` of `fabcommons match` tells it."""
    sheet, box = offer.sheet, offer.envelope_mm
    told: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "materials": sorted(offer.materials),
        "loaded": sorted(offer.loaded),
        "dialects": sorted(offer.dialects),
        "sheet_mm": sheet and [sheet.x_mm, sheet.y_mm, sheet.thickness_mm],
        "envelope_mm": None
        if box is None or _solid(box)
        else [box.x_mm, box.y_mm, box.z_mm],
        "tolerance": offer.tolerance,
        "tool_mm": offer.tool_mm,
        "power_w": offer.power_w,
        "pieces_max": offer.pieces_max,
        "certificates": sorted(offer.certificates),
    }
    if sheet and sheet.thickness_mm is None:
        told["sheet_mm"] = told["sheet_mm"][:2]
    return {name: value for name, value in told.items() if value not in (None, [])}
