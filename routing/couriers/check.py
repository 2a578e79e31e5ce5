"""The couriers' referee: reads problem and plan, shares no code with the solver."""

from collections import Counter
from collections.abc import Iterator

from routing.breach import Breach
from routing.couriers.problem import (
    Courier,
    CourierPlan,
    CourierProblem,
    NextStop,
    Prices,
    Route,
    Shipment,
    Stop,
    StopKind,
)
from routing.measures import UNREACHABLE_S


def check(problem: CourierProblem, plan: CourierPlan) -> tuple[Breach, ...]:
    """Return every breach of the problem's rules; empty means: it may be used."""
    breaches = list(_complete(problem, plan))
    if not breaches:
        couriers = {courier.id: courier for courier in problem.couriers}
        for route in plan.routes:
            breaches += check_route(problem, couriers[route.courier], route)
        fine = plan_fine(problem, plan)
        if fine != plan.cost_fine:
            text = f"the plan says it costs {plan.cost_fine}, it costs {fine}"
            breaches.append(Breach(code="cost", text=text))
    return tuple(breaches)


def plan_fine(problem: CourierProblem, plan: CourierPlan) -> int:
    """Return what a complete plan costs in 1/18000 cent, summed up anew."""
    couriers = {courier.id: courier for courier in problem.couriers}
    shipments = {shipment.id: shipment for shipment in problem.shipments}
    fine = sum(18_000 * shipments[id_].left_out_cents for id_ in plan.left_out)
    for route in plan.routes:
        courier = couriers[route.courier]
        fine += 18 * route.metres * courier.cost_per_km_cents
        paid_s = route.stops[-1].depart_s - route.leave_s
        fine += 5 * paid_s * courier.cost_per_hour_cents
        for stop in route.stops:
            shipment = shipments[stop.order]
            bound = _is_bound(courier, shipment)
            fine += _penalty_fine(problem.prices, courier, shipment, stop, bound=bound)
    return fine


def check_route(
    problem: CourierProblem, courier: Courier, route: Route
) -> Iterator[Breach]:
    """Yield breaches of one courier's route: times, loads, windows, frozen stop."""
    shipments = {shipment.id: shipment for shipment in problem.shipments}
    matrix = problem.matrices[courier.profile]
    place, time_s, metres = courier.place, route.leave_s, 0
    aboard = {s.id for s in problem.shipments if _is_aboard(s, courier)}
    if route.leave_s < max(courier.shift[0], problem.now_s):
        yield _breach(courier, "leaves before the shift or before now")
    for stop in route.stops:
        shipment = shipments[stop.order]
        drive_s = int(matrix.seconds[place, stop.place])
        if drive_s >= UNREACHABLE_S:
            yield _breach(courier, f"there is no way to {stop}")
        if stop.arrive_s != time_s + drive_s:
            yield _breach(courier, f"arrives at {stop} not at {time_s + drive_s}")
        yield from _stop(courier, shipment, stop, aboard)
        if stop.kind is StopKind.PICKUP:
            aboard.add(stop.order)
            if NextStop(order=stop.order, kind=stop.kind) != courier.next_stop:
                yield from _load(courier, [shipments[id_] for id_ in aboard])
        else:
            aboard.discard(stop.order)
        metres += int(matrix.metres[place, stop.place])
        place, time_s = stop.place, stop.depart_s
    if metres != route.metres:
        yield _breach(courier, f"drives {metres} m, not {route.metres}")
    wanted = courier.next_stop
    first = route.stops[0]
    if wanted and (first.order, first.kind) != (wanted.order, wanted.kind):
        is_carried = any(stop.order == wanted.order for stop in route.stops)
        if is_carried:
            yield _breach(courier, f"was heading to {wanted}, not to {first}")


def _complete(problem: CourierProblem, plan: CourierPlan) -> Iterator[Breach]:
    routes = Counter(route.courier for route in plan.routes)
    known = {courier.id for courier in problem.couriers}
    for courier, count in routes.items():
        if courier not in known or count > 1:
            yield Breach(code="unknown", text=f"{count} routes of courier {courier!r}")
    if any(not route.stops for route in plan.routes):
        yield Breach(code="unknown", text="a route without stops")
    visits = Counter((s.order, s.kind) for r in plan.routes for s in r.stops)
    driver = {s.order: r.courier for r in plan.routes for s in r.stops}
    out = Counter(plan.left_out)
    for shipment in problem.shipments:
        left_out = out.pop(shipment.id, 0)
        wanted = (int(shipment.pickup_place is not None and not left_out), 1 - left_out)
        found = tuple(visits.pop((shipment.id, kind), 0) for kind in StopKind)
        if found != wanted:
            yield Breach(
                code="complete",
                text=f"{shipment.id!r} wants (pickups, drop-offs) {wanted}, got {found}",
            )
        if shipment.courier is not None and driver.get(shipment.id) not in {
            None,
            shipment.courier,
        }:
            yield Breach(code="carrier", text=f"{shipment.id!r} changed its courier")
        for kind in StopKind:
            carriers = {
                route.courier
                for route in plan.routes
                for stop in route.stops
                if (stop.order, stop.kind) == (shipment.id, kind)
            }
            if carriers - {driver.get(shipment.id)}:
                yield Breach(code="carrier", text=f"{shipment.id!r} has two couriers")
    for odd in [*visits, *out]:
        yield Breach(code="unknown", text=f"{odd} is not in the problem")


def _stop(
    courier: Courier, shipment: Shipment, stop: Stop, aboard: set[str]
) -> Iterator[Breach]:
    is_pickup = stop.kind is StopKind.PICKUP
    place = shipment.pickup_place if is_pickup else shipment.dropoff_place
    earliest_s = shipment.ready_s if is_pickup else shipment.earliest_s
    service_s = shipment.pickup_service_s if is_pickup else shipment.dropoff_service_s
    if stop.place != place:
        yield _breach(courier, f"{stop} should be at place {place}")
    if stop.begin_s < max(stop.arrive_s, earliest_s):
        yield _breach(courier, f"{stop} begins before {earliest_s} or arrival")
    if stop.depart_s != stop.begin_s + service_s:
        yield _breach(courier, f"{stop} should take {service_s} s")
    if is_pickup == (shipment.id in aboard):
        yield _breach(courier, f"{stop} though it is aboard: {shipment.id in aboard}")
    bound = _is_bound(courier, shipment)
    is_soft = shipment.must or shipment.courier is not None or bound
    if not is_pickup and stop.begin_s > shipment.deadline_s and not is_soft:
        yield _breach(courier, f"{stop} is after its deadline {shipment.deadline_s}")
    if stop.depart_s > courier.shift[1] and not bound:
        yield _breach(courier, f"{stop} is after the shift, {courier.shift[1]}")


def _load(courier: Courier, load: list[Shipment]) -> Iterator[Breach]:
    pieces, grams = sum(s.pieces for s in load), sum(s.grams for s in load)
    if pieces > courier.capacity_pieces or grams > courier.capacity_grams:
        yield _breach(courier, f"carries {pieces} pieces and {grams} g at once")


def _is_aboard(shipment: Shipment, courier: Courier) -> bool:
    return shipment.pickup_place is None and shipment.courier == courier.id


def _is_bound(courier: Courier, shipment: Shipment) -> bool:
    heading = courier.next_stop is not None and courier.next_stop.order == shipment.id
    return heading or _is_aboard(shipment, courier)


def _penalty_fine(
    prices: Prices, courier: Courier, shipment: Shipment, stop: Stop, *, bound: bool
) -> int:
    overtime_s = max(0, stop.depart_s - courier.shift[1]) if bound else 0
    fine = 300 * prices.very_late_cents_per_minute * overtime_s
    if stop.kind is StopKind.PICKUP:
        return fine
    is_soft = shipment.must or shipment.courier is not None or bound
    late_s = max(0, stop.begin_s - shipment.due_s)
    very_late_s = max(0, stop.begin_s - shipment.deadline_s) if is_soft else 0
    fine += 300 * prices.late_cents_per_minute * late_s
    fine += 300 * prices.very_late_cents_per_minute * very_late_s
    if shipment.previous_courier not in {None, courier.id}:
        fine += 18_000 * prices.moved_courier_cents
    return fine


def _breach(courier: Courier, text: str) -> Breach:
    return Breach(code="route", text=f"courier {courier.id!r}: {text}")
