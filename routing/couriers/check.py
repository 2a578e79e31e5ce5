"""The couriers' referee: reads problem and plan, shares no code with the solver."""

from collections import Counter
from collections.abc import Iterator, Mapping

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
        fine += 5 * (_over_s(route) - route.leave_s) * courier.cost_per_hour_cents
        fine += 18_000 * courier.cost_fixed_cents
        fine += _way_home_fine(problem, courier, route)
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
    aboard |= {stop.order for stop in route.stops if shipments[stop.order].from_depot}
    yield from _start(courier, route, shipments, aboard)
    if route.leave_s < max(courier.shift[0], problem.now_s):
        yield _breach(courier, "leaves before the shift or before now")
    for stop in route.stops:
        shipment = shipments[stop.order]
        drive_s = int(matrix.seconds[place, stop.place])
        if drive_s >= UNREACHABLE_S:
            yield _breach(courier, f"there is no way to {stop}")
        rested_s = _rest_s(route, time_s, stop.arrive_s)
        if stop.arrive_s != time_s + drive_s + rested_s:
            yield _breach(courier, f"arrives at {stop} not after {drive_s} s of way")
        yield from _stop(courier, shipment, stop, aboard)
        if stop.kind is StopKind.PICKUP:
            aboard.add(stop.order)
            if NextStop(order=stop.order, kind=stop.kind) != courier.next_stop:
                yield from _load(courier, [shipments[id_] for id_ in aboard])
        else:
            aboard.discard(stop.order)
        metres += int(matrix.metres[place, stop.place])
        place, time_s = stop.place, stop.depart_s
    if courier.end_place is not None:
        metres += int(matrix.metres[place, courier.end_place])
    yield from _end(problem, courier, route, place)
    yield from _breaks(problem, courier, route)
    if metres != route.metres:
        yield _breach(courier, f"drives {metres} m, not {route.metres}")
    yield from _frozen(courier, route)


def _start(
    courier: Courier,
    route: Route,
    shipments: Mapping[str, Shipment],
    aboard: set[str],
) -> Iterator[Breach]:
    loaded = [shipments[id_] for id_ in aboard if shipments[id_].from_depot]
    if loaded:
        yield from _load(courier, [shipments[id_] for id_ in aboard])
    if any(shipment.ready_s > route.leave_s for shipment in loaded):
        yield _breach(courier, "leaves before what it loads is ready")
    for id_ in {stop.order for stop in route.stops}:
        if not _may_carry(courier, shipments[id_]):
            yield _breach(courier, f"has not all skills that {id_!r} needs")


def _frozen(courier: Courier, route: Route) -> Iterator[Breach]:
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
    others = {other.place for other in shipment.handover_places}
    places = {shipment.dropoff_place, *others}
    if is_pickup:
        places = set() if shipment.pickup_place is None else {shipment.pickup_place}
    earliest_s = shipment.ready_s if is_pickup else shipment.earliest_s
    service_s = shipment.pickup_service_s if is_pickup else shipment.dropoff_service_s
    if stop.place not in places:
        yield _breach(courier, f"{stop} should be at one of {sorted(places)}")
    if stop.begin_s < max(stop.arrive_s, earliest_s):
        yield _breach(courier, f"{stop} begins before {earliest_s} or arrival")
    if stop.depart_s != stop.begin_s + service_s:
        yield _breach(courier, f"{stop} should take {service_s} s")
    if is_pickup == (shipment.id in aboard):
        yield _breach(courier, f"{stop} though it is aboard: {shipment.id in aboard}")
    bound = _is_bound(courier, shipment)
    if is_pickup and stop.begin_s > shipment.pickup_latest_s and not bound:
        yield _breach(courier, f"{stop} is after {shipment.pickup_latest_s}")
    is_soft = shipment.must or shipment.courier is not None or bound
    if not is_pickup and stop.begin_s > shipment.deadline_s and not is_soft:
        yield _breach(courier, f"{stop} is after its deadline {shipment.deadline_s}")
    if stop.depart_s > courier.shift[1] and not bound:
        yield _breach(courier, f"{stop} is after the shift, {courier.shift[1]}")


def _load(courier: Courier, load: list[Shipment]) -> Iterator[Breach]:
    pieces, grams = sum(s.pieces for s in load), sum(s.grams for s in load)
    ml = sum(s.ml for s in load)
    room = (courier.capacity_pieces, courier.capacity_grams, courier.capacity_ml)
    if pieces > room[0] or grams > room[1] or ml > room[2]:
        text = f"carries {pieces} pieces, {grams} g and {ml} ml at once"
        yield _breach(courier, text)


def _over_s(route: Route) -> int:
    return route.stops[-1].depart_s if route.end_s is None else route.end_s


def _rest_s(route: Route, from_s: int, to_s: int) -> int:
    """Breaks that lie wholly between two moments."""
    return sum(
        end - begin for begin, end in route.breaks if from_s <= begin < end <= to_s
    )


def _is_under_way(problem: CourierProblem, courier: Courier) -> bool:
    return any(_is_bound(courier, shipment) for shipment in problem.shipments)


def _way_home_fine(problem: CourierProblem, courier: Courier, route: Route) -> int:
    if route.end_s is None:
        return 0
    over_s = max(0, route.end_s - courier.shift[1])
    return 300 * problem.prices.very_late_cents_per_minute * over_s


def _end(
    problem: CourierProblem, courier: Courier, route: Route, place: int
) -> Iterator[Breach]:
    if (route.end_s is None) != (courier.end_place is None):
        yield _breach(courier, f"ends at {route.end_s}, place {courier.end_place}")
    elif route.end_s is not None:
        last_s = route.stops[-1].depart_s
        matrix = problem.matrices[courier.profile]
        drive_s = int(matrix.seconds[place, courier.end_place])
        rested_s = _rest_s(route, last_s, route.end_s)
        if drive_s >= UNREACHABLE_S:
            yield _breach(courier, "has no way to where the route ends")
        if route.end_s != last_s + drive_s + rested_s:
            yield _breach(courier, f"ends not after {drive_s} s of way")
    if _is_under_way(problem, courier):
        return
    if route.end_s is not None and route.end_s > courier.shift[1]:
        yield _breach(courier, "ends after the shift")
    span_s = _over_s(route) - route.leave_s
    if courier.route_max_s is not None and span_s > courier.route_max_s:
        yield _breach(courier, f"is away for {span_s} s")


def _breaks(
    problem: CourierProblem, courier: Courier, route: Route
) -> Iterator[Breach]:
    start_s = max(courier.shift[0], problem.now_s)
    for pause in courier.breaks:
        taken = [
            begin_s
            for begin_s, end_s in route.breaks
            if pause.earliest_s <= begin_s <= pause.latest_s
            and end_s == begin_s + pause.duration_s
        ]
        is_over = pause.earliest_s + pause.duration_s <= route.leave_s
        is_past = pause.latest_s < start_s or pause.latest_s >= _over_s(route)
        if not taken and not is_over and not is_past:
            yield _breach(courier, f"does without {pause}")
    for begin_s, end_s in route.breaks:
        for stop in route.stops:
            if begin_s < stop.depart_s and stop.begin_s < end_s:
                yield _breach(courier, f"works at {stop} during a break")


def _may_carry(courier: Courier, shipment: Shipment) -> bool:
    return shipment.skills <= courier.skills or _is_bound(courier, shipment)


def _is_aboard(shipment: Shipment, courier: Courier) -> bool:
    is_loaded = shipment.pickup_place is None and not shipment.from_depot
    return is_loaded and shipment.courier == courier.id


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
    if stop.place != shipment.dropoff_place:
        fine += 18_000 * min(
            other.extra_cents
            for other in shipment.handover_places
            if other.place == stop.place
        )
    if shipment.previous_courier not in {None, courier.id}:
        fine += 18_000 * prices.moved_courier_cents
    return fine


def _breach(courier: Courier, text: str) -> Breach:
    return Breach(code="route", text=f"courier {courier.id!r}: {text}")
