"""What a courier problem must be before anyone may solve it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter

from routing.couriers.problem import (
    LITRES_UNLIMITED,
    Break,
    Courier,
    CourierProblem,
    Shipment,
    StopKind,
)
from routing.errors import InvalidProblemError
from routing.measures import (
    CENTS_MAX,
    COUNT_MAX,
    GRAMS_MAX,
    PIECES_MAX,
    SECONDS_MAX,
    within,
)
from routing.travel.matrix import Profile, TravelMatrix

SHIPMENT_RANGES = {
    "ready_s": (-SECONDS_MAX, SECONDS_MAX),
    "earliest_s": (-SECONDS_MAX, SECONDS_MAX),
    "due_s": (-SECONDS_MAX, SECONDS_MAX),
    "deadline_s": (-SECONDS_MAX, SECONDS_MAX),
    "pickup_latest_s": (-SECONDS_MAX, SECONDS_MAX),
    "pieces": (0, PIECES_MAX),
    "grams": (0, GRAMS_MAX),
    "pickup_service_s": (0, SECONDS_MAX),
    "dropoff_service_s": (0, SECONDS_MAX),
    "ml": (0, LITRES_UNLIMITED),
    "left_out_cents": (0, 4 * CENTS_MAX),
}
COURIER_RANGES = {
    "capacity_pieces": (0, PIECES_MAX),
    "capacity_grams": (0, GRAMS_MAX),
    "cost_per_km_cents": (0, CENTS_MAX // 1_000),
    "cost_per_hour_cents": (0, CENTS_MAX // 1_000),
    "cost_fixed_cents": (0, CENTS_MAX),
    "capacity_ml": (0, LITRES_UNLIMITED),
}


def validate(problem: CourierProblem) -> None:
    """Errors: InvalidProblemError for what contradicts itself in the problem."""
    count = place_count(problem.matrices)
    validate_couriers(problem.couriers, problem.matrices, count)
    shipments = {shipment.id: shipment for shipment in problem.shipments}
    _require_unique("shipments", problem.shipments, len(shipments))
    _require_within("shipment", problem.shipments, SHIPMENT_RANGES)
    couriers = {courier.id for courier in problem.couriers}
    for shipment in problem.shipments:
        _validate_shipment(shipment, count, couriers)
    for courier in problem.couriers:
        _validate_next_stop(courier, shipments)
    for name in ("late_cents_per_minute", "very_late_cents_per_minute"):
        price = getattr(problem.prices, name)
        within(name, price, least=0, most=CENTS_MAX // 1_000)
    within(
        "moved_courier_cents",
        problem.prices.moved_courier_cents,
        least=0,
        most=CENTS_MAX,
    )


def validate_couriers(
    couriers: Sequence[Courier], matrices: Mapping[Profile, TravelMatrix], count: int
) -> None:
    """Errors: InvalidProblemError for a courier that contradicts itself.

    `count`: how many places all matrices cover, see place_count.
    """
    _require_unique("couriers", couriers, len({courier.id for courier in couriers}))
    _require_within("courier", couriers, COURIER_RANGES)
    for courier in couriers:
        name = f"courier {courier.id!r}"
        if courier.profile not in matrices:
            raise InvalidProblemError(f"{name} needs the matrix of {courier.profile}")
        require_place(name, courier.place, count)
        for seconds in courier.shift:
            within(f"{name}: shift", seconds, least=-SECONDS_MAX, most=SECONDS_MAX)
        if courier.end_place is not None:
            require_place(f"the end of {name}", courier.end_place, count)
        if courier.route_max_s is not None:
            within(
                f"{name}: route_max_s", courier.route_max_s, least=0, most=SECONDS_MAX
            )
        if courier.breaks:
            _validate_breaks(name, courier.breaks)


def _require_within(
    what: str,
    things: Sequence[Courier | Shipment],
    ranges: Mapping[str, tuple[int, int]],
) -> None:
    """Errors: InvalidProblemError for the first thing with a field out of its range.

    Field by field for all things at once, as this is asked before every first plan;
    only what is not plainly right is asked one by one.
    """
    for field, (least, most) in ranges.items():
        values = [*map(attrgetter(field), things)]
        is_plain = {*map(type, values)} <= {int}
        if (
            is_plain
            and least <= min(values, default=most) <= max(values, default=most) <= most
        ):
            continue
        for thing, value in zip(things, values, strict=True):
            within(f"{what} {thing.id!r}: {field}", value, least=least, most=most)


def _validate_breaks(name: str, breaks: Sequence[Break]) -> None:
    over_s = -SECONDS_MAX
    for pause in sorted(breaks, key=lambda each: each.earliest_s):
        for field in ("earliest_s", "latest_s"):
            value = getattr(pause, field)
            within(f"{name}: {field}", value, least=-SECONDS_MAX, most=SECONDS_MAX)
        within(f"{name}: break", pause.duration_s, least=1, most=SECONDS_MAX)
        if pause.latest_s < pause.earliest_s:
            raise InvalidProblemError(f"{name}: {pause} must begin before it may")
        if pause.earliest_s < over_s:
            raise InvalidProblemError(f"{name}: {pause} may meet the break before it")
        over_s = pause.latest_s + pause.duration_s


def place_count(matrices: Mapping[Profile, TravelMatrix]) -> int:
    """Return how many places all matrices cover. Errors: InvalidProblemError."""
    counts = {len(matrix.seconds) for matrix in matrices.values()}
    if len(counts) > 1:
        raise InvalidProblemError(f"the matrices differ in size: {sorted(counts)}")
    return counts.pop() if counts else 0


def require_place(what: str, place: int, count: int) -> None:
    """Errors: InvalidProblemError if no matrix has that place."""
    if not 0 <= place < count:
        raise InvalidProblemError(f"{what} is at place {place}, there are {count}")


def _require_unique(
    what: str, things: Sequence[Courier | Shipment], count: int
) -> None:
    """Errors: InvalidProblemError if there are more things than the `count` of ids."""
    if len(things) > count:
        ids = Counter(thing.id for thing in things)
        raise InvalidProblemError(
            f"two {what} have the id {ids.most_common(1)[0][0]!r}"
        )
    if count > COUNT_MAX:
        raise InvalidProblemError(f"{count} {what} are more than {COUNT_MAX}")


def _validate_shipment(shipment: Shipment, count: int, couriers: set[str]) -> None:
    places = [shipment.dropoff_place]
    if shipment.pickup_place is not None:
        places.append(shipment.pickup_place)
    if not 0 <= min(places) <= max(places) < count:
        for place in places:
            require_place(f"shipment {shipment.id!r}", place, count)
    is_at_depot, carrier = shipment.from_depot, shipment.courier
    if shipment.pickup_place is None:
        if carrier is None and not is_at_depot:
            raise _refusal(shipment, "is aboard, but nobody is named")
    elif is_at_depot:
        raise _refusal(shipment, "is at the depot and at a pick-up place")
    if carrier is not None and carrier not in couriers:
        raise _refusal(shipment, f"names courier {carrier!r}: unknown")
    for other in shipment.handover_places:
        name = f"shipment {shipment.id!r}"
        require_place(name, other.place, count)
        within(f"{name}: extra_cents", other.extra_cents, least=0, most=CENTS_MAX)


def _refusal(shipment: Shipment, why: str) -> InvalidProblemError:
    return InvalidProblemError(f"shipment {shipment.id!r} {why}")


def _validate_next_stop(courier: Courier, shipments: Mapping[str, Shipment]) -> None:
    if courier.next_stop is None:
        return
    name = f"the next stop of courier {courier.id!r}"
    shipment = shipments.get(courier.next_stop.order)
    if shipment is None:
        raise InvalidProblemError(f"{name} names {courier.next_stop.order!r}: unknown")
    if shipment.courier not in {None, courier.id}:
        raise InvalidProblemError(f"{name} is with courier {shipment.courier!r}")
    is_aboard = shipment.pickup_place is None
    if shipment.from_depot:
        raise InvalidProblemError(f"{name} is at the depot, it is no stop yet")
    if is_aboard != (courier.next_stop.kind is StopKind.DROPOFF):
        raise InvalidProblemError(
            f"{name} is a {courier.next_stop.kind} of {shipment.id!r}, which is "
            f"{'aboard' if is_aboard else 'not aboard'}"
        )
