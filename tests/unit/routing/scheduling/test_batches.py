"""Batches on a bed: together while area and height fit, and only like with like."""

from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.scheduling.check import check
from routing.scheduling.problem import (
    Batch,
    Bed,
    Machine,
    Mode,
    Operator,
    SchedulingProblem,
    Setups,
    Task,
)
from routing.scheduling.solve import solve
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper
from tests.unit.routing.scheduling.late_jobs import PRICES, job

DEAR_SETUPS = replace(PRICES, setup_cents_per_minute=60)


def print_of(id_: str, area_mm2: int, **changes: object) -> Task:
    """The one task of job `id_`: four seconds on machine a."""
    task = Task(
        id=f"{id_}.t",
        order=id_,
        modes=(Mode(machine="a", duration_s=4),),
        batch=Batch(family="white", area_mm2=area_mm2, height_mm=10),
    )
    return replace(task, **changes)  # type: ignore[arg-type]


def printer(*tasks: Task, bed: Bed | None) -> SchedulingProblem:
    """One machine, a job for each task."""
    return SchedulingProblem(
        machines=(Machine(id="a", fab="f", open_windows=((0, 100),), bed=bed),),
        jobs=tuple(job(task.order, task) for task in tasks),
        prices=DEAR_SETUPS,
    )


BED = Bed(area_mm2=100, height_mm=50)


def random_problem(seed: int) -> SchedulingProblem:
    """Four jobs on two machines, one with a bed; set-ups and people now and then."""
    rng = np.random.default_rng(seed)
    seconds = {("x", "x"): int(rng.integers(2)), ("y", "x"): 2, ("x", "y"): 1}
    setups = Setups(seconds=seconds, loaded="x") if rng.integers(2) else None
    door = Operator(
        id="ada", fab="f", hours=((1, 7), (9, 14)), trainings=frozenset({"mill"})
    )
    machines = (
        Machine(id="a", fab="f", open_windows=((0, 14),), setups=setups, bed=BED),
        Machine(id="b", fab="f", open_windows=((2, 14),)),
    )
    jobs = []
    for number in range(4):
        id_ = f"j{number}"
        attended_s = int(rng.integers(3) == 0)
        modes = [
            Mode(
                machine="a",
                duration_s=3,
                attended_s=attended_s,
                training="mill" if rng.integers(3) == 0 else "",
                cost_cents=int(rng.integers(3)),
            )
        ]
        if rng.integers(3) == 0:
            modes.append(Mode(machine="b", duration_s=2))
        batch = Batch(
            family=["u", "u", "v"][rng.integers(3)],
            area_mm2=[30, 50, 70, 110][rng.integers(4)],
            height_mm=[10, 50, 60][rng.integers(3)] if rng.integers(2) else 10,
        )
        task = Task(
            id=f"{id_}.t",
            order=id_,
            modes=tuple(modes),
            setup=["x", "x", "y"][rng.integers(3)],
            batch=batch if rng.integers(6) else None,
        )
        jobs.append(job(id_, task, left_out_cents=int(rng.integers(8, 24))))
    return SchedulingProblem(
        machines=machines, jobs=tuple(jobs), prices=DEAR_SETUPS, operators=(door,)
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=14)


@pytest.mark.parametrize("seed", range(60))
def test_lists_share_runs_too(seed: int) -> None:
    problem = random_problem(100 + seed)
    assert check(problem, solve(problem, seed=1, work=0)) == ()


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_what_fits_is_made_in_one_run(work: float) -> None:
    tasks = [print_of(f"j{number}", 50) for number in range(4)]
    problem = printer(*tasks, bed=BED)
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert sorted(slot.start_s for slot in schedule.slots) == [0, 0, 4, 4]
    alone = solve(printer(*tasks, bed=None), seed=1, work=work)
    assert sorted(slot.start_s for slot in alone.slots) == [0, 4, 8, 12]


@pytest.mark.parametrize(
    "other",
    [
        {"batch": Batch(family="red", area_mm2=50)},
        {"batch": Batch(family="white", area_mm2=51)},
        {"batch": None},
        {"setup": "glue"},
        {"modes": (Mode(machine="a", duration_s=4, attended_s=1),)},
    ],
)
def test_what_does_not_go_together_is_made_apart(other: dict[str, object]) -> None:
    problem = printer(print_of("j0", 50), print_of("j1", 50, **other), bed=BED)
    people = (Operator(id="ada", fab="f", hours=((0, 100),)),)
    problem = replace(problem, operators=people)
    for work in (0.0, 1.0):
        schedule = solve(problem, seed=1, work=work)
        assert check(problem, schedule) == ()
        assert sorted(slot.start_s for slot in schedule.slots) == [0, 4]
    together = tuple(replace(slot, start_s=0, end_s=4) for slot in schedule.slots)
    spoilt = replace(schedule, slots=together)
    found = {breach.code for breach in check(problem, spoilt)}
    assert found & {"overlap", "bed"}


def test_what_is_too_high_or_too_wide_is_not_made_there() -> None:
    high = Batch(family="white", area_mm2=5, height_mm=51)
    problem = printer(print_of("j0", 101), print_of("j1", 5, batch=high), bed=BED)
    assert solve(problem, seed=1, work=1.0).left_out == ("j0", "j1")
    free = solve(printer(*(j.tasks[0] for j in problem.jobs), bed=None), seed=1, work=1)
    assert "bed" in {breach.code for breach in check(problem, free)}


def test_a_negative_area_is_named() -> None:
    with pytest.raises(InvalidProblemError, match="the bed of machine 'a': area_mm2"):
        solve(printer(bed=Bed(area_mm2=-1, height_mm=5)), seed=1, work=0)
