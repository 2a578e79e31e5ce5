"""Which orders to fetch now and which to hold, by what may yet be ordered.

Iterative conditional dispatch after Lan, van Doorn, Wouda, Rijal & Bhulai (2024),
arXiv 2308.14476: plan several imagined futures; what most of them fetch before the
next look at the clock is fetched, what most of them leave is held; then the same again
with what is decided so, until nothing is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.effort import Effort
from routing.joint.problem import Budget, JointPlan, JointProblem, Order, StopKind, Task
from routing.joint.solve import solve


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What might be ordered yet, each with `release_s` when it would be known."""

    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How sure the futures must be, in percent of them, and what is spent on them.

    `rounds`: how often all are asked; `effort_percent`: what all of it may take of the
    whole effort, the rest is for the plan itself.
    """

    fetch_percent: int = 60
    hold_percent: int = 80
    rounds: int = 2
    effort_percent: int = 60


def anticipate(
    problem: JointProblem,
    scenarios: Sequence[Scenario],
    *,
    until_s: int,
    seed: int = 0,
    budget: Budget | None = None,
    patience: Patience | None = None,
) -> JointPlan:
    """Return a plan in which what is better held is not fetched before `until_s`.

    Of the problem's own orders; those of the scenarios are imagined only. Without
    scenarios it is solve(). The same arguments give the same plan unless the budget
    has a clock. Errors: InvalidProblemError as of solve(), also for a scenario that
    contradicts itself.
    """
    budget, patience = budget or Budget(), patience or Patience()
    effort = budget.effort or Effort(iterations=budget.courier_iterations)
    count = len(scenarios)
    still_open = {
        order.id
        for order in problem.orders
        if order.aboard is None and order.fetch_from_s < until_s
    }
    plans_left = patience.rounds * count
    for number in range(patience.rounds if scenarios else 0):
        fetching = dict.fromkeys(still_open, 0)
        for k, scenario in enumerate(scenarios):
            own = _part(effort, patience.effort_percent, plans_left)
            plan = solve(
                _imagined(problem, scenario),
                seed=seed + number * count + k,
                budget=replace(budget, effort=own),
            )
            for id_ in _left_for(plan, until_s) & still_open:
                fetching[id_] += 1
        fetched = {
            id_
            for id_ in still_open
            if 100 * fetching[id_] >= patience.fetch_percent * count
        }
        held = {
            id_
            for id_ in still_open - fetched
            if 100 * (count - fetching[id_]) >= patience.hold_percent * count
        }
        problem = _holding(problem, held, until_s)
        still_open -= fetched | held
        if not still_open:
            break
    return solve(problem, seed=seed, budget=replace(budget, effort=effort))


def _part(effort: Effort, percent: int, plans: int) -> Effort:
    """Return what one of so many plans may take."""
    iterations = max(1, effort.iterations * percent // (100 * plans))
    if effort.is_counted:
        return replace(effort, iterations=iterations)
    now_s = effort.clock()
    return replace(effort, until_s=now_s + effort.left_s() * percent / (100 * plans))


def _holding(problem: JointProblem, held: set[str], until_s: int) -> JointProblem:
    orders = tuple(
        replace(order, fetch_from_s=max(order.fetch_from_s, until_s))
        if order.id in held
        else order
        for order in problem.orders
    )
    return replace(problem, orders=orders)


def _imagined(problem: JointProblem, scenario: Scenario) -> JointProblem:
    return replace(
        problem,
        orders=(*problem.orders, *scenario.orders),
        tasks=(*problem.tasks, *scenario.tasks),
    )


def _left_for(plan: JointPlan, until_s: int) -> set[str]:
    """Return the orders for whose pickup a courier sets out before `until_s`."""
    found = set()
    for route in plan.routes:
        leave_s = route.leave_s
        for stop in route.stops:
            if stop.kind is StopKind.PICKUP and leave_s < until_s:
                found.add(stop.order)
            leave_s = stop.depart_s
    return found
