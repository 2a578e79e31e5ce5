"""What is told of deciding together counts days that were planned in every way."""

import pytest

from benchmarks.contest import Row
from benchmarks.joint.__main__ import cases_of
from benchmarks.joint.arms import ARMS
from benchmarks.joint.runs import making_least_cents
from routing.joint.problem import JointProblem, Mode, Task


def rows_of_day(seed: int, joint_cents: int, other_cents: int) -> list[Row]:
    return [
        {
            "region": "Helsinki",
            "orders": 20,
            "seed": seed,
            "arm": arm,
            "cpu_s": 2.0,
            "cents": joint_cents if arm == "joint" else other_cents,
            "left_out": 0,
            "labs": 4,
            "machines": 20,
            "couriers": 3,
            "making_least_cents": 5_000,
        }
        for arm in ARMS
    ]


def test_saved_is_a_share_of_the_others_cost() -> None:
    (case,) = cases_of([*rows_of_day(1, 9_000, 10_000), *rows_of_day(2, 7_000, 10_000)])
    assert case.saved_percent("machines first") == pytest.approx([10.0, 30.0])
    assert case.saved_beside_making_percent("machines first") == pytest.approx(40.0)
    assert case.row()["joint €"] == pytest.approx(80.0)


def test_a_way_is_only_compared_on_days_that_both_planned() -> None:
    rows = [*rows_of_day(1, 9_000, 10_000), *rows_of_day(2, 5_000, 10_000)[:-1]]
    (case,) = cases_of(rows)
    assert case.row()["days"] == 2
    last = [*ARMS][-1]
    assert case.row()[f"saved over {last} %"] == "10.0 (10.0 to 10.0), 1 of the days"
    assert cases_of(rows_of_day(1, 1, 2)[:1]) == []


def test_cheapest_making_takes_each_task_at_its_cheapest() -> None:
    tasks = tuple(
        Task(
            id=f"task{k}",
            order="order",
            modes=tuple(
                Mode(machine=f"machine{m}", duration_s=60, cost_cents=cents)
                for m, cents in enumerate(prices)
            ),
        )
        for k, prices in enumerate([(300, 200), (70,)])
    )
    problem = JointProblem(
        fabs=(), machines=(), orders=(), tasks=tasks, couriers=(), matrices={}
    )
    assert making_least_cents(problem) == 270
