"""Why an order is left out, what would help, and who else could have served it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routing.couriers.problem import StopKind
from routing.joint.alternatives import cheapest_of
from routing.joint.draft import Draft
from routing.joint.materials import lacking, left_of, needs_of
from routing.joint.parts import (
    awaited_by,
    groups_of,
    shortest_chain_s,
    with_parts,
)
from routing.joint.problem import (
    Alternative,
    Courier,
    Fab,
    JointProblem,
    Order,
    Reason,
    Task,
    Why,
)
from routing.joint.reach import best_ride, best_rides, can_carry
from routing.joint.translate import left_out_cents, tasks_of
from routing.reason import minutes
from routing.scheduling.options import options_of
from routing.scheduling.precedence import in_order
from routing.scheduling.problem import Job, SchedulingProblem
from routing.scheduling.why_not import hindrance


def reasons_for(
    problem: JointProblem,
    machines: SchedulingProblem,
    found: Draft,
    refused: Mapping[str, Reason],
) -> dict[str, Reason]:
    """Return why a draft leaves out orders that were worth a try, by id.

    Of orders that are left out together, being made from each other, one is told why;
    the others name it: the first, parts before what they are for, that more than its
    price keeps out. `machines`: the machines' part of the problem.
    """
    out = found.unmade | found.unbrought
    order_of = {order.id: order for order in problem.orders}
    told = dict(refused)
    there_s = found.handed_over()
    tasks, awaited = tasks_of(problem), awaited_by(problem)
    for group in groups_of(problem, out):
        if any(id_ in told for id_ in group):
            continue
        for id_ in group:
            order, parts = order_of[id_], awaited.get(id_, ())
            from_s = max((there_s[part] for part in parts), default=None)
            there_s[id_] = _there_s(problem, order, tasks[id_], from_s)
            told[id_] = _reason_for(problem, machines, found, (order, from_s))
            if told[id_].code != "too-dear":
                break
            del told[id_]
        else:
            told[group[-1]] = _too_dear(problem, [order_of[id_] for id_ in group])
        told = with_parts(problem, told)
    return {id_: told[id_] for id_ in out}


def _there_s(
    problem: JointProblem, order: Order, tasks: Sequence[Task], from_s: int | None
) -> int:
    """Return when an order could be handed over that is begun from then on, alone."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    able = {fab_of[mode.machine] for task in tasks for mode in task.modes}
    if order.ready is not None:
        able = {order.ready.fab}
    fabs = [fab for fab in problem.fabs if fab.id in able]
    made_s = max(problem.now_s, order.release_s, from_s or problem.now_s)
    if order.ready is not None:
        made_s = max(made_s, order.ready.ready_s)
    rides = best_rides(problem, fabs, order).values()
    ride_s = min((ride.seconds for ride in rides), default=0)
    chain_s = shortest_chain_s(in_order(tasks) or ())
    return made_s + chain_s + ride_s + order.service_s


def _reason_for(
    problem: JointProblem,
    machines: SchedulingProblem,
    found: Draft,
    what: tuple[Order, int | None],
) -> Reason:
    """`what`: the order, and from when on all that it is made from may be there."""
    order, from_s = what
    if order.id in found.unmade:
        reason = _unmade(problem, machines, found, what)
    else:
        reason = _unbrought(problem, found, order)
    if from_s is None or reason.code == "too-dear":
        return reason
    wait = minutes(from_s - problem.now_s)
    text = f"{reason.text}; what it is made from is there in {wait} at the earliest"
    return replace(reason, text=text)


def why_of(
    found: Draft,
    order: Order,
    alternatives: tuple[Alternative, ...],
    parts: Sequence[str],
) -> Why:
    """Return who serves the order, who else could, and which of `parts` comes last."""
    there_s = found.handed_over()
    last = max(parts, key=lambda part: there_s[part], default="")
    ready = found.ready.get(order.id)
    courier = next(
        route.courier
        for route in found.routes
        for stop in route.stops
        if stop.order == order.id
    )
    cheapest = cheapest_of(alternatives)
    return Why(
        fab=ready.fab if ready else None,
        machines=tuple(slot.machine for slot in found.slots if slot.order == order.id),
        courier=courier,
        alternative=cheapest.text if cheapest else "",
        extra_cents=cheapest.extra_cents if cheapest else None,
        alternatives=alternatives,
        waits_for=last,
    )


def _unmade(
    problem: JointProblem,
    machines: SchedulingProblem,
    found: Draft,
    what: tuple[Order, int | None],
) -> Reason:
    order, from_s = what
    job = next(job for job in machines.jobs if job.id == order.id)
    if from_s is not None:
        job = replace(job, release_s=max(job.release_s, from_s))
    reason = _material(problem, machines, found, job) or hindrance(
        machines, job, found.slots
    )
    return _too_dear(problem, [order]) if reason.code == "too-dear" else reason


def _material(
    problem: JointProblem, machines: SchedulingProblem, found: Draft, job: Job
) -> Reason | None:
    needs = needs_of(job.tasks)
    if not needs or not problem.stocks:
        return None
    plain = options_of(replace(machines, jobs=(job,), stocks=()))
    left = left_of(problem, found.slots)
    return lacking(problem, plain.fabs[job.id], needs, left)


def _unbrought(problem: JointProblem, found: Draft, order: Order) -> Reason:
    ready = found.ready.get(order.id)
    if ready is None:
        return Reason(
            code="unreachable",
            text=f"courier {order.aboard} has it, but has no way to its place",
            remedy="a hand-over to another courier",
        )
    fab = next(fab for fab in problem.fabs if fab.id == ready.fab)
    ride = best_ride(problem, fab, order)
    if ride is None:
        return _nobody(problem, fab, order)
    there_s = max(ready.ready_s, problem.now_s) + ride.seconds
    if there_s > order.deadline_s and not order.committed:
        late_s = there_s - order.deadline_s
        return Reason(
            code="too-late",
            text=f"by the quickest courier ({minutes(ride.seconds)}) it would be there "
            f"{minutes(late_s)} after its latest time",
            remedy=f"a latest time {minutes(late_s)} later",
        )
    able = [courier for courier in problem.couriers if can_carry(courier, order)]
    in_time = [
        courier
        for courier in able
        if courier.shift[1] >= there_s + order.service_s
        and max(courier.shift[0], problem.now_s)
        + int(problem.matrices[courier.profile].seconds[courier.place, fab.place])
        + ride.seconds
        <= max(order.deadline_s, there_s)
    ]
    if not in_time:
        return Reason(
            code="shift-over",
            text=f"none of {len(able)} couriers who could carry it is on shift when it "
            f"is ready and can be there in time; the way takes {minutes(ride.seconds)}",
            remedy="a courier with an earlier or longer shift, or a later latest time",
        )
    carried = sum(
        stop.kind is StopKind.DROPOFF for route in found.routes for stop in route.stops
    )
    if left_out_cents(problem, order) <= ride.cents:
        return _too_dear(problem, [order])
    return Reason(
        code="couriers-full",
        text=f"{len(in_time)} couriers could carry it, but with {carried} other "
        "deliveries none can be there in time, or only at a price above its own",
        remedy="a later latest time, or one more courier",
    )


def _nobody(problem: JointProblem, fab: Fab, order: Order) -> Reason:
    able: list[Courier] = [c for c in problem.couriers if can_carry(c, order)]
    if able and not any(
        problem.matrices[c.profile].is_way(fab.place, order.place) for c in able
    ):
        return Reason(
            code="unreachable",
            text=f"there is no way from {fab.name or fab.id} to its place",
            remedy="a place nearer to a road, or a courier who travels otherwise",
        )
    return Reason(
        code="no-courier" if able or not problem.couriers else "too-big",
        text=f"none of {len(problem.couriers)} couriers can carry {order.pieces} pieces "
        f"of {order.grams} g and has a shift ahead; it waits in {fab.name or fab.id}",
        remedy="a courier on shift with room",
    )


def _too_dear(problem: JointProblem, orders: Sequence[Order]) -> Reason:
    cents = sum(left_out_cents(problem, order) for order in orders)
    price = f"{cents // 100}.{cents % 100:02}"
    what = "it costs" if len(orders) == 1 else "it and what it is made from costs"
    return Reason(
        code="too-dear",
        text=f"making and bringing {what} more than {price}, the price of leaving "
        f"{'it' if len(orders) == 1 else 'all of it'} out",
        remedy="a higher price, or a later wished time",
    )
