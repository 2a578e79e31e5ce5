"""Set-ups and people in the joint plan: as the machines' referee wants them, and used."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from routing.joint.check import check
from routing.joint.problem import (
    Budget,
    Courier,
    Fab,
    FrozenSlot,
    JointPlan,
    JointProblem,
    Machine,
    Mode,
    NextStop,
    Operator,
    Order,
    Profile,
    Setups,
    StopKind,
    Task,
)
from routing.joint.solve import solve
from tests.unit.routing.joint.test_joint_plans import HOUR_S, a_matrix, a_region

BUDGET = Budget(courier_iterations=150)
DAY_S = 24 * HOUR_S


def random_region(seed: int) -> JointProblem:
    """Two labs over two days with a night between, three colours, a few frozen runs."""
    rng = np.random.default_rng(seed)
    day = ((0, 8 * HOUR_S), (DAY_S, DAY_S + 8 * HOUR_S))
    night = ((0, DAY_S + 8 * HOUR_S),)
    words = ("white", "red", "black")
    machines, tasks, orders = [], [], []
    for number in range(4):
        pairs = {
            (before, after): int(rng.integers(0, 5_000))
            for before in words
            for after in words
            if rng.integers(2)
        }
        setups = Setups(seconds=pairs, other_s=900, loaded=words[rng.integers(3)])
        machines.append(
            Machine(
                id=f"m{number}",
                fab=["west", "east"][number % 2],
                open_windows=night if rng.integers(2) else day,
                setups=setups if rng.integers(4) else None,
            )
        )
    for number in range(14):
        id_ = f"o{number}"
        due_s = int(rng.integers(HOUR_S, 30 * HOUR_S))
        orders.append(
            Order(
                id=id_,
                place=int(rng.integers(4)),
                due_s=due_s,
                deadline_s=due_s + int(rng.integers(0, 20 * HOUR_S)),
                left_out_cents=int(rng.integers(500, 9_000)),
                committed=bool(rng.integers(2)),
            )
        )
        for step in range(1 + rng.integers(2)):
            modes = tuple(
                Mode(
                    machine=f"m{machine}",
                    duration_s=int(rng.integers(900, 4 * HOUR_S)),
                    cost_cents=int(rng.integers(100, 900)),
                    attended_s=int(rng.integers(2)) * 600,
                    training=["", "laser"][rng.integers(2)],
                )
                for machine in range(4)
            )
            task = Task(
                id=f"{id_}.{step}",
                order=id_,
                modes=modes,
                after=(f"{id_}.{step - 1}",) if step else (),
                setup=words[rng.integers(3)],
            )
            if step == 0 and number < 3:
                start_s = int(rng.integers(-600, 9_000))
                frozen = FrozenSlot(
                    machine=f"m{number}", start_s=start_s, end_s=start_s + 3_000
                )
                task = replace(task, frozen=frozen)
            tasks.append(task)
    operators = tuple(
        Operator(id=f"{fab}.{known}", fab=fab, hours=day, trainings=trainings)
        for fab in ("west", "east")
        for known, trainings in ((0, frozenset[str]()), (1, frozenset({"laser"})))
        if rng.integers(5)
    )
    couriers = tuple(
        Courier(
            id=f"c{number}",
            place=number,
            shift=(0, 2 * DAY_S),
            capacity_pieces=5,
            capacity_grams=5_000,
            profile=Profile.BICYCLE,
            cost_per_km_cents=10,
            cost_per_hour_cents=500,
        )
        for number in range(2)
    )
    return JointProblem(
        fabs=(Fab(id="west", place=0), Fab(id="east", place=1)),
        machines=tuple(machines),
        orders=tuple(orders),
        tasks=tuple(tasks),
        couriers=couriers,
        matrices={Profile.BICYCLE: a_matrix()},
        operators=operators,
    )


def planned_again(problem: JointProblem, plan: JointPlan) -> JointProblem:
    """The same with the plan in force, and the set-ups the other way round."""
    machine_of = {slot.task: slot.machine for slot in plan.slots}
    stops = {
        route.courier: tuple(NextStop(order=s.order, kind=s.kind) for s in route.stops)
        for route in plan.routes
    }
    machines = tuple(
        replace(
            machine,
            setups=None
            if machine.setups is None
            else Setups(
                seconds={(b, a): s for (a, b), s in machine.setups.seconds.items()},
                other_s=1_800,
                loaded="black",
            ),
        )
        for machine in problem.machines
    )
    return replace(
        problem,
        machines=machines,
        tasks=tuple(
            replace(task, previous_machine=machine_of.get(task.id))
            for task in problem.tasks
        ),
        couriers=tuple(
            replace(courier, previous=stops.get(courier.id, ()))
            for courier in problem.couriers
        ),
    )


@pytest.mark.parametrize("seed", range(25))
def test_the_referee_accepts_plans_with_set_ups_and_people(seed: int) -> None:
    problem = random_region(seed)
    plan = solve(problem, seed=1, budget=BUDGET)
    assert check(problem, plan) == ()
    again = planned_again(problem, plan)
    assert check(again, solve(again, seed=1, budget=BUDGET)) == ()


def test_such_plans_do_set_machines_up() -> None:
    """Else the test before would say nothing."""
    changes = nights = 0
    for seed in range(5):
        problem = random_region(seed)
        plan = solve(problem, seed=1, budget=BUDGET)
        sequence: dict[str, list[str]] = {}
        word_of = {task.id: task.setup for task in problem.tasks}
        for slot in plan.slots:
            sequence.setdefault(slot.machine, []).append(word_of[slot.task])
        changes += sum(len(words) - 1 for words in sequence.values())
        nights += any(s.start_s > DAY_S // 2 for s in plan.slots)
    assert changes > 20
    assert nights


def test_colours_are_grouped() -> None:
    """Four prints of an hour and changes of two hours: one change, not three."""
    plain = a_region()
    setups = Setups(other_s=2 * HOUR_S)
    west = replace(plain.machines[0], setups=setups)
    modes = (Mode(machine="w", duration_s=HOUR_S, cost_cents=100),)
    orders, tasks = [], []
    for number, colour in enumerate(["white", "red", "white", "red"]):
        order = replace(plain.orders[0], id=f"o{number}", due_s=HOUR_S)
        orders.append(replace(order, deadline_s=9 * HOUR_S))
        tasks.append(Task(id=f"t{number}", order=order.id, modes=modes, setup=colour))
    problem = replace(plain, machines=(west,), orders=tuple(orders), tasks=tuple(tasks))
    plan = solve(problem, seed=1, budget=BUDGET)
    assert check(problem, plan) == ()
    assert plan.left_out == {}
    assert max(slot.end_s for slot in plan.slots) == 6 * HOUR_S
    squeezed = tuple(
        replace(s, start_s=s.start_s - HOUR_S, end_s=s.end_s - HOUR_S)
        if s.start_s >= 3 * HOUR_S
        else s
        for s in plan.slots
    )
    found = Counter(
        breach.code for breach in check(problem, replace(plan, slots=squeezed))
    )
    assert found["setup"] == 1


def test_a_night_run_is_fetched_in_the_morning() -> None:
    plain = a_region()
    night = replace(plain.machines[0], open_windows=((0, 2 * DAY_S),))
    modes = (Mode(machine="w", duration_s=6 * HOUR_S, attended_s=600),)
    hours = ((0, HOUR_S), (20 * HOUR_S, 22 * HOUR_S))
    problem = replace(
        plain,
        machines=(night,),
        orders=(replace(plain.orders[0], deadline_s=DAY_S, left_out_cents=50_000),),
        tasks=(replace(plain.tasks[0], modes=modes),),
        couriers=(replace(plain.couriers[0], shift=(0, 2 * DAY_S)),),
        operators=(Operator(id="ada", fab="west", hours=hours),),
    )
    plan = solve(problem)
    assert check(problem, plan) == ()
    (slot,) = plan.slots
    assert slot.start_s <= HOUR_S - 600
    pickup = next(s for s in plan.routes[0].stops if s.kind is StopKind.PICKUP)
    assert pickup.begin_s == 20 * HOUR_S
    away = replace(problem, operators=(replace(problem.operators[0], hours=()),))
    assert solve(away).left_out["o"].code in {"nobody-trained", "machines-closed"}


def test_nobody_trained_is_said() -> None:
    plain = a_region()
    modes = (Mode(machine="w", duration_s=600, attended_s=60, training="laser"),)
    problem = replace(
        plain,
        tasks=(replace(plain.tasks[0], modes=modes),),
        operators=(Operator(id="ada", fab="west", hours=((0, 9 * HOUR_S),)),),
    )
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.left_out["o"].code == "nobody-trained"
    assert "laser" in plan.left_out["o"].text
