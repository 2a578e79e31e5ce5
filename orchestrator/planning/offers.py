"""A step's row as a requirement, a machine's row as a capability: what routing compares."""

from collections.abc import Iterable
from typing import Any, Final

from orchestrator.catalogue.made import materials_of
from orchestrator.catalogue.rough import Rough
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.abilities import Ability, abilities_of
from orchestrator.network.rows import MachineRow
from routing.matching.problem import (
    Box,
    Capability,
    Orientation,
    Requirement,
    Sheet,
    Source,
    Supply,
    Told,
)
from routing.matching.processes import called

BELIEVED: Final = list(Source)  # the most believed first
AGENT: Final = "its own word"


def requirement_of(step: StepRow) -> Requirement:
    """What the step asks of a machine. A program's parts lie as it was written."""
    has_box = step.box_x_mm > 0 and step.box_y_mm > 0
    needs: dict[str, Any] = step.needs
    by_hand = step.program_sha256 is None
    lies = needs.get("orientation") or ("any" if by_hand else "fixed")
    return Requirement(
        process=step.process,
        part_mm=Box(x_mm=step.box_x_mm, y_mm=step.box_y_mm, z_mm=step.box_z_mm)
        if has_box
        else None,
        orientation=Orientation(lies),
        sheet=_sheet(needs.get("sheet_mm")),
        material=step.material or None,
        supply=Supply.LOADED,
        dialect=step.dialect or None,
        machine_kind=step.machine_kind or None,
        tolerance=needs.get("tolerance"),
        toleranced_mm=needs.get("toleranced_mm"),
        feature_mm=needs.get("feature_mm"),
        power_w=needs.get("power_w"),
        pieces=step.pieces_per_run,
        certificates=frozenset(needs.get("certificates", ())),
        material_substitutes=materials_of(step)[1:],
    )


def requirement_of_rough(rough: Rough) -> Requirement:
    """The least that a step of this kind asks: who can't make this, can't make it."""
    x_mm, y_mm, z_mm = rough.part_mm or (0, 0, 0)
    material, *others = rough.materials or (None,)
    return Requirement(
        process=rough.process,
        part_mm=Box(x_mm=x_mm, y_mm=y_mm, z_mm=z_mm) if rough.part_mm else None,
        sheet=_sheet(rough.sheet_mm),
        material=material,
        supply=Supply.LOADED,
        material_substitutes=tuple(others),
    )


def capability_of(machine: MachineRow) -> Capability:
    """What the machine offers: as its device agent last told, and as its lab says.

    Of two words on its size the more believed source counts, and the lab's of two that
    are believed alike. A machine that tells no material takes what its lab says that it
    may run: somebody puts it in.
    """
    told: dict[str, Any] = machine.capability
    said = abilities_of(machine)
    loaded = frozenset(str(material["code"]) for material in told.get("materials", ()))
    may_run = frozenset(_value(said, "materials") or ())
    envelope, of_envelope = envelope_of(machine)
    sources = [
        Told(field=field, source=Source(one.source), where=one.where)
        for field, one in said.items()
        if field != "envelope_mm"
    ]
    return Capability(
        machine=machine.id,
        facility=machine.facility_id,
        processes=frozenset((*told.get("processes", ()), *_value(said, "processes"))),
        envelope_mm=envelope,
        sheet=_sheet(_value(said, "sheet_mm")),
        materials=loaded | may_run,
        loaded=loaded or may_run,
        dialects=frozenset({machine.dialect}),
        machine_kind=machine.kind,
        tolerance=_value(said, "tolerance") or None,
        tool_mm=_value(said, "tool_mm") or None,
        power_w=_value(said, "power_w") or None,
        pieces_max=_value(said, "pieces_max") or None,
        certificates=frozenset(_value(said, "certificates")),
        name=machine.name,
        told=(*of_envelope, *sources),
    )


def envelope_of(machine: MachineRow) -> tuple[Box | None, tuple[Told, ...]]:
    """Its work area that counts, and who says so."""
    told: dict[str, Any] = machine.capability
    sizes = [told.get(f"envelope_{axis}_mm") for axis in "xyz"]
    own = Source(told.get("envelope_source", Source.DECLARED))
    said = abilities_of(machine).get("envelope_mm")
    if said and (
        None in sizes or BELIEVED.index(Source(said.source)) <= BELIEVED.index(own)
    ):
        x_mm, y_mm, z_mm = said.value
        source, where = Source(said.source), said.where
    elif None in sizes:
        return None, ()
    else:
        x_mm, y_mm, z_mm = (max(0.0, float(size or 0)) for size in sizes)
        source, where = own, AGENT
    box = Box(x_mm=x_mm, y_mm=y_mm, z_mm=z_mm)
    return box, (Told(field="envelope_mm", source=source, where=where),)


def processes_called(codes: Iterable[str], language: str = "en") -> list[str]:
    """What people call these processes; each name also calls its process."""
    return [called(code, language) for code in codes]


def _value(said: dict[str, Ability], field: str) -> Any:
    one = said.get(field)
    return () if one is None else one.value


def _sheet(sizes: Any) -> Sheet | None:
    if not sizes:
        return None
    x_mm, y_mm, *more = sizes
    return Sheet(x_mm=x_mm, y_mm=y_mm, thickness_mm=more[0] if more else None)
