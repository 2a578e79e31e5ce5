"""The hard constraints, one function each: what of a capability it looks at, and why not.

An ability that nobody told satisfies nothing: the answer is then "unknown", not "yes".
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any, Final

from routing.matching.access import access_named
from routing.matching.materials import is_one_of
from routing.matching.problem import (
    Box,
    Capability,
    Orientation,
    Requirement,
    Sheet,
    Supply,
)
from routing.matching.processes import is_a, kinds_of
from routing.matching.tolerance import is_held

ANY_SIZE_MM: Final = 400.0  # a size nobody knows: tolerances are compared up to it
BY_HAND: Final = "fabnode"  # what machines speak that a person works: no program
CUTS: Final = frozenset({"LAS-CUT", "CUT"})  # through a sheet: it limits the part, too


type Supplies = tuple[frozenset[str], frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: the stable code, both figures, and its sentence in words.py."""

    code: str
    required: str
    offered: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One hard constraint: what it looks at on both sides, and why not.

    `offered` and `asked` are hashable, so that equal ones are asked once. Nothing is
    refused where `asked` gives None.
    """

    offered: Callable[[Capability], Any]
    asked: Callable[[Requirement], Any]
    refuse: Callable[[Requirement, Any], Refusal | None]


@lru_cache(4096)
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


def same(left: str, right: str | None) -> bool:
    """Whether two words are one, but for case and blanks around them."""
    return right is not None and left.strip().casefold() == right.strip().casefold()


def _process(asked: Requirement, offered: frozenset[str]) -> Refusal | None:
    if any(is_a(process, asked.process) for process in offered):
        return None
    return Refusal("process", asked.process, _listed(offered))


def _machine_kind(asked: Requirement, offered: str | None) -> Refusal | None:
    if asked.machine_kind is None or same(asked.machine_kind, offered):
        return None
    sentence = "" if offered else "machine-kind-unknown"
    return Refusal("machine-kind", asked.machine_kind, offered or "unknown", sentence)


def _area(capability: Capability) -> tuple[Box | None, Sheet | None]:
    return capability.envelope_mm, capability.sheet


def _size(
    asked: Requirement, offered: tuple[Box | None, Sheet | None]
) -> Refusal | None:
    part = asked.part_mm
    if part is None:
        return None
    room = _room(asked.process, *offered)
    if room is None:
        return Refusal("size-unknown", _sized(part), "unknown")
    turned = orientations(part, asked.orientation)
    if not any(is_inside(box, room) for box in turned):
        sentence = "size" if len(turned) > 1 else "size-fixed"
        return Refusal("size", _sized(part), _sized(room), sentence)
    if _is_cut(asked.process) and (bed := offered[1]) and bed.thickness_mm is None:
        thickness_mm = min(box.z_mm for box in turned if is_inside(box, room))
        if thickness_mm > 0:  # how high it is tells nothing of what it cuts through
            return Refusal("thickness-unknown", f"{thickness_mm:g} mm", "unknown")
    return None


def _is_cut(process: str) -> bool:
    return not CUTS.isdisjoint(kinds_of(process))


def _body(asked: Requirement) -> Any:
    part = asked.part_mm
    return part and (part.x_mm, part.y_mm, part.z_mm, asked.process, asked.orientation)


def _room(process: str, envelope: Box | None, sheet: Sheet | None) -> Box | None:
    """Where the part must lie: a blank that is cut lies in the sheet, however high
    the machine is."""
    if sheet is None:
        return envelope
    z_mm = sheet.thickness_mm
    if envelope is None:
        return (
            None if z_mm is None else Box(x_mm=sheet.x_mm, y_mm=sheet.y_mm, z_mm=z_mm)
        )
    if not _is_cut(process):
        return envelope
    return Box(
        x_mm=min(envelope.x_mm, sheet.x_mm),
        y_mm=min(envelope.y_mm, sheet.y_mm),
        z_mm=envelope.z_mm if z_mm is None else min(envelope.z_mm, z_mm),
    )


def _sheet(
    asked: Requirement, offered: tuple[Box | None, Sheet | None]
) -> Refusal | None:
    sheet, (envelope, bed) = asked.sheet, offered
    if sheet is None:
        return None
    if bed is None and envelope is not None:
        bed = Sheet(x_mm=envelope.x_mm, y_mm=envelope.y_mm, thickness_mm=envelope.z_mm)
    if bed is None:
        return Refusal("sheet-unknown", _spread(sheet), "unknown")
    ways = {(sheet.x_mm, sheet.y_mm)}
    if asked.orientation is not Orientation.FIXED:
        ways.add((sheet.y_mm, sheet.x_mm))
    if not any(x_mm <= bed.x_mm and y_mm <= bed.y_mm for x_mm, y_mm in ways):
        return Refusal("sheet", _spread(sheet), _spread(bed))
    if sheet.thickness_mm is None:
        return None
    thickness = f"{sheet.thickness_mm:g} mm"
    if bed.thickness_mm is None:
        return Refusal("thickness-unknown", thickness, "unknown")
    if sheet.thickness_mm > bed.thickness_mm:
        return Refusal("thickness", thickness, f"{bed.thickness_mm:g} mm")
    return None


def _blank(asked: Requirement) -> Any:
    sheet = asked.sheet
    return sheet and (sheet.x_mm, sheet.y_mm, sheet.thickness_mm, asked.orientation)


def _supplies(capability: Capability) -> Supplies:
    return capability.materials, capability.loaded, capability.stocked


def _material(asked: Requirement, offered: Supplies) -> Refusal | None:
    material, (may_run, loaded, stocked) = asked.material, offered
    if material is None:
        return None
    if not is_one_of(material, may_run | loaded):
        return Refusal("material", material, _listed(may_run | loaded))
    if asked.supply is Supply.ANY or is_one_of(material, loaded):
        return None
    if asked.supply is Supply.LOADED:
        return Refusal("material-not-loaded", material, _listed(loaded))
    if is_one_of(material, stocked):
        return None
    return Refusal("material-not-in-stock", material, _listed(stocked))


def _made_of(asked: Requirement) -> Any:
    return None if asked.material is None else (asked.material, asked.supply)


def _dialect(asked: Requirement, offered: frozenset[str]) -> Refusal | None:
    if asked.dialect is None or any(same(asked.dialect, one) for one in offered):
        return None
    is_by_hand = same(asked.dialect, BY_HAND)
    sentence = "dialect-by-hand" if is_by_hand else ""
    return Refusal("dialect", asked.dialect, _listed(offered), sentence)


def _tolerance(asked: Requirement, offered: str | None) -> Refusal | None:
    if asked.tolerance is None:
        return None
    if offered is None:
        return Refusal("tolerance-unknown", asked.tolerance, "unknown")
    if is_held(
        offered,
        asked.tolerance,
        up_to_mm=_longest_mm(asked),
        at_mm=asked.toleranced_mm,
    ):
        return None
    return Refusal("tolerance", asked.tolerance, offered)


def _exactness(asked: Requirement) -> Any:
    if asked.tolerance is None:
        return None
    return asked.tolerance, asked.toleranced_mm, _longest_mm(asked)


def _feature(asked: Requirement, tool_mm: float | None) -> Refusal | None:
    if asked.feature_mm is None:
        return None
    feature = f"{asked.feature_mm:g} mm"
    if tool_mm is None:
        return Refusal("feature-unknown", feature, "unknown")
    if tool_mm <= asked.feature_mm:
        return None
    return Refusal("feature", feature, f"{tool_mm:g} mm")


def _power(asked: Requirement, power_w: float | None) -> Refusal | None:
    if asked.power_w is None:
        return None
    if power_w is None:
        return Refusal("power-unknown", f"{asked.power_w:g} W", "unknown")
    if asked.power_w <= power_w:
        return None
    return Refusal("power", f"{asked.power_w:g} W", f"{power_w:g} W")


def _pieces(asked: Requirement, pieces_max: int | None) -> Refusal | None:
    if pieces_max is None or asked.pieces <= pieces_max:
        return None
    return Refusal("pieces", str(asked.pieces), str(pieces_max))


def _certificates(asked: Requirement, offered: frozenset[str]) -> Refusal | None:
    held = {one.strip().casefold() for one in offered}
    lacking = [one for one in asked.certificates if one.strip().casefold() not in held]
    if not lacking:
        return None
    return Refusal("certificate", _listed(frozenset(lacking)), _listed(offered))


def _training(asked: Requirement, offered: tuple[bool, Any]) -> Refusal | None:
    (needed, trained), day = offered, asked.day
    if not needed or (trained and day is None):
        return None
    if day is not None and any(one.from_day <= day <= one.until_day for one in trained):
        return None
    sentence = "nobody-trained" if trained else "nobody-trained-ever"
    return Refusal("nobody-trained", "", "", sentence)


def _access(asked: Requirement, offered: str | None) -> Refusal | None:
    open_to = {access_named(one) for one in asked.access}
    if not open_to or (offered is not None and access_named(offered) in open_to):
        return None
    sentence = "" if offered else "access-unknown"
    return Refusal("access", _listed(asked.access), offered or "unknown", sentence)


CHECKS: Final = (
    Check(lambda machine: machine.processes, lambda asked: asked.process, _process),
    Check(
        lambda machine: machine.machine_kind,
        lambda asked: asked.machine_kind,
        _machine_kind,
    ),
    Check(_area, _body, _size),
    Check(_area, _blank, _sheet),
    Check(_supplies, _made_of, _material),
    Check(lambda machine: machine.dialects, lambda asked: asked.dialect, _dialect),
    Check(lambda machine: machine.tolerance, _exactness, _tolerance),
    Check(lambda machine: machine.tool_mm, lambda asked: asked.feature_mm, _feature),
    Check(lambda machine: machine.power_w, lambda asked: asked.power_w, _power),
    Check(lambda machine: machine.pieces_max, lambda asked: asked.pieces, _pieces),
    Check(
        lambda machine: machine.certificates,
        lambda asked: asked.certificates or None,
        _certificates,
    ),
    Check(
        lambda machine: (machine.training_needed, machine.trained),
        lambda asked: (asked.day,),  # also without a day: somebody must be trained
        _training,
    ),
    Check(lambda machine: machine.access, lambda asked: asked.access or None, _access),
)


def _longest_mm(asked: Requirement) -> float:
    part, sheet = asked.part_mm, asked.sheet
    sizes = [part.x_mm, part.y_mm, part.z_mm] if part else []
    sizes += [sheet.x_mm, sheet.y_mm] if sheet else []
    return max(sizes, default=0) or ANY_SIZE_MM


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))


def _sized(box: Box) -> str:
    return f"{box.x_mm:g} × {box.y_mm:g} × {box.z_mm:g} mm"


def _spread(sheet: Sheet) -> str:
    return f"{sheet.x_mm:g} × {sheet.y_mm:g} mm"
