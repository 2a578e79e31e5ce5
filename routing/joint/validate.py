"""What a joint problem must be before anyone may solve it."""

from collections.abc import Sequence

from routing.couriers.problem import Courier, StopKind
from routing.couriers.validate import place_count, require_place, validate_couriers
from routing.errors import InvalidProblemError
from routing.joint.problem import JointProblem, Order, Stock, Task
from routing.measures import (
    CENTS_MAX,
    COUNT_MAX,
    FINE_PER_CENT,
    GRAMS_MAX,
    PIECES_MAX,
    SECONDS_MAX,
    total,
    within,
)
from routing.scheduling.validate import (
    require_known,
    require_time,
    require_unique,
    validate_machines,
    validate_operators,
    validate_stocks,
    validate_tasks,
)


def validate(problem: JointProblem) -> None:
    """Errors: InvalidProblemError that names what contradicts itself.

    What merely can't be done (no machine, no way, too late) is no error.
    """
    count = place_count(problem.matrices)
    require_time("now_s", problem.now_s)
    fabs = require_unique("fabs", (fab.id for fab in problem.fabs))
    for fab in problem.fabs:
        require_place(f"fab {fab.id!r}", fab.place, count)
        name = f"fab {fab.id!r}: pickup_service_s"
        within(name, fab.pickup_service_s, least=0, most=SECONDS_MAX)
    machines = validate_machines(problem.machines)
    validate_operators(problem.operators)
    for machine in problem.machines:
        require_known(f"machine {machine.id!r}", machine.fab, fabs)
    _validate_stocks(problem.stocks, fabs)
    orders = require_unique("orders", (order.id for order in problem.orders))
    validate_tasks(problem.tasks, machines=machines, orders=orders)
    validate_couriers(problem.couriers, problem.matrices, count)
    for courier in problem.couriers:
        _refuse_what_is_not_planned(courier)
    couriers = {courier.id for courier in problem.couriers}
    with_tasks = {task.order for task in problem.tasks}
    for order in problem.orders:
        validate_order(order, count, fabs, couriers)
        if order.aboard is not None and order.id in with_tasks:
            raise InvalidProblemError(f"order {order.id!r} is aboard and has tasks")
    validate_parts(problem.orders)
    _validate_next_stops(problem.couriers, problem.orders, problem.tasks)
    _validate_weights(problem)


def _validate_stocks(stocks: tuple[Stock, ...], fabs: set[str]) -> None:
    validate_stocks(stocks)
    for stock in stocks:
        name = f"the stock of {stock.material!r} in {stock.fab!r}"
        require_known(name, stock.fab, fabs)
        if stock.deliveries:
            raise InvalidProblemError(f"{name}: a joint plan knows no deliveries")


def _refuse_what_is_not_planned(courier: Courier) -> None:
    """Errors: InvalidProblemError for a rule that only couriers alone are planned by."""
    asked = {
        "end_place": courier.end_place is not None,
        "cost_fixed_cents": courier.cost_fixed_cents > 0,
        "skills": bool(courier.skills),
        "breaks": bool(courier.breaks),
        "route_max_s": courier.route_max_s is not None,
    }
    for field, is_asked in asked.items():
        if is_asked:
            raise InvalidProblemError(
                f"courier {courier.id!r}: a joint plan knows no {field}"
            )


def validate_order(
    order: Order, count: int, fabs: set[str], couriers: set[str]
) -> None:
    """Errors: InvalidProblemError if the order contradicts itself; `count` of places."""
    name = f"order {order.id!r}"
    require_place(name, order.place, count)
    for field in ("due_s", "deadline_s", "release_s", "earliest_s", "fetch_from_s"):
        require_time(f"{name}: {field}", getattr(order, field))
    for field, most in (
        ("left_out_cents", CENTS_MAX),
        ("pieces", PIECES_MAX),
        ("grams", GRAMS_MAX),
        ("service_s", SECONDS_MAX),
    ):
        within(f"{name}: {field}", getattr(order, field), least=0, most=most)
    if order.previous_start_s is not None:
        require_time(f"{name}: previous_start_s", order.previous_start_s)
    if order.promised is not None:
        for field in ("earliest_s", "planned_s", "latest_s"):
            require_time(f"{name}: promised", getattr(order.promised, field))
    if order.ready is not None:
        require_known(name, order.ready.fab, fabs)
        require_time(f"{name}: ready_s", order.ready.ready_s)
    if order.aboard is not None:
        require_known(name, order.aboard, couriers)


def validate_parts(orders: Sequence[Order]) -> None:
    """Errors: InvalidProblemError if parts are unknown, shared or made from each other."""
    made_for: dict[str, str] = {}
    known = {order.id for order in orders}
    for order in orders:
        for part in order.parts:
            require_known(f"order {order.id!r}", part, known)
            if part in made_for:
                both = f"{made_for[part]!r} and of {order.id!r}"
                raise InvalidProblemError(f"order {part!r} is a part of {both}")
            made_for[part] = order.id
    for part in made_for:
        above, seen = part, set[str]()
        while above in made_for and above not in seen:
            seen.add(above)
            above = made_for[above]
        if above in seen:
            raise InvalidProblemError(f"order {above!r} is a part of itself")


def _validate_next_stops(
    couriers: tuple[Courier, ...], orders: tuple[Order, ...], tasks: tuple[Task, ...]
) -> None:
    order_of = {order.id: order for order in orders}
    unmade = {task.order for task in tasks}
    heading: set[str] = set()
    for courier in couriers:
        if courier.next_stop is None:
            continue
        name = f"the next stop of courier {courier.id!r}"
        require_known(name, courier.next_stop.order, set(order_of))
        order = order_of[courier.next_stop.order]
        is_dropoff = courier.next_stop.kind is StopKind.DROPOFF
        if order.id in heading:
            raise InvalidProblemError(f"{name} is another courier's, too: {order.id!r}")
        heading.add(order.id)
        if is_dropoff and order.aboard != courier.id:
            raise InvalidProblemError(f"{name} brings {order.id!r}: not aboard")
        if not is_dropoff and order.aboard is not None:
            raise InvalidProblemError(f"{name} fetches {order.id!r}: already aboard")
        if not is_dropoff and order.ready is None and order.id not in unmade:
            raise InvalidProblemError(f"{name} fetches {order.id!r}: not being made")


def _validate_weights(problem: JointProblem) -> None:
    weights = problem.weights
    for name in (
        "late_cents_per_minute",
        "very_late_cents_per_minute",
        "moved_machine_cents",
        "moved_courier_cents",
        "moved_promise_cents_per_minute",
        "co2_cents_per_kg",
    ):
        within(name, getattr(weights, name), least=0, most=CENTS_MAX // 1_000)
    within("broken", weights.broken_promise_cents, least=0, most=CENTS_MAX)
    within("near_s", weights.near_s, least=0, most=SECONDS_MAX)
    within("near_percent", weights.near_percent, least=0, most=10_000)
    for profile, grams in weights.co2_grams_per_km.items():
        within(
            f"co2_grams_per_km of {profile}", grams, least=0, most=GRAMS_MAX // 1_000
        )
    for whose, shares in (("labs", weights.labs), ("couriers", weights.couriers)):
        within(f"over_permille of {whose}", shares.over_permille, least=0, most=10_000)
        for id_, share in shares.declared.items():
            within(f"the share of {id_!r}", share, least=0, most=COUNT_MAX)
        for id_, cents in shares.earned_cents.items():
            within(f"what {id_!r} earned", cents, least=0, most=CENTS_MAX)
    prices = [
        FINE_PER_CENT * (order.left_out_cents + weights.broken_promise_cents)
        for order in problem.orders
    ]
    total("the prices of all orders together", prices)
    within("promise_slack_s", weights.promise_slack_s, least=0, most=SECONDS_MAX)
    within("promise_slack_percent", weights.promise_slack_percent, least=0, most=100)
