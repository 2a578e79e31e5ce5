"""From a draft to the plan that is handed out: prices, promises, reasons, why."""

from collections.abc import Mapping
from dataclasses import replace

from routing.couriers.problem import StopKind
from routing.joint.alternatives import alternatives_of
from routing.joint.arrays import Names
from routing.joint.bound import bound_cents
from routing.joint.costing import parts_of, priced
from routing.joint.draft import Draft, draft_of
from routing.joint.explain import reasons_for, why_of
from routing.joint.groups import Ground, State
from routing.joint.parts import awaited_by
from routing.joint.problem import (
    JointPlan,
    JointProblem,
    Order,
    Promise,
    Reason,
)
from routing.joint.translate import scheduling_problem
from routing.scheduling.problem import SchedulingProblem

PROMISE_STEP_S = 300


def assemble(
    problem: JointProblem,
    ground: Ground,
    names: Names,
    state: State,
    refused: Mapping[str, Reason],
) -> JointPlan:
    """Return the plan of a state whose routes are all legal.

    Every order is promised or left out with its reason.
    """
    draft = draft_of(problem, ground, names, state)
    left_out = dict(refused)
    out = draft.unmade | draft.unbrought
    if out:
        machines = machines_of(problem, refused)
        left_out |= reasons_for(problem, machines, draft, refused)
    cost = parts_of(problem, draft.slots, draft.routes, left_out)
    promises = _promises(problem, draft)
    planned = {id_: promise.planned_s for id_, promise in promises.items()}
    parts = awaited_by(problem)
    found = alternatives_of(problem, ground, names, state, planned)
    return JointPlan(
        slots=draft.slots,
        routes=tuple(priced(problem, route) for route in draft.routes),
        promises=promises,
        left_out={id_: _named(problem, why) for id_, why in left_out.items()},
        cost=cost,
        bound_cents=min(bound_cents(problem), cost.total_cents),
        why={
            order.id: why_of(draft, order, found[order.id], parts.get(order.id, ()))
            for order in problem.orders
            if order.id in promises
        },
    )


def _named(problem: JointProblem, reason: Reason) -> Reason:
    """Say who is missing where by the lab's name: people don't know its id."""
    text = reason.text
    for fab in problem.fabs:
        if fab.name and reason.code in {"nobody-trained", "operators-away"}:
            text = text.replace(f" in {fab.id} ", f" in {fab.name} ")
    return replace(reason, text=text)


def machines_of(
    problem: JointProblem, refused: Mapping[str, Reason]
) -> SchedulingProblem:
    """Return the machines' part of the problem; refused orders only block machines."""
    orders = tuple(order for order in problem.orders if order.id not in refused)
    apart = tuple(order for order in problem.orders if order.id in refused)
    machines = scheduling_problem(problem, orders, {}, apart)
    return replace(machines, stocks=problem.stocks)


def _promises(problem: JointProblem, draft: Draft) -> dict[str, Promise]:
    order_of = {order.id: order for order in problem.orders}
    return {
        stop.order: promise_of(problem, order_of[stop.order], stop.begin_s)
        for route in draft.routes
        for stop in route.stops
        if stop.kind is StopKind.DROPOFF
    }


def promise_of(problem: JointProblem, order: Order, begin_s: int) -> Promise:
    """Return the promise of a hand-over that is planned to begin at `begin_s`.

    What was promised, if that is kept; else from five minutes to five minutes, with
    more air the further ahead it is, because more may go wrong until then. Never later
    than the order's latest, if that is kept.
    """
    known = order.promised
    if known is not None and known.earliest_s <= begin_s <= known.latest_s:
        return replace(known, planned_s=begin_s)
    weights, ahead_s = problem.weights, max(0, begin_s - problem.now_s)
    slack_s = weights.promise_slack_s + weights.promise_slack_percent * ahead_s // 100
    latest_s = -(-(begin_s + slack_s) // PROMISE_STEP_S) * PROMISE_STEP_S
    return Promise(
        earliest_s=begin_s // PROMISE_STEP_S * PROMISE_STEP_S,
        planned_s=begin_s,
        latest_s=min(latest_s, max(order.deadline_s, begin_s)),
    )
