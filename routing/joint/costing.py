"""What a draft costs, part by part, as the plan itself says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routing.couriers.problem import Route as BareRoute
from routing.joint.prices import (
    GRAM_FINE,
    co2_price,
    moved_courier_fine,
    moved_machine_fine,
    moved_promise_fine,
    no_air_fine,
    outside_s,
    over_by_s,
    over_fine,
)
from routing.joint.problem import (
    CostParts,
    Courier,
    JointProblem,
    Order,
    Route,
    StopKind,
    TaskSlot,
)
from routing.measures import (
    FINE_PER_CENT,
    FINE_PER_CENT_HOUR_SECOND,
    FINE_PER_CENT_METRE,
    FINE_PER_CENT_MINUTE_SECOND,
    cents_of,
)
from routing.scheduling.cost import mode_of


def priced(problem: JointProblem, route: BareRoute) -> Route:
    """Return the route with its price, rounded."""
    courier = next(each for each in problem.couriers if each.id == route.courier)
    distance, paid = pay_fine(courier, route)
    return Route(
        courier=route.courier,
        leave_s=route.leave_s,
        stops=route.stops,
        metres=route.metres,
        cost_cents=cents_of(distance + paid),
    )


def pay_fine(courier: Courier, route: BareRoute | Route) -> tuple[int, int]:
    """Return what the courier gets for the way and for the time."""
    distance = FINE_PER_CENT_METRE * route.metres * courier.cost_per_km_cents
    paid_s = route.stops[-1].depart_s - route.leave_s
    return distance, FINE_PER_CENT_HOUR_SECOND * paid_s * courier.cost_per_hour_cents


def parts_of(
    problem: JointProblem,
    slots: Iterable[TaskSlot],
    routes: Iterable[BareRoute | Route],
    left_out: Iterable[str],
) -> CostParts:
    """Return every part, each rounded to whole cents once."""
    weights = problem.weights
    orders = {order.id: order for order in problem.orders}
    made, moved_machines, labs = _making(problem, slots, orders)
    rides = _riding(problem, routes, orders)
    out = [orders[id_] for id_ in left_out]
    broken = weights.broken_promise_cents * sum(order.committed for order in out)
    return CostParts(
        production_cents=made,
        distance_cents=cents_of(rides.distance),
        courier_time_cents=cents_of(rides.time),
        lateness_cents=cents_of(
            FINE_PER_CENT_MINUTE_SECOND * rides.late + rides.no_air
        ),
        co2_cents=(2 * rides.carbon + GRAM_FINE) // (2 * GRAM_FINE),
        unfair_labs_cents=cents_of(
            over_fine(weights.labs, (fab.id for fab in problem.fabs), labs)
        ),
        unfair_couriers_cents=cents_of(
            over_fine(
                weights.couriers, (each.id for each in problem.couriers), rides.paid
            )
        ),
        moved_cents=cents_of(moved_machines + rides.moved),
        moved_promise_cents=cents_of(rides.moved_promise),
        left_out_cents=sum(order.left_out_cents for order in out),
        broken_cents=broken,
    )


def _making(
    problem: JointProblem, slots: Iterable[TaskSlot], orders: Mapping[str, Order]
) -> tuple[int, int, dict[str, int]]:
    """Return cents of making, the price of moved machines, and what each lab earns."""
    tasks = {task.id: task for task in problem.tasks}
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    made, moved = 0, 0
    labs: dict[str, int] = {}
    for slot in slots:
        if slot.frozen:
            continue
        task = tasks[slot.task]
        cents = mode_of(task, slot).cost_cents
        made += cents
        fab = fab_of[slot.machine]
        labs[fab] = labs.get(fab, 0) + FINE_PER_CENT * cents
        if task.previous_machine not in {None, slot.machine}:
            moved += moved_machine_fine(problem, orders[task.order])
    return made, moved, labs


@dataclass(slots=True)
class _Rides:
    """Sums over all routes, in the units of measures.py; `paid` by courier."""

    distance: int = 0
    time: int = 0
    late: int = 0
    no_air: int = 0
    carbon: int = 0
    moved: int = 0
    moved_promise: int = 0
    paid: dict[str, int] = field(default_factory=dict)


def _riding(
    problem: JointProblem,
    routes: Iterable[BareRoute | Route],
    orders: Mapping[str, Order],
) -> _Rides:
    weights = problem.weights
    couriers = {courier.id: courier for courier in problem.couriers}
    rides = _Rides()
    for route in routes:
        courier = couriers[route.courier]
        way, paid = pay_fine(courier, route)
        rides.distance += way
        rides.time += paid
        rides.paid[courier.id] = way + paid
        rides.carbon += route.metres * co2_price(weights, courier.profile)
        for stop in route.stops:
            order = orders[stop.order]
            very_late_s = max(0, stop.depart_s - courier.shift[1])
            if stop.kind is StopKind.DROPOFF:
                end_s = over_by_s(problem, order, courier)
                very_late_s = max(0, stop.depart_s - end_s)
                rides.no_air += no_air_fine(order) if very_late_s else 0
                very_late_s += max(0, stop.begin_s - order.deadline_s)
                late_s = max(0, stop.begin_s - order.due_s)
                rides.late += late_s * weights.late_cents_per_minute
                outside = outside_s(order, stop.begin_s)
                if outside:
                    rides.moved_promise += outside * moved_promise_fine(problem, order)
                if order.previous_courier not in {None, courier.id}:
                    rides.moved += moved_courier_fine(problem, order)
            rides.late += very_late_s * weights.very_late_cents_per_minute
    return rides
