"""The joint plan: rounds of machines and couriers, each learning from the last."""

from collections.abc import Mapping

from routing.joint.assemble import assemble
from routing.joint.draft import Draft, draft
from routing.joint.problem import Budget, JointPlan, JointProblem, Order, Reason
from routing.joint.reach import best_ride
from routing.joint.screen import refusal
from routing.joint.translate import scheduling_problem, tasks_of
from routing.joint.validate import validate
from routing.scheduling.options import options_of

PAD_STEP_S = 600  # a delivery that failed is next time expected so much slower
PAD_MAX_S = 7_200


def solve(
    problem: JointProblem, *, seed: int = 0, budget: Budget | None = None
) -> JointPlan:
    """Return the cheapest plan found within the budget, with every reason.

    The same arguments give the same plan. Errors: InvalidProblemError if the problem
    contradicts itself; what merely can't be done is left out with a Reason.
    """
    validate(problem)
    budget = budget or Budget()
    reasons = _refusals(problem)
    orders = tuple(order for order in problem.orders if order.id not in reasons)
    tasks = tasks_of(problem)
    refused = tuple(o for o in problem.orders if o.id in reasons and tasks[o.id])
    best = _best_draft(problem, orders, refused, seed=seed, budget=budget)
    return assemble(problem, best, reasons)


def _refusals(problem: JointProblem) -> dict[str, Reason]:
    tasks = tasks_of(problem)
    options = options_of(scheduling_problem(problem, problem.orders, {}))
    reasons: dict[str, Reason] = {}
    for order in problem.orders:
        reason = refusal(problem, order, tasks[order.id], options)
        if reason is not None:
            reasons[order.id] = reason
    return reasons


def _best_draft(
    problem: JointProblem,
    orders: tuple[Order, ...],
    refused: tuple[Order, ...],
    *,
    seed: int,
    budget: Budget,
) -> Draft:
    pads_s: dict[str, int] = {}
    best: Draft | None = None
    for turn in range(max(1, budget.rounds)):
        found = draft(
            problem, orders, refused, pads_s=pads_s, seed=seed + turn, budget=budget
        )
        if best is None or found.fine < best.fine:
            best = found
        learnt = _pads(problem, orders, found, pads_s)
        if learnt == pads_s:
            break
        pads_s = learnt
    if best is None:
        raise AssertionError("there is always one round")
    return best


def _pads(
    problem: JointProblem,
    orders: tuple[Order, ...],
    found: Draft,
    before_s: Mapping[str, int],
) -> dict[str, int]:
    """Return, for late and failed deliveries, how much slower than direct they are."""
    fabs = {fab.id: fab for fab in problem.fabs}
    begun_s = {s.order: s.begin_s for r in found.carried.routes for s in r.stops}
    pads_s = dict(before_s)
    for order in orders:
        ready = found.ready.get(order.id)
        if ready is None:
            continue
        if order.id in found.unbrought:
            pads_s[order.id] = before_s.get(order.id, 0) + PAD_STEP_S
        elif begun_s[order.id] > order.due_s:
            ride = best_ride(problem, fabs[ready.fab], order)
            direct_s = ride.seconds if ride else 0
            pads_s[order.id] = begun_s[order.id] - ready.ready_s - direct_s
        pads_s[order.id] = min(max(0, pads_s.get(order.id, 0)), PAD_MAX_S)
    return {order: pad_s for order, pad_s in pads_s.items() if pad_s}
