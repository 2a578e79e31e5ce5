"""Work by hand after a run: it holds no machine, and all that follows waits for it."""

from dataclasses import replace

import numpy as np
import pytest

from routing.scheduling.check import check
from routing.scheduling.presence import WorkSpan, work_spans, worked_s
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
from routing.scheduling.why_not import why_not
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper

PRICES = Prices(
    late_cents_per_minute=60, very_late_cents_per_minute=120, moved_machine_cents=0
)


def task(id_: str, order: str, seconds: int, lag_s: int, *after: str) -> Task:
    """On machine a or, a second slower, on machine b."""
    modes = tuple(
        Mode(machine=name, duration_s=seconds + more)
        for more, name in enumerate(("a", "b"))
    )
    return Task(id=id_, order=order, modes=modes, after=after, lag_s=lag_s)


def job(id_: str, *tasks: Task, left_out_cents: int = 500) -> Job:
    """A job that is late from the start."""
    return Job(
        id=id_,
        tasks=tasks,
        release_s=0,
        due_s=0,
        deadline_s=1_000,
        left_out_cents=left_out_cents,
        tail_s={"f": 0},
    )


def lab(*jobs: Job, hours: tuple[tuple[int, int], ...] = ()) -> SchedulingProblem:
    """Two machines that never close, and somebody in these hours, if any are named."""
    return SchedulingProblem(
        machines=tuple(
            Machine(id=name, fab="f", open_windows=((0, 500),)) for name in ("a", "b")
        ),
        jobs=jobs,
        prices=PRICES,
        operators=(Operator(id="ada", fab="f", hours=hours),) if hours else (),
    )


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_the_next_step_waits_and_another_job_has_the_machine(work: float) -> None:
    """Six by hand after j's first run: k runs meanwhile on the machine that j left."""
    first, second = task("j.1", "j", 5, 6), task("j.2", "j", 5, 3, "j.1")
    only = tuple(
        replace(one, modes=one.modes[:1])
        for one in (first, second, task("k.1", "k", 6, 0))
    )
    problem = lab(job("j", *only[:2]), job("k", only[2]))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    spans = {slot.task: (slot.start_s, slot.end_s) for slot in schedule.slots}
    assert spans == {"j.1": (0, 5), "k.1": (5, 11), "j.2": (11, 16)}
    assert schedule.cost_fine == 300 * 60 * (19 + 11)  # given out three later, and k


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_people_go_on_the_next_day_with_what_they_began(work: float) -> None:
    """It ends at 5, they go at 10 and come at 100: two more of the seven are left."""
    problem = lab(job("j", task("j.1", "j", 5, 7)), hours=((0, 10), (100, 110)))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert schedule.cost_fine == 300 * 60 * 102


def test_the_referee_sees_who_begins_too_soon_and_what_is_given_out_too_soon() -> None:
    problem = lab(job("j", task("j.1", "j", 5, 4), task("j.2", "j", 5, 3, "j.1")))
    schedule = solve(problem, seed=1, work=0.0)
    first, second = schedule.slots
    early = replace(second, start_s=8, end_s=13)
    (breach,) = check(problem, replace(schedule, slots=(first, early)))
    assert (breach.code, "is done, 9" in breach.text) == ("sequence", True)
    told = replace(schedule, cost_fine=300 * 60 * 14)
    assert [one.code for one in check(problem, told)] == ["cost"]


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_what_has_started_keeps_its_work_by_hand(work: float) -> None:
    frozen = FrozenSlot(machine="a", start_s=-5, end_s=2)
    begun = replace(task("j.1", "j", 7, 6), frozen=frozen)
    problem = lab(job("j", begun, task("j.2", "j", 5, 0, "j.1")))
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert [slot.start_s for slot in schedule.slots] == [-5, 8]


@pytest.mark.parametrize("work", [0.0, 1.0])
def test_what_goes_to_another_fab_goes_when_it_is_done(work: float) -> None:
    """Made in f at 5, by hand until 9; the door opens at 20, three to g, five there."""
    problem = lab(
        job("j", task("j.1", "j", 5, 4), task("j.2", "j", 5, 0, "j.1")),
        hours=((0, 9), (20, 40)),
    )
    there = Machine(id="c", fab="g", open_windows=((0, 500),))
    only = replace(
        problem.jobs[0].tasks[1], modes=(Mode(machine="c", duration_s=5),), lag_s=2
    )
    mine = replace(
        problem.jobs[0], tasks=(problem.jobs[0].tasks[0], only), tail_s={"g": 1}
    )
    problem = replace(
        problem,
        machines=(*problem.machines, there),
        jobs=(mine,),
        transfers=(Transfer(from_fab="f", to_fab="g", seconds=3),),
    )
    schedule = solve(problem, seed=1, work=work)
    assert check(problem, schedule) == ()
    assert {slot.task: slot.start_s for slot in schedule.slots}["j.2"] == 9 + 3
    assert schedule.cost_fine == 300 * 60 * (12 + 5 + 2 + 1)


@pytest.mark.parametrize("is_begun", [False, True])
def test_more_work_than_people_have_hours_is_told(is_begun: bool) -> None:
    one = task("j.1", "j", 5, 30)
    if is_begun:
        one = replace(one, frozen=FrozenSlot(machine="a", start_s=0, end_s=5))
    problem = lab(job("j", one, task("j.2", "j", 5, 0)), hours=((0, 10), (100, 110)))
    schedule = solve(problem, seed=1, work=1.0)
    assert check(problem, schedule) == ()
    assert schedule.left_out == ("j",)
    reasons = {each.task: each.reason.code for each in why_not(problem, schedule)}
    assert reasons == ({"j.2": "by-hand"} if is_begun else reasons | {"j.1": "by-hand"})


def random_problem(seed: int) -> SchedulingProblem:
    """Three small jobs; people come and go, or are never missing."""
    rng = np.random.default_rng(seed)
    hours = tuple(
        (int(at_s), int(at_s + rng.integers(2, 8))) for at_s in rng.integers(0, 18, 2)
    )
    jobs = []
    for number in range(3):
        id_ = f"j{number}"
        tasks = [task(f"{id_}.0", id_, int(rng.integers(0, 4)), int(rng.integers(5)))]
        if number == 0:
            tasks.append(task(f"{id_}.1", id_, 2, int(rng.integers(4)), f"{id_}.0"))
        jobs.append(job(id_, *tasks, left_out_cents=int(rng.integers(8, 30))))
    return lab(*jobs, hours=hours if rng.integers(2) else ())


@pytest.mark.parametrize("seed", range(20))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=16)


@pytest.mark.parametrize("seed", range(60))
def test_spans_say_the_same_as_going_through_the_hours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    marks = sorted(rng.choice(40, 2 * int(rng.integers(1, 5)), replace=False).tolist())
    windows = list(zip(marks[::2], marks[1::2], strict=True))
    lag_s = int(rng.integers(1, 20))
    spans = work_spans(windows, lag_s)
    for end_s in range(-5, 60):
        inside = [one for one in spans if one.from_s <= end_s <= one.to_s]
        found = [_told(one, end_s) for one in inside]
        done_s = worked_s(windows, end_s, lag_s)
        assert found == ([] if done_s is None else [done_s])


def _told(span: WorkSpan, end_s: int) -> int:
    return end_s + span.lag_s if span.is_worked else span.lag_s
