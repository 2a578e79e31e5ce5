"""`fabcommons match` answers as its page says, on the page's own files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestrator.entry.command import app

PAGE = Path(__file__).resolve().parents[4] / "docs" / "matching.md"
FILES = ("requirements", "facilities")


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
