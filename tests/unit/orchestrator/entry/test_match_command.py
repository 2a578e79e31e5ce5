"""`fabcommons match` answers as its page says, on the page's own files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from orchestrator.entry.command import app

PAGE = Path(__file__).resolve().parents[4] / "docs" / "matching.md"
FILES = ("requirements", "facilities")
OKW = """name: Workshop
access_type: Membership
certifications: [ISO 9001]
equipment:
  - name: Printer
    make: Prusa
    manufacturing_process: https://en.wikipedia.org/wiki/Fused_filament_fabrication
    fabcommons_work_envelope_mm: [250, 210, 200]
    fabcommons_work_envelope_source: measured
    fabcommons_materials: [PETG]
    fabcommons_tool_mm: 0.4 mm
  - name: Laser cutter
    colour: red
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    page = PAGE.read_text()
    paths = {}
    for name in FILES:
        found = re.search(rf"<!-- {name} -->\n```json\n(.*?)```", page, re.S)
        assert found
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(found[1])
    return paths


def run(files: dict[str, Path], *more: str) -> Result:
    named = [word for name in FILES for word in (f"--{name}", str(files[name]))]
    return CliRunner().invoke(app, ["match", *named, *more])


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_files_of_the_page(files: dict[str, Path]) -> None:
    result = run(files, "--json", "--language", "de")
    assert result.exit_code == 1, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    housing, shade = answer["requirements"]
    assert housing["process"] == "3DP-FDM"
    assert [match["machine"] for match in housing["matches"]] == ["printer-1"]
    assert housing["matches"][0] | {"setup_needed": True} == housing["matches"][0]
    (told,) = housing["matches"][0]["told"]
    assert (told["field"], told["source"]) == ("tool_mm", "measured")
    assert isinstance(told["age_days"], int)
    assert shade["count"] == 0
    assert shade["refused"] == {"process": 1, "material-not-in-stock": 1}
    texts = [r["text"] for one in shade["rejected"] for r in one["reasons"]]
    assert "plywood muss vorrätig sein, das Lab von laser-1 hat acrylic" in texts
    (lamp,) = answer["designs"]
    (lab,) = lamp["facilities"]
    assert lab["made"] == ["housing"]
    assert lab["lacking"][0]["nearest"] == "laser-1"
    assert answer["unknown_processes"] == []


def test_what_the_design_allows_is_exchanged(files: dict[str, Path]) -> None:
    changed(files["facilities"], '"materials": ["PLA", "PETG"]', '"materials": ["PLA"]')
    answer = json.loads(run(files, "--json", "--brief").stdout)
    housing = answer["requirements"][0]
    assert housing["matches"][0]["substituted"] == ["PLA"]
    assert not housing["matches"][0]["setup_needed"]
    assert "rejected" not in housing


def test_a_training_that_ended_is_told(files: dict[str, Path]) -> None:
    changed(files["requirements"], "2026-12-01", "2027-01-01")
    answer = json.loads(run(files, "--json").stdout)
    assert answer["requirements"][0]["refused"] == {"nobody-trained": 1, "process": 1}


def test_all_can_be_made(files: dict[str, Path]) -> None:
    changed(files["facilities"], '["acrylic"]', '["plywood"]')
    result = run(files)
    assert result.exit_code == 0
    assert "shade: 1 can (lab-harbour/laser-1)" in result.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("requirements", "[180, 120, 60]", "[180, 120, NaN]", "requirements"),
        ("requirements", "[180, 120, 60]", "[180, 120, -1]", "0.part_mm.2"),
        ("requirements", '"supply": "stock"', '"supply": "moon"', "1.supply"),
        ("requirements", '"feature_mm": 0.5', '"tolerance": "tight"', "IT1 to IT18"),
        ("requirements", '"id": "shade"', '"id": "housing"', "housing is there twice"),
        ("requirements", '"day"', '"date"', "0.date"),
        ("facilities", '"id": "laser-1"', '"id": "printer-1"', "printer-1 is there"),
        ("facilities", '"processes": ["3DP-FDM"],', "", "processes"),
        ("requirements", "[180, 120, 60]", '["7", 120, 60]', "0.part_mm.0"),
        ("requirements", "[180, 120, 60]", '["7 kg", 120, 60]', "no amount of mm"),
        ("requirements", "[180, 120, 60]", "[180, 120]", "0.part_mm"),
        ("requirements", "[180, 120, 60]", "[true, 120, 60]", "0.part_mm.0"),
        ("requirements", "[500, 300, 3]", "[500]", "1.sheet_mm"),
        ("requirements", '"process": "FDM"', '"process": " "', "0.process"),
        ("requirements", "2026-12-01", "2026-02-30", "0.day"),
        ("facilities", "[250, 210, 210]", "[250, 210, 1e400]", "envelope_mm"),
    ],
)
def test_a_bad_file_is_named_with_the_place(
    files: dict[str, Path], file: str, old: str, new: str, place: str
) -> None:
    changed(files[file], old, new)
    result = run(files)
    assert result.exit_code == 2
    assert str(files[file]) in result.stderr
    assert place in result.stderr


def test_units_may_be_written(files: dict[str, Path]) -> None:
    changed(files["requirements"], "[180, 120, 60]", '["7 in", "12 cm", 60]')
    changed(files["facilities"], "[250, 210, 210]", '["250 mm", "21cm", 210]')
    changed(files["requirements"], '"design": "lamp",', '"x-label": {"can": true},')
    answer = json.loads(run(files, "--json").stdout)
    assert answer["requirements"][0]["count"] == 1
    changed(files["requirements"], "7 in", "10 in")
    answer = json.loads(run(files, "--json").stdout)
    (reason,) = answer["requirements"][0]["rejected"][1]["reasons"]
    assert reason["required"] == "254 × 120 × 60 mm"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff\xfe{\x00", b"{", b"[" * 100_000, b'"\xe9"', b"\x00"]
)
def test_what_is_no_such_file(files: dict[str, Path], body: bytes) -> None:
    files["facilities"].write_bytes(body)
    result = run(files)
    assert result.exit_code == 2
    assert str(files["facilities"]) in result.stderr


def test_a_byte_order_mark_does_no_harm(files: dict[str, Path]) -> None:
    text = files["facilities"].read_text()
    files["facilities"].write_text(text, encoding="utf-8-sig")
    assert run(files).exit_code == 1


def test_many_wrong_places_are_named_at_once(files: dict[str, Path]) -> None:
    text = files["requirements"].read_text().replace('"id"', '"name"')
    files["requirements"].write_text(text)
    errors = run(files).stderr
    assert "0.id" in errors
    assert "1.name" in errors


def test_no_such_file(tmp_path: Path, files: dict[str, Path]) -> None:
    result = run(files | {"facilities": tmp_path / "none.json"})
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_yaml_and_toml_say_the_same(files: dict[str, Path], tmp_path: Path) -> None:
    told = {name: json.loads(files[name].read_text()) for name in FILES}
    expected = run(files, "--json").stdout
    yaml_files = {name: tmp_path / f"{name}.yaml" for name in FILES}
    for name in FILES:
        text = yaml.safe_dump(told[name], allow_unicode=True)
        yaml_files[name].write_text(text, encoding="utf-8")
    assert run(yaml_files, "--json").stdout == expected
    toml = tmp_path / "requirements.toml"
    steps = told["requirements"]["requirements"]
    toml.write_text(
        "".join(
            "[[requirements]]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in step.items())
            for step in steps
        ).replace('"2026-12-01"', "2026-12-01")
    )
    assert run(files | {"requirements": toml}, "--json").stdout == expected


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.json", '{"requirements": [], "requirements": []}', "appears twice"),
        ("a.yaml", "requirements:\n  - id: a\n    id: b", "line 3: field 'id' appears"),
        ("a.yaml", "requirements:\n  - &a {id: a, process: FDM}\n  - *a", "line 3"),
        ("a.yaml", "requirements: [{id: a, process: FDM, power_w: '5'}]", "power_w"),
        ("a.yaml", "requirements: [{id: a, process: FDM, power_w: .inf}]", "power_w"),
        ("a.toml", "requirements = [", "as TOML"),
        ("a.yaml", "a: [", "as YAML"),
        ("a.yaml", "", "dictionary"),
    ],
)
def test_a_slip_is_named(
    files: dict[str, Path], tmp_path: Path, name: str, text: str, place: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = run(files | {"requirements": path})
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert place in result.stderr


def test_a_folder_of_okw(files: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "okw"
    (folder / "more").mkdir(parents=True)
    (folder / "one.yml").write_text(OKW)
    (folder / "more" / "two.json").write_text(
        '{"name": "Workshop", "manufacturing_processes": ["FDM"]}'
    )
    (folder / "three.json").write_text('{"location": {}, "equipment": []}')
    (folder / "four.json").write_text('{"name": "Shed", "equipment": "a saw"}')
    result = run(files | {"facilities": folder}, "--json")
    assert result.exit_code == 1
    assert "three.json: facility 1: it has no name" in result.stderr
    assert "four.json: Shed: its equipment is no list" in result.stderr
    housing, shade = json.loads(result.stdout)["requirements"]
    (match,) = housing["matches"]
    assert (match["facility"], match["machine"]) == ("Workshop (2)", "Printer")
    assert match["told"][0]["source"] == "measured"
    assert {(r["facility"], r["machine"]) for r in housing["rejected"]} == {
        ("Workshop", "lab"),
        ("Workshop (2)", "Laser cutter"),
    }
    assert shade["refused"] == {"process": 2, "sheet-unknown": 1}


def test_what_has_machines_is_no_okw(files: dict[str, Path]) -> None:
    changed(files["facilities"], '"access": "public",', '"location": {},')
    result = run(files)
    assert result.exit_code == 2
    assert "facilities.0.location" in result.stderr


def test_an_empty_folder_and_no_lab(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    result = run(files | {"facilities": tmp_path / "none"})
    assert result.exit_code == 2
    assert "no file that ends in" in result.stderr
    files["facilities"].write_text('{"facilities": []}')
    answer = json.loads(run(files, "--json").stdout)
    assert [one["count"] for one in answer["requirements"]] == [0, 0]
    assert answer["designs"] == [{"design": "lamp", "facilities": []}]
