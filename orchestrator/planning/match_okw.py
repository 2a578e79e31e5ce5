"""OKW facilities as the matcher's: what OKW has no field for are our own, named so."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from orchestrator.catalogue.okw import Equipment, Facility
from routing.matching.processes import process_named

OURS: Final = "fabcommons_"
SIGNS: Final = frozenset(
    {"equipment", "manufacturing_processes", "facility_name", "access_type", "location"}
)


def is_okw(value: Any) -> bool:
    """Whether a file is OKW: facilities that have what only OKW's have."""
    listed = value.get("facilities", value) if isinstance(value, dict) else value
    items = listed if isinstance(listed, list) else [listed]
    fields = {name for one in items if isinstance(one, dict) for name in one}
    return "machines" not in fields and not SIGNS.isdisjoint(fields)


def as_told(facilities: Iterable[Facility]) -> list[dict[str, Any]]:
    """Each facility as `--facilities` would tell it; a name that comes again is numbered.

    One that lists processes and no machine is a machine of which nothing else is known.
    """
    numbered = _numbering()
    return [_lab(one, numbered(one.name)) for one in facilities]


def _lab(lab: Facility, name: str) -> dict[str, Any]:
    numbered = _numbering()
    machines = [_machine(one, numbered(one.name)) for one in lab.equipment]
    if not machines and lab.manufacturing_processes:
        machines = [{"id": "lab", "processes": list(lab.manufacturing_processes)}]
    return {
        "id": name,
        "name": lab.name,
        "access": lab.access_type,
        "certificates": _texts(lab.rest.get("certifications")),
        "machines": machines,
        **_ours(lab.rest),
    }


def _machine(machine: Equipment, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": name,
        "name": " ".join(filter(None, (machine.make, machine.model))) or machine.name,
        "processes": processes_of(machine),
    }
    if machine.work_envelope_mm:
        told["envelope_mm"] = list(machine.work_envelope_mm)
    if machine.work_envelope_mm and machine.work_envelope_source:
        told["told"] = {"envelope_mm": {"source": machine.work_envelope_source}}
    return told | _ours(machine.rest)


def processes_of(machine: Equipment) -> list[str]:
    """What it states; else what its type, its name or a tag of it is exactly called."""
    told = list(machine.manufacturing_process)
    kinds = _texts(machine.rest.get("equipment_type"))
    others = [*kinds, machine.name, *machine.tags]
    return told or [one for one in others if process_named(one)]


def _ours(rest: Mapping[str, object]) -> dict[str, Any]:
    return {
        name.removeprefix(OURS): value
        for name, value in rest.items()
        if name.startswith(OURS)
    }


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


def _numbering() -> Callable[[str], str]:
    count: Counter[str] = Counter()

    def numbered(name: str) -> str:
        count[name] += 1
        return name if count[name] == 1 else f"{name} ({count[name]})"

    return numbered
