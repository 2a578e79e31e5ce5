"""The couriers as rows of numbers: where and when they start, what they may carry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.couriers.kernels.layout import FOREVER, NOBODY, Floats, Ints
from routing.couriers.kernels.pauses import begin_at, free_after, leave_for
from routing.couriers.problem import Courier, CourierProblem, Shipment, StopKind
from routing.measures import (
    FINE_PER_CENT,
    FINE_PER_CENT_HOUR_SECOND,
    FINE_PER_CENT_METRE,
    FINE_PER_CENT_MINUTE_SECOND,
    UNREACHABLE_S,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStop:
    """A frozen next stop: where and when, when one is free again, what it costs.

    `fine` without the courier's time.
    """

    shipment: int
    is_dropoff: bool
    place: int
    leave_s: int
    begin_s: int
    depart_s: int
    free_s: int
    fine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """By kind (profile and price per metre) and place: `time`, `cost`; by courier the
    rest. A last place, after all of the problem's, is nowhere and everywhere: a route
    that ends at its last stop ends there. `owners`: by shipment its only courier.
    """

    time: Floats
    cost: Floats
    kind: Ints
    veh: Floats
    breaks: Floats
    firsts: tuple[FirstStop | None, ...]
    owners: tuple[int | None, ...]


def fleet_of(problem: CourierProblem) -> Fleet:
    """Return the rows of all couriers of a valid problem."""
    time, cost, kind = _matrices(problem)
    owners = _owners(problem)
    number = {shipment.id: i for i, shipment in enumerate(problem.shipments)}
    breaks = _breaks(problem)
    firsts = tuple(
        _first(
            problem,
            courier,
            number[courier.next_stop.order],
            time[kind[index]],
            breaks[index : index + 1],
        )
        if courier.next_stop is not None
        else None
        for index, courier in enumerate(problem.couriers)
    )
    loads: list[list[Shipment]] = [[] for _ in problem.couriers]
    for shipment, owner in zip(problem.shipments, owners, strict=True):
        if owner is not None and is_aboard(shipment):
            loads[owner].append(shipment)
    rows = [
        _row(problem, courier, first, load)
        for courier, first, load in zip(problem.couriers, firsts, loads, strict=True)
    ]
    return Fleet(
        time=time,
        cost=cost,
        kind=kind,
        veh=np.array(rows, dtype=np.float64),
        breaks=breaks,
        firsts=firsts,
        owners=owners,
    )


def is_aboard(shipment: Shipment) -> bool:
    """Whether its courier has it already."""
    return shipment.pickup_place is None and not shipment.from_depot


def is_under_way(problem: CourierProblem, shipment: Shipment) -> bool:
    """Whether its courier has it or is heading for it, whoever that should be."""
    return is_aboard(shipment) or any(
        c.next_stop is not None and c.next_stop.order == shipment.id
        for c in problem.couriers
    )


def start_of(problem: CourierProblem, courier: Courier) -> int:
    """Return when the courier can leave: a break that is due at once comes first."""
    start_s = max(courier.shift[0], problem.now_s)
    if not courier.breaks:
        return start_s
    for pause in sorted(courier.breaks, key=lambda each: each.earliest_s):
        if pause.earliest_s <= start_s <= pause.latest_s:
            start_s += pause.duration_s
    return start_s


def _owners(problem: CourierProblem) -> tuple[int | None, ...]:
    number = {courier.id: index for index, courier in enumerate(problem.couriers)}
    heading = {
        courier.next_stop.order: index
        for index, courier in enumerate(problem.couriers)
        if courier.next_stop is not None
    }
    return tuple(
        heading.get(s.id) if s.courier is None else number[s.courier]
        for s in problem.shipments
    )


def _matrices(problem: CourierProblem) -> tuple[Floats, Floats, Ints]:
    numbers: dict[tuple[str, int], int] = {}
    kind = np.array(
        [
            numbers.setdefault((c.profile, c.cost_per_km_cents), len(numbers))
            for c in problem.couriers
        ],
        dtype=np.int64,
    )
    count = max(len(matrix.seconds) for matrix in problem.matrices.values())
    time = np.zeros((len(numbers), count + 1, count + 1))
    cost = np.zeros_like(time)
    for (profile, cents), row in numbers.items():
        matrix = next(m for p, m in problem.matrices.items() if p == profile)
        fine = float(FINE_PER_CENT_METRE * cents)
        time[row, :count, :count] = matrix.seconds
        np.multiply(matrix.metres, fine, out=cost[row, :count, :count])
        if matrix.seconds.max() >= UNREACHABLE_S:
            no_way = time[row] >= UNREACHABLE_S
            time[row, no_way] = FOREVER
            cost[row, no_way] = 0.0
    return time, cost, kind


def _first(
    problem: CourierProblem,
    courier: Courier,
    number: int,
    time: Floats,
    breaks: Floats,
) -> FirstStop | None:
    """Return the next stop, None if there is no way to it or from it to its end."""
    shipment = problem.shipments[number]
    is_dropoff = courier.next_stop is not None and (
        courier.next_stop.kind is StopKind.DROPOFF
    )
    place, earliest_s = shipment.dropoff_place, shipment.earliest_s
    service_s = shipment.dropoff_service_s
    if not is_dropoff and shipment.pickup_place is not None:
        place, earliest_s = shipment.pickup_place, shipment.ready_s
        service_s = shipment.pickup_service_s
    drive = time[courier.place, place]
    ways = [drive, time[place, shipment.dropoff_place]]
    if courier.end_place is not None:
        ways.append(time[shipment.dropoff_place, courier.end_place])
    if max(ways) >= FOREVER:
        return None
    start, service = float(start_of(problem, courier)), float(service_s)
    begin = begin_at(breaks, 0, start, drive, float(earliest_s), service)
    return FirstStop(
        shipment=number,
        is_dropoff=is_dropoff,
        place=place,
        leave_s=int(leave_for(breaks, 0, begin, drive)),
        begin_s=int(begin),
        depart_s=int(begin + service),
        free_s=int(free_after(breaks, 0, begin, service)),
        fine=_first_fine(problem, courier, shipment, place, int(begin)),
    )


def _first_fine(
    problem: CourierProblem,
    courier: Courier,
    shipment: Shipment,
    place: int,
    begin_s: int,
) -> int:
    prices = problem.prices
    very_late = FINE_PER_CENT_MINUTE_SECOND * prices.very_late_cents_per_minute
    metres = int(problem.matrices[courier.profile].metres[courier.place, place])
    fine = FINE_PER_CENT_METRE * courier.cost_per_km_cents * metres
    service_s = shipment.pickup_service_s
    if courier.next_stop is not None and courier.next_stop.kind is StopKind.DROPOFF:
        service_s = shipment.dropoff_service_s
        late_s = max(0, begin_s - shipment.due_s)
        late = FINE_PER_CENT_MINUTE_SECOND * prices.late_cents_per_minute
        fine += late * late_s
        fine += very_late * max(0, begin_s - shipment.deadline_s)
        if shipment.previous_courier not in {None, courier.id}:
            fine += FINE_PER_CENT * prices.moved_courier_cents
    return fine + very_late * max(0, begin_s + service_s - courier.shift[1])


def _row(
    problem: CourierProblem,
    courier: Courier,
    first: FirstStop | None,
    aboard: Sequence[Shipment],
) -> list[float]:
    pieces = grams = millilitres = 0
    for shipment in aboard:
        pieces += shipment.pieces
        grams += shipment.grams
        millilitres += shipment.ml
    if first is not None:
        shipment = problem.shipments[first.shipment]
        sign = -1 if first.is_dropoff else 1
        pieces += sign * shipment.pieces
        grams += sign * shipment.grams
        millilitres += sign * shipment.ml
    is_bound = bool(aboard) or first is not None
    is_open = courier.end_place is None
    limit_s = None if is_bound else courier.route_max_s
    return [
        start_of(problem, courier) if first is None else first.free_s,
        courier.shift[1],
        courier.capacity_pieces,
        courier.capacity_grams,
        courier.capacity_ml,
        FINE_PER_CENT_HOUR_SECOND * courier.cost_per_hour_cents,
        FINE_PER_CENT * courier.cost_fixed_cents,
        -FOREVER if first is None else first.leave_s,
        FOREVER if limit_s is None else limit_s,
        FOREVER if is_open or is_bound else courier.shift[1],
        float(bool(courier.breaks) or limit_s is not None),
        float(is_open),
        pieces,
        grams,
        millilitres,
    ]


def _breaks(problem: CourierProblem) -> Floats:
    ahead = [
        sorted(
            (pause.earliest_s, pause.latest_s, pause.duration_s)
            for pause in courier.breaks
            if pause.earliest_s > max(courier.shift[0], problem.now_s)
        )
        for courier in problem.couriers
    ]
    most = max(map(len, ahead), default=0)
    breaks = np.full((len(ahead), most, 3), FOREVER)
    for row, own in zip(breaks, ahead, strict=True):
        if own:
            row[: len(own)] = own
    return breaks


def fits_of(problem: CourierProblem, owners: Sequence[int | None]) -> Floats:
    """Return (shipments, couriers): NOBODY where it may not be, else its price."""
    fit = np.zeros((len(problem.shipments), len(problem.couriers)))
    number = {courier.id: index for index, courier in enumerate(problem.couriers)}
    moved = float(FINE_PER_CENT * problem.prices.moved_courier_cents)
    able: dict[frozenset[str], Floats] = {frozenset(): np.zeros(len(number))}
    for row, shipment, owner in zip(fit, problem.shipments, owners, strict=True):
        if shipment.previous_courier is not None:
            row[:] = moved
            if shipment.previous_courier in number:
                row[number[shipment.previous_courier]] = 0.0
        if shipment.skills not in able:
            able[shipment.skills] = np.array(
                [
                    0.0 if shipment.skills <= courier.skills else NOBODY
                    for courier in problem.couriers
                ]
            )
        if shipment.skills and not is_under_way(problem, shipment):
            np.maximum(row, able[shipment.skills], out=row)
        if shipment.from_depot:
            for index, courier in enumerate(problem.couriers):
                if start_of(problem, courier) < shipment.ready_s:
                    row[index] = NOBODY
        if owner is not None:
            kept = row[owner]
            row[:] = NOBODY
            row[owner] = kept
    return fit


def twins_of(problem: CourierProblem, fleet: Fleet, fit: Floats) -> Ints:
    """Return, by courier, the first one who is equal in all that counts."""
    known: dict[object, int] = {}
    owned = set(fleet.owners)
    columns = fit.T
    is_plain = not fit.any()
    rows = fleet.veh.tolist()
    twins = []
    for number, courier in enumerate(problem.couriers):
        key: object = number
        if number not in owned:
            key = (
                courier.place,
                courier.end_place,
                courier.profile,
                courier.cost_per_km_cents,
                courier.breaks,
                tuple(rows[number]),
                b"" if is_plain else columns[number].tobytes(),
            )
        twins.append(known.setdefault(key, number))
    return np.array(twins, dtype=np.int64)
