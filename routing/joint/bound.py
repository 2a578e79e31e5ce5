"""A price below which no plan can be: each order alone, at its cheapest."""

from routing.joint.problem import JointProblem, Order, Task
from routing.joint.reach import fab_of_order
from routing.joint.translate import left_out_cents, tasks_of


def bound_cents(problem: JointProblem) -> int:
    """Return the sum of each order's cheapest making, or of leaving it out."""
    tasks = tasks_of(problem)
    return sum(_least(problem, order, tasks[order.id]) for order in problem.orders)


def _least(problem: JointProblem, order: Order, tasks: tuple[Task, ...]) -> int:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    tied = fab_of_order(problem, order)
    prices = [left_out_cents(problem, order)]
    for fab in problem.fabs:
        if tied is not None and fab.id not in tied:
            continue
        ways = [
            [mode.cost_cents for mode in task.modes if fab_of[mode.machine] == fab.id]
            for task in tasks
            if task.frozen is None
        ]
        if all(ways):
            prices.append(sum(min(way) for way in ways))
    return 0 if order.aboard is not None else min(prices)
