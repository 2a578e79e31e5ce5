"""What an order is made from is brought by other orders: who waits for whom, and for how long."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from routing.joint import columns as c
from routing.joint.groups import Ints
from routing.joint.problem import JointProblem, Order, Reason, Task


def awaited_by(problem: JointProblem) -> dict[str, tuple[str, ...]]:
    """Return, by order of which a task is left to begin, the parts that it waits for."""
    unbegun = {task.order for task in problem.tasks if task.frozen is None}
    return {
        order.id: order.parts
        for order in problem.orders
        if order.parts and order.id in unbegun
    }


def goes_alone(problem: JointProblem, order: Order) -> bool:
    """Whether the order is brought even if what it is a part of is left out."""
    heading = {c.next_stop.order for c in problem.couriers if c.next_stop is not None}
    return order.committed or order.aboard is not None or order.id in heading


def with_parts(
    problem: JointProblem, refused: Mapping[str, Reason]
) -> dict[str, Reason]:
    """Return who is refused when what they are made from, or made for, is refused."""
    reasons = dict(refused)
    order_of = {order.id: order for order in problem.orders}
    made_for = {
        part: id_ for id_, parts in awaited_by(problem).items() for part in parts
    }
    parts_of = awaited_by(problem)
    ahead = [id_ for id_ in reasons if id_ in made_for or id_ in parts_of]
    while ahead:
        id_ = ahead.pop()
        order, found = order_of[id_], dict[str, Reason]()
        if id_ in made_for:
            found[made_for[id_]] = part_left_out(order, reasons[id_])
        for part in parts_of.get(id_, ()):
            if not goes_alone(problem, order_of[part]):
                found[part] = order_left_out(order, reasons[id_])
        for other, reason in found.items():
            if other not in reasons:
                reasons[other] = reason
                ahead.append(other)
    return reasons


def groups_of(problem: JointProblem, ids: Collection[str]) -> list[list[str]]:
    """Return `ids` by who is left out together: parts before what they are for."""
    awaited = awaited_by(problem)
    order_of = {order.id: order for order in problem.orders}
    made_for = {part: id_ for id_, parts in awaited.items() for part in parts}
    head_of: dict[str, str] = {}
    ahead = [id_ for id_ in order_of if id_ not in made_for]
    for id_ in ahead:
        is_tied = id_ in made_for and not goes_alone(problem, order_of[id_])
        head_of[id_] = head_of[made_for[id_]] if is_tied else id_
        ahead += awaited.get(id_, ())
    groups: dict[str, list[str]] = {}
    for id_ in reversed(ahead):
        if id_ in ids:
            groups.setdefault(head_of[id_], []).append(id_)
    return [groups[id_] for id_ in reversed(ahead) if id_ in groups]


def part_left_out(part: Order, reason: Reason) -> Reason:
    """Return why an order is left out of which this part is left out."""
    return Reason(
        code="part-left-out",
        text=f"what it is made from, {part.name or part.id}, can't be brought: "
        f"{reason.text}",
        remedy=reason.remedy,
    )


def order_left_out(order: Order, reason: Reason) -> Reason:
    """Return why the parts of an order that is left out are left out."""
    return Reason(
        code="order-left-out",
        text=f"what it is for, {order.name or order.id}, is left out: {reason.text}",
        remedy=reason.remedy,
    )


def link(
    problem: JointProblem,
    rows: Ints,
    index: Mapping[str, int],
    tasks: Sequence[Task],
    tail_s: Ints,
) -> Ints:
    """Write into the orders' rows who waits for whom; return the list of all parts.

    And until when a part has to be there for what is made of it to be in time at best.
    `index`: of each order's row; `tasks`: each after those that it waits for.
    """
    parts: list[int] = []
    own: dict[str, list[Task]] = {}
    for task in tasks:
        own.setdefault(task.order, []).append(task)
    awaited = awaited_by(problem)
    for id_ in outermost_first(awaited):
        if id_ not in index:
            continue
        i = index[id_]
        rows[i, c.FIRST_PART], rows[i, c.PARTS] = len(parts), len(awaited[id_])
        shortest_s = shortest_chain_s(own[id_]) + _least(tail_s[i])
        for part in awaited[id_]:
            p = index[part]
            parts.append(p)
            rows[p, c.MADE_FOR] = i
            for column, of, before in (
                (c.WISHED_S, c.DUE_S, c.WISHED_S),
                (c.NEEDED_S, c.HARD_S, c.NEEDED_S),
            ):
                until_s = min(rows[i, of], rows[i, before])
                if until_s < c.NEVER:
                    rows[p, column] = until_s - shortest_s - rows[p, c.SERVICE_S]
    return np.array(parts, np.int64)


def shortest_chain_s(tasks: Sequence[Task]) -> int:
    """Return how long the tasks of an order take at least, each after those before it.

    `tasks`: each after those that it waits for.
    """
    ends: dict[str, int] = {}
    for task in tasks:
        from_s = max((ends.get(earlier, 0) for earlier in task.after), default=0)
        least_s = min((mode.duration_s for mode in task.modes), default=0)
        least_s = 0 if task.frozen is not None else least_s + task.lag_s
        ends[task.id] = from_s + least_s
    return max(ends.values(), default=0)


def outermost_first(awaited: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the orders of `awaited`, each before those of them that bring its parts."""
    inner = {part for parts in awaited.values() for part in parts}
    found = [id_ for id_ in awaited if id_ not in inner]
    for id_ in found:
        found += [part for part in awaited[id_] if part in awaited]
    return found


def _least(tails_s: Ints) -> int:
    least_s = int(tails_s.min(initial=c.NEVER))
    return least_s if least_s < c.NEVER else 0
