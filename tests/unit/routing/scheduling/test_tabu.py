"""The tabu search on plain job shops: exact where all can be tried, never elsewhere."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from routing.effort import Effort
from routing.scheduling import solve as solving
from routing.scheduling.check import check
from routing.scheduling.greedy import greedy_schedule
from routing.scheduling.options import options_of
from routing.scheduling.problem import (
    FrozenSlot,
    Job,
    Machine,
    Mode,
    Prices,
    SchedulingProblem,
    Task,
)
from routing.scheduling.shop import Shop, shop_of
from routing.scheduling.solve import solve
from routing.scheduling.tabu import tabu_schedule

OPENS_S, CLOSES_S = 500, 9_000_000
MACHINES = ("a", "b", "c", "d")
A_SECOND = 300  # fine units: a cent a minute


def job_shop(
    seed: int, *, jobs: int, tasks: int, longest_s: int = 99
) -> SchedulingProblem:
    """Jobs of 1..tasks tasks, each on one to three of four machines."""
    rng = np.random.default_rng(seed)
    return SchedulingProblem(
        machines=tuple(
            Machine(id=id_, fab="f", open_windows=((OPENS_S, CLOSES_S),))
            for id_ in MACHINES
        ),
        jobs=tuple(
            _job(rng, f"j{number}", 1 + int(rng.integers(tasks)), longest_s)
            for number in range(jobs)
        ),
        prices=Prices(
            late_cents_per_minute=3,
            very_late_cents_per_minute=9,
            moved_machine_cents=0,
            makespan_cents_per_minute=1,
        ),
        now_s=200,
    )


def _job(rng: np.random.Generator, id_: str, tasks: int, longest_s: int) -> Job:
    chain: list[Task] = []
    for number in range(tasks):
        chosen = rng.choice(MACHINES, size=1 + rng.integers(3), replace=False)
        modes = tuple(
            Mode(machine=str(machine), duration_s=1 + int(rng.integers(longest_s)))
            for machine in chosen
        )
        after = (chain[-1].id,) if chain else ()
        chain.append(Task(id=f"{id_}.{number}", order=id_, modes=modes, after=after))
    return Job(
        id=id_,
        tasks=tuple(chain),
        release_s=0,
        due_s=CLOSES_S * 2,
        deadline_s=CLOSES_S * 2,
        left_out_cents=1_000_000,
        tail_s={"f": 40},
    )


def shop_in(problem: SchedulingProblem) -> Shop:
    """The problem's shop, which must be one."""
    shop = shop_of(problem, options_of(problem))
    assert shop is not None
    return shop


def least_makespan_s(problem: SchedulingProblem) -> int:
    """Try every order of all tasks with every choice of machines."""
    best_s = 1 << 60

    def go_on(done: tuple[int, ...], free_s: dict[str, int]) -> None:
        nonlocal best_s
        if max(free_s.values(), default=0) >= best_s:
            return
        if all(len(job.tasks) == n for job, n in zip(problem.jobs, done, strict=True)):
            best_s = max(free_s.values())
            return
        for i, job in enumerate(problem.jobs):
            if done[i] == len(job.tasks):
                continue
            for mode in job.tasks[done[i]].modes:
                begin_s = max(free_s.get(job.id, 0), free_s.get(mode.machine, 0))
                end_s = begin_s + mode.duration_s
                later = (*done[:i], done[i] + 1, *done[i + 1 :])
                go_on(later, free_s | {job.id: end_s, mode.machine: end_s})

    go_on((0,) * len(problem.jobs), {})
    return best_s


@pytest.mark.parametrize("seed", range(10))
def test_the_walk_finds_what_trying_everything_finds(seed: int) -> None:
    """The walk alone: CP-SAT would hide what it misses."""
    problem = job_shop(seed, jobs=3, tasks=2)
    walked = tabu_schedule(shop_in(problem), seed=1, effort=Effort(iterations=3_000))
    assert walked.makespan_s == least_makespan_s(problem)
    assert shop_in(problem).least_makespan_s() <= walked.makespan_s


@pytest.mark.parametrize("seed", range(8))
# Lengths beyond 2**16: prices of moves pack two lengths into one number.
@pytest.mark.parametrize("longest_s", [2, 99, 90_000])
def test_the_referee_finds_nothing_and_the_makespan_is_the_slots(
    seed: int, longest_s: int
) -> None:
    problem = job_shop(seed, jobs=8, tasks=6, longest_s=longest_s)
    schedule = solve(problem, seed=seed, work=0.05)
    assert check(problem, schedule) == ()
    assert schedule.left_out == ()
    shop = shop_in(problem)
    walked = tabu_schedule(shop, seed=seed, effort=Effort(iterations=1_500))
    slots = shop.slots(walked.start_s, walked.machine_of)
    assert max(slot.end_s for slot in slots) == OPENS_S + walked.makespan_s
    ends_s = walked.makespan_s + OPENS_S - problem.now_s
    as_planned = replace(
        schedule, slots=tuple(slots), cost_fine=ends_s * A_SECOND, bound_fine=0
    )
    assert check(problem, as_planned) == ()


@pytest.mark.parametrize("seed", range(6))
def test_a_longer_walk_is_no_worse_and_shorter_than_the_lists(seed: int) -> None:
    problem = job_shop(seed, jobs=10, tasks=6)
    shop = shop_in(problem)
    makespans_s = [
        tabu_schedule(shop, seed=1, effort=Effort(iterations=moves)).makespan_s
        for moves in (0, 30, 3_000)
    ]
    assert makespans_s == sorted(makespans_s, reverse=True)
    slots, left_out = greedy_schedule(problem, options_of(problem))
    assert not left_out
    assert makespans_s[-1] <= max(slot.end_s for slot in slots) - OPENS_S
    listed = solve(problem, seed=1, work=0.0)
    assert solve(problem, seed=1, work=0.02).cost_fine <= listed.cost_fine


def test_same_arguments_same_schedule_and_the_seed_matters() -> None:
    problem = job_shop(3, jobs=10, tasks=6)
    assert solve(problem, seed=5, work=0.05) == solve(problem, seed=5, work=0.05)
    shop = shop_in(problem)
    starts = {
        tabu_schedule(shop, seed=seed, effort=Effort(iterations=200)).start_s.tobytes()
        for seed in (-1, 0, 1, 2**70)
    }
    assert len(starts) > 1


def test_the_clock_ends_the_walk_before_its_last_move() -> None:
    looks = itertools.count()
    effort = Effort(iterations=10**9, until_s=5, clock=lambda: float(next(looks)))
    shop = shop_in(job_shop(4, jobs=10, tasks=6))
    assert tabu_schedule(shop, seed=1, effort=effort).makespan_s > 0
    assert next(looks) == 6


def test_what_the_walk_found_is_the_floor_of_the_answer() -> None:
    """CP-SAT with next to no work finds nothing; the walk's schedule is then told."""
    problem = job_shop(7, jobs=14, tasks=6)
    shop = shop_in(problem)
    effort = solving._share_of(shop, 0.02, Effort(iterations=1))
    walked = tabu_schedule(shop, seed=1, effort=effort)
    schedule = solve(problem, seed=1, work=0.02)
    ends_s = walked.makespan_s + OPENS_S - problem.now_s
    assert schedule.cost_fine <= ends_s * A_SECOND
    assert ends_s * A_SECOND < solve(problem, seed=1, work=0.0).cost_fine


def _first_job(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    jobs = (replace(problem.jobs[0], **changes), *problem.jobs[1:])  # type: ignore[arg-type]
    return replace(problem, jobs=jobs)


def _first_task(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    tasks = problem.jobs[0].tasks
    first = replace(tasks[0], **changes)  # type: ignore[arg-type]
    return _first_job(problem, tasks=(first, *tasks[1:]))


def _outside(problem: SchedulingProblem) -> dict[str, SchedulingProblem]:
    shut = replace(problem.machines[0], open_windows=((OPENS_S, 700), (800, CLOSES_S)))
    later = replace(problem.machines[0], open_windows=((OPENS_S + 1, CLOSES_S),))
    short = tuple(replace(m, open_windows=((OPENS_S, 700),)) for m in problem.machines)
    others = problem.machines[1:]
    last = problem.jobs[0].tasks[-1]
    frozen = FrozenSlot(machine="a", start_s=100, end_s=OPENS_S)
    free = replace(problem.prices, makespan_cents_per_minute=0)
    moved = replace(problem.prices, moved_machine_cents=1)
    return {
        "a pause": replace(problem, machines=(shut, *others)),
        "another opening": replace(problem, machines=(later, *others)),
        "too short a day": replace(problem, machines=short),
        "another fab": replace(
            problem, machines=(replace(problem.machines[0], fab="g"), *others)
        ),
        "no price of the end": replace(problem, prices=free),
        "a price of moving": replace(problem, prices=moved),
        "released late": _first_job(problem, release_s=OPENS_S + 1),
        "may be late": _first_job(problem, due_s=OPENS_S + 60),
        "may miss its deadline": _first_job(problem, deadline_s=OPENS_S + 60),
        "cheap to leave out": _first_job(problem, left_out_cents=1),
        "a price of the fab": _first_job(problem, fab_cost_cents={"f": 1}),
        "started": _first_task(problem, frozen=frozen),
        "a price of a way": _first_task(
            problem, modes=(Mode(machine="a", duration_s=5, cost_cents=1),)
        ),
        "no time": _first_task(problem, modes=(Mode(machine="a", duration_s=0),)),
        "no chain": _first_job(
            problem, tasks=(*problem.jobs[0].tasks[:-1], replace(last, after=()))
        ),
    }


@pytest.mark.parametrize("name", _outside(job_shop(1, jobs=3, tasks=3)))
def test_a_problem_of_another_shape_is_not_walked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = job_shop(1, jobs=3, tasks=3)
    assert len(plain.jobs[0].tasks) > 1
    problem = _outside(plain)[name]
    assert shop_of(problem, options_of(problem)) is None

    def walked(*_: object, **__: object) -> None:
        raise AssertionError(f"walked: {name}")

    monkeypatch.setattr(solving, "tabu_schedule", walked)
    assert check(problem, solve(problem, seed=1, work=0.02)) == ()


@pytest.mark.parametrize(("left_out_cents", "is_left_out"), [(1, True), (2, False)])
def test_what_is_worth_less_than_its_making_may_be_left_out(
    left_out_cents: int, *, is_left_out: bool
) -> None:
    """One minute at a cent: the job is kept at two cents, and no longer at one half."""
    task = Task(id="t", order="j", modes=(Mode(machine="a", duration_s=100),))
    problem = job_shop(1, jobs=1, tasks=1)
    alone = replace(
        problem.jobs[0], id="j", tasks=(task,), left_out_cents=left_out_cents
    )
    problem = replace(problem, jobs=(alone,), now_s=OPENS_S)
    schedule = solve(problem, seed=1, work=0.1)
    assert check(problem, schedule) == ()
    assert (schedule.left_out == ("j",)) == is_left_out
    assert schedule.bound_fine == schedule.cost_fine
