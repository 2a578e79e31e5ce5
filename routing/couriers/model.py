"""The problem as flat numbers by index, and what one route of them costs.

Shipment i has stop 2i (its pickup) and stop 2i + 1 (its drop-off).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.couriers.problem import Courier, CourierProblem, Shipment, StopKind
from routing.measures import (
    FINE_PER_CENT,
    FINE_PER_CENT_HOUR_SECOND,
    FINE_PER_CENT_METRE,
    FINE_PER_CENT_MINUTE_SECOND,
    UNREACHABLE_S,
)
from routing.travel.matrix import Profile

type Stops = tuple[int, ...]
type Rows = list[list[int]]  # looked up one by one, where arrays are slow

NEVER = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A courier in numbers; prices in fine units per metre and per second."""

    place: int
    start_s: int
    end_s: int
    pieces_max: int
    grams_max: int
    pieces_aboard: int
    grams_aboard: int
    metre_fine: int
    second_fine: int
    seconds: Rows
    metres: Rows
    first: int | None  # the stop that must come first
    previous: Stops  # as the plan in force has them
    aboard: frozenset[int]  # shipments
    bound: frozenset[int]  # shipments that may outlast the shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All by index: vehicles; and by stop its place, earliest begin, service, load.

    By shipment: `due_s`, `hard_s` (after which it may not be begun), `soft_s` (after
    which it is very late), `left_out_fine`, `vehicles` (who may carry it), `home`
    (whose it was, or None).
    """

    vehicles: tuple[Vehicle, ...]
    place: tuple[int, ...]
    earliest_s: tuple[int, ...]
    service_s: tuple[int, ...]
    pieces: tuple[int, ...]
    grams: tuple[int, ...]
    due_s: tuple[int, ...]
    hard_s: tuple[int, ...]
    soft_s: tuple[int, ...]
    left_out_fine: tuple[int, ...]
    carriers: tuple[tuple[int, ...], ...]
    home: tuple[int | None, ...]
    is_aboard: tuple[bool, ...]
    late_fine: int
    very_late_fine: int
    moved_fine: int


def model_of(problem: CourierProblem) -> Model:
    """Return the numbers of a valid problem."""
    index = {courier.id: number for number, courier in enumerate(problem.couriers)}
    bound = [_bound_to(problem, shipment) for shipment in problem.shipments]
    prices = problem.prices
    rows = {
        profile: (matrix.seconds.tolist(), matrix.metres.tolist())
        for profile, matrix in problem.matrices.items()
    }
    both = [(s, is_drop) for s in problem.shipments for is_drop in (False, True)]
    soft = [
        shipment.must or owner is not None
        for shipment, owner in zip(problem.shipments, bound, strict=True)
    ]
    return Model(
        vehicles=tuple(
            _vehicle(problem, courier, bound, rows) for courier in problem.couriers
        ),
        place=tuple(
            s.dropoff_place if is_drop or s.pickup_place is None else s.pickup_place
            for s, is_drop in both
        ),
        earliest_s=tuple(s.earliest_s if is_drop else s.ready_s for s, is_drop in both),
        service_s=tuple(
            s.dropoff_service_s if is_drop else s.pickup_service_s
            for s, is_drop in both
        ),
        pieces=tuple(-s.pieces if is_drop else s.pieces for s, is_drop in both),
        grams=tuple(-s.grams if is_drop else s.grams for s, is_drop in both),
        due_s=tuple(s.due_s for s in problem.shipments),
        hard_s=tuple(
            NEVER if is_soft else s.deadline_s
            for s, is_soft in zip(problem.shipments, soft, strict=True)
        ),
        soft_s=tuple(
            s.deadline_s if is_soft else NEVER
            for s, is_soft in zip(problem.shipments, soft, strict=True)
        ),
        left_out_fine=tuple(
            FINE_PER_CENT * s.left_out_cents for s in problem.shipments
        ),
        carriers=tuple(
            tuple(range(len(index))) if owner is None else (index[owner],)
            for owner in bound
        ),
        home=tuple(_home(s, index) for s in problem.shipments),
        is_aboard=tuple(s.pickup_place is None for s in problem.shipments),
        late_fine=FINE_PER_CENT_MINUTE_SECOND * prices.late_cents_per_minute,
        very_late_fine=FINE_PER_CENT_MINUTE_SECOND * prices.very_late_cents_per_minute,
        moved_fine=FINE_PER_CENT * prices.moved_courier_cents,
    )


def _home(shipment: Shipment, index: dict[str, int]) -> int | None:
    if shipment.previous_courier is None:
        return None
    # A courier who has gone is nobody's home: then everyone costs the change.
    return index.get(shipment.previous_courier, -1)


def _bound_to(problem: CourierProblem, shipment: Shipment) -> str | None:
    if shipment.courier is not None:
        return shipment.courier
    for courier in problem.couriers:
        if courier.next_stop is not None and courier.next_stop.order == shipment.id:
            return courier.id
    return None


def _vehicle(
    problem: CourierProblem,
    courier: Courier,
    bound: Sequence[str | None],
    rows: Mapping[Profile, tuple[Rows, Rows]],
) -> Vehicle:
    seconds, metres = rows[courier.profile]
    own = [number for number, owner in enumerate(bound) if owner == courier.id]
    first = None
    aboard = [i for i in own if problem.shipments[i].pickup_place is None]
    if courier.next_stop is not None:
        number = next(
            i for i in own if problem.shipments[i].id == courier.next_stop.order
        )
        first = 2 * number + (number in aboard)
    return Vehicle(
        place=courier.place,
        start_s=max(courier.shift[0], problem.now_s),
        end_s=courier.shift[1],
        pieces_max=courier.capacity_pieces,
        grams_max=courier.capacity_grams,
        pieces_aboard=sum(problem.shipments[i].pieces for i in aboard),
        grams_aboard=sum(problem.shipments[i].grams for i in aboard),
        metre_fine=FINE_PER_CENT_METRE * courier.cost_per_km_cents,
        second_fine=FINE_PER_CENT_HOUR_SECOND * courier.cost_per_hour_cents,
        seconds=seconds,
        metres=metres,
        first=first,
        previous=_previous(problem, courier, bound),
        aboard=frozenset(aboard),
        bound=frozenset(
            i for i in own if i in aboard or (first is not None and i == first // 2)
        ),
    )


def _previous(
    problem: CourierProblem, courier: Courier, bound: Sequence[str | None]
) -> Stops:
    """What is left of the stops in force: of each shipment all that it needs, or none."""
    number_of = {
        shipment.id: number
        for number, shipment in enumerate(problem.shipments)
        if bound[number] in {None, courier.id}
    }
    place = {
        2 * number_of[stop.order] + (stop.kind is StopKind.DROPOFF): index
        for index, stop in enumerate(courier.previous)
        if stop.order in number_of
    }
    aboard = {
        i for i in number_of.values() if problem.shipments[i].pickup_place is None
    }
    whole = {
        stop >> 1
        for stop, index in place.items()
        if stop & 1 and (stop >> 1 in aboard or place.get(stop - 1, index) < index)
    }
    stops = [
        stop
        for stop in sorted(place, key=place.__getitem__)
        if stop >> 1 in whole and (stop & 1 or stop >> 1 not in aboard)
    ]
    wanted = courier.next_stop
    if wanted is not None and stops:
        first = problem.shipments[stops[0] >> 1].id
        if (first, bool(stops[0] & 1)) != (
            wanted.order,
            wanted.kind is StopKind.DROPOFF,
        ):
            return ()
    return tuple(stops)


class Step(NamedTuple):
    """Where a vehicle stands after some stops, and what it has cost so far.

    `fine` without the courier's time, which is paid from `leave_s` to `time_s`.
    """

    place: int
    time_s: int
    pieces: int
    grams: int
    fine: int
    leave_s: int | None


def first_step(vehicle: Vehicle) -> Step:
    """Return the vehicle before its first stop."""
    return Step(
        vehicle.place,
        vehicle.start_s,
        vehicle.pieces_aboard,
        vehicle.grams_aboard,
        0,
        None,
    )


def step_fine(vehicle: Vehicle, step: Step) -> int:
    """Return what the vehicle has cost up to this step, its time included."""
    if step.leave_s is None:
        return step.fine
    return step.fine + vehicle.second_fine * (step.time_s - step.leave_s)


def advance(model: Model, number: int, step: Step, stop: int) -> Step | None:
    """Return vehicle `number` after its next stop, None if it may not go there."""
    vehicle, shipment = model.vehicles[number], stop >> 1
    from_place, time_s, pieces, grams, fine, leave_s = step
    place = model.place[stop]
    drive_s = vehicle.seconds[from_place][place]
    if drive_s >= UNREACHABLE_S:
        return None
    begin_s = max(time_s + drive_s, model.earliest_s[stop])
    depart_s = begin_s + model.service_s[stop]
    pieces, grams = pieces + model.pieces[stop], grams + model.grams[stop]
    fine += vehicle.metre_fine * vehicle.metres[from_place][place]
    if leave_s is None:  # waiting for the first stop is done at home, unpaid
        leave_s = begin_s - drive_s
    if stop & 1:
        if begin_s > model.hard_s[shipment]:
            return None
        fine += model.late_fine * max(0, begin_s - model.due_s[shipment])
        fine += model.very_late_fine * max(0, begin_s - model.soft_s[shipment])
        if model.home[shipment] not in {None, number}:
            fine += model.moved_fine
    elif stop != vehicle.first and (
        pieces > vehicle.pieces_max or grams > vehicle.grams_max
    ):
        return None
    if depart_s > vehicle.end_s:
        if shipment not in vehicle.bound:
            return None
        fine += model.very_late_fine * (depart_s - vehicle.end_s)
    return Step(place, depart_s, pieces, grams, fine, leave_s)
