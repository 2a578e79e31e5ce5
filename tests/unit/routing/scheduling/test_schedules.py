"""CP-SAT against every schedule there is, and a referee that can say no."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.scheduling.calendars import merged, without
from routing.scheduling.check import check
from routing.scheduling.problem import (
    FrozenSlot,
    Job,
    Machine,
    Mode,
    Prices,
    SchedulingProblem,
    Task,
)
from routing.scheduling.solve import solve

PRICES = Prices(
    late_cents_per_minute=7, very_late_cents_per_minute=50, moved_machine_cents=90
)


def small_problem(seed: int) -> SchedulingProblem:
    """Two machines in one fab (one with a lunch break), three jobs of one task."""
    rng = np.random.default_rng(seed)
    machines = (
        Machine(id="a", fab="f", open_windows=((0, 3_000), (3_600, 20_000))),
        Machine(id="b", fab="f", open_windows=((600, 20_000),)),
    )
    jobs = tuple(
        Job(
            id=f"j{i}",
            tasks=(
                Task(
                    id=f"t{i}",
                    order=f"j{i}",
                    modes=tuple(
                        Mode(
                            machine=machine.id,
                            duration_s=int(rng.integers(300, 2_900)),
                            cost_cents=int(rng.integers(0, 400)),
                        )
                        for machine in machines
                    ),
                    previous_machine="a",
                ),
            ),
            release_s=int(rng.integers(0, 600)),
            due_s=int(rng.integers(600, 4_000)),
            deadline_s=int(rng.integers(3_000, 7_000)),
            left_out_cents=int(rng.integers(200, 1_500)),
            tail_s={"f": 300},
            fab_cost_cents={"f": 40},
        )
        for i in range(3)
    )
    return SchedulingProblem(machines=machines, jobs=jobs, prices=PRICES)


def brute_force_fine(problem: SchedulingProblem) -> int:
    """Try every order of jobs and every choice of machine or leaving out."""
    best = 1 << 60
    for sequence in permutations(problem.jobs):
        for choice in product([0, 1, None], repeat=len(sequence)):
            free = [machine.open_windows for machine in problem.machines]
            fine = 0
            for job, number in zip(sequence, choice, strict=True):
                if number is None:
                    fine += 18_000 * job.left_out_cents
                    continue
                mode = job.tasks[0].modes[number]
                starts = [
                    max(opens_s, job.release_s)
                    for opens_s, closes_s in free[number]
                    if max(opens_s, job.release_s) + mode.duration_s <= closes_s
                ]
                if not starts:
                    fine = 1 << 60
                    break
                end_s = starts[0] + mode.duration_s
                free[number] = without(free[number], [(starts[0], end_s)])
                there_s = end_s + 300
                if there_s > job.deadline_s:
                    fine = 1 << 60
                    break
                moved = 90 if mode.machine != "a" else 0
                fine += 18_000 * (mode.cost_cents + 40 + moved)
                fine += 300 * 7 * max(0, there_s - job.due_s)
            best = min(best, fine)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_cost_equals_that_of_trying_everything(seed: int) -> None:
    problem = small_problem(seed)
    schedule = solve(problem, seed=1, work=1.0)
    assert check(problem, schedule) == ()
    assert schedule.cost_fine == brute_force_fine(problem)
    assert schedule.bound_fine <= schedule.cost_fine


def test_a_started_task_stays_and_its_successor_waits() -> None:
    problem = SchedulingProblem(
        machines=(Machine(id="a", fab="f", open_windows=((1_000, 9_000),)),),
        jobs=(
            Job(
                id="j",
                tasks=(
                    Task(
                        id="t1",
                        order="j",
                        frozen=FrozenSlot(machine="a", start_s=-500, end_s=1_700),
                    ),
                    Task(
                        id="t2",
                        order="j",
                        after=("t1",),
                        modes=(Mode(machine="a", duration_s=60),),
                    ),
                ),
                release_s=0,
                due_s=9_000,
                deadline_s=9_000,
                left_out_cents=100,
                tail_s={"f": 0},
            ),
        ),
        prices=PRICES,
        now_s=1_000,
    )
    schedule = solve(problem, seed=0, work=0.1)
    assert check(problem, schedule) == ()
    assert [(s.task, s.start_s, s.frozen) for s in schedule.slots] == [
        ("t1", -500, True),
        ("t2", 1_700, False),
    ]


def test_a_promised_job_is_late_rather_than_left_out() -> None:
    problem = small_problem(1)
    jobs = tuple(
        replace(job, must=True, due_s=0, deadline_s=0, left_out_cents=10_000_000)
        for job in problem.jobs
    )
    schedule = solve(replace(problem, jobs=jobs), seed=0, work=0.2)
    assert schedule.left_out == ()


@pytest.mark.parametrize(
    "spoil",
    [
        {"start_s": 3_100, "end_s": 3_500},
        {"machine": "b"},
        {"task": "t9"},
        {"frozen": True},
        {"start_s": -10},
    ],
)
def test_the_referee_sees_a_spoilt_slot(spoil: dict[str, object]) -> None:
    problem = small_problem(3)
    schedule = solve(problem, seed=1, work=0.5)
    first, *rest = schedule.slots
    assert first.machine == "a"
    spoilt = replace(first, **spoil)  # type: ignore[arg-type]
    assert check(problem, replace(schedule, slots=(spoilt, *rest)))


def test_the_referee_sees_two_tasks_at_once() -> None:
    problem = small_problem(3)
    for job in problem.jobs:
        assert {mode.machine for mode in job.tasks[0].modes} == {"a", "b"}
    schedule = solve(problem, seed=1, work=0.5)
    slots = []
    for slot in schedule.slots:
        job = next(job for job in problem.jobs if job.id == slot.order)
        mode = next(m for m in job.tasks[0].modes if m.machine == "b")
        slots.append(
            replace(slot, machine="b", start_s=700, end_s=700 + mode.duration_s)
        )
    assert len(slots) > 1
    spoilt = replace(schedule, slots=tuple(slots))
    assert "overlap" in {breach.code for breach in check(problem, spoilt)}


def test_a_run_that_ended_as_it_began_keeps_nobody_from_the_machine() -> None:
    instant = Task(
        id="t1",
        order="j",
        after=("t2",),
        frozen=FrozenSlot(machine="a", start_s=1, end_s=1),
    )
    whole = Task(id="t2", order="j", modes=(Mode(machine="a", duration_s=2),))
    problem = SchedulingProblem(
        machines=(Machine(id="a", fab="f", open_windows=((0, 2),)),),
        jobs=(
            Job(
                id="j",
                tasks=(instant, whole),
                release_s=0,
                due_s=9_000,
                deadline_s=9_000,
                left_out_cents=100,
                tail_s={"f": 0},
            ),
        ),
        prices=PRICES,
    )

    schedule = solve(problem, seed=0, work=0.2)

    assert {slot.task for slot in schedule.slots} == {"t1", "t2"}
    assert check(problem, schedule) == ()


def test_openings_are_merged_and_odd_ones_ignored() -> None:
    assert merged([(5, 9), (0, 3), (3, 4), (8, 2), (7, 12)]) == ((0, 4), (5, 12))
    assert merged([(0, 10)], from_s=4) == ((4, 10),)
    assert without([(0, 10)], [(2, 3), (9, 20)]) == ((0, 2), (3, 9))


def test_double_ids_are_named() -> None:
    problem = small_problem(0)
    twice = replace(problem, machines=problem.machines * 2)
    with pytest.raises(InvalidProblemError, match="two machines have the id 'a'"):
        solve(twice, seed=0, work=0)


def test_the_last_end_alone_can_be_the_price() -> None:
    """Johnson's rule gives the least makespan of a flow of two machines."""
    works = ((3, 6), (5, 2), (1, 2), (6, 6), (7, 5))
    jobs = tuple(
        Job(
            id=f"j{i}",
            tasks=(
                Task(
                    id=f"{i}.a",
                    order=f"j{i}",
                    modes=(Mode(machine="a", duration_s=first),),
                ),
                Task(
                    id=f"{i}.b",
                    order=f"j{i}",
                    modes=(Mode(machine="b", duration_s=second),),
                    after=(f"{i}.a",),
                ),
            ),
            release_s=0,
            due_s=1_000,
            deadline_s=1_000,
            left_out_cents=1_000,
            tail_s={"f": 0},
        )
        for i, (first, second) in enumerate(works)
    )
    problem = SchedulingProblem(
        machines=tuple(
            Machine(id=name, fab="f", open_windows=((100, 300),)) for name in "ab"
        ),
        jobs=jobs,
        prices=replace(PRICES, makespan_cents_per_minute=60),
        now_s=100,
    )
    schedule = solve(problem, seed=0, work=1.0)
    assert check(problem, schedule) == ()
    assert max(slot.end_s for slot in schedule.slots) == 124
    assert schedule.cost_fine == schedule.bound_fine == 18_000 * 24
