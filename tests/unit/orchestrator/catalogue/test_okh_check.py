"""What is wrong or missing is told with its line and what to write instead."""

import pytest

from orchestrator.catalogue.okh_check import Finding, findings
from orchestrator.catalogue.okh_document import read_document
from orchestrator.catalogue.okh_size import (
    InvalidSizeError,
    UnknownUnitError,
    size_mm,
)

WHOLE = b"""okhv = "2.4"
name = "Clamp"
license = "MIT"
licensor = "Ada"
function = "Holds."

[[part]]
name = "Jaw"
tsdc = "3DP"
material = "PLA"
export = "jaw.stl"

[[part]]
name = "Plate"
tsdc = ["CNC"]
material = "EN AW-2017A"
outer-dimensions = { openSCAD = "cube(size = [10,20,3]", unit = "mm" }
"""


def told(data: bytes, name: str = "okh.toml") -> list[Finding]:
    return findings(read_document(data, name=name))


def test_a_whole_manifest_has_nothing_to_mend() -> None:
    assert told(WHOLE) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "field", "line"),
    [
        (b'material = "PLA"', b"", "missing", "part.0.material", 7),
        (b'tsdc = ["CNC"]', b"", "missing", "part.1.tsdc", 13),
        (b', unit = "mm"', b"", "missing", "part.1.outer-dimensions", 17),
        (b"[10,20,3]", b"[10,20]", "wrong", "part.1.outer-dimensions", 17),
        (b'export = "jaw.stl"', b"", "missing", "part.0.outer-dimensions", 7),
        (b'"MIT"', b'"freeware"', "wrong", "license", 3),
        (b'"MIT"', b'"LicenseRef-CC-BY-SA-3.0"', "note", "license", 3),
        (b'"Clamp"', b'"Clamp\\n"', "note", "name", 2),
        (b'"Clamp"', b"7", "wrong", "name", 2),
        (b'function = "Holds."', b"x = nan", "wrong", "x", 5),
        (b'"Ada"', b'"Ada"\nforkOf = "a"\nfork-of = "b"', "wrong", "forkOf", 5),
    ],
)
def test_each_defect_has_its_line(
    old: bytes, new: bytes, kind: str, field: str, line: int
) -> None:
    assert old in WHOLE
    found = told(WHOLE.replace(old, new, 1))
    assert (kind, field, line) in {(f.kind, f.field, f.line) for f in found}
    assert all(f.remedy for f in found)


def test_lines_of_yaml_and_json_are_told_too() -> None:
    yaml = b"%YAML 1.2\n---\ntitle: a\nlicense:\n  hardware: freeware\n"
    assert ("license", 4) in {(f.field, f.line) for f in told(yaml, "okh.yml")}
    text = b'{\n "name": "a",\n "license": "freeware"\n}'
    assert ("license", 3) in {(f.field, f.line) for f in told(text, "okh.json")}


def test_latin_1_is_told_with_the_line_to_look_at() -> None:
    data = WHOLE.replace(b"Ada", b"Ad\xe4")
    (finding,) = told(data)
    assert "line 4" in finding.what
    assert "UTF-8" in finding.remedy


def test_an_assembly_needs_neither_material_nor_size() -> None:
    joined = WHOLE.partition(b"\n[[part]]")[0] + b'tsdc = "ASM"\n'
    assert told(joined) == []


@pytest.mark.parametrize(
    "value",
    [
        {"openSCAD": "cube(size = [10,20,30])", "unit": "mm"},
        {"openSCAD": "cube(size = [1,2,3]", "unit": "cm"},
        "10 x 20 x 30 mm",
        "10x20x30mm",
        "cube([10, 20, 30]) mm",
        {"width": 10, "depth": 20, "height": 30, "unit": "mm"},
        {"widht": "10 mm", "length": "20 mm", "height": "30 mm"},
        {"width-mm": 10, "depth-mm": 20.0, "height-mm": 30},
        [{"width": 10, "unit": "mm"}, {"depth": 20}, {"height": 30}],
        ["10 mm", "20 mm", "30 mm"],
    ],
)
def test_sizes_in_every_shape(value: object) -> None:
    assert size_mm(value) == (10, 20, 30)


def test_round_things_have_the_box_around_them() -> None:
    cylinder = {"openSCAD": "cylinder(h=163, r=22.5)", "unit": "mm"}
    assert size_mm(cylinder) == (45, 45, 163)
    assert size_mm("sphere(d=10) mm") == (10, 10, 10)


@pytest.mark.parametrize(
    "value", [[10, 20, 30], "10 x 20 x 30", {"x": 1, "y": 2, "z": 3}]
)
def test_without_a_unit_it_is_asked_for(value: object) -> None:
    with pytest.raises(UnknownUnitError, match="inch"):
        size_mm(value)


@pytest.mark.parametrize(
    "value",
    [None, 7, True, "big", [], [1, 2], [float("nan")] * 3, {"x": -1, "y": 1, "z": 1},
     "10 x 20 mm", {"unit": 3}, [[1], [2], [3]], "9" * 100_000, {"openSCAD": "cube("}],
)  # fmt: skip
def test_what_is_no_size_is_refused(value: object) -> None:
    with pytest.raises(InvalidSizeError):
        size_mm(value)
