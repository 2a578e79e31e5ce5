"""The joint referee: reads problem and plan; no code of any solver, no mercy."""

from collections.abc import Callable, Iterator

from routing.breach import Breach
from routing.couriers.check import check_route
from routing.couriers.problem import (
    CourierProblem,
    Prices,
    Shipment,
    StopKind,
)
from routing.couriers.problem import Route as CourierRoute
from routing.joint.afterthought import could_be_appended
from routing.joint.problem import JointPlan, JointProblem, Order, Promise, TaskSlot
from routing.joint.sums import cost_parts
from routing.scheduling.check import check_slots, check_stocks
from routing.scheduling.sums import finished_s, given_out_s


def check(problem: JointProblem, plan: JointPlan) -> tuple[Breach, ...]:
    """Return every breach of the problem's rules; empty means: it may be committed."""
    breaches = list(_complete(problem, plan))
    if breaches:
        return tuple(breaches)  # the other rules look up what is missing
    for rule in RULES:
        breaches += rule(problem, plan)
    return tuple(breaches)


def ready_at(problem: JointProblem, plan: JointPlan, order: Order) -> int | None:
    """Return when the order is made, by hand as well, and given out; None: never."""
    own = [slot for slot in plan.slots if slot.order == order.id]
    ended_s = problem.now_s if order.ready is None else order.ready.ready_s
    if not own:
        return ended_s
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    lag_of = {task.id: task.lag_s for task in problem.tasks if task.order == order.id}
    ends = [] if order.ready is None else [ended_s]
    for slot in own:
        fab = fab_of[slot.machine]
        done_s = finished_s(problem.operators, fab, slot.end_s, lag_of[slot.task])
        if done_s is None:
            return None
        ends.append(done_s)
    return given_out_s(problem, fab_of[own[0].machine], max(ends))


def _complete(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    orders = {order.id for order in problem.orders}
    promised, left_out = set(plan.promises), set(plan.left_out)
    for odd in (promised & left_out) | ((promised | left_out) ^ orders):
        yield _breach("complete", f"order {odd!r} is not exactly promised or left out")
    tasks = {task.id: task for task in problem.tasks}
    machines = {machine.id for machine in problem.machines}
    seen: set[str] = set()
    for slot in plan.slots:
        if slot.task in seen or slot.task not in tasks or slot.machine not in machines:
            yield _breach("unknown", f"{slot} is double or of nothing in the problem")
        elif tasks[slot.task].order != slot.order:
            yield _breach("unknown", f"{slot} names another order than its task")
        seen.add(slot.task)
    couriers = [route.courier for route in plan.routes]
    known = {courier.id for courier in problem.couriers}
    if len(set(couriers)) < len(couriers) or set(couriers) - known:
        yield _breach("unknown", f"routes of {couriers}")
    for route in plan.routes:
        if not route.stops or any(stop.order not in promised for stop in route.stops):
            yield _breach("unknown", f"{route} stops nowhere or for an order left out")


def _slots(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    yield from check_slots(
        problem.machines, problem.tasks, plan.slots, problem.now_s, problem.operators
    )
    yield from check_stocks(
        problem.stocks, problem.machines, problem.tasks, plan.slots, problem.now_s
    )
    slot_of = {slot.task: slot for slot in plan.slots}
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    for order in problem.orders:
        tasks = [task for task in problem.tasks if task.order == order.id]
        have = [task.id for task in tasks if task.id in slot_of]
        started = [task.id for task in tasks if task.frozen is not None]
        may_be = [[task.id for task in tasks]]
        if order.id in plan.left_out:
            may_be = [started, *may_be] if order.committed else [started]
        if have not in may_be:
            yield _breach("complete", f"order {order.id!r} has slots of {have}")
        own: list[TaskSlot] = [slot_of[task] for task in have]
        fabs = {fab_of[slot.machine] for slot in own}
        fabs |= {order.ready.fab} if order.ready else set()
        if len(fabs) > 1 and have != started:
            yield _breach("fab", f"order {order.id!r} is made in {sorted(fabs)}")
        from_s = max(order.release_s, order.ready.ready_s if order.ready else -(10**9))
        if any(slot.start_s < from_s for slot in own if not slot.frozen):
            yield _breach("release", f"order {order.id!r} starts before {from_s}")


def _parts(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    """Nothing begins before what it is made from is there; none is brought for nothing."""
    there_s = {
        stop.order: stop.depart_s
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.DROPOFF
    }
    order_of = {order.id: order for order in problem.orders}
    heading = {c.next_stop.order for c in problem.couriers if c.next_stop is not None}
    unbegun = {task.order for task in problem.tasks if task.frozen is None}
    for order in problem.orders:
        if order.id not in unbegun:
            continue  # nothing of it waits for anything any more
        starts = [s.start_s for s in plan.slots if s.order == order.id and not s.frozen]
        for part in order.parts:
            if part not in plan.promises and (order.id in plan.promises or starts):
                yield _breach("parts", f"order {order.id!r} is made without {part!r}")
            elif starts and min(starts) < there_s.get(part, min(starts)):
                text = f"order {order.id!r} begins at {min(starts)}, {part!r} is there"
                yield _breach("parts", f"{text} at {there_s[part]}")
            begun = order_of[part].aboard is not None or part in heading
            goes_alone = begun or order_of[part].committed
            if part in plan.promises and order.id in plan.left_out and not goes_alone:
                yield _breach("parts", f"{part!r} is brought, but not {order.id!r}")


def _routes(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    place_of = {fab.id: fab for fab in problem.fabs}
    shipments = []
    for order in problem.orders:
        if order.id not in plan.promises:
            continue
        made_in = {fab_of[s.machine] for s in plan.slots if s.order == order.id}
        made_in |= {order.ready.fab} if order.ready else set()
        if order.aboard is None and len(made_in) != 1:
            yield _breach("complete", f"order {order.id!r} is brought, made {made_in}")
            return
        fab = None if order.aboard else place_of[made_in.pop()]
        made_s = ready_at(problem, plan, order)
        if made_s is None:
            yield _breach("doors", f"nobody gives order {order.id!r} out")
            return
        ready_s = max(made_s, order.fetch_from_s)
        service_s = fab.pickup_service_s if fab else 0
        place = fab.place if fab else None
        shipments.append(_shipment(order, place, ready_s, service_s))
    weights = problem.weights
    couriers = CourierProblem(
        couriers=problem.couriers,
        shipments=tuple(shipments),
        matrices=problem.matrices,
        prices=Prices(
            late_cents_per_minute=weights.late_cents_per_minute,
            very_late_cents_per_minute=weights.very_late_cents_per_minute,
            moved_courier_cents=weights.moved_courier_cents,
        ),
        now_s=problem.now_s,
    )
    courier_of = {courier.id: courier for courier in problem.couriers}
    for route in plan.routes:
        bare = CourierRoute(
            courier=route.courier,
            leave_s=route.leave_s,
            stops=route.stops,
            metres=route.metres,
        )
        yield from check_route(couriers, courier_of[route.courier], bare)


def _shipment(
    order: Order, place: int | None, ready_s: int, service_s: int
) -> Shipment:
    return Shipment(
        id=order.id,
        pickup_place=place,
        dropoff_place=order.place,
        ready_s=ready_s,
        earliest_s=order.earliest_s,
        due_s=order.due_s,
        deadline_s=order.deadline_s,
        pieces=order.pieces,
        grams=order.grams,
        pickup_service_s=service_s,
        dropoff_service_s=order.service_s,
        left_out_cents=0,
        must=order.committed,
        courier=order.aboard,
    )


def _brought(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    """Every promised order is fetched once and brought once, by one courier."""
    visits: dict[str, list[tuple[StopKind, str, int]]] = {}
    for route in plan.routes:
        for stop in route.stops:
            visit = (stop.kind, route.courier, stop.begin_s)
            visits.setdefault(stop.order, []).append(visit)
    for order in problem.orders:
        promise = plan.promises.get(order.id)
        if promise is None:
            continue
        own = visits.get(order.id, [])
        kinds = [kind for kind, _, _ in own]
        wanted = [StopKind.DROPOFF]
        if order.aboard is None:
            wanted = [StopKind.PICKUP, StopKind.DROPOFF]
        if kinds != wanted or len({courier for _, courier, _ in own}) != 1:
            yield _breach("complete", f"order {order.id!r} has the stops {own}")
            continue
        planned_s = own[-1][2]
        if promise.planned_s != planned_s or not _is_true(problem, order, promise):
            yield _breach("promise", f"order {order.id!r}: {promise}, not {planned_s}")
        if order.aboard not in {None, own[0][1]}:
            yield _breach("carrier", f"order {order.id!r} is aboard {order.aboard!r}")


def _is_true(problem: JointProblem, order: Order, promise: Promise) -> bool:
    """Whether it is what was said before, if that is kept; else has air enough."""
    planned_s, said = promise.planned_s, order.promised
    if said is not None and said.earliest_s <= planned_s <= said.latest_s:
        return (promise.earliest_s, promise.latest_s) == (
            said.earliest_s,
            said.latest_s,
        )
    weights = problem.weights
    ahead_s = max(0, planned_s - problem.now_s)
    air_s = weights.promise_slack_s + ahead_s * weights.promise_slack_percent // 100
    least_s = min(planned_s + air_s, max(order.deadline_s, planned_s))
    return promise.earliest_s <= planned_s and least_s <= promise.latest_s


def _sums(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    parts = cost_parts(problem, plan)
    if parts != plan.cost:
        yield _breach("cost", f"the plan says {plan.cost}, it is {parts}")
    if plan.bound_cents > plan.cost.total_cents:
        yield _breach("bound", f"{plan.cost.total_cents} is below {plan.bound_cents}")


def _reasons(problem: JointProblem, plan: JointPlan) -> Iterator[Breach]:
    for order in problem.orders:
        reason = plan.left_out.get(order.id)
        if reason is None:
            continue
        if not (reason.code and reason.text and reason.remedy):
            yield _breach("reason", f"order {order.id!r} is left out without a word")
        if order.committed and could_be_appended(problem, plan, order):
            yield _breach("broken-promise", f"order {order.id!r} could still be done")


def _breach(code: str, text: str) -> Breach:
    return Breach(code=code, text=text)


type Rule = Callable[[JointProblem, JointPlan], Iterator[Breach]]
RULES: tuple[Rule, ...] = (_slots, _parts, _routes, _brought, _sums, _reasons)
