"""From the joint problem to what each planner of one kind understands."""

from collections.abc import Mapping
from dataclasses import replace

from routing.couriers.problem import CourierProblem, Shipment
from routing.couriers.problem import Prices as CourierPrices
from routing.joint.problem import Fab, JointProblem, Order, Ready, Task
from routing.joint.reach import best_rides, fab_of_order
from routing.scheduling.problem import Job, SchedulingProblem
from routing.scheduling.problem import Prices as MachinePrices

# A ride is seldom for one order alone: this share of it is expected to be its own.
RIDE_SHARE_PERCENT = 60


def tasks_of(problem: JointProblem) -> dict[str, tuple[Task, ...]]:
    """Return the tasks of each order, in the order given."""
    found: dict[str, list[Task]] = {order.id: [] for order in problem.orders}
    for task in problem.tasks:
        found[task.order].append(task)
    return {order: tuple(tasks) for order, tasks in found.items()}


def left_out_cents(problem: JointProblem, order: Order) -> int:
    """Return the price of leaving the order out, a broken promise included."""
    broken = problem.weights.broken_promise_cents if order.committed else 0
    return order.left_out_cents + broken


def scheduling_problem(
    problem: JointProblem,
    orders: tuple[Order, ...],
    pads_s: Mapping[str, int],
    apart: tuple[Order, ...] = (),
) -> SchedulingProblem:
    """Return the machines' part: `orders` with tasks; `apart` only block machines.

    `pads_s`: by order, how much longer than the direct ride its delivery may take.
    """
    tasks = tasks_of(problem)
    weights = problem.weights
    jobs = [
        _job(problem, order, tasks[order.id], pads_s.get(order.id, 0))
        for order in orders
        if tasks[order.id]
    ]
    jobs += [_blocking(order, tasks[order.id]) for order in apart]
    return SchedulingProblem(
        machines=problem.machines,
        jobs=tuple(jobs),
        prices=MachinePrices(
            late_cents_per_minute=weights.late_cents_per_minute,
            very_late_cents_per_minute=weights.very_late_cents_per_minute,
            moved_machine_cents=weights.moved_machine_cents,
        ),
        now_s=problem.now_s,
        operators=problem.operators,
    )


def _blocking(order: Order, tasks: tuple[Task, ...]) -> Job:
    return Job(
        id=order.id,
        tasks=tasks,
        release_s=order.release_s,
        due_s=order.due_s,
        deadline_s=order.deadline_s,
        left_out_cents=0,
        tail_s={},
    )


def _job(
    problem: JointProblem, order: Order, tasks: tuple[Task, ...], pad_s: int
) -> Job:
    tied = fab_of_order(problem, order)
    fabs = [fab for fab in problem.fabs if tied is None or tied == {fab.id}]
    rides = best_rides(problem, fabs, order)
    tail_s = {id_: ride.seconds + pad_s for id_, ride in rides.items()}
    cents = {id_: ride.cents * RIDE_SHARE_PERCENT // 100 for id_, ride in rides.items()}
    if not tail_s and order.committed:
        # Nobody can bring it yet; what was promised is made all the same.
        tail_s = {fab.id: fab.pickup_service_s for fab in fabs}
    release_s = order.release_s
    if order.ready is not None:
        release_s = max(release_s, order.ready.ready_s)
    return Job(
        id=order.id,
        tasks=tasks,
        release_s=release_s,
        due_s=order.due_s,
        deadline_s=order.deadline_s,
        left_out_cents=left_out_cents(problem, order),
        tail_s=tail_s,
        fab_cost_cents=cents,
        must=order.committed,
    )


def courier_problem(
    problem: JointProblem, orders: tuple[Order, ...], ready: Mapping[str, Ready]
) -> CourierProblem:
    """Return the couriers' part: `orders` that are aboard or in `ready`."""
    fabs = {fab.id: fab for fab in problem.fabs}
    weights = problem.weights
    shipments = tuple(
        _shipment(problem, order, ready.get(order.id), fabs)
        for order in orders
        if order.aboard is not None or order.id in ready
    )
    kept = {shipment.id for shipment in shipments}
    couriers = tuple(
        courier
        if courier.next_stop is None or courier.next_stop.order in kept
        else replace(courier, next_stop=None)
        for courier in problem.couriers
    )
    return CourierProblem(
        couriers=couriers,
        shipments=shipments,
        matrices=problem.matrices,
        prices=CourierPrices(
            late_cents_per_minute=weights.late_cents_per_minute,
            very_late_cents_per_minute=weights.very_late_cents_per_minute,
            moved_courier_cents=weights.moved_courier_cents,
        ),
        now_s=problem.now_s,
    )


def _shipment(
    problem: JointProblem,
    order: Order,
    ready: Ready | None,
    fabs: Mapping[str, Fab],
) -> Shipment:
    fab = fabs[ready.fab] if ready is not None else None
    return Shipment(
        id=order.id,
        pickup_place=None if fab is None else fab.place,
        dropoff_place=order.place,
        ready_s=problem.now_s if ready is None else ready.ready_s,
        earliest_s=order.earliest_s,
        due_s=order.due_s,
        deadline_s=order.deadline_s,
        pieces=order.pieces,
        grams=order.grams,
        pickup_service_s=0 if fab is None else fab.pickup_service_s,
        dropoff_service_s=order.service_s,
        left_out_cents=left_out_cents(problem, order),
        must=order.committed,
        courier=order.aboard,
        previous_courier=order.previous_courier,
    )
