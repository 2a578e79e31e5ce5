"""The goals must be able to be missed: a failed run may never look like a good one."""

import math
from pathlib import Path
from typing import Any

from benchmarks.couriers import plot
from benchmarks.couriers.summary import (
    fleet_ratio,
    gaps,
    goals,
    not_worse_percent,
    runs_told,
    table,
)


def row(contestant: str = "fabcommons", **changed: Any) -> dict[str, Any]:
    return {
        "instance": "lr101",
        "family": "Li & Lim",
        "size": 100,
        "objective": "fleet",
        "contestant": contestant,
        "version": "1",
        "seed": 1,
        "budget_s": 1.0,
        "best_vehicles": 10,
        "best_distance": 100.0,
        "vehicles": 10,
        "distance": 100.0,
        "gap_percent": 0.0,
        "cpu_s": 1.0,
        "first_plan_s": 0.0005,
        "thousand_iterations_per_s": 90.0,
        "verdict": "valid",
    } | changed


FAILED = {"verdict": "failed: no answer after 190 s", "vehicles": None}


def test_a_failed_run_spoils_fleet_and_goals() -> None:
    rows = [row(), row(instance="lr102", **FAILED)]
    assert math.isnan(fleet_ratio(rows))
    missed = {goal.name for goal in goals(rows) if not goal.is_met}
    assert missed == {"Li & Lim 100, 1 s: valid plans", "Li & Lim 100, 1 s: fleet"}
    assert table(rows)[0]["valid"] == "1 of 2"


def test_all_goals_are_met_by_best_known_plans() -> None:
    assert all(goal.is_met for goal in goals([row(), row("pyvrp", distance=100.1)]))


def test_gap_is_of_runs_with_the_best_known_fleet_only() -> None:
    rows = [row(gap_percent=2.0), row(vehicles=11, distance=90.0, gap_percent=None)]
    assert gaps(rows) == [2.0]
    assert fleet_ratio(rows) == 21 / 20


def test_vehicles_come_before_distance_and_two_decimals_are_equal() -> None:
    def share(ours: dict[str, Any], peer: dict[str, Any], objective: str) -> float:
        return not_worse_percent([row(**ours)], [row("pyvrp", **peer)], objective)

    assert share({"vehicles": 9, "distance": 200.0}, {}, "fleet") == 100
    assert share({"vehicles": 9, "distance": 200.0}, {}, "distance") == 0
    assert share({"distance": 100.004}, {}, "fleet") == 100
    assert share({"distance": 100.01}, {}, "fleet") == 0
    assert share(FAILED, {}, "fleet") == 0
    assert share({}, FAILED, "fleet") == 100


def test_who_cannot_express_a_set_is_said_and_not_compared() -> None:
    rows = [row(), row("commiv", verdict="cannot: one depot only", vehicles=None)]
    assert not [goal for goal in goals(rows) if "commiv" in goal.name]
    assert table(rows)[1]["valid"] == "cannot: one depot only"


def test_the_same_rows_draw_the_same_bytes(tmp_path: Path) -> None:
    rows = [row(), row("pyvrp", gap_percent=1.0), row(size=200, instance="lr1_2_1")]
    for name in ("one.svg", "two.svg"):
        plot.draw(rows, tmp_path / name)
    first = (tmp_path / "one.svg").read_bytes()
    assert first == (tmp_path / "two.svg").read_bytes()
    assert b"fabcommons" in first


def test_who_had_which_instances_and_seeds_is_told() -> None:
    rows = [row(), row(seed=2), row("pyvrp"), row("ortools")]
    assert runs_told(rows) == [
        "Li & Lim 100, 1 s, instances (seeds): fabcommons: lr101 (1,2); "
        "pyvrp, ortools: lr101 (1)."
    ]
