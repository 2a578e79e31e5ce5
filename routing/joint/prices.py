"""What change, carbon and an unfair share of the work cost in a plan being made."""

from collections.abc import Iterable, Mapping

from routing.joint.problem import Courier, JointProblem, Order, Shares, Weights
from routing.measures import FINE_PER_CENT, FINE_PER_CENT_MINUTE_SECOND
from routing.travel.matrix import Profile

PERCENT_FINE = FINE_PER_CENT // 100
GRAM_FINE = 1_000_000  # metres · grams per km · cents per kg in a cent


def near_percent(weights: Weights, now_s: int, when_s: int | None) -> int:
    """Return by how many percent to price a change of what is due at `when_s`."""
    if when_s is None or weights.near_s <= 0:
        return 100
    left_s = min(max(0, when_s - now_s), weights.near_s)
    return 100 + weights.near_percent * (weights.near_s - left_s) // weights.near_s


def moved_machine_fine(problem: JointProblem, order: Order) -> int:
    """Return the price of another machine than in force for a task of the order."""
    percent = near_percent(problem.weights, problem.now_s, order.previous_start_s)
    return PERCENT_FINE * percent * problem.weights.moved_machine_cents


def moved_courier_fine(problem: JointProblem, order: Order) -> int:
    """Return the price of another courier than in force for the order."""
    percent = near_percent(problem.weights, problem.now_s, _planned_s(order))
    return PERCENT_FINE * percent * problem.weights.moved_courier_cents


def moved_promise_fine(problem: JointProblem, order: Order) -> int:
    """Return the price of each second outside the promised window."""
    percent = near_percent(problem.weights, problem.now_s, _planned_s(order))
    per_minute = problem.weights.moved_promise_cents_per_minute
    return FINE_PER_CENT_MINUTE_SECOND // 100 * percent * per_minute


def outside_s(order: Order, begin_s: int) -> int:
    """Return how far outside its promised window the hand-over would begin."""
    if order.promised is None:
        return 0
    return max(
        0, order.promised.earliest_s - begin_s, begin_s - order.promised.latest_s
    )


def with_air_s(problem: JointProblem, courier: Courier) -> int:
    """Return by when a hand-over is over whose promise, air and all, ends in the shift."""
    weights, percent = problem.weights, problem.weights.promise_slack_percent
    least_s = courier.shift[1] - weights.promise_slack_s
    return (100 * least_s + percent * problem.now_s) // (100 + percent)


def over_by_s(problem: JointProblem, order: Order, courier: Courier) -> int:
    """Return by when the hand-over is over at no price for the end of the shift.

    What nobody was promised yet leaves room for the air of its promise, which ends by
    the order's deadline.
    """
    end_s = courier.shift[1]
    if order.promised is not None or order.deadline_s + order.service_s <= end_s:
        return end_s
    return with_air_s(problem, courier)


def no_air_fine(order: Order) -> int:
    """Return the price of a promise that does not end in the shift: half of none at all."""
    return FINE_PER_CENT // 2 * (order.left_out_cents if order.promised is None else 0)


def co2_price(weights: Weights, profile: Profile) -> int:
    """Return the price of a metre in 1/GRAM_FINE cents."""
    return weights.co2_grams_per_km.get(profile, 0) * weights.co2_cents_per_kg


def over_fine(shares: Shares, ids: Iterable[str], paid_fine: Mapping[str, int]) -> int:
    """Return the price of what some of `ids` earn beyond their share."""
    declared = {id_: shares.declared.get(id_, 1) for id_ in ids}
    whole = sum(declared.values())
    if whole <= 0 or shares.over_permille == 0:
        return 0
    earned = {
        id_: FINE_PER_CENT * shares.earned_cents.get(id_, 0) + paid_fine.get(id_, 0)
        for id_ in declared
    }
    total = sum(earned.values())
    over = sum(max(0, whole * earned[i] - declared[i] * total) for i in declared)
    return shares.over_permille * over // (1_000 * whole)


def _planned_s(order: Order) -> int | None:
    return order.promised.planned_s if order.promised is not None else None
