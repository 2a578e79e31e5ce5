"""The joint plan: refuse what can't be, search, put in order, explain."""

from routing.effort import Effort
from routing.joint.arrays import ground_of
from routing.joint.assemble import assemble
from routing.joint.draft import make_promised
from routing.joint.parts import with_parts
from routing.joint.problem import Budget, JointPlan, JointProblem, Reason
from routing.joint.screen import refusal
from routing.joint.search import search
from routing.joint.translate import scheduling_problem, tasks_of
from routing.joint.validate import validate
from routing.scheduling.options import Options, options_of


def solve(
    problem: JointProblem, *, seed: int = 0, budget: Budget | None = None
) -> JointPlan:
    """Return the cheapest plan found within the budget, with every reason.

    The same arguments give the same plan unless the budget has a clock. Errors:
    InvalidProblemError if the problem contradicts itself; what merely can't be done
    is left out with a Reason.
    """
    validate(problem)
    budget = budget or Budget()
    effort = budget.effort or Effort(iterations=budget.courier_iterations)
    reasons, options = screened(problem)
    orders = tuple(order for order in problem.orders if order.id not in reasons)
    ground, names = ground_of(problem, orders, options)
    state = search(problem, ground, names, seed=seed, effort=effort)
    make_promised(ground, state)
    return assemble(problem, ground, names, state, reasons)


def screened(problem: JointProblem) -> tuple[dict[str, Reason], Options]:
    """Return the orders that can't be done at all, and how the others can be made."""
    tasks = tasks_of(problem)
    options = options_of(scheduling_problem(problem, problem.orders, {}))
    reasons: dict[str, Reason] = {}
    for order in problem.orders:
        reason = refusal(problem, order, tasks[order.id], options)
        if reason is not None:
            reasons[order.id] = reason
    return with_parts(problem, reasons), options
