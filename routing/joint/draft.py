"""One pass through both planners: machines first, then couriers from what is ready."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from routing.couriers.problem import CourierPlan, CourierProblem
from routing.couriers.solve import solve as solve_couriers
from routing.joint.problem import Budget, JointProblem, Order, Ready, TaskSlot
from routing.joint.translate import courier_problem, left_out_cents, scheduling_problem
from routing.measures import FINE_PER_CENT, SECONDS_MAX
from routing.scheduling.cost import schedule_fine
from routing.scheduling.problem import SchedulingProblem
from routing.scheduling.solve import solve as solve_scheduling


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole plan before it is explained.

    `slots` holds what will be made; `unmade` and `unbrought` the orders left out by
    the machines and by the couriers. `fine` is its price in 1/18000 cent.
    """

    machines: SchedulingProblem
    couriers: CourierProblem
    slots: tuple[TaskSlot, ...]
    ready: Mapping[str, Ready]
    carried: CourierPlan
    unmade: frozenset[str]
    unbrought: frozenset[str]
    fine: int


def draft(
    problem: JointProblem,
    orders: tuple[Order, ...],
    refused: tuple[Order, ...],
    *,
    pads_s: Mapping[str, int],
    seed: int,
    budget: Budget,
) -> Draft:
    """Plan `orders`; those `refused` only keep their started tasks."""
    machines = scheduling_problem(problem, orders, pads_s, refused)
    schedule = solve_scheduling(machines, seed=seed, work=budget.scheduling_work)
    unmade = frozenset(schedule.left_out) & {order.id for order in orders}
    ready = _ready(problem, orders, schedule.slots, unmade)
    couriers = courier_problem(problem, orders, ready)
    carried = solve_couriers(couriers, seed=seed, iterations=budget.courier_iterations)
    unbrought = frozenset(carried.left_out)
    promised = {order.id for order in orders if order.committed}
    slots = tuple(
        slot
        for slot in schedule.slots
        if slot.frozen or slot.order not in unbrought or slot.order in promised
    )
    fine = carried.cost_fine + _making_fine(machines, slots)
    fine += FINE_PER_CENT * sum(
        left_out_cents(problem, order) for order in orders if order.id in unmade
    )
    return Draft(
        machines=machines,
        couriers=couriers,
        slots=slots,
        ready=ready,
        carried=carried,
        unmade=unmade,
        unbrought=unbrought,
        fine=fine,
    )


def _ready(
    problem: JointProblem,
    orders: tuple[Order, ...],
    slots: tuple[TaskSlot, ...],
    unmade: frozenset[str],
) -> dict[str, Ready]:
    """Return when and where each order can be fetched."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    with_tasks = {task.order for task in problem.tasks}
    ready = {
        order.id: order.ready
        for order in orders
        if order.ready is not None
        and (order.id not in with_tasks or order.id not in unmade)
    }
    made = {order.id for order in orders} - unmade
    for slot in slots:
        if slot.order in made:
            before = ready.get(slot.order)
            ended_s = max(slot.end_s, before.ready_s if before else slot.end_s)
            ready[slot.order] = Ready(fab=fab_of[slot.machine], ready_s=ended_s)
    return ready


def _making_fine(problem: SchedulingProblem, slots: tuple[TaskSlot, ...]) -> int:
    """Return modes and moved machines only: delivery is priced by the couriers."""
    made = {slot.order for slot in slots if not slot.frozen}
    jobs = tuple(
        replace(job, due_s=SECONDS_MAX, deadline_s=SECONDS_MAX, fab_cost_cents={})
        for job in problem.jobs
        if job.id in made
    )
    own = [slot for slot in slots if slot.order in made]
    return schedule_fine(replace(problem, jobs=jobs), own, ())
