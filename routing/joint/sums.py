"""The referee's own arithmetic: what a plan costs, added up from problem and plan."""

from routing.joint.problem import (
    CostParts,
    Courier,
    JointPlan,
    JointProblem,
    Order,
    Shares,
    StopKind,
)


def cost_parts(problem: JointProblem, plan: JointPlan) -> CostParts:
    """Return the parts, each rounded to whole cents, halves up."""
    made, moved_machines = _making(problem, plan)
    couriers = {courier.id: courier for courier in problem.couriers}
    orders = {order.id: order for order in problem.orders}
    weights = problem.weights
    metre_cents = second_cents = late = grams = moved = outside = 0
    for route in plan.routes:
        courier = couriers[route.courier]
        metre_cents += route.metres * courier.cost_per_km_cents
        paid_s = route.stops[-1].depart_s - route.leave_s
        second_cents += paid_s * courier.cost_per_hour_cents
        grams += route.metres * weights.co2_grams_per_km.get(courier.profile, 0)
        for stop in route.stops:
            order = orders[stop.order]
            until_s = courier.shift[1]
            if stop.kind is StopKind.DROPOFF:
                until_s = last_end_s(problem, order, courier)
                if stop.depart_s > until_s and order.promised is None:
                    late += 30 * order.left_out_cents  # half, times 60 s
            late += max(0, stop.depart_s - until_s) * (
                weights.very_late_cents_per_minute
            )
            if stop.kind is StopKind.DROPOFF:
                late += max(0, stop.begin_s - order.due_s) * (
                    weights.late_cents_per_minute
                )
                late += max(0, stop.begin_s - order.deadline_s) * (
                    weights.very_late_cents_per_minute
                )
                outside += _outside(problem, order, stop.begin_s)
                if order.previous_courier not in {None, route.courier}:
                    moved += weights.moved_courier_cents * _percent(
                        problem, order.promised.planned_s if order.promised else None
                    )
    out = [orders[id_] for id_ in plan.left_out]
    broken = sum(weights.broken_promise_cents for order in out if order.committed)
    return CostParts(
        production_cents=sum(made.values()),
        distance_cents=_rounded(metre_cents, 1_000),
        courier_time_cents=_rounded(second_cents, 3_600),
        lateness_cents=_rounded(late, 60),
        co2_cents=_rounded(grams * weights.co2_cents_per_kg, 10**6),
        unfair_labs_cents=_unfair(
            weights.labs,
            {fab.id: 18_000 * made.get(fab.id, 0) for fab in problem.fabs},
        ),
        unfair_couriers_cents=_unfair(weights.couriers, _paid(problem, plan)),
        moved_cents=_rounded(moved_machines + moved, 100),
        moved_promise_cents=_rounded(outside, 6_000),
        left_out_cents=sum(order.left_out_cents for order in out),
        broken_cents=broken,
    )


def _making(problem: JointProblem, plan: JointPlan) -> tuple[dict[str, int], int]:
    """Return cents of making by lab, and hundredths of cents of moved machines."""
    orders = {order.id: order for order in problem.orders}
    tasks = {task.id: task for task in problem.tasks}
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    made: dict[str, int] = {}
    moved = 0
    for slot in plan.slots:
        if slot.frozen:
            continue
        task, length_s = tasks[slot.task], slot.end_s - slot.start_s
        cents = min(
            mode.cost_cents
            for mode in task.modes
            if (mode.machine, mode.duration_s) == (slot.machine, length_s)
        )
        made[fab_of[slot.machine]] = made.get(fab_of[slot.machine], 0) + cents
        if task.previous_machine not in {None, slot.machine}:
            moved += problem.weights.moved_machine_cents * _percent(
                problem, orders[slot.order].previous_start_s
            )
    return made, moved


def _percent(problem: JointProblem, when_s: int | None) -> int:
    """What is due now costs `near_percent` more to change, after `near_s` nothing more."""
    weights = problem.weights
    if when_s is None or weights.near_s <= 0:
        return 100
    nearness_s = weights.near_s - max(0, when_s - problem.now_s)
    return 100 + max(0, weights.near_percent * nearness_s // weights.near_s)


def last_end_s(problem: JointProblem, order: Order, courier: Courier) -> int:
    """By when a hand-over has to be over: within the shift, its new promise as well.

    That has air, so much and some percents of the time until then, or ends at the
    order's latest time.
    """
    shift_s, weights = courier.shift[1], problem.weights
    if order.promised is not None or order.deadline_s + order.service_s <= shift_s:
        return shift_s
    left_s = shift_s - weights.promise_slack_s - problem.now_s
    return problem.now_s + 100 * left_s // (100 + weights.promise_slack_percent)


def _outside(problem: JointProblem, order: Order, begin_s: int) -> int:
    """Seconds outside the promised window, times cents per minute, times percent."""
    if order.promised is None:
        return 0
    early_s = max(0, order.promised.earliest_s - begin_s)
    late_s = max(0, begin_s - order.promised.latest_s)
    price = problem.weights.moved_promise_cents_per_minute
    percent = _percent(problem, order.promised.planned_s)
    return (early_s + late_s) * price * percent


def _paid(problem: JointProblem, plan: JointPlan) -> dict[str, int]:
    """What each courier earns, in 1/18000 cent."""
    paid = {courier.id: 0 for courier in problem.couriers}
    for route in plan.routes:
        courier = next(each for each in problem.couriers if each.id == route.courier)
        seconds = route.stops[-1].depart_s - route.leave_s
        paid[courier.id] = 18 * route.metres * courier.cost_per_km_cents
        paid[courier.id] += 5 * seconds * courier.cost_per_hour_cents
    return paid


def _unfair(shares: Shares, paid: dict[str, int]) -> int:
    """Cents for all that is earned beyond each one's share; 1/18000 cents in between."""
    share_of = {id_: shares.declared.get(id_, 1) for id_ in paid}
    earned = {
        id_: fine + 18_000 * shares.earned_cents.get(id_, 0)
        for id_, fine in paid.items()
    }
    all_shares, all_earned = sum(share_of.values()), sum(earned.values())
    if all_shares <= 0:
        return 0
    over = 0
    for id_, fine in earned.items():
        if all_shares * fine > share_of[id_] * all_earned:
            over += all_shares * fine - share_of[id_] * all_earned
    return _rounded(shares.over_permille * over // (1_000 * all_shares), 18_000)


def _rounded(value: int, per: int) -> int:
    return (2 * value + per) // (2 * per)
