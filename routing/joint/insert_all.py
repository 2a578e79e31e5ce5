"""One order more that is made from parts: they and it into a plan that stands."""

from collections.abc import Sequence
from dataclasses import replace

from routing.errors import InvalidProblemError
from routing.joint.assemble import assemble
from routing.joint.draft import draft_of
from routing.joint.insert import Insertion, insert, placed, plan_with, problem_with
from routing.joint.parts import outermost_first, shortest_chain_s
from routing.joint.problem import JointPlan, Order, Task
from routing.joint.reach import best_rides
from routing.joint.standing import Standing, standing
from routing.joint.state import copied
from routing.joint.translate import left_out_cents
from routing.joint.validate import validate_parts
from routing.measures import CENTS_MAX
from routing.scheduling.precedence import in_order

type New = tuple[Order, Sequence[Task]]
type Placed = tuple[Standing, Order, Sequence[Task], Insertion]


def insert_all(stands: Standing, new: Sequence[New]) -> JointPlan:
    """Return the whole plan with the new orders in it, or all of them left out with why.

    All but one of them are parts of others of them. Each is put where it costs least
    beside all that stands, parts before what they are for: first so soon that this can
    still be in time, and if that fails as cheaply as can be. All together they may cost
    what leaving all of them out costs; nothing of them is promised yet. Errors: as
    insert(); InvalidProblemError if more than one of them is a part of none.
    """
    orders = [order for order, _ in new]
    validate_parts((*stands.problem.orders, *orders))
    parts = {part for order in orders for part in order.parts}
    if len({order.id for order in orders} - parts) != 1:
        raise InvalidProblemError("of new orders all but one are to be parts of others")
    sequence = _parts_first(new)
    for is_soon in (True, False):
        found = _tried(stands, sequence, is_soon=is_soon)
        if found is not None:
            return plan_with(*found)
    return _left_out(stands, sequence)


def _parts_first(new: Sequence[New]) -> list[New]:
    """Return each after all that it is made from."""
    known = {order.id: (order, tasks) for order, tasks in new}
    found = outermost_first({order.id: order.parts for order, _ in new})
    return [known[id_] for id_ in reversed(found)]


def _tried(
    stands: Standing, sequence: Sequence[New], *, is_soon: bool
) -> Placed | None:
    """Return the last of them and its place beside the others; None: there is none."""
    until_s = _until(stands, sequence) if is_soon else {}
    left = sum(left_out_cents(stands.problem, order) for order, _ in sequence)
    found: Placed | None = None
    for order, tasks in sequence:
        if found is not None:
            stands = _with(*found)
        due_s, deadline_s = until_s.get(order.id, (order.due_s, order.deadline_s))
        wished = replace(
            order,
            due_s=due_s,
            deadline_s=deadline_s,
            left_out_cents=min(left, CENTS_MAX),
            committed=False,
        )
        insertion = insert(stands, wished, tasks) if left > 0 else None
        if insertion is None:
            return None
        left -= insertion.extra_cents
        found = (stands, order, tasks, insertion)
    return found


def _with(
    stands: Standing, order: Order, tasks: Sequence[Task], insertion: Insertion
) -> Standing:
    """Return the plan with the order in it as it stands."""
    problem, ground, names, state = placed(stands, order, tasks, insertion)
    return standing(problem, draft_of(problem, ground, names, state))


def _until(stands: Standing, sequence: Sequence[New]) -> dict[str, tuple[int, int]]:
    """Return by part when it is due, and too late, for what is made of it."""
    order_of = {order.id: order for order, _ in sequence}
    until_s: dict[str, tuple[int, int]] = {}
    for order, tasks in reversed(sequence):
        rides = best_rides(stands.problem, stands.problem.fabs, order).values()
        after_s = min((ride.seconds for ride in rides), default=0)
        after_s += shortest_chain_s(in_order(tasks) or ())
        due_s, deadline_s = until_s.get(order.id, (order.due_s, order.deadline_s))
        for part in (order_of[id_] for id_ in order.parts if id_ in order_of):
            until_s[part.id] = (
                min(part.due_s, due_s - after_s - part.service_s),
                min(part.deadline_s, deadline_s - after_s - part.service_s),
            )
    return until_s


def _left_out(stands: Standing, sequence: Sequence[New]) -> JointPlan:
    problem = stands.problem
    draft = draft_of(problem, stands.ground, stands.names, stands.state)
    for order, tasks in sequence:
        problem = problem_with(problem, order, tasks)
    beside = standing(problem, draft)
    return assemble(
        problem, beside.ground, beside.names, copied(beside.state), beside.refused
    )
