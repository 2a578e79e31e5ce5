"""How long one order more into a plan that stands takes, checked by the referee."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.region.day import tasks_by_order
from benchmarks.region.scene import scene
from routing.effort import Effort
from routing.joint.check import check
from routing.joint.insert import Insertion, insert, plan_with, problem_with
from routing.joint.problem import Budget, JointProblem, Order, Task
from routing.joint.solve import solve
from routing.joint.standing import Standing, standing

CHECKED = 40  # of the answers beside one plan: a whole plan is put together for each,
CHECKED_ORDERS = 1_000  # which takes a minute where there are 1,000 orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """One live plan: milliseconds of CPU of each quote, and what they answered."""

    region: str
    orders: int
    labs: int
    couriers: int
    milliseconds: tuple[float, ...]
    offered: int
    refused_by_referee: int
    checked: int


def latency(
    region: str, orders: int, seed: int, *, quotes: int, plan_cpu_s: float
) -> Latency:
    """Plan `orders` orders, then ask for `quotes` others, each beside that plan."""
    whole = scene(region, orders, seed, more=quotes)
    tasks = tasks_by_order(whole)
    known = whole.orders[:orders]
    problem = replace(
        whole,
        orders=known,
        tasks=tuple(task for order in known for task in tasks[order.id]),
    )
    plan = solve(problem, seed=seed, budget=_budget(plan_cpu_s))
    live = standing(problem, plan)
    wanted = [(order, tasks[order.id]) for order in whole.orders[orders:]]
    insert(live, *wanted[0])  # compiled and in memory before any clock runs
    took_ms, found = [], []
    for order, own in wanted:
        began_s = time.process_time()
        found.append(insert(live, order, own))
        took_ms.append(1_000 * (time.process_time() - began_s))
    count = min(CHECKED, CHECKED_ORDERS // orders)
    checked = list(zip(wanted, found, strict=True))[:: max(1, quotes // count)]
    return Latency(
        region=region,
        orders=len(plan.promises),
        labs=len(problem.fabs),
        couriers=len(problem.couriers),
        milliseconds=tuple(took_ms),
        offered=sum(one is not None for one in found),
        refused_by_referee=sum(not _is_sound(live, one) for one in checked),
        checked=len(checked),
    )


def _budget(cpu_s: float) -> Budget:
    effort = Effort(
        iterations=10**12,
        until_s=time.process_time() + cpu_s,
        clock=time.process_time,
    )
    return Budget(effort=effort)


def _is_sound(
    live: Standing,
    answer: tuple[tuple[Order, Sequence[Task]], Insertion | None],
) -> bool:
    """Whether the referee accepts the live plan with the order in it, as promised."""
    (order, tasks), found = answer
    plan = plan_with(live, order, tasks, found)
    problem: JointProblem = problem_with(live.problem, order, tasks)
    if found is not None and plan.promises.get(order.id) != found.promise:
        return False
    return check(problem, plan) == ()
