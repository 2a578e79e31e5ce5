"""From a draft to the plan that is handed out: prices, promises, reasons, why."""

from collections.abc import Mapping
from dataclasses import replace

from routing.couriers.problem import Stop, StopKind
from routing.joint.bound import bound_cents
from routing.joint.costing import parts_of, priced
from routing.joint.draft import Draft
from routing.joint.explain import reason_for, why_of
from routing.joint.problem import JointPlan, JointProblem, Order, Promise, Reason

PROMISE_STEP_S = 300


def assemble(
    problem: JointProblem, draft: Draft, refused: Mapping[str, Reason]
) -> JointPlan:
    """Return the plan; every order is promised or left out with its reason."""
    left_out = dict(refused)
    for order in problem.orders:
        if order.id in draft.unmade | draft.unbrought:
            left_out[order.id] = reason_for(problem, draft, order)
    cost = parts_of(problem, draft.slots, draft.routes, left_out)
    promises = _promises(problem, draft)
    return JointPlan(
        slots=draft.slots,
        routes=tuple(priced(problem, route) for route in draft.routes),
        promises=promises,
        left_out=left_out,
        cost=cost,
        bound_cents=min(bound_cents(problem), cost.total_cents),
        why={
            order.id: why_of(problem, draft, order)
            for order in problem.orders
            if order.id in promises
        },
    )


def _promises(problem: JointProblem, draft: Draft) -> dict[str, Promise]:
    order_of = {order.id: order for order in problem.orders}
    return {
        stop.order: _promise(problem, order_of[stop.order], stop)
        for route in draft.routes
        for stop in route.stops
        if stop.kind is StopKind.DROPOFF
    }


def _promise(problem: JointProblem, order: Order, stop: Stop) -> Promise:
    """What was promised, if that is kept; else from five minutes to five minutes.

    Never later than the order's latest, if that is kept.
    """
    known = order.promised
    if known is not None and known.earliest_s <= stop.begin_s <= known.latest_s:
        return replace(known, planned_s=stop.begin_s)
    slack_s = problem.weights.promise_slack_s
    latest_s = -(-(stop.begin_s + slack_s) // PROMISE_STEP_S) * PROMISE_STEP_S
    return Promise(
        earliest_s=stop.begin_s // PROMISE_STEP_S * PROMISE_STEP_S,
        planned_s=stop.begin_s,
        latest_s=min(latest_s, max(order.deadline_s, stop.begin_s)),
    )
