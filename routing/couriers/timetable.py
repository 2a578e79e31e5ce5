"""From the rows of a route back to the times and places of its stops."""

from typing import NamedTuple

import numpy as np

from routing.couriers.fleet import FirstStop
from routing.couriers.kernels.groups import State
from routing.couriers.kernels.layout import (
    BEGIN,
    FOREVER,
    LEAVE,
    PAUSE,
    PAUSE_DURATION,
    SERVICE,
    SPAN_MAX,
    Floats,
)
from routing.couriers.net import Prepared
from routing.couriers.problem import CourierProblem, Route, Stop, StopKind


class Visit(NamedTuple):
    """A stop before the ways between stops are known."""

    order: str
    kind: StopKind
    place: int
    begin_s: int
    depart_s: int


def routes_of(
    problem: CourierProblem, prepared: Prepared, state: State
) -> tuple[Route, ...]:
    """Return the routes that the state has, of all who have stops."""
    places = prepared.net.place.tolist()
    services_s = prepared.net.node[:, SERVICE].astype(np.int64).tolist()
    routes = []
    for r, first in enumerate(prepared.fleet.firsts):
        if first is None and not state.length[r]:
            continue
        leave_s, visits = _visits(prepared, state, r, places, services_s)
        if first is not None:
            leave_s, visits = first.leave_s, [_first_visit(problem, first), *visits]
        pauses = _pauses(prepared, r, leave_s, visits)
        routes.append(_driven(problem, r, leave_s, visits, pauses))
    return tuple(routes)


def _first_visit(problem: CourierProblem, first: FirstStop) -> Visit:
    shipment = problem.shipments[first.shipment]
    kind, service_s = StopKind.PICKUP, shipment.pickup_service_s
    if first.is_dropoff:
        kind, service_s = StopKind.DROPOFF, shipment.dropoff_service_s
    return Visit(
        order=shipment.id,
        kind=kind,
        place=first.place,
        begin_s=first.begin_s,
        depart_s=first.begin_s + service_s,
    )


def _visits(
    prepared: Prepared, state: State, r: int, places: list[int], services_s: list[int]
) -> tuple[int, list[Visit]]:
    """Return when the courier leaves, and the visits that the kernels planned.

    Where the time on the way is limited the courier leaves later than the rows say,
    by so much that waiting on the way makes good for it.
    """
    net, length = prepared.net, int(state.length[r])
    if not length:
        return 0, []
    nodes = state.seq[r, : length + 1].tolist()
    begins = [*map(int, state.rows[r, : length + 1, BEGIN].tolist())]
    way = net.kind[r], places[nodes[0]], places[nodes[1]]
    leave_s = begins[1] - int(net.time.item(way))
    if net.is_rich:
        leave_s = int(state.more[r, 0, LEAVE])
    span_s = state.rows[r, length + 1, BEGIN] - leave_s
    later_s = int(max(0.0, span_s - net.veh[r, SPAN_MAX]))
    if later_s:
        leave_s += later_s
        at = net.place[nodes]
        drives_s = net.time[net.kind[r], at[:-1], at[1:]]
        services = net.node[nodes, SERVICE]
        begins = _later(begins, drives_s, services, later_s)
    visits = [
        Visit(
            *prepared.stop_of[node], places[node], begin_s, begin_s + services_s[node]
        )
        for node, begin_s in zip(nodes[1:], begins[1:], strict=True)
    ]
    return leave_s, visits


def _later(
    begins: list[int], drives_s: Floats, services: Floats, later_s: int
) -> list[int]:
    """Return when the stops begin if the first one does so `later_s` later."""
    begins = [begins[0], begins[1] + later_s, *begins[2:]]
    for k in range(2, len(begins)):
        arrive_s = begins[k - 1] + int(services[k - 1] + drives_s[k - 1])
        begins[k] = max(begins[k], arrive_s)
    return begins


def _pauses(
    prepared: Prepared, r: int, leave_s: int, visits: list[Visit]
) -> list[tuple[int, int]]:
    """Return the breaks that come due on the way: at once, or after a service."""
    found = []
    for pause in prepared.fleet.breaks[r]:
        if pause[PAUSE] >= FOREVER:
            continue
        begin_s, duration_s = int(pause[PAUSE]), int(pause[PAUSE_DURATION])
        for visit in visits:
            if visit.begin_s < begin_s <= visit.depart_s:
                begin_s = visit.depart_s
        if begin_s + duration_s > leave_s:
            found.append((begin_s, begin_s + duration_s))
    return found


def _driven(
    problem: CourierProblem,
    r: int,
    leave_s: int,
    visits: list[Visit],
    pauses: list[tuple[int, int]],
) -> Route:
    courier = problem.couriers[r]
    matrix = problem.matrices[courier.profile]
    seconds, metres = matrix.seconds.item, matrix.metres.item
    place, free_s, way_m = courier.place, leave_s, 0
    stops = []
    for visit in visits:
        arrive_s = free_s + seconds(place, visit.place)
        if pauses:
            arrive_s = _after_pauses(free_s, arrive_s, pauses)
        stops.append(
            Stop(
                order=visit.order,
                kind=visit.kind,
                place=visit.place,
                arrive_s=arrive_s,
                begin_s=visit.begin_s,
                depart_s=visit.depart_s,
            )
        )
        way_m += metres(place, visit.place)
        place, free_s = visit.place, visit.depart_s
    end_s = None
    if courier.end_place is not None:
        arrive_s = free_s + seconds(place, courier.end_place)
        end_s = _after_pauses(free_s, arrive_s, pauses)
        way_m += metres(place, courier.end_place)
    over_s = free_s if end_s is None else end_s
    return Route(
        courier=courier.id,
        leave_s=leave_s,
        stops=tuple(stops),
        metres=way_m,
        breaks=tuple(pause for pause in pauses if pause[0] < over_s),
        end_s=end_s,
    )


def _after_pauses(free_s: int, arrive_s: int, pauses: list[tuple[int, int]]) -> int:
    """Return when one arrives who rests on the way as well."""
    for begin_s, end_s in pauses:
        if free_s <= begin_s <= arrive_s:
            arrive_s += end_s - begin_s
    return arrive_s
