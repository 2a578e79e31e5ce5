"""People who know how: there for what is attended, at home while a run goes on."""

from dataclasses import replace

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
    SchedulingProblem,
    Setups,
    Task,
)
from routing.scheduling.solve import solve
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper
from tests.unit.routing.scheduling.late_jobs import PRICES, job


def run_of(id_: str, seconds: int, attended_s: int = 1, training: str = "") -> Task:
    """The one task of job `id_`, on machine a."""
    mode = Mode(
        machine="a", duration_s=seconds, attended_s=attended_s, training=training
    )
    return Task(id=f"{id_}.t", order=id_, modes=(mode,))


def lab(*jobs: Job, operators: tuple[Operator, ...]) -> SchedulingProblem:
    """One machine that never closes."""
    return SchedulingProblem(
        machines=(Machine(id="a", fab="f", open_windows=((0, 500),)),),
        jobs=jobs,
        prices=PRICES,
        operators=operators,
    )


def person(
    *hours: tuple[int, int], id_: str = "ada", trainings: tuple[str, ...] = ()
) -> Operator:
    """Somebody in the lab."""
    return Operator(id=id_, fab="f", hours=hours, trainings=frozenset(trainings))


def random_problem(seed: int) -> SchedulingProblem:
    """Three jobs, two machines, people with hours and trainings; set-ups now and then."""
    rng = np.random.default_rng(seed)
    operators = []
    for number in range(rng.integers(1, 3)):
        hours = tuple(
            (int(start_s), int(start_s + rng.integers(2, 9)))
            for start_s in rng.integers(0, 14, size=rng.integers(1, 3))
        )
        known = frozenset(t for t in ("laser", "mill") if rng.integers(2))
        operators.append(
            Operator(id=f"o{number}", fab="f", hours=hours, trainings=known)
        )
    setups = Setups(other_s=2, loaded="x") if rng.integers(2) else None
    machines = (
        Machine(id="a", fab="f", open_windows=((0, 20),), setups=setups),
        Machine(id="b", fab="f", open_windows=((2, 9), (11, 20))),
    )
    jobs = []
    for number in range(3):
        id_ = f"j{number}"
        modes = []
        for name in ("a", "b"):
            seconds = int(rng.integers(1, 6))
            modes.append(
                Mode(
                    machine=name,
                    duration_s=seconds,
                    attended_s=int(rng.integers(0, seconds + 1)),
                    training=["", "laser", "mill"][rng.integers(3)],
                )
            )
        word = ["x", "y"][rng.integers(2)]
        task = Task(id=f"{id_}.t", order=id_, modes=tuple(modes), setup=word)
        jobs.append(job(id_, task, left_out_cents=int(rng.integers(8, 30))))
    if rng.integers(3) == 0:
        frozen = FrozenSlot(machine="a", start_s=-1, end_s=int(rng.integers(0, 3)))
        jobs.append(job("r", Task(id="r.t", order="r", frozen=frozen, setup="y")))
    return SchedulingProblem(
        machines=machines, jobs=tuple(jobs), prices=PRICES, operators=tuple(operators)
    )


@pytest.mark.parametrize("seed", range(25))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=20)


@pytest.mark.parametrize("seed", range(40))
def test_lists_know_who_is_there_too(seed: int) -> None:
    problem = random_problem(100 + seed)
    assert check(problem, solve(problem, seed=1, work=0)) == ()


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_a_long_run_is_begun_in_the_evening_and_given_out_in_the_morning(
    work: float,
) -> None:
    """Nobody is there from 10 to 100: it runs, and waits for the door to open."""
    problem = lab(job("j", run_of("j", 30)), operators=(person((0, 10), (100, 110)),))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert [(slot.start_s, slot.end_s) for slot in schedule.slots] == [(0, 30)]
    assert schedule.cost_fine == 100 * 300 * 60


def test_who_is_there_must_know_how() -> None:
    ada = person((0, 50), trainings=("laser",))
    bob = person((20, 50), id_="bob", trainings=("mill",))
    problem = lab(job("j", run_of("j", 5, training="mill")), operators=(ada, bob))
    schedule = solve(problem, seed=1, work=1.0)
    assert [slot.start_s for slot in schedule.slots] == [20]
    nobody = replace(problem, operators=(ada,))
    assert solve(nobody, seed=1, work=1.0).left_out == ("j",)


def test_one_person_may_follow_another() -> None:
    ada, bob = person((0, 5)), person((5, 9), id_="bob")
    task = run_of("j", 9, attended_s=9)
    problem = lab(job("j", task), operators=(ada, bob))
    assert solve(problem, seed=1, work=1.0).left_out == ()
    late = replace(bob, hours=((6, 9),))
    assert solve(replace(problem, operators=(ada, late)), seed=1, work=1.0).left_out


def test_what_needs_nobody_runs_at_night_but_leaves_by_day() -> None:
    problem = lab(job("j", run_of("j", 5, attended_s=0)), operators=(person((50, 60)),))
    schedule = solve(problem, seed=1, work=1.0)
    assert schedule.slots[0].start_s == 0
    assert schedule.cost_fine == 50 * 300 * 60


def test_the_referee_sees_a_run_begun_alone() -> None:
    problem = lab(job("j", run_of("j", 5, attended_s=2)), operators=(person((3, 9)),))
    schedule = solve(problem, seed=1, work=1.0)
    alone = replace(schedule.slots[0], start_s=2, end_s=7)
    spoilt = replace(schedule, slots=(alone,))
    assert {breach.code for breach in check(problem, spoilt)} == {"attended"}
    short = replace(problem, operators=(person((0, 3)),))
    assert "doors" in {breach.code for breach in check(short, schedule)}


def test_two_ways_that_differ_in_who_attends_are_named() -> None:
    ways = tuple(
        Mode(machine="a", duration_s=5, attended_s=attended_s) for attended_s in (1, 2)
    )
    task = Task(id="j.t", order="j", modes=ways)
    with pytest.raises(InvalidProblemError, match="differ in who attends"):
        solve(lab(job("j", task), operators=()), seed=1, work=0)
    twice = lab(operators=(person((0, 5)), person((0, 5))))
    with pytest.raises(InvalidProblemError, match="two operators have the id 'ada'"):
        solve(twice, seed=1, work=0)
