"""What is left of the plan in force: where a new search begins."""

from routing.couriers.kernels.layout import NOBODY
from routing.couriers.net import Prepared
from routing.couriers.problem import Courier, CourierProblem, StopKind


def routes_in_force(problem: CourierProblem, prepared: Prepared) -> list[list[int]]:
    """Return, by courier, the nodes of the stops in force that can still be.

    Of each shipment come all stops that it still needs, or none. What is aboard or
    the frozen first stop of a courier is not repeated.
    """
    taken: set[int] = set()
    number = {s.id: i for i, s in enumerate(problem.shipments)}
    request = dict(zip(prepared.requests, range(len(number)), strict=False))
    return [
        _route(prepared, courier, r, (number, request, taken))
        for r, courier in enumerate(problem.couriers)
    ]


def _route(
    prepared: Prepared,
    courier: Courier,
    r: int,
    known: tuple[dict[str, int], dict[int, int], set[int]],
) -> list[int]:
    number, request, taken = known
    net = prepared.net
    nodes: list[int] = []
    waiting: set[int] = set()  # requests that are picked up so far
    for stop in courier.previous:
        q = request.get(number.get(stop.order, -1))
        if q is None or q in taken or net.fit[q, r] >= NOBODY:
            continue
        if stop.kind is StopKind.PICKUP:
            if net.pick[q] >= 0 and q not in waiting:
                waiting.add(q)
                nodes.append(int(net.pick[q]))
        elif net.pick[q] < 0 or q in waiting:
            nodes.append(int(net.drop[q]))
            waiting.discard(q)
            taken.add(q)
    lost = {int(net.pick[q]) for q in waiting}
    return [node for node in nodes if node not in lost]
