"""How an order could travel from a fab at best: who could, how long, for how much."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.joint.problem import Courier, Fab, JointProblem, Order
from routing.measures import UNREACHABLE_S
from routing.travel.matrix import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """The quickest direct ride from a fab to an order's place, service included."""

    courier: str
    seconds: int
    cents: int


def can_carry(courier: Courier, order: Order) -> bool:
    """Whether the order alone is within the capacity, or being fetched already."""
    return is_heading_for(courier, order) or (
        order.pieces <= courier.capacity_pieces
        and order.grams <= courier.capacity_grams
    )


def is_heading_for(courier: Courier, order: Order) -> bool:
    """Whether the courier's frozen next stop is one of the order."""
    return courier.next_stop is not None and courier.next_stop.order == order.id


def is_on_shift(problem: JointProblem, courier: Courier) -> bool:
    """Whether any of the courier's shift lies ahead."""
    return max(courier.shift[0], problem.now_s) < courier.shift[1]


def best_ride(problem: JointProblem, fab: Fab, order: Order) -> Ride | None:
    """Return the quickest ride by anybody who could carry it, None if there is none."""
    return best_rides(problem, (fab,), order).get(fab.id)


def best_rides(
    problem: JointProblem, fabs: Iterable[Fab], order: Order
) -> dict[str, Ride]:
    """Return the quickest ride from each fab by id; from where there is none, nothing."""
    alike: dict[tuple[Profile, int, int], str] = {}
    for courier in problem.couriers:
        if not can_carry(courier, order):
            continue
        if not is_heading_for(courier, order) and not is_on_shift(problem, courier):
            continue
        kind = (courier.profile, courier.cost_per_km_cents, courier.cost_per_hour_cents)
        alike[kind] = min(courier.id, alike.get(kind, courier.id))
    found: dict[str, Ride] = {}
    for fab in fabs:
        rides = []
        for (profile, km_cents, hour_cents), id_ in alike.items():
            matrix = problem.matrices[profile]
            seconds = int(matrix.seconds[fab.place, order.place])
            if seconds < UNREACHABLE_S:
                metres = int(matrix.metres[fab.place, order.place])
                cents = metres * km_cents // 1_000 + seconds * hour_cents // 3_600
                rides.append((fab.pickup_service_s + seconds, cents, id_))
        if rides:
            seconds, cents, id_ = min(rides)
            found[fab.id] = Ride(courier=id_, seconds=seconds, cents=cents)
    return found


def fab_of_order(problem: JointProblem, order: Order) -> frozenset[str] | None:
    """Return the fabs an order is tied to by what is made or started; None: to none."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    tied = {
        fab_of[task.frozen.machine]
        for task in problem.tasks
        if task.order == order.id and task.frozen is not None
    }
    if order.ready is not None:
        tied.add(order.ready.fab)
    return frozenset(tied) if tied else None
