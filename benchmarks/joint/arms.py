"""Ways of planning a day that differ only in what is decided together.

All use the product's own joint search for whatever is left to decide, for the same CPU
time. Machines first get as much time again for the machines alone.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from routing.effort import Effort
from routing.joint.check import check
from routing.joint.problem import Budget, JointProblem, Order, Ready, Task
from routing.joint.solve import solve
from routing.joint.translate import scheduling_problem, tasks_of
from routing.scheduling.check import check as check_schedule
from routing.scheduling.problem import Schedule, SchedulingProblem
from routing.scheduling.solve import solve as schedule
from routing.travel.matrix import Profile

ENDLESS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a day costs in cents, everything included, and how many are left out."""

    cents: int
    left_out: int


type Arm = Callable[[JointProblem, int, float], Outcome]


def joint(problem: JointProblem, seed: int, cpu_s: float) -> Outcome:
    """Decide labs, machines, slots, couriers and routes together."""
    plan = solve(problem, seed=seed, budget=_budget(cpu_s))
    breaches = check(problem, plan)
    if breaches:
        raise RuntimeError(f"the referee refuses the plan: {breaches[:3]}")
    return Outcome(cents=plan.cost.total_cents, left_out=len(plan.left_out))


def nearest_lab(problem: JointProblem, seed: int, cpu_s: float) -> Outcome:
    """Make each order in the nearest lab that can; decide all else together."""
    orders = {order.id: order for order in problem.orders}
    lab_of = {
        id_: _nearest(problem, orders[id_], tasks)
        for id_, tasks in tasks_of(problem).items()
    }
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    tasks = tuple(
        replace(
            task,
            modes=tuple(
                mode
                for mode in task.modes
                if fab_of[mode.machine] == lab_of[task.order]
            ),
        )
        for task in problem.tasks
    )
    return joint(replace(problem, tasks=tasks), seed, cpu_s)


def machines_first(problem: JointProblem, seed: int, cpu_s: float) -> Outcome:
    """Decide labs and slots by making, lateness and 60 % of a direct ride's price."""
    machines = scheduling_problem(problem, problem.orders, {})
    return _then_couriers(problem, machines, seed, cpu_s)


def machines_alone(problem: JointProblem, seed: int, cpu_s: float) -> Outcome:
    """Decide labs and slots by making and lateness, whatever a ride costs."""
    machines = scheduling_problem(problem, problem.orders, {})
    jobs = tuple(replace(job, fab_cost_cents={}) for job in machines.jobs)
    return _then_couriers(problem, replace(machines, jobs=jobs), seed, cpu_s)


ARMS: Mapping[str, Arm] = {
    "joint": joint,
    "nearest lab": nearest_lab,
    "machines first": machines_first,
    "machines alone": machines_alone,
}


def _budget(cpu_s: float) -> Budget:
    return Budget(effort=_effort(cpu_s))


def _effort(cpu_s: float) -> Effort:
    return Effort(
        iterations=ENDLESS,
        until_s=time.process_time() + cpu_s,
        clock=time.process_time,
    )


def _nearest(problem: JointProblem, order: Order, tasks: tuple[Task, ...]) -> str:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    can = [{fab_of[mode.machine] for mode in task.modes} for task in tasks]
    seconds = problem.matrices[Profile.CARGO_BIKE].seconds
    return min(
        (int(seconds[fab.place, order.place]), fab.id)
        for fab in problem.fabs
        if all(fab.id in labs for labs in can)
    )[1]


def _then_couriers(
    problem: JointProblem, machines: SchedulingProblem, seed: int, cpu_s: float
) -> Outcome:
    """Schedule the machines, then let couriers fetch what is ready when it is."""
    made = schedule(machines, seed=seed, work=cpu_s, effort=_effort(cpu_s))
    breaches = check_schedule(machines, made)
    if breaches:
        raise RuntimeError(f"the referee refuses the schedule: {breaches[:3]}")
    ready = _ready(problem, made)
    rest = replace(
        problem,
        orders=tuple(
            replace(order, ready=ready[order.id])
            for order in problem.orders
            if order.id in ready
        ),
        tasks=(),
    )
    plan = solve(rest, seed=seed, budget=_budget(cpu_s))
    refused = check(rest, plan)
    if refused:
        raise RuntimeError(f"the referee refuses the plan: {refused[:3]}")
    never = [order for order in problem.orders if order.id not in ready]
    cents = plan.cost.total_cents + sum(order.left_out_cents for order in never)
    # What nobody can bring is not made either.
    cents += _making_cents(problem, made, set(plan.left_out))
    return Outcome(cents=cents, left_out=len(plan.left_out) + len(never))


def _ready(problem: JointProblem, made: Schedule) -> dict[str, Ready]:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    ready: dict[str, Ready] = {}
    for slot in made.slots:
        end_s = slot.end_s
        if slot.order in ready:
            end_s = max(end_s, ready[slot.order].ready_s)
        ready[slot.order] = Ready(fab=fab_of[slot.machine], ready_s=end_s)
    return ready


def _making_cents(problem: JointProblem, made: Schedule, without: set[str]) -> int:
    modes = {task.id: task.modes for task in problem.tasks}
    return sum(
        min(
            mode.cost_cents
            for mode in modes[slot.task]
            if mode.machine == slot.machine
            and mode.duration_s == slot.end_s - slot.start_s
        )
        for slot in made.slots
        if slot.order not in without
    )
