"""One run that hangs, or a set that a solver has no words for, must cost one row only."""

import json
import os
from pathlib import Path

import pytest

from benchmarks import contest
from benchmarks.contest import Row
from benchmarks.couriers import runs
from benchmarks.couriers.runs import Plan, budget_s, size_class
from tests.unit.benchmarks.instances import LI_LIM, MDVRPTW, written


def rows_of(path: Path, out: Path | None, *, seeds: int = 1, **asked: str) -> list[Row]:
    plan = Plan(
        files=[path],
        contestants=[asked.get("contestant", "commiv")],
        seeds=range(1, seeds + 1),
        cpu_s=0.05,
        objective=None,
        core=max(os.sched_getaffinity(0)),
    )
    return [*runs.run(plan, out)]


def test_a_run_is_judged_kept_and_not_repeated(tmp_path: Path) -> None:
    written(tmp_path / "best_known.csv", "instance,vehicles,distance\nlr101,1,15.5\n")
    path = written(tmp_path / "lr101.txt", LI_LIM)
    out = tmp_path / "rows.jsonl"
    (row,) = rows_of(path, out)
    assert (row["verdict"], row["size"], row["objective"]) == ("valid", 100, "fleet")
    assert row["vehicles"] == len(row["routes"])
    assert sorted(node for _, *nodes in row["routes"] for node in nodes) == [1, 2, 3, 4]
    assert contest.load([out], runs.KEY) == [row]

    marked = row | {"verdict": "kept"}
    out.write_text(json.dumps(marked) + "\n")
    again = rows_of(path, out, seeds=2)
    assert [r["verdict"] for r in again] == ["kept", "valid"]
    assert len(out.read_text().splitlines()) == 2


def test_who_has_no_words_for_a_set_says_so(tmp_path: Path) -> None:
    (row,) = rows_of(written(tmp_path / "tiny.vrp", MDVRPTW), None)
    assert row["verdict"] == "cannot: one depot only"
    assert row["objective"] == "distance"


def test_a_hang_costs_its_row_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "WALL_FACTOR", 0)
    monkeypatch.setattr(contest, "WALL_EXTRA_S", 0.01)
    (row,) = rows_of(written(tmp_path / "lr101.txt", LI_LIM), None)
    assert row["verdict"].startswith("failed: no answer")


def test_without_a_seed_one_run_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path / "lr101.txt", LI_LIM)
    rows = rows_of(path, None, seeds=3, contestant="ortools")
    assert [row["seed"] for row in rows] == [1]


def test_time_and_class_grow_with_the_size() -> None:
    times = [budget_s(tasks) for tasks in (100, 200, 400, 600, 800, 1_000)]
    assert times == [1, 3, 20, 25, 25, 30]
    assert [size_class(tasks) for tasks in (52, 100, 101, 960, 5_000)] == [
        100,
        100,
        200,
        1_000,
        1_000,
    ]
