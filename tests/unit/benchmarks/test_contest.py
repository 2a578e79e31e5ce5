"""What a contest is told is refused in words before anything runs."""

import json
from pathlib import Path

import pytest

from benchmarks import contest
from benchmarks.contest import Row

KEY = ("instance", "seed")


def no_runs() -> list[Row]:
    pytest.fail("nothing is to run")


def test_an_unknown_peer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    parser = contest.arguments("room", ["one", "two"])
    assert parser.parse_args(["--peers", "two,one"]).peers == ["two", "one"]
    with pytest.raises(SystemExit):
        parser.parse_args(["--peers", "one,four,three"])
    assert "no such peer: four, three" in capsys.readouterr().err


def test_a_path_that_is_not_there_ends_it(tmp_path: Path) -> None:
    told = contest.arguments("room", []).parse_args([str(tmp_path / "nothing")])
    with pytest.raises(SystemExit, match="nothing is not there"):
        contest.rows_of(told, no_runs, key=KEY, figures=())
    told = contest.arguments("room", []).parse_args([])
    with pytest.raises(SystemExit, match="no runs"):
        contest.rows_of(told, list, key=KEY, figures=())


def test_rows_of_files_are_taken_as_they_are_the_later_of_two(tmp_path: Path) -> None:
    rows = [{"instance": "a", "seed": 1, "cost": cost} for cost in (5, 3)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = contest.arguments("room", []).parse_args(["--rows", str(file)])
    assert contest.rows_of(told, no_runs, key=KEY, figures=()) == [rows[1]]
