"""Where a shipment costs least, tour by tour, and the first plan made that way."""

from collections.abc import Iterable, Sequence

from routing.couriers.model import NEVER, Model, Step, advance, step_fine
from routing.couriers.tour import Insertion, Tour, Tours

type Plan = tuple[Tour, ...]  # one tour per vehicle, in the vehicles' order


def best_insertion(
    model: Model, tour: Tour, shipment: int, limit_fine: int = NEVER
) -> Insertion | None:
    """Return the cheapest feasible place of the shipment in the tour.

    None if there is none that makes the tour less than `limit_fine` dearer.
    """
    known = tour.insertions.get(shipment)
    if known is None and tour.looked_up_to.get(shipment, 0) < limit_fine:
        known = _search(model, tour, shipment, min(NEVER, tour.fine + limit_fine))
        if known is None:
            tour.looked_up_to[shipment] = limit_fine
        else:
            tour.insertions[shipment] = known
    return known if known is not None and known.extra_fine < limit_fine else None


def _search(
    model: Model, tour: Tour, shipment: int, best_fine: int
) -> Insertion | None:
    vehicle = model.vehicles[tour.vehicle]
    pickup, dropoff = 2 * shipment, 2 * shipment + 1
    is_first = vehicle.first in {pickup, dropoff}
    lowest = 0 if vehicle.first is None or is_first else min(1, len(tour.stops))
    highest = 0 if is_first else len(tour.stops)
    best: tuple[int, int] | None = None
    for i in range(lowest, highest + 1):
        if model.is_aboard[shipment]:
            fine = _closed(
                model, tour, tour.steps[i], i, dropoff=dropoff, limit_fine=best_fine
            )
            if fine < best_fine:
                best_fine, best = fine, (i, i)
            continue
        step = advance(model, tour.vehicle, tour.steps[i], pickup)
        for j in range(i, len(tour.stops) + 1):
            # Assumes that a detour never saves time: true of roads, and if it were
            # not, only a chance would be missed.
            if step is None or _least_fine(model, tour, step, j) >= best_fine:
                break
            tour.effort.tried += 1
            fine = _closed(model, tour, step, j, dropoff=dropoff, limit_fine=best_fine)
            if fine < best_fine:
                best_fine, best = fine, (i, j)
            if j < len(tour.stops):
                step = advance(model, tour.vehicle, step, tour.stops[j])
    if best is None:
        return None
    i, j = best
    stops = tour.stops
    middle = (dropoff,) if model.is_aboard[shipment] else (pickup, *stops[i:j], dropoff)
    return Insertion(
        extra_fine=best_fine - tour.fine, stops=(*stops[:i], *middle, *stops[j:])
    )


def _closed(
    model: Model, tour: Tour, step: Step, j: int, *, dropoff: int, limit_fine: int
) -> int:
    """Return the whole tour's price with `dropoff` before stop j; NEVER if too dear."""
    vehicle = model.vehicles[tour.vehicle]
    now = advance(model, tour.vehicle, step, dropoff)
    for k in range(j, len(tour.stops)):
        if now is None or _least_fine(model, tour, now, k) >= limit_fine:
            return NEVER
        now = advance(model, tour.vehicle, now, tour.stops[k])
        if now is not None and now.time_s == tour.steps[k + 1].time_s:
            # A wait has taken up the delay: from here on all is as it was.
            return step_fine(
                vehicle,
                tour.steps[-1]._replace(
                    fine=now.fine + tour.steps[-1].fine - tour.steps[k + 1].fine,
                    leave_s=now.leave_s,
                ),
            )
    return NEVER if now is None else step_fine(vehicle, now)


def _least_fine(model: Model, tour: Tour, now: Step, k: int) -> int:
    """Return what the tour costs at least if stop k and the old rest follow `now`."""
    vehicle = model.vehicles[tour.vehicle]
    if k == len(tour.stops):
        return step_fine(vehicle, now)
    before, old_end = tour.steps[k], tour.steps[-1]
    stop = tour.stops[k]
    place = model.place[stop]
    arrive_s = now.time_s + vehicle.seconds[now.place][place]
    begun_s = tour.steps[k + 1].time_s - model.service_s[stop]
    if max(arrive_s, model.earliest_s[stop]) < begun_s:
        return step_fine(vehicle, now)  # earlier than it was: nothing is known
    # Not earlier than it was: late at least as much, and home not earlier.
    metres = vehicle.metres[now.place][place] - vehicle.metres[before.place][place]
    fine = now.fine + old_end.fine - before.fine + vehicle.metre_fine * metres
    leave_s = now.time_s if now.leave_s is None else now.leave_s
    return fine + vehicle.second_fine * (old_end.time_s - leave_s)


def bank(model: Model, plan: Plan) -> list[int]:
    """Return the shipments that no tour carries."""
    carried = {stop >> 1 for tour in plan for stop in tour.stops}
    return [i for i in range(len(model.due_s)) if i not in carried]


def with_shipment(tours: Tours, plan: Plan, vehicle: int, found: Insertion) -> Plan:
    """Return the plan with the insertion made in the vehicle's tour."""
    tour = tours.get(vehicle, found.stops)
    if tour is None:
        raise AssertionError(f"insertion {found} is not feasible")
    return (*plan[:vehicle], tour, *plan[vehicle + 1 :])


def cheapest(
    model: Model, plan: Plan, shipment: int, skipped: Iterable[int] = ()
) -> tuple[int, Insertion] | None:
    """Return who should carry the shipment and how, None if nobody can."""
    best: tuple[int, Insertion] | None = None
    for vehicle in model.carriers[shipment]:
        if vehicle in skipped:
            continue
        limit_fine = NEVER if best is None else best[1].extra_fine
        found = best_insertion(model, plan[vehicle], shipment, limit_fine)
        if found is not None:
            best = (vehicle, found)
    return best


def empty_plan(tours: Tours) -> Plan:
    """Return the plan in which nobody moves."""
    plan = [tours.get(vehicle, ()) for vehicle in range(len(tours.model.vehicles))]
    return tuple(tour for tour in plan if tour is not None)


def known_plan(tours: Tours) -> Plan:
    """Return each tour as the plan in force has it, empty where it can't stay so."""
    plan = list(empty_plan(tours))
    carried: set[int] = set()
    for number, vehicle in enumerate(tours.model.vehicles):
        tour = tours.get(number, vehicle.previous)
        shipments = {stop >> 1 for stop in vehicle.previous}
        if tour is not None and not shipments & carried:
            plan[number] = tour
            carried |= shipments
    return tuple(plan)


def insert_in_order(tours: Tours, plan: Plan, order: Sequence[int]) -> Plan:
    """Insert each shipment in turn where it is cheapest, if it is worth its price."""
    model = tours.model
    for shipment in order:
        found = cheapest(model, plan, shipment)
        if found and found[1].extra_fine < model.left_out_fine[shipment]:
            plan = with_shipment(tours, plan, *found)
    return plan


def first_plan(tours: Tours) -> Plan:
    """Return a plan at once: as it is in force, then what is frozen, then by deadline."""
    model = tours.model
    plan = known_plan(tours)
    firsts = {v.first >> 1 for v in model.vehicles if v.first is not None}
    order = sorted(
        bank(model, plan),
        key=lambda i: (
            i not in firsts,
            not model.is_aboard[i],
            model.hard_s[i] != NEVER,
            min(model.hard_s[i], model.soft_s[i]),
            i,
        ),
    )
    return insert_in_order(tours, plan, order)


def regret_insert(tours: Tours, plan: Plan, shipments: Iterable[int]) -> Plan:
    """Insert first whom it would cost most to come second; dear ones stay out."""
    model = tours.model
    left = set(shipments)
    while left:
        best: tuple[int, int, int, Insertion] | None = None
        for shipment in sorted(left):
            offers = _offers(model, plan, shipment)
            if not offers or offers[0][0] >= model.left_out_fine[shipment]:
                left.discard(shipment)
                continue
            second = offers[1][0] if len(offers) > 1 else model.left_out_fine[shipment]
            regret = second - offers[0][0]
            if best is None or regret > best[0]:
                best = (regret, shipment, offers[0][1], offers[0][2])
        if best is None:
            break
        _, shipment, vehicle, found = best
        plan = with_shipment(tours, plan, vehicle, found)
        left.discard(shipment)
    return plan


def _offers(
    model: Model, plan: Plan, shipment: int
) -> list[tuple[int, int, Insertion]]:
    offers = []
    for vehicle in model.carriers[shipment]:
        found = best_insertion(model, plan[vehicle], shipment)
        if found is not None:
            offers.append((found.extra_fine, vehicle, found))
    return sorted(offers, key=lambda offer: offer[:2])
