"""The referee's own arithmetic: what a plan costs, added up from problem and plan."""

from routing.joint.problem import CostParts, JointPlan, JointProblem, StopKind


def cost_parts(problem: JointProblem, plan: JointPlan) -> CostParts:
    """Return the parts, each rounded to whole cents, halves up."""
    weights = problem.weights
    couriers = {courier.id: courier for courier in problem.couriers}
    orders = {order.id: order for order in problem.orders}
    tasks = {task.id: task for task in problem.tasks}
    made = moved = 0
    for slot in plan.slots:
        if slot.frozen:
            continue
        task, length_s = tasks[slot.task], slot.end_s - slot.start_s
        made += min(
            mode.cost_cents
            for mode in task.modes
            if (mode.machine, mode.duration_s) == (slot.machine, length_s)
        )
        if task.previous_machine not in {None, slot.machine}:
            moved += weights.moved_machine_cents
    metre_cents = second_cents = late = 0
    for route in plan.routes:
        courier = couriers[route.courier]
        metre_cents += route.metres * courier.cost_per_km_cents
        paid_s = route.stops[-1].depart_s - route.leave_s
        second_cents += paid_s * courier.cost_per_hour_cents
        for stop in route.stops:
            order = orders[stop.order]
            overtime_s = max(0, stop.depart_s - courier.shift[1])
            late += overtime_s * weights.very_late_cents_per_minute
            if stop.kind is StopKind.DROPOFF:
                late += max(0, stop.begin_s - order.due_s) * (
                    weights.late_cents_per_minute
                )
                late += max(0, stop.begin_s - order.deadline_s) * (
                    weights.very_late_cents_per_minute
                )
                if order.previous_courier not in {None, route.courier}:
                    moved += weights.moved_courier_cents
    left_out = 0
    for id_ in plan.left_out:
        left_out += orders[id_].left_out_cents
        left_out += weights.broken_promise_cents if orders[id_].committed else 0
    return CostParts(
        production_cents=made,
        distance_cents=_rounded(metre_cents, 1_000),
        courier_time_cents=_rounded(second_cents, 3_600),
        lateness_cents=_rounded(late, 60),
        moved_cents=moved,
        left_out_cents=left_out,
    )


def _rounded(value: int, per: int) -> int:
    return (2 * value + per) // (2 * per)
