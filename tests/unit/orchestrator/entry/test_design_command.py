"""`fabcommons design check` judges each manifest; one bad file spoils no other."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.entry.command import app

WHOLE = """okhv = "2.4"
name = "Clamp"
license = "MIT"
licensor = "Ada"
function = "Holds."
tsdc = "3DP"
material = "PLA"
export = "clamp.stl"
"""


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["design", "check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_a_whole_design_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "okh.toml").write_text(WHOLE)
    code, output = run(str(tmp_path))
    assert code == 0
    assert "1 manifests, 1 read, 1 kept whole" in output
    assert " MB" in output


def test_what_is_missing_is_told_with_line_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "okh.toml"
    file.write_text(WHOLE.replace("MIT", "freeware"))
    code, output = run(str(file))
    assert code == 1
    assert f"{file}:3: wrong: 'freeware' is no SPDX expression" in output
    assert "https://spdx.org/licenses/" in output


def test_a_bad_file_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("name = = 1\n")
    (tmp_path / "b.yml").write_text("a: &a [*a]\n")
    (tmp_path / "c.json").write_bytes(b"{" * 300_000)
    (tmp_path / "d.toml").write_text(WHOLE)
    (tmp_path / "e.toml").symlink_to("/dev/zero")
    (tmp_path / "f.json").write_bytes(b"\xff\xfe\x00")
    code, output = run(str(tmp_path), "--json")
    told = json.loads(output)
    assert code == 1
    assert told["summary"]["manifests"] == 5
    assert told["summary"]["read"] == told["summary"]["routable"] == 1
    first = told["manifests"][0]
    assert (first["read"], first["findings"][0]["line"]) == (False, 1)


def test_a_manifest_that_grows_as_2_4_is_judged_too(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "".join(f"k{n}: {44 * 'v'}\n" for n in range(4_900))
    )
    _code, output = run(str(tmp_path))
    assert "1 read, 1 kept whole" in output


def test_a_name_of_ten_thousand_parts_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("name = 'x'\n" + ".".join(["a"] * 10_000) + " = 1")
    code, output = run(str(tmp_path))
    assert code == 1
    assert "line 2: nested deeper than 16" in output


@pytest.mark.parametrize("name", ["", "nothing.toml"])
def test_nothing_to_read_is_its_own_answer(tmp_path: Path, name: str) -> None:
    assert run(os.fspath(tmp_path / name))[0] == 2
