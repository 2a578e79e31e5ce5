"""Every step without a slot has its reason: the constraint that, once gone, lets it in."""

from dataclasses import replace

import pytest

from routing.scheduling.check import check
from routing.scheduling.problem import (
    Batch,
    Bed,
    Job,
    Machine,
    Mode,
    Operator,
    Prices,
    Schedule,
    SchedulingProblem,
    Setups,
    Stock,
    Task,
)
from routing.scheduling.solve import solve
from routing.scheduling.why_not import why_not
from tests.unit.routing.scheduling import test_batches, test_setups, test_stocks

HOUR_S = 3_600


def lab() -> SchedulingProblem:
    """One machine, one operator, one job of two tasks of an hour, and room for them."""
    modes = (Mode(machine="a", duration_s=HOUR_S, attended_s=60, training="laser"),)
    first = Task(id="j.1", order="j", modes=modes, material="pla", grams=10)
    second = Task(id="j.2", order="j", modes=modes, after=("j.1",))
    job = Job(
        id="j",
        tasks=(first, second),
        release_s=0,
        due_s=10 * HOUR_S,
        deadline_s=10 * HOUR_S,
        left_out_cents=500,
        tail_s={"f": 60},
    )
    return SchedulingProblem(
        machines=(Machine(id="a", fab="f", open_windows=((0, 9 * HOUR_S),)),),
        jobs=(job,),
        prices=Prices(
            late_cents_per_minute=1,
            very_late_cents_per_minute=9,
            moved_machine_cents=0,
            setup_cents_per_minute=0,
        ),
        operators=(
            Operator(
                id="ada",
                fab="f",
                hours=((0, 9 * HOUR_S),),
                trainings=frozenset({"laser"}),
            ),
        ),
        stocks=(Stock(fab="f", material="pla", grams=10),),
    )


def with_job(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    job = replace(problem.jobs[0], **changes)  # type: ignore[arg-type]
    return replace(problem, jobs=(job, *problem.jobs[1:]))


def with_first(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    first, *rest = problem.jobs[0].tasks
    return with_job(problem, tasks=(replace(first, **changes), *rest))  # type: ignore[arg-type]


def with_machine(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    machine = replace(problem.machines[0], **changes)  # type: ignore[arg-type]
    return replace(problem, machines=(machine,))


def with_other(problem: SchedulingProblem) -> SchedulingProblem:
    """Somebody promised has the whole day, and half of the material."""
    mode = Mode(machine="a", duration_s=8 * HOUR_S)
    task = Task(id="o.t", order="o", modes=(mode,), material="pla", grams=5)
    other = replace(
        problem.jobs[0], id="o", tasks=(task,), left_out_cents=90_000, must=True
    )
    return replace(problem, jobs=(*problem.jobs, other))


def short_other(problem: SchedulingProblem, setup: str = "") -> SchedulingProblem:
    """Somebody promised takes an hour and half of the material."""
    more = with_other(problem)
    task = replace(
        more.jobs[1].tasks[0],
        modes=(Mode(machine="a", duration_s=HOUR_S),),
        setup=setup,
    )
    return replace(more, jobs=(more.jobs[0], replace(more.jobs[1], tasks=(task,))))


def problems() -> dict[str, SchedulingProblem]:
    """By the code that its first task must be told."""
    plain = lab()
    batch = Batch(family="x", area_mm2=500, height_mm=9)
    sown = with_machine(
        plain, bed=Bed(area_mm2=400, height_mm=10), open_windows=((0, 9 * HOUR_S),)
    )
    colours = Setups(other_s=2 * HOUR_S)
    red = with_machine(plain, open_windows=((0, 3 * HOUR_S),), setups=colours)
    red = short_other(red, setup="red")
    return {
        "task-circle": with_first(plain, after=("j.2",)),
        "no-machine": with_first(plain, modes=()),
        "no-fab": with_job(plain, tail_s={"g": 0}),
        "too-big": with_first(sown, batch=batch),
        "machines-closed": with_machine(plain, open_windows=((0, HOUR_S - 1),)),
        "nobody-trained": replace(
            plain, operators=(replace(plain.operators[0], trainings=frozenset()),)
        ),
        "operators-away": replace(
            plain,
            operators=(
                replace(plain.operators[0], hours=((9 * HOUR_S, 10 * HOUR_S),)),
            ),
        ),
        "no-material": with_first(plain, grams=11),
        "too-late": with_job(plain, deadline_s=HOUR_S),
        "material-taken": short_other(plain),
        "set-up": with_job(
            with_first(red, setup="blue", grams=0),
            tasks=tuple(
                replace(task, setup="blue", grams=0) for task in red.jobs[0].tasks
            ),
        ),
        "machines-full": with_first(with_other(plain), grams=0),
        "too-dear": with_job(plain, left_out_cents=0, due_s=0),
    }


@pytest.mark.parametrize("code", problems())
def test_the_constraint_that_binds_is_named(code: str) -> None:
    problem = problems()[code]
    schedule = solve(problem, seed=1, work=0.5)
    assert check(problem, schedule) == ()
    assert schedule.left_out == ("j",)
    reasons = why_not(problem, schedule)
    assert [reason.task for reason in reasons] == ["j.1", "j.2"]
    assert reasons[0].reason.code == code
    assert all(reason.reason.text and reason.reason.remedy for reason in reasons)


def test_without_any_of_them_the_job_is_made() -> None:
    problem = lab()
    schedule = solve(problem, seed=1, work=0.5)
    assert schedule.left_out == ()
    assert why_not(problem, schedule) == ()


def test_how_much_is_missing_is_said() -> None:
    problem = with_first(lab(), grams=17)
    reason = why_not(problem, solve(problem, seed=1, work=0))[0].reason
    assert "takes 17 g of pla, f has 10 g" in reason.text
    assert reason.remedy == "7 g more of pla in f"
    second = why_not(problem, solve(problem, seed=1, work=0))[1].reason
    assert (second.code, second.remedy) == ("other-task", "what helps task j.1")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", [test_setups, test_stocks, test_batches])
def test_every_task_without_a_slot_has_a_reason(kind: object, seed: int) -> None:
    problem: SchedulingProblem = kind.random_problem(seed)  # type: ignore[attr-defined]
    schedule: Schedule = solve(problem, seed=1, work=0.0)
    placed = {slot.task for slot in schedule.slots}
    left = {task.id for job in problem.jobs for task in job.tasks} - placed
    assert {reason.task for reason in why_not(problem, schedule)} == left
