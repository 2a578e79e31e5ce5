"""A job in more than one lab: nothing is worked on before it was brought."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.scheduling.check import check
from routing.scheduling.problem import (
    FrozenSlot,
    Job,
    Machine,
    Mode,
    Operator,
    Prices,
    SchedulingProblem,
    Task,
    Transfer,
)
from routing.scheduling.solve import solve
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper
from tests.unit.routing.scheduling.late_jobs import job as late_job

PRICES = Prices(
    late_cents_per_minute=60, very_late_cents_per_minute=120, moved_machine_cents=0
)
# May end in lab f or g.
job = partial(late_job, tail_s={"f": 0, "g": 2})


def chain(*fabs: str, seconds: int = 3, after: bool = True) -> tuple[Task, ...]:
    """A task of job j in each of these labs, one after the other."""
    return tuple(
        Task(
            id=f"j.{number}",
            order="j",
            modes=(Mode(machine=f"{fab}.a", duration_s=seconds),),
            after=(f"j.{number - 1}",) if number and after else (),
        )
        for number, fab in enumerate(fabs)
    )


def region(*jobs: Job, transfers: tuple[Transfer, ...]) -> SchedulingProblem:
    """Three labs with a machine each."""
    return SchedulingProblem(
        machines=tuple(
            Machine(id=f"{fab}.a", fab=fab, open_windows=((0, 500),)) for fab in "fgh"
        ),
        jobs=jobs,
        prices=PRICES,
        transfers=transfers,
    )


def way(start: str, end: str, seconds: int = 4, cents: int = 7) -> Transfer:
    """From one lab to another."""
    return Transfer(from_fab=start, to_fab=end, seconds=seconds, cents=cents)


def random_problem(seed: int) -> SchedulingProblem:
    """Two jobs of one or two tasks in three labs, some of them joined, one with a door."""
    rng = np.random.default_rng(seed)
    transfers = tuple(
        way(start, end, int(rng.integers(0, 5)), int(rng.integers(0, 4)))
        for start in "fgh"
        for end in "fgh"
        if start != end and rng.integers(2)
    )
    jobs = []
    for number in range(2):
        id_ = f"j{number}"
        tasks: list[Task] = []
        for step in range(2):
            fabs = rng.permutation(["f", "g", "h"])[: 1 + rng.integers(2)]
            task = Task(
                id=f"{id_}.{step}",
                order=id_,
                modes=tuple(
                    Mode(
                        machine=f"{fab}.a",
                        duration_s=int(rng.integers(1, 5)),
                        cost_cents=int(rng.integers(3)),
                    )
                    for fab in fabs
                ),
                after=(f"{id_}.0",) if step and rng.integers(4) else (),
            )
            if step == 0 and rng.integers(4) == 0:
                slot = FrozenSlot(machine=f"{fabs[0]}.a", start_s=-2, end_s=2)
                task = replace(task, frozen=slot)
            tasks.append(task)
        jobs.append(job(id_, *tasks, left_out_cents=int(rng.integers(10, 30))))
    door = Operator(id="ada", fab="g", hours=((1, 4), (7, 13)))
    return SchedulingProblem(
        machines=tuple(
            Machine(id=f"{fab}.a", fab=fab, open_windows=((0, 13),)) for fab in "fgh"
        ),
        jobs=tuple(jobs),
        prices=PRICES,
        transfers=transfers,
        operators=(door,) if rng.integers(2) else (),
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=13)


@pytest.mark.parametrize("seed", range(60))
def test_lists_wait_for_what_is_brought_too(seed: int) -> None:
    problem = random_problem(100 + seed)
    assert check(problem, solve(problem, seed=1, work=0)) == ()


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_what_is_made_elsewhere_is_brought_first(work: float) -> None:
    problem = region(job("j", *chain("h", "f")), transfers=(way("h", "f"),))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert [(s.machine, s.start_s) for s in schedule.slots] == [("h.a", 0), ("f.a", 7)]
    assert schedule.cost_fine == 10 * 300 * 60 + 7 * 18_000


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_without_a_way_a_job_stays_in_one_lab(work: float) -> None:
    back = region(job("j", *chain("h", "f")), transfers=(way("f", "h"),))
    assert solve(back, seed=1, work=work).left_out == ("j",)
    none = region(job("j", *chain("h", "f")), transfers=())
    assert solve(none, seed=1, work=work).left_out == ("j",)


def test_its_last_tasks_are_in_one_lab() -> None:
    apart = chain("f", "g", after=False)
    problem = region(job("j", *apart), transfers=(way("f", "g"), way("g", "f")))
    assert solve(problem, seed=1, work=1.0).left_out == ("j",)


def test_it_waits_for_the_door_of_the_lab_it_leaves() -> None:
    problem = region(job("j", *chain("h", "f")), transfers=(way("h", "f"),))
    door = Operator(id="ada", fab="h", hours=((10, 20),))
    problem = replace(problem, operators=(door,))
    for work in (0.0, 1.0):
        schedule = solve(problem, seed=1, work=work)
        assert check(problem, schedule) == ()
        assert schedule.slots[1].start_s == 14


def test_the_referee_sees_what_was_not_brought_yet() -> None:
    problem = region(job("j", *chain("h", "f")), transfers=(way("h", "f"),))
    schedule = solve(problem, seed=1, work=1.0)
    slower = replace(problem, transfers=(way("h", "f", seconds=5),))
    assert {breach.code for breach in check(slower, schedule)} == {"transfer"}


def test_started_tasks_that_wait_for_each_other_are_as_they_are() -> None:
    frozen = FrozenSlot(machine="f.a", start_s=0, end_s=3)
    odd = Task(id="j.0", order="j", frozen=frozen, after=("j.0",))
    problem = region(job("j", odd), transfers=())
    schedule = solve(problem, seed=1, work=0.1)
    assert check(problem, schedule) == ()
    assert schedule.left_out == ()


def test_a_way_back_in_time_is_named() -> None:
    with pytest.raises(InvalidProblemError, match="from 'f' to 'g'"):
        solve(region(transfers=(way("f", "g", -1),)), seed=1, work=0)
