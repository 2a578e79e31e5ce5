"""Set-ups between materials and colours: never forgotten, never more than needed."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.scheduling.check import check
from routing.scheduling.greedy import greedy_schedule
from routing.scheduling.options import options_of
from routing.scheduling.problem import (
    FrozenSlot,
    Machine,
    Mode,
    SchedulingProblem,
    Setups,
    Task,
)
from routing.scheduling.solve import solve
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper
from tests.unit.routing.scheduling.late_jobs import PRICES
from tests.unit.routing.scheduling.late_jobs import job as late_job

COLOURS = ("white", "red", "black")
job = partial(late_job, left_out_cents=100)


def print_of(id_: str, colour: str, *machines: str, seconds: int = 2) -> Task:
    """A task of job `id_` in this colour."""
    modes = tuple(Mode(machine=machine, duration_s=seconds) for machine in machines)
    return Task(id=f"{id_}.t", order=id_, modes=modes, setup=colour)


def random_problem(seed: int) -> SchedulingProblem:
    """Three jobs on two machines that close for a while; no triangle inequality."""
    rng = np.random.default_rng(seed)
    machines = []
    for name in "ab":
        seconds = {
            (before, after): int(rng.integers(0, 5))
            for before in COLOURS
            for after in COLOURS
            if before != after and rng.integers(4)
        }
        loaded = [None, *COLOURS][rng.integers(4)]
        break_s = int(rng.integers(4, 9))
        machines.append(
            Machine(
                id=name,
                fab="f",
                open_windows=((0, break_s), (break_s + 2, 18)),
                setups=Setups(seconds=seconds, other_s=2, loaded=loaded),
            )
        )
    jobs = []
    for number in range(3):
        id_ = f"j{number}"
        task = Task(
            id=f"{id_}.t",
            order=id_,
            setup=COLOURS[rng.integers(3)],
            modes=tuple(
                Mode(
                    machine=name,
                    duration_s=int(rng.integers(1, 5)),
                    cost_cents=int(rng.integers(0, 3)),
                )
                for name in rng.permutation(["a", "b"])[: 1 + rng.integers(2)]
            ),
        )
        jobs.append(
            job(id_, task, left_out_cents=int(rng.integers(6, 30)), deadline_s=18)
        )
    if rng.integers(2):
        frozen = FrozenSlot(machine="a", start_s=-1, end_s=int(rng.integers(0, 3)))
        running = Task(id="r.t", order="r", frozen=frozen, setup="red")
        jobs.append(job("r", running))
    return SchedulingProblem(machines=tuple(machines), jobs=tuple(jobs), prices=PRICES)


@pytest.mark.parametrize("seed", range(25))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=18)


@pytest.mark.parametrize("seed", range(40))
def test_lists_leave_time_for_set_ups_too(seed: int) -> None:
    problem = random_problem(100 + seed)
    assert check(problem, solve(problem, seed=1, work=0)) == ()


def colour_day(colours: str, loaded: str | None = None) -> SchedulingProblem:
    """One printer, a job of two seconds for each letter, five seconds a change."""
    jobs = tuple(job(f"j{i}", print_of(f"j{i}", c, "a")) for i, c in enumerate(colours))
    printer = Machine(
        id="a",
        fab="f",
        open_windows=((0, 100),),
        setups=Setups(other_s=5, loaded=loaded),
    )
    return SchedulingProblem(
        machines=(printer,),
        jobs=jobs,
        prices=replace(PRICES, late_cents_per_minute=0, makespan_cents_per_minute=60),
    )


def test_one_colour_after_the_other() -> None:
    problem = colour_day("rwrwr")
    schedule = solve(problem, seed=1, work=2.0)
    assert check(problem, schedule) == ()
    assert max(slot.end_s for slot in schedule.slots) == 5 * 2 + 5


def test_what_is_loaded_comes_first() -> None:
    problem = colour_day("rw", loaded="w")
    schedule = solve(problem, seed=1, work=1.0)
    assert [slot.order for slot in schedule.slots] == ["j1", "j0"]


def test_the_set_up_waits_for_the_morning() -> None:
    """The lab closes when the white one ends: the red one begins after the change."""
    problem = colour_day("w", loaded="w")
    night = replace(problem.machines[0], open_windows=((0, 2), (50, 100)))
    red = job("j9", print_of("j9", "r", "a"))
    problem = replace(problem, machines=(night,), jobs=(*problem.jobs, red))
    schedule = solve(problem, seed=1, work=1.0)
    assert check(problem, schedule) == ()
    assert [slot.start_s for slot in schedule.slots] == [0, 55]
    soon = replace(schedule.slots[1], start_s=50, end_s=52)
    spoilt = replace(schedule, slots=(schedule.slots[0], soon))
    assert {breach.code for breach in check(problem, spoilt)} == {"setup"}


def test_the_referee_sees_a_forgotten_set_up() -> None:
    problem = colour_day("rw")
    schedule = solve(problem, seed=1, work=1.0)
    first, second = schedule.slots
    soon = replace(second, start_s=first.end_s + 4, end_s=first.end_s + 6)
    spoilt = replace(schedule, slots=(first, soon))
    assert {breach.code for breach in check(problem, spoilt)} == {"setup"}


def test_a_task_before_a_frozen_one_leaves_time_for_its_set_up() -> None:
    problem = colour_day("w", loaded="w")
    frozen = FrozenSlot(machine="a", start_s=6, end_s=9)
    red = Task(id="red", order="j9", frozen=frozen, setup="r")
    problem = replace(problem, jobs=(*problem.jobs, job("j9", red)))
    for work in (0.0, 1.0):
        schedule = solve(problem, seed=1, work=work)
        assert check(problem, schedule) == ()
        # Not from 0 to 2: five seconds are needed before 6. So after it.
        assert {slot.task: slot.start_s for slot in schedule.slots}["j0.t"] == 14


def test_lists_prefer_what_needs_no_set_up() -> None:
    problem = colour_day("rw", loaded="r")
    other = replace(problem.machines[0], id="b", setups=Setups(other_s=5, loaded="w"))
    jobs = tuple(
        job(f"j{i}", print_of(f"j{i}", colour, "a", "b"))
        for i, colour in enumerate("wr")
    )
    problem = replace(problem, machines=(*problem.machines, other), jobs=jobs)
    slots, _ = greedy_schedule(problem, options_of(problem))
    assert {slot.order: slot.machine for slot in slots} == {"j0": "b", "j1": "a"}


def test_a_negative_set_up_is_named() -> None:
    problem = colour_day("r")
    wrong = replace(problem.machines[0], setups=Setups(other_s=-1))
    with pytest.raises(InvalidProblemError, match="a set-up of machine 'a'"):
        solve(replace(problem, machines=(wrong,)), seed=1, work=0)
