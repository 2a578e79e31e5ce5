"""What a courier problem must be before anyone may solve it."""

from collections.abc import Iterable, Mapping, Sequence

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
    METRES_MAX,
    PIECES_MAX,
    SECONDS_MAX,
    within,
)
from routing.travel.matrix import Profile, TravelMatrix


def validate(problem: CourierProblem) -> None:
    """Errors: InvalidProblemError for what contradicts itself in the problem."""
    validate_couriers(problem.couriers, problem.matrices)
    count = place_count(problem.matrices)
    _require_unique("shipments", (shipment.id for shipment in problem.shipments))
    couriers = {courier.id for courier in problem.couriers}
    for shipment in problem.shipments:
        _validate_shipment(shipment, count, couriers)
    shipments = {shipment.id: shipment for shipment in problem.shipments}
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
    couriers: Sequence[Courier], matrices: Mapping[Profile, TravelMatrix]
) -> None:
    """Errors: InvalidProblemError for a courier that contradicts itself."""
    count = place_count(matrices)
    _require_unique("couriers", (courier.id for courier in couriers))
    for courier in couriers:
        name = f"courier {courier.id!r}"
        if courier.profile not in matrices:
            raise InvalidProblemError(f"{name} needs the matrix of {courier.profile}")
        require_place(name, courier.place, count)
        for seconds in courier.shift:
            within(f"{name}: shift", seconds, least=-SECONDS_MAX, most=SECONDS_MAX)
        for field, most in (
            ("capacity_pieces", PIECES_MAX),
            ("capacity_grams", GRAMS_MAX),
            ("cost_per_km_cents", CENTS_MAX // 1_000),
            ("cost_per_hour_cents", CENTS_MAX // 1_000),
            ("cost_fixed_cents", CENTS_MAX),
            ("capacity_ml", LITRES_UNLIMITED),
        ):
            within(f"{name}: {field}", getattr(courier, field), least=0, most=most)
        if courier.end_place is not None:
            require_place(f"the end of {name}", courier.end_place, count)
        if courier.route_max_s is not None:
            within(
                f"{name}: route_max_s", courier.route_max_s, least=0, most=SECONDS_MAX
            )
        _validate_breaks(name, courier.breaks)


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
    count = counts.pop() if counts else 0
    for profile, matrix in matrices.items():
        for rows, most in ((matrix.seconds, SECONDS_MAX), (matrix.metres, METRES_MAX)):
            if rows.shape != (count, count):
                raise InvalidProblemError(f"the matrix of {profile} is not square")
            if count and not (rows.min() >= 0 and rows.max() <= most):
                raise InvalidProblemError(f"the matrix of {profile} leaves 0..{most}")
    return count


def require_place(what: str, place: int, count: int) -> None:
    """Errors: InvalidProblemError if no matrix has that place."""
    if not 0 <= place < count:
        raise InvalidProblemError(f"{what} is at place {place}, there are {count}")


def _require_unique(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise InvalidProblemError(f"two {what} have the id {id_!r}")
        seen.add(id_)
    if len(seen) > COUNT_MAX:
        raise InvalidProblemError(f"{len(seen)} {what} are more than {COUNT_MAX}")


def _validate_shipment(shipment: Shipment, count: int, couriers: set[str]) -> None:
    name = f"shipment {shipment.id!r}"
    require_place(name, shipment.dropoff_place, count)
    if shipment.pickup_place is not None:
        require_place(name, shipment.pickup_place, count)
    elif shipment.courier is None and not shipment.from_depot:
        raise InvalidProblemError(f"{name} is aboard, but nobody is named")
    if shipment.courier is not None and shipment.courier not in couriers:
        raise InvalidProblemError(f"{name} names courier {shipment.courier!r}: unknown")
    if shipment.from_depot and shipment.pickup_place is not None:
        raise InvalidProblemError(f"{name} is at the depot and at a pick-up place")
    for other in shipment.handover_places:
        require_place(name, other.place, count)
        within(f"{name}: extra_cents", other.extra_cents, least=0, most=CENTS_MAX)
    for field in ("ready_s", "earliest_s", "due_s", "deadline_s", "pickup_latest_s"):
        value = getattr(shipment, field)
        within(f"{name}: {field}", value, least=-SECONDS_MAX, most=SECONDS_MAX)
    for field, most in (
        ("pieces", PIECES_MAX),
        ("grams", GRAMS_MAX),
        ("pickup_service_s", SECONDS_MAX),
        ("dropoff_service_s", SECONDS_MAX),
        ("ml", LITRES_UNLIMITED),
        ("left_out_cents", 4 * CENTS_MAX),
    ):
        within(f"{name}: {field}", getattr(shipment, field), least=0, most=most)


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
