"""What is done when a wave of orders comes: insert, plan anew, or plan with foresight.

All use the product's own planner, by the same prices; each plan is checked by the
referee before it is carried out.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.dispatch.anticipate import Scenario, anticipate
from benchmarks.region.day import Day, tasks_by_order
from routing.effort import Effort
from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.problem import Budget, JointPlan, JointProblem, Order, Task
from routing.joint.solve import solve
from routing.joint.standing import standing

ENDLESS = 10**12

type Wave = Sequence[tuple[Order, tuple[Task, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a policy may know: the next look at the clock, and what may come yet.

    `cpu_s`: how long it may think.
    """

    until_s: int
    scenarios: tuple[Scenario, ...]
    cpu_s: float
    seed: int


type Policy = Callable[[Day, Wave, Moment], JointPlan]


def greedy(day: Day, wave: Wave, _moment: Moment) -> JointPlan:
    """Put each order where it costs least; nothing that was planned is moved."""
    problem, plan = day.problem(), day.standing_plan()
    tasks = tasks_by_order(problem)
    is_in = {stop.order for route in plan.routes for stop in route.stops}
    waiting = [(o, tasks[o.id]) for o in problem.orders if o.id not in is_in]
    wanted = [*waiting, *wave]
    if not wanted:
        return day.plan
    problem = replace(
        problem,
        orders=tuple(order for order in problem.orders if order.id in is_in),
        tasks=tuple(task for task in problem.tasks if task.order in is_in),
    )
    for order, own in wanted:
        live = standing(problem, plan)
        plan = plan_with(live, order, own, insert(live, order, own))
        problem = problem_with(problem, order, own)
    return _sound(problem, plan)


def rolling(day: Day, wave: Wave, moment: Moment) -> JointPlan:
    """Plan all anew that is not begun."""
    problem = _with_wave(day, wave)
    plan = solve(problem, seed=moment.seed, budget=_budget(moment))
    return _sound(problem, plan)


def unbound(day: Day, wave: Wave, moment: Moment) -> JointPlan:
    """Plan all anew as if no promise had been made and no change had a price."""
    problem = _with_wave(day, wave)
    weights = replace(
        problem.weights,
        moved_machine_cents=0,
        moved_courier_cents=0,
        moved_promise_cents_per_minute=0,
    )
    problem = replace(problem, weights=weights)
    plan = solve(problem, seed=moment.seed, budget=_budget(moment))
    return _sound(problem, plan)


def anticipating(day: Day, wave: Wave, moment: Moment) -> JointPlan:
    """Plan all anew, and hold what most imagined futures would hold."""
    problem = _with_wave(day, wave)
    plan = anticipate(
        problem,
        moment.scenarios,
        until_s=moment.until_s,
        seed=moment.seed,
        budget=_budget(moment),
    )
    return _sound(problem, plan)


POLICIES: Mapping[str, Policy] = {
    "greedy": greedy,
    "rolling": rolling,
    "anticipating": anticipating,
    "rolling, change is free": unbound,
}
HELD_TO_GOALS = ("rolling", "anticipating")


def foresee(problem: JointProblem, *, cpu_s: float, seed: int) -> JointPlan:
    """Plan a whole day at its beginning, all its orders known."""
    moment = Moment(until_s=0, scenarios=(), cpu_s=cpu_s, seed=seed)
    return _sound(problem, solve(problem, seed=seed, budget=_budget(moment)))


def _budget(moment: Moment) -> Budget:
    effort = Effort(
        iterations=ENDLESS,
        until_s=time.process_time() + moment.cpu_s,
        clock=time.process_time,
    )
    return Budget(effort=effort)


def _with_wave(day: Day, wave: Wave) -> JointProblem:
    problem = day.problem()
    for order, tasks in wave:
        problem = problem_with(problem, order, tasks)
    return problem


def _sound(problem: JointProblem, plan: JointPlan) -> JointPlan:
    breaches = check(problem, plan)
    if breaches:
        raise RuntimeError(f"the referee refuses the plan: {breaches[:3]}")
    return plan
