"""From the rows of a route back to the times and places of its stops."""

from dataclasses import dataclass

from routing.couriers.kernels.groups import State
from routing.couriers.kernels.layout import (
    BEGIN,
    FOREVER,
    LEAVE,
    PAUSE,
    PAUSE_DURATION,
    SERVICE,
    SPAN_MAX,
)
from routing.couriers.net import Prepared
from routing.couriers.problem import CourierProblem, Route, Stop, StopKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stop before the ways between stops are known."""

    shipment: int
    is_dropoff: bool
    place: int
    begin_s: int
    depart_s: int


def route_of(
    problem: CourierProblem, prepared: Prepared, state: State, r: int
) -> Route | None:
    """Return courier r's route as the state has it, None if there are no stops."""
    leave_s, visits = _visits(prepared, state, r)
    first = prepared.fleet.firsts[r]
    if first is not None:
        shipment = problem.shipments[first.shipment]
        service_s = (
            shipment.dropoff_service_s
            if first.is_dropoff
            else shipment.pickup_service_s
        )
        visit = Visit(
            shipment=first.shipment,
            is_dropoff=first.is_dropoff,
            place=first.place,
            begin_s=first.begin_s,
            depart_s=first.begin_s + service_s,
        )
        leave_s, visits = first.leave_s, [visit, *visits]
    if not visits:
        return None
    pauses = _pauses(prepared, r, leave_s, visits)
    return _driven(problem, r, leave_s, visits, pauses)


def _visits(prepared: Prepared, state: State, r: int) -> tuple[int, list[Visit]]:
    """Return when the courier leaves, and the visits that the kernels planned.

    Where the time on the way is limited the courier leaves later than the rows say,
    by so much that waiting on the way makes good for it.
    """
    net, length = prepared.net, int(state.length[r])
    if not length:
        return 0, []
    nodes = state.seq[r, : length + 1].tolist()
    places = [int(net.place[v]) for v in nodes]
    begins = [int(begin) for begin in state.rows[r, : length + 1, BEGIN]]
    drives = net.time[net.kind[r]]
    leave_s = begins[1] - int(drives[places[0], places[1]])
    later_s = 0
    if net.is_rich:
        leave_s = int(state.more[r, 0, LEAVE])
        span_s = state.rows[r, length + 1, BEGIN] - leave_s
        later_s = int(max(0.0, span_s - net.veh[r, SPAN_MAX]))
    visits: list[Visit] = []
    for k in range(1, length + 1):
        begin_s = begins[k] + (later_s if k == 1 else 0)
        if later_s and visits:
            drive_s = int(drives[places[k - 1], places[k]])
            begin_s = max(begin_s, visits[-1].depart_s + drive_s)
        shipment, is_dropoff = prepared.stop_of[nodes[k]]
        visits.append(
            Visit(
                shipment=shipment,
                is_dropoff=is_dropoff,
                place=places[k],
                begin_s=begin_s,
                depart_s=begin_s + int(net.node[nodes[k], SERVICE]),
            )
        )
    return leave_s + later_s, visits


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
    place, free_s, metres = courier.place, leave_s, 0
    stops = []
    for visit in visits:
        drive_s = int(matrix.seconds[place, visit.place])
        stops.append(
            Stop(
                order=problem.shipments[visit.shipment].id,
                kind=StopKind.DROPOFF if visit.is_dropoff else StopKind.PICKUP,
                place=visit.place,
                arrive_s=_arrival(free_s, drive_s, pauses),
                begin_s=visit.begin_s,
                depart_s=visit.depart_s,
            )
        )
        metres += int(matrix.metres[place, visit.place])
        place, free_s = visit.place, visit.depart_s
    end_s = None
    if courier.end_place is not None:
        drive_s = int(matrix.seconds[place, courier.end_place])
        end_s = _arrival(free_s, drive_s, pauses)
        metres += int(matrix.metres[place, courier.end_place])
    over_s = free_s if end_s is None else end_s
    return Route(
        courier=courier.id,
        leave_s=leave_s,
        stops=tuple(stops),
        metres=metres,
        breaks=tuple(pause for pause in pauses if pause[0] < over_s),
        end_s=end_s,
    )


def _arrival(free_s: int, drive_s: int, pauses: list[tuple[int, int]]) -> int:
    arrive_s = free_s + drive_s
    for begin_s, end_s in pauses:
        if free_s <= begin_s <= arrive_s:
            arrive_s += end_s - begin_s
    return arrive_s
