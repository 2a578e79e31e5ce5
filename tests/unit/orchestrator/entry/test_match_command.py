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
        ("requirements", '"feature_mm": 0.5', '"tolerance": "tight"', "IT5 to IT18"),
        ("requirements", '"id": "shade"', '"id": "housing"', "housing is there twice"),
        ("requirements", '"day"', '"date"', "0.date"),
        ("facilities", '"id": "laser-1"', '"id": "printer-1"', "printer-1 is there"),
        ("facilities", '"processes": ["3DP-FDM"],', "", "processes"),
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


def test_no_such_file(tmp_path: Path, files: dict[str, Path]) -> None:
    result = run(files | {"facilities": tmp_path / "none.json"})
    assert result.exit_code == 2
    assert "No such file" in result.stderr
