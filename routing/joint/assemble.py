"""From a draft to the plan that is handed out: prices, promises, reasons, why."""

from collections.abc import Mapping

from routing.couriers.problem import Stop, StopKind
from routing.joint.bound import bound_cents
from routing.joint.draft import Draft
from routing.joint.explain import reason_for, why_of
from routing.joint.problem import (
    CostParts,
    JointPlan,
    JointProblem,
    Order,
    Promise,
    Reason,
    Route,
)
from routing.joint.translate import left_out_cents
from routing.measures import (
    FINE_PER_CENT_HOUR_SECOND,
    FINE_PER_CENT_METRE,
    FINE_PER_CENT_MINUTE_SECOND,
    cents_of,
)
from routing.scheduling.cost import slot_cents

PROMISE_STEP_S = 300


def assemble(
    problem: JointProblem, found: Draft, refused: Mapping[str, Reason]
) -> JointPlan:
    """Return the plan; every order is promised or left out with its reason."""
    left_out = dict(refused)
    for order in problem.orders:
        if order.id in found.unmade | found.unbrought:
            left_out[order.id] = reason_for(problem, found, order)
    cost = _cost(problem, found, left_out)
    promises = _promises(problem, found)
    return JointPlan(
        slots=found.slots,
        routes=_routes(problem, found),
        promises=promises,
        left_out=left_out,
        cost=cost,
        bound_cents=min(bound_cents(problem), cost.total_cents),
        why={
            order.id: why_of(problem, found, order)
            for order in problem.orders
            if order.id in promises
        },
    )


def _routes(problem: JointProblem, found: Draft) -> tuple[Route, ...]:
    courier_of = {courier.id: courier for courier in problem.couriers}
    routes = []
    for route in found.carried.routes:
        courier = courier_of[route.courier]
        fine = FINE_PER_CENT_METRE * route.metres * courier.cost_per_km_cents
        paid_s = route.stops[-1].depart_s - route.leave_s
        fine += FINE_PER_CENT_HOUR_SECOND * paid_s * courier.cost_per_hour_cents
        routes.append(
            Route(
                courier=route.courier,
                leave_s=route.leave_s,
                stops=route.stops,
                metres=route.metres,
                cost_cents=cents_of(fine),
            )
        )
    return tuple(routes)


def _promises(problem: JointProblem, found: Draft) -> dict[str, Promise]:
    order_of = {order.id: order for order in problem.orders}
    return {
        stop.order: _promise(problem, order_of[stop.order], stop)
        for route in found.carried.routes
        for stop in route.stops
        if stop.kind is StopKind.DROPOFF
    }


def _promise(problem: JointProblem, order: Order, stop: Stop) -> Promise:
    """Round outwards to five minutes; never later than the latest, if that is kept."""
    slack_s = problem.weights.promise_slack_s
    latest_s = -(-(stop.begin_s + slack_s) // PROMISE_STEP_S) * PROMISE_STEP_S
    return Promise(
        earliest_s=stop.begin_s // PROMISE_STEP_S * PROMISE_STEP_S,
        planned_s=stop.begin_s,
        latest_s=min(latest_s, max(order.deadline_s, stop.begin_s)),
    )


def _cost(
    problem: JointProblem, found: Draft, left_out: Mapping[str, Reason]
) -> CostParts:
    weights = problem.weights
    task_of = {task.id: task for task in problem.tasks}
    order_of = {order.id: order for order in problem.orders}
    courier_of = {courier.id: courier for courier in problem.couriers}
    made = [slot for slot in found.slots if not slot.frozen]
    moved_machines = sum(
        task_of[slot.task].previous_machine not in {None, slot.machine} for slot in made
    )
    distance_fine = time_fine = late_fine = moved_couriers = 0
    for route in found.carried.routes:
        courier = courier_of[route.courier]
        distance_fine += FINE_PER_CENT_METRE * route.metres * courier.cost_per_km_cents
        paid_s = route.stops[-1].depart_s - route.leave_s
        time_fine += FINE_PER_CENT_HOUR_SECOND * paid_s * courier.cost_per_hour_cents
        for stop in route.stops:
            order = order_of[stop.order]
            overtime_s = max(0, stop.depart_s - courier.shift[1])
            penalty = overtime_s * weights.very_late_cents_per_minute
            if stop.kind is StopKind.DROPOFF:
                late_s = max(0, stop.begin_s - order.due_s)
                very_late_s = max(0, stop.begin_s - order.deadline_s)
                penalty += late_s * weights.late_cents_per_minute
                penalty += very_late_s * weights.very_late_cents_per_minute
                moved_couriers += order.previous_courier not in {None, courier.id}
            late_fine += FINE_PER_CENT_MINUTE_SECOND * penalty
    return CostParts(
        production_cents=sum(slot_cents(task_of[slot.task], slot) for slot in made),
        distance_cents=cents_of(distance_fine),
        courier_time_cents=cents_of(time_fine),
        lateness_cents=cents_of(late_fine),
        moved_cents=moved_machines * weights.moved_machine_cents
        + moved_couriers * weights.moved_courier_cents,
        left_out_cents=sum(
            left_out_cents(problem, order_of[order]) for order in left_out
        ),
    )
