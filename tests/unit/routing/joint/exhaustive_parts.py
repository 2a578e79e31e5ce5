"""Every plan of a tiny problem in which some orders bring what others are made from.

As in exhaustive.py; and couriers are not paid for time, so that nothing is gained by
handing a part over later than it can be.
"""

from collections.abc import Iterator
from itertools import permutations, product

from routing.joint.problem import Courier, JointProblem, Mode, Task
from tests.unit.routing.joint.exhaustive import Made, Visit, drive, is_enough, place

ROUNDS = 8

type Ways = list[tuple[Task, Mode]]
type Routes = list[tuple[Courier, list[Visit]]]


def least_plan_with_parts(problem: JointProblem) -> int:
    """Return the price of the cheapest plan."""
    best = sum(18_000 * order.left_out_cents for order in problem.orders)
    for kept in product((False, True), repeat=len(problem.orders)):
        chosen = {
            o.id for o, is_kept in zip(problem.orders, kept, strict=True) if is_kept
        }
        if not _is_whole(problem, chosen):
            continue
        out = sum(
            18_000 * order.left_out_cents
            for order in problem.orders
            if order.id not in chosen
        )
        for ways in _makings(problem, chosen):
            price = out + sum(18_000 * mode.cost_cents for _, mode in ways)
            if price < best:
                for routes in _routes(problem, sorted(chosen)):
                    rides = _rides(problem, ways, routes)
                    if rides is not None:
                        best = min(best, price + rides)
    return best


def _is_whole(problem: JointProblem, chosen: set[str]) -> bool:
    """Whether no order lacks a part, and nothing is brought for what is not made."""
    return all(
        (part in chosen) == (order.id in chosen)
        for order in problem.orders
        for part in order.parts
    )


def _makings(problem: JointProblem, chosen: set[str]) -> Iterator[Ways]:
    tasks = [task for task in problem.tasks if task.order in chosen]
    for modes in product(*(task.modes for task in tasks)):
        pairs = list(zip(tasks, modes, strict=True))
        if is_enough(problem, [(task, mode.machine) for task, mode in pairs]):
            yield from (list(ways) for ways in permutations(pairs))


def _routes(problem: JointProblem, chosen: list[str]) -> Iterator[Routes]:
    """Yield all stops in every sequence, by whoever."""
    for carriers in product(problem.couriers, repeat=len(chosen)):
        every = []
        for courier in problem.couriers:
            own = [
                id_ for id_, by in zip(chosen, carriers, strict=True) if by is courier
            ]
            visits = [(id_, is_drop) for id_ in own for is_drop in (False, True)]
            every.append(
                [
                    (courier, list(route))
                    for route in permutations(visits)
                    if all(
                        route.index((i, False)) < route.index((i, True)) for i in own
                    )
                ]
            )
        yield from (list(routes) for routes in product(*every))


def _rides(problem: JointProblem, ways: Ways, routes: Routes) -> int | None:
    """Return the price of the routes, everything as early as it can be; None: never."""
    there_s: dict[str, int] = {}
    for _ in range(ROUNDS):
        from_s = {
            order.id: max((there_s.get(part, 0) for part in order.parts), default=0)
            for order in problem.orders
        }
        made = place(problem, ways, {}, from_s)
        if made is None:
            return None
        driven = [_drive(problem, courier, visits, made) for courier, visits in routes]
        fines = [each[0] for each in driven if each is not None]
        if len(fines) < len(driven):
            return None
        now_s = {id_: s for each in driven if each for id_, s in each[1].items()}
        if now_s == there_s:
            return sum(fines)
        there_s = now_s
    return None  # what waits for each other


def _drive(
    problem: JointProblem, courier: Courier, visits: list[Visit], made: Made
) -> tuple[int, dict[str, int]] | None:
    """Return the price and when each order has been handed over; None: it can't be."""
    there_s: dict[str, int] = {}
    price = 0
    for count in range(1, len(visits) + 1):
        driven = drive(problem, courier, visits[:count], made, 0)
        if driven is None:
            return None
        price = driven[0]
        id_, is_drop = visits[count - 1]
        if is_drop:
            there_s[id_] = driven[3]
    return price, there_s
