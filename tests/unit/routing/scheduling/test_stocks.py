"""Material: what is not there cannot be used, what is delivered can from then on."""

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
    Prices,
    SchedulingProblem,
    Stock,
    Task,
)
from routing.scheduling.solve import solve
from routing.scheduling.stocks import left_of
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper

PRICES = Prices(
    late_cents_per_minute=60, very_late_cents_per_minute=120, moved_machine_cents=0
)


def job(id_: str, grams: int, *fabs: str, left_out_cents: int = 500) -> Job:
    """A job of five seconds that takes so much, in any of these fabs."""
    modes = tuple(Mode(machine=f"{fab}.a", duration_s=5) for fab in fabs)
    task = Task(id=f"{id_}.t", order=id_, modes=modes, material="pla", grams=grams)
    return Job(
        id=id_,
        tasks=(task,),
        release_s=0,
        due_s=0,
        deadline_s=1_000,
        left_out_cents=left_out_cents,
        tail_s=dict.fromkeys(fabs, 0),
    )


def region(*jobs: Job, stocks: tuple[Stock, ...]) -> SchedulingProblem:
    """Two labs with a machine each."""
    return SchedulingProblem(
        machines=tuple(
            Machine(id=f"{fab}.a", fab=fab, open_windows=((0, 500),)) for fab in "fg"
        ),
        jobs=jobs,
        prices=PRICES,
        stocks=stocks,
    )


def pla(grams: int, *deliveries: tuple[int, int], fab: str = "f") -> Stock:
    """What a lab has of it."""
    return Stock(fab=fab, material="pla", grams=grams, deliveries=deliveries)


def random_problem(seed: int) -> SchedulingProblem:
    """Three jobs in two labs with little material, and a frozen task later now and then."""
    rng = np.random.default_rng(seed)
    jobs = []
    for number in range(3):
        id_ = f"j{number}"
        modes = tuple(
            Mode(machine=f"{fab}.a", duration_s=int(rng.integers(0, 5))) for fab in "fg"
        )
        task = Task(
            id=f"{id_}.t",
            order=id_,
            modes=modes[: 1 + rng.integers(2)],
            material="petg" if rng.integers(4) == 0 else "pla",
            grams=int(rng.integers(0, 6)),
        )
        jobs.append(
            replace(
                job(id_, 0, "f", "g", left_out_cents=int(rng.integers(4, 25))),
                tasks=(task,),
            )
        )
    if rng.integers(2):
        start_s = int(rng.integers(-1, 8))
        frozen = FrozenSlot(machine="f.a", start_s=start_s, end_s=start_s + 2)
        later = Task(id="r.t", order="r", frozen=frozen, material="pla", grams=4)
        jobs.append(replace(job("r", 0, "f"), tasks=(later,)))
    deliveries = tuple(
        (int(rng.integers(-2, 12)), int(rng.integers(0, 6)))
        for _ in range(rng.integers(3))
    )
    return SchedulingProblem(
        machines=(
            Machine(id="f.a", fab="f", open_windows=((0, 6), (8, 16))),
            Machine(id="g.a", fab="g", open_windows=((3, 16),)),
        ),
        jobs=tuple(jobs),
        prices=PRICES,
        stocks=(
            Stock(
                fab="f",
                material="pla",
                grams=int(rng.integers(0, 9)),
                deliveries=deliveries,
            ),
        ),
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=16)


@pytest.mark.parametrize("seed", range(40))
def test_lists_look_at_the_shelf_too(seed: int) -> None:
    problem = random_problem(100 + seed)
    assert check(problem, solve(problem, seed=1, work=0)) == ()


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_a_delivery_is_waited_for(work: float) -> None:
    problem = region(job("j", 8, "f"), stocks=(pla(5, (30, 4)),))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert [slot.start_s for slot in schedule.slots] == [30]


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_where_it_is_not_enough_another_lab_makes_it(work: float) -> None:
    problem = region(
        job("j0", 8, "f", "g"), job("j1", 8, "f", "g"), stocks=(pla(9), pla(8, fab="g"))
    )
    schedule = solve(problem, seed=1, work=work)
    assert {slot.machine for slot in schedule.slots} == {"f.a", "g.a"}
    more = replace(problem, jobs=(*problem.jobs, job("j2", 2, "f", "g")))
    schedule = solve(more, seed=1, work=work)
    assert check(more, schedule) == ()
    assert len(schedule.left_out) == 1


def test_what_a_frozen_task_takes_later_is_kept_for_it() -> None:
    frozen = FrozenSlot(machine="f.a", start_s=20, end_s=25)
    later = Task(id="r.t", order="r", frozen=frozen, material="pla", grams=6)
    stocks = (pla(10, (40, 1)),)
    problem = region(
        replace(job("r", 0, "f"), tasks=(later,)), job("j", 5, "f"), stocks=stocks
    )
    assert left_of(problem)["f", "pla"][-1] == (40, 5)
    schedule = solve(problem, seed=1, work=1.0)
    assert check(problem, schedule) == ()
    assert max(slot.start_s for slot in schedule.slots) == 40
    begun = replace(later, frozen=replace(frozen, start_s=-5))
    jobs = (replace(problem.jobs[0], tasks=(begun,)), problem.jobs[1])
    schedule = solve(replace(problem, jobs=jobs), seed=1, work=1.0)
    assert max(slot.start_s for slot in schedule.slots) == 25


def test_the_referee_sees_more_taken_than_there_is() -> None:
    problem = region(job("j0", 5, "f"), job("j1", 5, "f"), stocks=(pla(10),))
    schedule = solve(problem, seed=1, work=1.0)
    assert check(problem, schedule) == ()
    less = replace(problem, stocks=(pla(9, (6, 1)),))
    assert {breach.code for breach in check(less, schedule)} == {"stock"}


def test_a_stock_below_nothing_and_a_double_one_are_named() -> None:
    with pytest.raises(InvalidProblemError, match="the stock of 'pla' in 'f'"):
        solve(region(stocks=(pla(-1),)), seed=1, work=0)
    with pytest.raises(InvalidProblemError, match="two stocks have the id 'pla in f'"):
        solve(region(stocks=(pla(1), pla(2))), seed=1, work=0)
