"""What machines can do, in people's words: the fields, and their values as written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from orchestrator.doors.web.trade_words import SOURCES
from orchestrator.doors.web.words import N_
from orchestrator.network.abilities import SIZES, abilities_of
from orchestrator.network.rows import MachineRow
from orchestrator.planning.offers import processes_called

LABELS: Final[Mapping[str, tuple[str, str]]] = {  # label, help
    "processes": (
        N_("How it makes things"),
        N_("A comma between several: FDM, laser cutting, CNC milling."),
    ),
    "envelope_mm": (
        N_("Work area"),
        N_("Width x depth x height in mm: 250 x 210 x 210."),
    ),
    "sheet_mm": (
        N_("Sheet that fits"),
        N_("Width x depth in mm, and how thick it cuts: 600 x 400 x 6."),
    ),
    "materials": (
        N_("Materials it may run"),
        N_("As designs call them: PLA, plywood."),
    ),
    "tool_mm": (
        N_("Nozzle, beam or smallest tool"),
        N_("Its width in mm: nothing finer is made on it."),
    ),
    "power_w": (N_("Power"), N_("In watts.")),
    "tolerance": (N_("How exact it is"), N_("IT9, ISO 2768-m or ±0.1.")),
    "pieces_max": (N_("Pieces in one run, at most"), ""),
    "certificates": (N_("Certificates"), N_("Such as: food safe, ISO 13485.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOf:
    """One value as a page shows it."""

    label: str
    value: str
    source: str
    where: str
    at: datetime


def said_of(machine: MachineRow) -> list[SaidOf]:
    """What the lab says of a machine, in the order of the form.

    Without its work area, of which the page shows the word that counts.
    """
    said = abilities_of(machine)
    return [
        SaidOf(
            label=label,
            value=written(field, said[field].value)
            + (" mm" if field.endswith("_mm") else " W" if field == "power_w" else ""),
            source=SOURCES[said[field].source],
            where=said[field].where,
            at=said[field].at,
        )
        for field, (label, _) in LABELS.items()
        if field in said and field != "envelope_mm"
    ]


def written(field: str, value: Any) -> str:
    """A value as it would be typed."""
    if value is None:
        return ""
    if field == "processes":
        return ", ".join(processes_called(value))
    if field in SIZES:
        return " x ".join(f"{size:g}" for size in value)
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
