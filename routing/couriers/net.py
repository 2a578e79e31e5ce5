"""The problem as the arrays that the kernels read, and the way back from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.couriers.fleet import Fleet, fits_of, fleet_of, is_aboard, twins_of
from routing.couriers.kernels.groups import Net
from routing.couriers.kernels.layout import (
    FOREVER,
    HOME_LATEST,
    IS_EXACT,
    IS_OPEN,
    IS_PICKUP,
    LEFT,
    NOBODY,
    SECOND_FINE,
    SHIFT_END,
    START,
    SURCHARGE,
    Floats,
    Ints,
)
from routing.couriers.problem import CourierProblem, Shipment, StopKind
from routing.measures import FINE_PER_CENT, FINE_PER_CENT_MINUTE_SECOND

NEAR_MAX = 300
TRIPLES = 20_000  # tried for a way round that is shorter than the direct one


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The arrays, and what leads back: `stop_of[node]` is (order, kind).

    `requests`: the shipment of each request; one whose hand-over is a frozen next
    stop is none. `home` (couriers, 2): nodes of a route's start and end.
    """

    net: Net
    fleet: Fleet
    stop_of: Mapping[int, tuple[str, StopKind]]
    requests: tuple[int, ...]
    home: Ints


def prepare(problem: CourierProblem) -> Prepared:
    """Return the arrays of a valid problem with at least one courier.

    `near` is empty and `is_metric` False, which is enough for a first plan.
    """
    fleet = fleet_of(problem)
    nodes = _nodes_of(problem, fleet)
    home = [
        _add_home(nodes, problem, fleet, number)
        for number in range(len(problem.couriers))
    ]
    fit = fits_of(problem, fleet.owners)
    node = np.array(nodes.node, dtype=np.float64).reshape(-1, 4)
    soft = np.array(nodes.soft, dtype=np.float64).reshape(-1, 8)
    owner = np.array(nodes.owner, dtype=np.int64)
    for i in nodes.lost:
        fit[i] = NOBODY
    fit = fit[list(nodes.requests)]
    prices = problem.prices
    out = [
        NOBODY if must else float(FINE_PER_CENT * problem.shipments[i].left_out_cents)
        for i, must in zip(nodes.requests, nodes.must, strict=True)
    ]
    is_rich, is_drops = _kernel_of(problem, fleet, fit)
    net = Net(
        is_rich=is_rich,
        is_drops=is_drops,
        is_metric=False,
        time=fleet.time,
        cost=fleet.cost,
        node=node,
        soft=soft,
        place=np.array(nodes.place, dtype=np.int64),
        owner=owner,
        pick=np.array(nodes.pick, dtype=np.int64),
        drop=np.array(nodes.drop, dtype=np.int64),
        ways=np.array(nodes.ways, dtype=np.int64),
        near=np.empty((0, 0), dtype=np.int32),
        fit=fit,
        extra=_extra(soft, owner, fit),
        kind=fleet.kind,
        twin=twins_of(problem, fleet, fit),
        veh=fleet.veh,
        breaks=fleet.breaks,
        prices=FINE_PER_CENT_MINUTE_SECOND
        * np.array(
            [prices.late_cents_per_minute, prices.very_late_cents_per_minute],
            dtype=np.float64,
        ),
        out=np.array(out, dtype=np.float64),
        must=np.array(nodes.must, dtype=np.int64),
    )
    return Prepared(
        net=net,
        fleet=fleet,
        stop_of=nodes.stop_of,
        requests=tuple(nodes.requests),
        home=np.array(home, dtype=np.int64),
    )


def deepened(net: Net) -> Net:
    """Return the net with what only a search needs: neighbours, what can be pruned."""
    return net._replace(
        is_metric=_is_metric(net.time) and _is_metric(net.cost), near=near_of(net)
    )


def of_couriers(net: Net, chosen: Ints) -> Net:
    """Return the net of some of its couriers."""
    _, twin = np.unique(net.twin[chosen], return_inverse=True)
    first = [int(np.flatnonzero(twin == each)[0]) for each in twin]
    return net._replace(
        fit=np.ascontiguousarray(net.fit[:, chosen]),
        extra=np.ascontiguousarray(net.extra[:, chosen]),
        kind=net.kind[chosen],
        twin=np.array(first, dtype=np.int64),
        veh=np.ascontiguousarray(net.veh[chosen]),
        breaks=np.ascontiguousarray(net.breaks[chosen]),
    )


def _extra(soft: Floats, owner: Ints, fit: Floats) -> Floats:
    """Return (nodes, couriers): what a hand-over costs besides the way."""
    extra = np.zeros((len(owner), fit.shape[1]))
    if not fit.any() and not soft[:, SURCHARGE].any():
        return extra
    is_stop = owner >= 0
    extra[is_stop] = soft[is_stop, SURCHARGE, None]
    is_drop = is_stop & (soft[:, IS_PICKUP] == 0.0)
    extra[is_drop] += fit[owner[is_drop]]
    return extra


@dataclass(slots=True)
class _Nodes:
    """Grows the rows of nodes and requests one by one; `lost` can't be carried."""

    node: list[list[float]] = field(default_factory=list)
    soft: list[list[float]] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    stop_of: dict[int, tuple[str, StopKind]] = field(default_factory=dict)
    requests: list[int] = field(default_factory=list)
    pick: list[int] = field(default_factory=list)
    drop: list[int] = field(default_factory=list)
    ways: list[int] = field(default_factory=list)
    must: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    def add(self, place: int, owner: int, node: list[float], soft: list[float]) -> int:
        self.place.append(place)
        self.owner.append(owner)
        self.node.append(node)
        self.soft.append(soft)
        return len(self.place) - 1


def _nodes_of(problem: CourierProblem, fleet: Fleet) -> _Nodes:
    nodes = _Nodes()
    firsts = {f.shipment: f for f in fleet.firsts if f is not None}
    heading = {c.next_stop.order for c in problem.couriers if c.next_stop is not None}
    for i, shipment in enumerate(problem.shipments):
        first = firsts.get(i)
        if first is not None and first.is_dropoff:
            continue
        is_heading = shipment.id in heading
        if is_heading and first is None:
            nodes.lost.append(i)
        is_bound = is_heading or is_aboard(shipment)
        nodes.requests.append(i)
        nodes.must.append(int(first is not None))
        pick = -1
        if shipment.pickup_place is not None and first is None:
            pick = _add_pickup(nodes, shipment, shipment.pickup_place, is_bound)
            nodes.stop_of[pick] = (shipment.id, StopKind.PICKUP)
        nodes.pick.append(pick)
        is_soft = shipment.must or fleet.owners[i] is not None
        _add_dropoffs(nodes, shipment, is_soft, is_bound)
        for node in range(nodes.drop[-1], len(nodes.place)):
            nodes.stop_of[node] = (shipment.id, StopKind.DROPOFF)
    return nodes


def _add_pickup(nodes: _Nodes, s: Shipment, place: int, is_bound: bool) -> int:
    return nodes.add(
        place,
        len(nodes.requests) - 1,
        [s.ready_s, s.pickup_latest_s, s.pickup_service_s, s.pieces],
        [FOREVER, FOREVER, is_bound, s.grams, s.ml, 0, 0, 1],
    )


def _add_dropoffs(nodes: _Nodes, s: Shipment, is_soft: bool, is_bound: bool) -> None:
    nodes.drop.append(len(nodes.place))
    nodes.ways.append(1 + len(s.handover_places))
    latest = FOREVER / 2 if is_soft else s.deadline_s
    late = s.deadline_s if is_soft else FOREVER
    soft = [s.due_s, late, is_bound, -s.grams, -s.ml]
    row = [s.earliest_s, latest, s.dropoff_service_s, -s.pieces]
    q = len(nodes.requests) - 1
    nodes.add(s.dropoff_place, q, row, [*soft, 0, s.from_depot, 0])
    for other in s.handover_places:
        surcharge = FINE_PER_CENT * other.extra_cents
        nodes.add(other.place, q, row, [*soft, surcharge, s.from_depot, 0])


def _add_home(
    nodes: _Nodes, problem: CourierProblem, fleet: Fleet, number: int
) -> tuple[int, int]:
    courier, first = problem.couriers[number], fleet.firsts[number]
    row = fleet.veh[number]
    soft = [FOREVER, FOREVER, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    place = courier.place if first is None else first.place
    end = courier.end_place
    nowhere = fleet.time.shape[1] - 1
    return (
        nodes.add(place, -1, [row[START], FOREVER, 0.0, 0.0], soft),
        nodes.add(
            nowhere if end is None else end,
            -1,
            [-FOREVER, row[SHIFT_END], 0.0, 0.0],
            soft,
        ),
    )


def _kernel_of(problem: CourierProblem, fleet: Fleet, fit: Floats) -> tuple[bool, bool]:
    """Return `is_rich` and `is_drops` of the net."""
    is_plain = _is_plain(problem, fleet, fit)
    is_drops = is_plain and all(s.from_depot for s in problem.shipments)
    return not (is_drops or (is_plain and _is_lean(problem, fleet))), is_drops


def _is_plain(problem: CourierProblem, fleet: Fleet, fit: Floats) -> bool:
    """Whether only the way has a price, windows are hard and nobody rests."""
    veh = fleet.veh
    is_late = problem.prices.late_cents_per_minute > 0
    return not (
        veh[:, SECOND_FINE].any()
        or (fleet.breaks < FOREVER).any()
        or (veh[:, LEFT] > -FOREVER).any()
        or ((veh[:, IS_OPEN] == 0) & (veh[:, HOME_LATEST] >= FOREVER)).any()
        or ((fit > 0) & (fit < NOBODY)).any()
        or any(
            s.must
            or fleet.owners[i] is not None
            or s.handover_places
            or (is_late and s.due_s < s.deadline_s)
            for i, s in enumerate(problem.shipments)
        )
    )


def _is_lean(problem: CourierProblem, fleet: Fleet) -> bool:
    """Whether all of a plain problem is fetched, by one kind, and pieces are its size."""
    return not (
        len(fleet.time) > 1
        or fleet.veh[:, IS_EXACT].any()
        or any(
            s.pickup_place is None or s.grams > 0 or s.ml > 0 for s in problem.shipments
        )
    )


def _is_metric(rows: Floats) -> bool:
    """Whether no way round is shorter, as far as a sample of triples shows."""
    count = rows.shape[1] - 1
    rng = np.random.default_rng(1)
    if count**3 <= TRIPLES:
        a, b, c = np.indices((count,) * 3).reshape(3, -1)
    else:
        a, b, c = rng.integers(0, count, (3, TRIPLES))
    return bool((rows[:, a, c] <= rows[:, a, b] + rows[:, b, c]).all())


def near_of(net: Net) -> NDArray[np.int32]:
    """Return, by stop, the stops nearest to it, itself among them."""
    stops = np.flatnonzero(net.owner >= 0)
    near = np.full((len(net.owner), min(len(stops), NEAR_MAX)), -1, dtype=np.int32)
    at = net.place[stops]
    apart = net.cost[0] if net.cost[0].any() else net.time[0]
    apart = np.where(net.time[0] >= FOREVER, FOREVER, apart)[np.ix_(at, at)]
    order = np.argsort(apart, axis=1, kind="stable")[:, : near.shape[1]]
    near[stops] = stops[order]
    return near
