"""Whether quotes keep their word: a day of quotes, carried out to its end.

Orders of a scene are asked for one after the other, between 8:00 and 17:00; each that
is offered is ordered, at the place that its quote found. Every half hour all that is
not begun is planned anew. Once everything takes as long as planned; once machines take
0.9 to 1.1 times and rides 0.9 to 1.2 times as long, which nobody knows before.
"""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.region.day import Day, Factor, as_planned, tasks_by_order
from benchmarks.region.scene import DAY_S, HOUR_S, scene
from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.problem import Budget, JointPlan, JointProblem, Order, Promise, Task
from routing.joint.solve import solve
from routing.joint.standing import standing

ASKED_UNTIL_S = 9 * HOUR_S
EPOCH_S = 1_800
REPLAN = Budget(courier_iterations=300)
END_S = 2 * DAY_S  # what is late is brought in the evening
LEAST_NOTICE_S = 2 * HOUR_S  # between asking and the wished time


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One day: how many were asked for, offered, and handed over as promised.

    `early`: handed over before what was promised began. `air_s`: between the planned
    time and the end of what was promised, summed over all that were offered.
    """

    asked: int
    offered: int
    kept: int
    early: int
    air_s: int
    later_s: tuple[int, ...]  # than the end of what was promised, of those not kept


def play(region: str, orders: int, seed: int, *, is_smooth: bool) -> Kept:
    """Play one day; `is_smooth`: as planned. Errors: RuntimeError for a plan that the referee refuses."""
    whole = scene(region, orders, seed)
    tasks = tasks_by_order(whole)
    draw = np.random.default_rng([seed, orders, 1])
    asked_s = np.sort(draw.uniform(0, ASKED_UNTIL_S, orders)).astype(int).tolist()
    factor = as_planned if is_smooth else _going_wrong(seed)
    day = Day(base=replace(whole, orders=(), tasks=()), factor=factor)
    promises: dict[str, Promise] = {}
    planned_s = 0
    for at_s, order in zip(asked_s, whole.orders, strict=True):
        while planned_s + EPOCH_S <= at_s:
            planned_s += EPOCH_S
            _replan(day, planned_s, seed)
        day.advance(at_s)
        promised = _ask(day, _wished(order, at_s), tasks[order.id])
        if promised is not None:
            promises[order.id] = promised
    while planned_s < END_S and len(day.brought) < len(promises):
        planned_s += EPOCH_S
        _replan(day, planned_s, seed)
    later_s = [
        day.brought.get(id_, END_S) - promise.latest_s
        for id_, promise in promises.items()
        if day.brought.get(id_, END_S) > promise.latest_s
    ]
    early = sum(day.brought.get(i, END_S) < p.earliest_s for i, p in promises.items())
    return Kept(
        asked=orders,
        offered=len(promises),
        kept=len(promises) - len(later_s) - early,
        early=early,
        air_s=sum(one.latest_s - one.planned_s for one in promises.values()),
        later_s=tuple(later_s),
    )


def _wished(order: Order, at_s: int) -> Order:
    """The order as it is asked for: wished no sooner than it can be thought of."""
    due_s = max(order.due_s, at_s + LEAST_NOTICE_S)
    return replace(
        order,
        release_s=at_s,
        due_s=due_s,
        deadline_s=due_s + 2 * HOUR_S,
        earliest_s=min(order.earliest_s, due_s),
    )


def _ask(day: Day, order: Order, tasks: tuple[Task, ...]) -> Promise | None:
    """Ask for one quote and take it; return what is promised."""
    problem = day.problem()
    live = standing(problem)
    found = insert(live, order, tasks)
    if found is None:
        return None
    plan = plan_with(live, order, tasks, found)
    _refuse_unsound(problem_with(problem, order, tasks), plan)
    # As in the running network: late from where the promise begins.
    promised = replace(order, due_s=found.promise.earliest_s)
    day.learn(promised, tasks)
    day.adopt(plan)
    return found.promise


def _replan(day: Day, at_s: int, seed: int) -> None:
    day.advance(at_s)
    problem = day.problem()
    plan = solve(problem, seed=seed, budget=REPLAN)
    _refuse_unsound(problem, plan)
    day.adopt(plan)


def _refuse_unsound(problem: JointProblem, plan: JointPlan) -> None:
    breaches = check(problem, plan)
    if breaches:
        raise RuntimeError(f"the referee refuses the plan: {breaches[:3]}")


def _going_wrong(seed: int) -> Factor:
    """Return how many times as long each task and each ride takes, by its name."""
    drawn: dict[str, float] = {}
    draw = np.random.default_rng([seed, 2])

    def factor(name: str) -> float:
        is_ride = " " in name
        low, high = (0.9, 1.2) if is_ride else (0.9, 1.1)
        if name not in drawn:
            drawn[name] = float(draw.uniform(low, high))
        return drawn[name]

    return factor
