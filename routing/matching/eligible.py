"""Whether a capability satisfies a requirement, and in plain words why not."""

from itertools import permutations

from routing.matching.problem import (
    Box,
    Capability,
    Mismatch,
    Orientation,
    Requirement,
)
from routing.matching.processes import is_a


def eligible(requirement: Requirement, capability: Capability) -> tuple[Mismatch, ...]:
    """Return every reason why not, in a fixed order; empty means: it can."""
    found = (
        _process(requirement, capability),
        _machine_kind(requirement, capability),
        _size(requirement, capability),
        _material(requirement, capability),
        _dialect(requirement, capability),
    )
    return tuple(mismatch for mismatch in found if mismatch is not None)


def orientations(part: Box, orientation: Orientation) -> tuple[Box, ...]:
    """Return the part's boxes in every allowed orientation, the given one first."""
    x_mm, y_mm, z_mm = part.x_mm, part.y_mm, part.z_mm
    turned = {
        Orientation.FIXED: ((x_mm, y_mm, z_mm),),
        Orientation.UPRIGHT: ((x_mm, y_mm, z_mm), (y_mm, x_mm, z_mm)),
        Orientation.ANY: tuple(permutations((x_mm, y_mm, z_mm))),
    }
    unique = dict.fromkeys(turned[orientation])
    return tuple(Box(x_mm=x, y_mm=y, z_mm=z) for x, y, z in unique)


def is_inside(part: Box, envelope: Box) -> bool:
    """Whether the part, as it stands, lies within the envelope; touching counts."""
    return (
        part.x_mm <= envelope.x_mm
        and part.y_mm <= envelope.y_mm
        and part.z_mm <= envelope.z_mm
    )


def _process(requirement: Requirement, capability: Capability) -> Mismatch | None:
    if any(is_a(offered, requirement.process) for offered in capability.processes):
        return None
    offered = _listed(capability.processes)
    return Mismatch(
        code="process",
        text=f"{_called(capability)} does {offered}, the step needs "
        f"{requirement.process}",
        required=requirement.process,
        offered=offered,
    )


def _machine_kind(requirement: Requirement, capability: Capability) -> Mismatch | None:
    required, offered = requirement.machine_kind, capability.machine_kind
    if required is None or _same(required, offered):
        return None
    return Mismatch(
        code="machine-kind",
        text=f"{_called(capability)} is a {offered or 'machine of unknown kind'}, "
        f"the step needs a {required}",
        required=required,
        offered=offered or "unknown",
    )


def _size(requirement: Requirement, capability: Capability) -> Mismatch | None:
    part, envelope = requirement.part_mm, capability.envelope_mm
    if part is None:
        return None
    if envelope is None:
        return Mismatch(
            code="size-unknown",
            text=f"the work area of {_called(capability)} is not known, the part is "
            f"{_sized(part)}",
            required=_sized(part),
            offered="unknown",
        )
    turned = orientations(part, requirement.orientation)
    if any(is_inside(box, envelope) for box in turned):
        return None
    how = "in any orientation" if len(turned) > 1 else "as it must lie"
    return Mismatch(
        code="size",
        text=f"the part is {_sized(part)} and does not fit {_called(capability)} "
        f"({_sized(envelope)}) {how}",
        required=_sized(part),
        offered=_sized(envelope),
    )


def _material(requirement: Requirement, capability: Capability) -> Mismatch | None:
    required = requirement.material
    if required is None:
        return None
    if any(_same(required, offered) for offered in capability.materials):
        return None
    offered = _listed(capability.materials)
    return Mismatch(
        code="material",
        text=f"the step needs {required}, {_called(capability)} may run {offered}",
        required=required,
        offered=offered,
    )


def _dialect(requirement: Requirement, capability: Capability) -> Mismatch | None:
    required = requirement.dialect
    if required is None:
        return None
    if any(_same(required, offered) for offered in capability.dialects):
        return None
    offered = _listed(capability.dialects)
    return Mismatch(
        code="dialect",
        text=f"the program is written for {required}, {_called(capability)} "
        f"understands {offered}",
        required=required,
        offered=offered,
    )


def _called(capability: Capability) -> str:
    return capability.name or capability.machine


def _same(left: str, right: str | None) -> bool:
    return right is not None and left.strip().casefold() == right.strip().casefold()


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)) or "nothing that is known"


def _sized(box: Box) -> str:
    return f"{box.x_mm:g} × {box.y_mm:g} × {box.z_mm:g} mm"
