"""One order more: where it costs least of all places, and nothing else is moved."""

from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.insert_kernels import PRICE
from routing.joint.problem import Budget, JointProblem, Order, Setups, Task
from routing.joint.solve import solve
from routing.joint.standing import ROOM_TASKS, standing
from tests.unit.routing.joint.exhaustive import least_insertion
from tests.unit.routing.joint.tiny import HOUR_S, promised, short_of_time, tiny

QUICK = Budget(courier_iterations=30)


def without_last(problem: JointProblem) -> tuple[JointProblem, Order, list[Task]]:
    order = problem.orders[-1]
    own = [task for task in problem.tasks if task.order == order.id]
    rest = replace(
        problem,
        orders=problem.orders[:-1],
        tasks=tuple(task for task in problem.tasks if task.order != order.id),
    )
    return rest, order, own


@pytest.mark.parametrize("seed", range(60))
def test_no_place_is_cheaper(seed: int) -> None:
    """Every machine and every position is tried out, beside a plan of five orders."""
    problem, order, tasks = without_last(tiny(seed, orders=6, two_steps=True))
    plan = solve(problem, budget=QUICK)
    live = standing(problem, plan)
    found = insert(live, order, tasks)
    price = 18_000 * order.left_out_cents if found is None else int(found.found[PRICE])
    assert price == least_insertion(problem, plan, order, tasks)


@pytest.mark.parametrize("seed", range(700, 730))
def test_no_place_is_cheaper_where_shifts_end_early(seed: int) -> None:
    whole = short_of_time(tiny(seed, orders=6), seed)
    problem, order, tasks = without_last(whole)
    plan = solve(problem, budget=QUICK)
    found = insert(standing(problem, plan), order, tasks)
    price = 18_000 * order.left_out_cents if found is None else int(found.found[PRICE])
    assert price == least_insertion(problem, plan, order, tasks)


@pytest.mark.parametrize("seed", range(300, 330))
def test_what_was_promised_to_others_counts_at_its_price(seed: int) -> None:
    whole = promised(tiny(seed, orders=6), seed, is_never_early=True)
    problem, order, tasks = without_last(whole)
    order = replace(order, promised=None)
    plan = solve(problem, budget=QUICK)
    assert check(problem, plan) == ()
    found = insert(standing(problem, plan), order, tasks)
    price = 18_000 * order.left_out_cents if found is None else int(found.found[PRICE])
    assert price == least_insertion(problem, plan, order, tasks)


@pytest.mark.parametrize("seed", range(20))
def test_the_referee_accepts_the_plan_with_it_and_nothing_else_moved(seed: int) -> None:
    problem, order, tasks = without_last(tiny(seed, orders=6))
    plan = solve(problem, budget=QUICK)
    live = standing(problem, plan)
    before = [array.copy() for array in live.state]
    found = insert(live, order, tasks)
    whole = plan_with(live, order, tasks, found)
    assert check(problem_with(problem, order, tasks), whole) == ()
    assert set(plan.slots) <= set(whole.slots)
    if found is None:
        assert order.id in whole.left_out
    else:
        assert whole.promises[order.id] == found.promise
        extra_cents = whole.cost.total_cents - plan.cost.total_cents
        assert abs(extra_cents - found.extra_cents) <= 3  # of rounded parts
    counts = live.state.counts
    for name, was, now in zip(live.state._fields, before, live.state, strict=True):
        if name in {"stops", "steps", "busy"}:
            continue  # what lies behind the last stop or slot is nothing
        rows = {"slots": live.counts[0], "decided": live.spare}  # its own: a newcomer's
        last = rows.get(name, len(was))
        np.testing.assert_array_equal(was[:last], now[:last], err_msg=name)
    for v, count in enumerate(counts):
        index = live.state._fields.index("stops")
        np.testing.assert_array_equal(
            before[index][v, :count], live.state[index][v, :count]
        )


def test_each_answer_stands_beside_others_that_were_asked_for() -> None:
    problem, order, tasks = without_last(tiny(3, orders=6))
    live = standing(problem, solve(problem, budget=QUICK))
    found = insert(live, order, tasks)
    alone = plan_with(live, order, tasks, found)
    other = replace(order, id="other", place=0, pieces=1)
    insert(live, other, [replace(task, id="x", order="other") for task in tasks])
    again = plan_with(live, order, tasks, found)
    assert again == alone
    assert found is not None


def test_without_a_plan_the_plan_in_force_stands() -> None:
    problem, order, tasks = without_last(tiny(3, orders=4))
    live = standing(problem)
    whole = plan_with(live, order, tasks, insert(live, order, tasks))
    assert check(problem_with(problem, order, tasks), whole) == ()


def test_beside_what_only_takes_an_instant_there_is_room() -> None:
    problem, order, tasks = without_last(tiny(3, orders=3))
    problem = replace(
        problem,
        machines=tuple(
            replace(one, setups=Setups(other_s=60)) for one in problem.machines
        ),
        tasks=tuple(
            replace(
                task,
                modes=tuple(replace(mode, duration_s=0) for mode in task.modes),
            )
            for task in problem.tasks
        ),
    )
    plan = solve(problem, budget=QUICK)
    assert plan.slots
    live = standing(problem, plan)
    whole = plan_with(live, order, tasks, insert(live, order, tasks))
    assert check(problem_with(problem, order, tasks), whole) == ()


def test_an_order_of_very_many_tasks_finds_a_place() -> None:
    problem, order, (task, *_) = without_last(tiny(1, orders=3))
    many = [
        replace(
            task,
            id=f"many{k}",
            after=(),
            modes=tuple(replace(mode, duration_s=60) for mode in task.modes),
        )
        for k in range(2 * ROOM_TASKS)
    ]
    order = replace(order, deadline_s=8 * HOUR_S, left_out_cents=10**6)
    live = standing(problem)
    found = insert(live, order, many)
    assert found is not None
    whole = plan_with(live, order, many, found)
    assert check(problem_with(problem, order, many), whole) == ()


def test_what_is_known_or_begun_is_no_new_order() -> None:
    problem, order, tasks = without_last(tiny(1, orders=3))
    live = standing(problem)
    with pytest.raises(InvalidProblemError, match="two orders have the id 'o0'"):
        insert(live, replace(order, id="o0"), [])
    with pytest.raises(InvalidProblemError, match="was begun"):
        insert(live, replace(order, aboard="c0"), [])
    with pytest.raises(InvalidProblemError, match=r"two tasks have the id 'o0\.0'"):
        insert(live, order, [replace(tasks[0], id="o0.0")])
    with pytest.raises(InvalidProblemError, match="place 99"):
        insert(live, replace(order, place=99), tasks)


def test_what_no_machine_can_make_is_left_out_with_why() -> None:
    problem, order, tasks = without_last(tiny(1, orders=3))
    live = standing(problem)
    barren = [replace(tasks[0], modes=())]
    assert insert(live, order, barren) is None
    plan = plan_with(live, order, barren, None)
    assert plan.left_out[order.id].code == "no-machine"
    assert check(problem_with(problem, order, barren), plan) == ()
