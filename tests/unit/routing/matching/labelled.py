"""Parts × machines with a label and its reason, from real labs' machines and real sizes.

The labels follow from the catalogue's own figures by a rule that shares nothing with the
matcher: a box fits in any orientation if and only if its sides, sorted, are each at most
the machine's sides, sorted; technologies are told apart by the catalogue's own words.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from routing.matching.problem import Box, Capability, Orientation, Requirement, Sheet
from tests.data import DATA

PROCESS_OF = {
    "FDM": "3DP-FDM",
    "SLA": "3DP-SLA",
    "SLS": "3DP-SLS",
    "DLP": "3DP-DLP",
    "CJP": "3DP-BIN",
    "PolyJet": "3DP-MJT",
}
OTHER = {"3DP-FDM": "3DP-SLA", "3DP-SLA": "3DP-FDM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One part beside one machine of one lab, and whether it can be made there."""

    requirement: Requirement
    capability: Capability
    can: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What the catalogue says of a model of printer."""

    process: str
    materials: frozenset[str]
    sides_mm: tuple[float, float, float]


def real_cases() -> list[Case]:
    """Every case that the rule makes of every real link between a lab and a machine."""
    cases: list[Case] = []
    parts = list(_real_parts())
    for lab, name, model in _links():
        capability = Capability(
            machine=f"{lab}/{name}",
            facility=lab,
            processes=frozenset({model.process}),
            envelope_mm=_box(*model.sides_mm),
            materials=model.materials,
        )
        cases += _by_size(capability, model)
        cases += _by_kind(capability, model)
        cases += _by_real_part(capability, model, parts)
    return cases + list(_sheets())


def _by_size(capability: Capability, model: Model) -> Iterator[Case]:
    low, mid, high = sorted(model.sides_mm)
    x_mm, y_mm, z_mm = model.sides_mm
    shapes = [
        ((high, low, mid), "its sides are exactly the machine's, in another order"),
        ((0.9 * mid, 0.9 * high, 0.9 * low), "a tenth smaller, turned"),
        ((1, 1, high), "as long as the longest side"),
        ((1, 1, high + 1), "1 mm longer than the longest side"),
        ((low + 1, low + 1, low + 1), "a cube 1 mm larger than the shortest side"),
        ((high, mid + 0.5, 1), "0.5 mm broader than the middle side"),
    ]
    for sides, reason in shapes:
        can = all(
            part <= room
            for part, room in zip(sorted(sides), (low, mid, high), strict=True)
        )
        yield Case(
            requirement=Requirement(process=model.process, part_mm=_box(*sides)),
            capability=capability,
            can=can,
            reason=reason,
        )
    yield Case(
        requirement=Requirement(
            process=model.process,
            part_mm=_box(y_mm, x_mm, z_mm),
            orientation=Orientation.UPRIGHT,
        ),
        capability=capability,
        can=True,
        reason="turned about the vertical it is the machine's size",
    )
    yield Case(
        requirement=Requirement(
            process=model.process,
            part_mm=_box(1, 1, z_mm + 1),
            orientation=Orientation.UPRIGHT,
        ),
        capability=capability,
        can=False,
        reason="stands 1 mm too high and may not be laid down",
    )


def _by_kind(capability: Capability, model: Model) -> Iterator[Case]:
    small = _box(5, 5, 5)
    wanted = [
        (Requirement(process="3DP", part_mm=small), True, "any printing will do"),
        (
            Requirement(process="laser cutting", part_mm=small),
            False,
            "a printer cuts with no laser",
        ),
        (
            Requirement(process=OTHER.get(model.process, "3DP-FDM"), part_mm=small),
            False,
            "another technology of printing",
        ),
        (
            Requirement(process="3DP", part_mm=small, material="unobtainium"),
            False,
            "a material that the catalogue does not name",
        ),
    ]
    wanted += [
        (Requirement(process="3DP", part_mm=small, material=material), True, "named")
        for material in sorted(model.materials)[:2]
    ]
    for requirement, can, reason in wanted:
        yield Case(
            requirement=requirement, capability=capability, can=can, reason=reason
        )


def _by_real_part(
    capability: Capability, model: Model, parts: list[tuple[float, float, float]]
) -> Iterator[Case]:
    room = sorted(model.sides_mm)
    for part in parts:
        yield Case(
            requirement=Requirement(process="3D printing", part_mm=_box(*part)),
            capability=capability,
            can=all(
                side <= most for side, most in zip(sorted(part), room, strict=True)
            ),
            reason="a part of a published manifest, its sides sorted beside the machine's",
        )


def _sheets() -> Iterator[Case]:
    """Lasers of the catalogue: how thick they cut is not told there."""
    for row in _rows("laser.csv"):
        sides = _numbers(row["Working Area"], 2)
        if sides is None:
            continue
        short, long = sorted(sides)
        bed = Sheet(x_mm=sides[0], y_mm=sides[1])
        capability = Capability(
            machine=row["model"], processes=frozenset({"LAS-CUT"}), sheet=bed
        )
        wanted = [
            (Sheet(x_mm=short, y_mm=long), True, "the size of the bed, turned"),
            (Sheet(x_mm=long + 1, y_mm=short), False, "1 mm longer than the bed"),
            (Sheet(x_mm=short + 1, y_mm=long), short == long + 1, "1 mm too broad"),
            (
                Sheet(x_mm=10, y_mm=10, thickness_mm=3),
                False,
                "how thick it cuts is not known",
            ),
        ]
        for sheet, can, reason in wanted:
            yield Case(
                requirement=Requirement(process="Laserschneiden", sheet=sheet),
                capability=capability,
                can=can,
                reason=reason,
            )


def _links() -> Iterator[tuple[str, str, Model]]:
    models = _models()
    links = json.loads((DATA / "okw" / "fablabs_io_machines_336.json").read_text())
    for link in links:
        file, brand, size = link["catalog"] or ("", "", "")
        sides = _numbers(size, 3)
        model = models.get((brand, sides)) if sides else None
        if file == "3d_printers.csv" and model is not None:
            for lab in link["labs"]:
                yield lab, link["name"], model


def _models() -> dict[tuple[str, tuple[float, ...]], Model]:
    """Those whose maker and size name one technology; others would be guessed."""
    models: dict[tuple[str, tuple[float, ...]], Model] = {}
    unclear: set[tuple[str, tuple[float, ...]]] = set()
    for row in _rows("3d_printers.csv"):
        process = PROCESS_OF.get(row["Technology"].split(" ")[0])
        sides = _numbers(row["Build Size"], 3)
        if process is None or sides is None:
            continue
        named = re.sub(r"\band \+\d+ materials?", "", row["Materials"]).split(",")
        materials = frozenset(name.strip() for name in named if name.strip())
        key = (row["Brand"], sides)
        known = models.setdefault(
            key, Model(process=process, materials=materials, sides_mm=sides)
        )
        if known.process != process:
            unclear.add(key)
    return {key: model for key, model in models.items() if key not in unclear}


def _real_parts() -> Iterator[tuple[float, float, float]]:
    cube = re.compile(r"cube\(size = \[\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*\]")
    for path in sorted(
        (DATA / "okh" / "manifests" / "manually-created").rglob("*.toml")
    ):
        for found in cube.finditer(path.read_text(errors="replace")):
            x_mm, y_mm, z_mm = map(float, found.groups())
            yield x_mm, y_mm, z_mm


def _rows(name: str) -> Iterator[dict[str, str]]:
    path = DATA / "okw" / "machines-catalog" / name
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    found = re.findall(r"\d+(?:\.\d+)?", text)
    is_whole = len(found) == count and "mm" in text
    return tuple(map(float, found)) if is_whole else None


def _box(x_mm: float, y_mm: float, z_mm: float) -> Box:
    return Box(x_mm=x_mm, y_mm=y_mm, z_mm=z_mm)
