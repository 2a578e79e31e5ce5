"""Tiny random problems that can be searched through to the end."""

from dataclasses import replace

import numpy as np

from routing.joint.problem import (
    Courier,
    Fab,
    JointProblem,
    Machine,
    Mode,
    Order,
    Profile,
    Promise,
    Stock,
    Task,
    TravelMatrix,
    Weights,
)

HOUR_S = 3_600


def tiny(seed: int, *, orders: int, two_steps: bool = False) -> JointProblem:
    """Two labs of two machines, two couriers, roads on which no detour is quicker."""
    draw = np.random.default_rng(seed)
    places = 2 + 2 + orders
    spots = draw.integers(0, 60, (places, 2))
    apart = np.abs(spots[:, None] - spots[None, :]).sum(axis=2)
    matrix = TravelMatrix(
        profile=Profile.BICYCLE,
        seconds=apart * int(draw.integers(10, 40)),
        metres=apart * 100,
        source="road",
    )
    machines = tuple(
        Machine(id=f"m{i}", fab=f"fab{i // 2}", open_windows=_opening(draw))
        for i in range(4)
    )
    couriers = tuple(
        Courier(
            id=f"c{i}",
            place=2 + i,
            shift=(int(draw.integers(0, 2)) * HOUR_S, 9 * HOUR_S),
            capacity_pieces=int(draw.integers(2, 5)),
            capacity_grams=10_000,
            profile=Profile.BICYCLE,
            cost_per_km_cents=int(draw.integers(0, 60)),
            cost_per_hour_cents=int(draw.integers(0, 1_800)),
        )
        for i in range(2)
    )
    all_orders, tasks = [], []
    for i in range(orders):
        all_orders.append(_order(draw, i))
        steps = 1 + (two_steps and bool(draw.integers(2)))
        tasks += [_task(draw, i, k) for k in range(steps)]
    return JointProblem(
        fabs=(
            Fab(id="fab0", place=0, pickup_service_s=60),
            Fab(id="fab1", place=1, pickup_service_s=120),
        ),
        machines=machines,
        orders=tuple(all_orders),
        tasks=tuple(tasks),
        couriers=couriers,
        matrices={Profile.BICYCLE: matrix},
        weights=Weights(late_cents_per_minute=int(draw.integers(0, 20))),
    )


def with_stocks(problem: JointProblem, seed: int) -> JointProblem:
    """The same where material is short: up to a kilogram a task, not all of it counted."""
    draw = np.random.default_rng(seed)
    tasks = tuple(
        replace(
            task,
            material=("PLA", "PETG")[draw.integers(2)],
            grams=int(draw.integers(1, 11)) * 100,
        )
        for task in problem.tasks
    )
    stocks = tuple(
        Stock(fab=fab.id, material=material, grams=int(draw.integers(0, 16)) * 100)
        for fab in problem.fabs
        for material in ("PLA", "PETG", "wood")
        if draw.integers(5)
    )
    return replace(problem, tasks=tasks, stocks=stocks)


def with_work_by_hand(problem: JointProblem, seed: int) -> JointProblem:
    """The same where people work on most of what comes from the machines."""
    draw = np.random.default_rng([seed, 5])
    tasks = tuple(
        replace(task, lag_s=int(draw.integers(0, 6)) * 900) for task in problem.tasks
    )
    return replace(problem, tasks=tasks)


def promised(
    problem: JointProblem, seed: int, *, is_never_early: bool = False
) -> JointProblem:
    """The same, with a window for each order that was promised before."""
    draw = np.random.default_rng([seed, 1])
    orders = []
    for order in problem.orders:
        earliest_s = int(draw.integers(0, 24)) * 900
        planned_s = earliest_s + int(draw.integers(0, 900))
        said = Promise(
            earliest_s=0 if is_never_early else earliest_s,
            planned_s=planned_s,
            latest_s=planned_s + 900,
        )
        orders.append(replace(order, promised=said, left_out_cents=100_000))
    weights = replace(
        problem.weights,
        moved_promise_cents_per_minute=int(draw.integers(1, 60)),
        near_percent=int(draw.integers(0, 300)),
    )
    return replace(problem, orders=tuple(orders), weights=weights)


def short_of_time(problem: JointProblem, seed: int) -> JointProblem:
    """The same, where shifts may end before or soon after what is to be brought."""
    draw = np.random.default_rng([seed, 3])
    couriers = tuple(
        replace(one, shift=(one.shift[0], int(draw.integers(9, 24)) * 900))
        for one in problem.couriers
    )
    return replace(problem, couriers=couriers)


def made_of_parts(problem: JointProblem, seed: int) -> JointProblem:
    """The same, where the last order is made in one lab of what others bring there."""
    draw = np.random.default_rng([seed, 2])
    lab = int(draw.integers(2))
    *others, last = problem.orders
    count = 1 + int(draw.integers(len(others)))
    brought = [others[k].id for k in draw.permutation(len(others))[:count]]
    orders = [
        replace(
            order,
            place=lab,
            deadline_s=8 * HOUR_S,
            due_s=int(draw.integers(7)) * HOUR_S,
            earliest_s=0,
        )
        if order.id in brought
        else order
        for order in others
    ]
    parts = tuple(brought)
    if len(brought) > 1 and draw.integers(2):  # one brings what the other is made from
        parts = (brought[0],)
        at = next(k for k, order in enumerate(orders) if order.id == brought[0])
        orders[at] = replace(orders[at], parts=(brought[1],))
    late_s = int(draw.integers(1, 4)) * HOUR_S
    last = replace(
        last,
        parts=parts,
        due_s=last.due_s + late_s,
        deadline_s=last.deadline_s + late_s,
        left_out_cents=int(draw.integers(1_000, 9_000)),
    )
    orders.append(last)
    tied = {order.id for order in orders if order.parts}
    tasks = tuple(
        replace(
            task, modes=_in_lab(task, lab) if task.order in tied else task.modes[:2]
        )
        for task in problem.tasks
    )
    return replace(problem, orders=tuple(orders), tasks=tasks)


def _in_lab(task: Task, lab: int) -> tuple[Mode, ...]:
    return tuple(
        replace(mode, machine=f"m{2 * lab + int(mode.machine[1:]) % 2}")
        for mode in task.modes[:2]
    )


def _opening(draw: np.random.Generator) -> tuple[tuple[int, int], ...]:
    if draw.integers(3):
        return ((0, 8 * HOUR_S),)
    return ((0, 2 * HOUR_S), (3 * HOUR_S, 8 * HOUR_S))


def _order(draw: np.random.Generator, number: int) -> Order:
    due_s = int(draw.integers(1, 6)) * HOUR_S
    return Order(
        id=f"o{number}",
        place=4 + number,
        due_s=due_s,
        deadline_s=due_s + int(draw.integers(1, 7)) * 1_800,
        earliest_s=max(0, due_s - HOUR_S) if draw.integers(2) else 0,
        left_out_cents=int(draw.integers(300, 6_000)),
        pieces=int(draw.integers(1, 3)),
        grams=500,
        service_s=60,
    )


def _task(draw: np.random.Generator, order: int, step: int) -> Task:
    chosen = draw.permutation(4)[: int(draw.integers(2, 5))]
    return Task(
        id=f"o{order}.{step}",
        order=f"o{order}",
        modes=tuple(
            Mode(
                machine=f"m{machine}",
                duration_s=int(draw.integers(2, 24)) * 300,
                cost_cents=int(draw.integers(100, 900)),
            )
            for machine in sorted(chosen)
        ),
        after=(f"o{order}.{step - 1}",) if step else (),
    )
