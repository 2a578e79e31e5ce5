"""Small problems in which all rules meet, because each rule alone is no proof of their sum."""

import numpy as np
import pytest

from routing.scheduling.check import check
from routing.scheduling.problem import (
    Batch,
    Bed,
    FrozenSlot,
    Job,
    Machine,
    Mode,
    Operator,
    Prices,
    SchedulingProblem,
    Setups,
    Stock,
    Task,
    Transfer,
)
from routing.scheduling.solve import solve
from routing.scheduling.why_not import why_not
from tests.unit.routing.scheduling.exhaustive import assert_none_is_cheaper

UNTIL_S = 11
WORDS = ("x", "y")


def random_problem(seed: int) -> SchedulingProblem:
    """Two labs, three machines, three jobs; everything that a lab may ask, now and then."""
    rng = np.random.default_rng(seed)
    machines = tuple(
        _machine(rng, name, fab) for name, fab in zip("abc", "ffg", strict=True)
    )
    jobs = tuple(_job(rng, f"j{number}") for number in range(3))
    operators = tuple(
        Operator(
            id=f"o{number}",
            fab="fg"[rng.integers(2)],
            hours=((int(rng.integers(3)), int(rng.integers(4, 8))), (8, UNTIL_S)),
            trainings=frozenset({"laser"} if rng.integers(4) else ()),
        )
        for number in range(rng.integers(3))
    )
    transfers = (
        Transfer(from_fab="f", to_fab="g", seconds=int(rng.integers(3)), cents=1),
        Transfer(from_fab="g", to_fab="f", seconds=int(rng.integers(3))),
    )
    stock = Stock(
        fab="f",
        material="pla",
        grams=int(rng.integers(3, 9)),
        deliveries=((int(rng.integers(9)), int(rng.integers(5))),),
    )
    return SchedulingProblem(
        machines=machines,
        jobs=jobs,
        prices=Prices(
            late_cents_per_minute=60,
            very_late_cents_per_minute=120,
            moved_machine_cents=2,
            setup_cents_per_minute=30,
            makespan_cents_per_minute=int(rng.integers(2)) * 30,
        ),
        operators=operators,
        transfers=transfers[: rng.integers(3)],
        stocks=(stock,) if rng.integers(2) else (),
    )


def _machine(rng: np.random.Generator, name: str, fab: str) -> Machine:
    seconds = {(b, a): int(rng.integers(3)) for b in WORDS for a in WORDS if b != a}
    break_s = int(rng.integers(4, 7))
    whole = ((0, UNTIL_S),)
    return Machine(
        id=name,
        fab=fab,
        open_windows=whole
        if rng.integers(2)
        else ((0, break_s), (break_s + 1, UNTIL_S)),
        setups=Setups(seconds=seconds, loaded="x") if rng.integers(2) else None,
        bed=Bed(area_mm2=100, height_mm=50) if rng.integers(3) else None,
    )


def _job(rng: np.random.Generator, id_: str) -> Job:
    tasks: list[Task] = []
    for step in range(1 + int(rng.integers(3) == 0)):
        names = rng.permutation(["a", "b", "c"])[: 1 + rng.integers(2)]
        attended_s = int(rng.integers(3) == 0)
        training = ["", "laser"][rng.integers(2)]
        frozen = None
        if step == 0 and rng.integers(6) == 0:
            start_s = int(rng.integers(-2, 4))
            frozen = FrozenSlot(machine="a", start_s=start_s, end_s=start_s + 2)
        tasks.append(
            Task(
                id=f"{id_}.{step}",
                order=id_,
                modes=tuple(
                    Mode(
                        machine=str(name),
                        duration_s=2 if name == "a" else int(rng.integers(2, 4)),
                        cost_cents=int(rng.integers(3)),
                        attended_s=attended_s,
                        training=training,
                    )
                    for name in names
                ),
                after=(f"{id_}.0",) if step else (),
                frozen=frozen,
                previous_machine=[None, "a"][rng.integers(2)],
                setup=WORDS[int(rng.integers(3) == 0)],
                material="pla",
                grams=int(rng.integers(5)),
                batch=Batch(family="u", area_mm2=[40, 60][rng.integers(2)])
                if rng.integers(4)
                else None,
            )
        )
    return Job(
        id=id_,
        tasks=tuple(tasks),
        release_s=int(rng.integers(2)),
        due_s=int(rng.integers(6)),
        deadline_s=int(rng.integers(6, 14)),
        left_out_cents=int(rng.integers(6, 20)),
        tail_s={"f": 1, "g": 0},
        must=bool(rng.integers(4) == 0),
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_schedule_that_the_referee_accepts_is_cheaper(seed: int) -> None:
    assert_none_is_cheaper(random_problem(seed), until_s=UNTIL_S)


@pytest.mark.parametrize("seed", range(150))
def test_lists_obey_all_of_them_and_say_why_not(seed: int) -> None:
    problem = random_problem(1_000 + seed)
    schedule = solve(problem, seed=1, work=0)
    assert check(problem, schedule) == ()
    placed = {slot.task for slot in schedule.slots}
    left = {task.id for job in problem.jobs for task in job.tasks} - placed
    assert {reason.task for reason in why_not(problem, schedule)} == left
