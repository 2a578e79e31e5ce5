"""A large plan made cheaper part by part: routes near each other, as a net of their own.

A step costs less where there are few routes, and what is far away changes nothing in it.
The parts are drawn anew in each round, so that no border stays. After Santini,
Schneider, Vidal & Vigo (2023), doi:10.1287/ijoc.2023.1288.
"""

from dataclasses import dataclass

import numpy as np

from routing.couriers.anneal import HEAT_FIRST, HEAT_LAST, Clock, anneal
from routing.couriers.kernels.groups import Net
from routing.couriers.kernels.layout import Floats, Ints
from routing.couriers.net import near_of, of_couriers
from routing.couriers.pool import Routes

ROUNDS = 28
PART_REQUESTS = 120  # at least, where there are as many
PART_ROUTES = 6  # too


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some couriers and requests of a net, as a net; `nodes`: theirs in the whole one."""

    net: Net
    home: Ints
    nodes: Ints

    def inward(self, routes: Routes) -> Routes:
        """Return routes of the whole net as those of the part."""
        number = {node: i for i, node in enumerate(self.nodes.tolist())}
        return [[number[node] for node in nodes] for nodes in routes]

    def outward(self, routes: Routes) -> Routes:
        """Return routes of the part as those of the whole net."""
        return [self.nodes[nodes].tolist() for nodes in routes]


def anneal_in_parts(
    net: Net, home: Ints, routes: Routes, seed: int, clock: Clock, *, until: float
) -> Routes:
    """Return cheaper routes of the same couriers; ends at `until` of the effort."""
    rng = np.random.default_rng(seed)
    routes = list(routes)
    begun = clock.spent()
    cooling = HEAT_LAST / HEAT_FIRST
    while clock.spent() < until and any(routes):
        for busy, requests in _groups(net, routes, rng):
            chosen = np.concatenate([busy, _idle(net, routes)])
            now = clock.spent()
            if now >= until:
                break
            cooled = (now - begun) / (until - begun)
            share = (until - begun) / ROUNDS * len(requests) / len(net.pick)
            part = _part(net, home, chosen, requests)
            found, _ = anneal(
                part.net,
                part.home,
                part.inward([routes[r] for r in chosen]),
                int(rng.integers(2**31)),
                clock,
                until=min(until, now + share),
                heat=HEAT_FIRST * cooling**cooled,
                last=HEAT_FIRST * cooling ** min(1.0, cooled + 1 / ROUNDS),
            )
            for r, nodes in zip(chosen, part.outward(found), strict=True):
                routes[r] = nodes
    return routes


def _groups(
    net: Net, routes: Routes, rng: np.random.Generator
) -> list[tuple[Ints, Ints]]:
    """Return (busy couriers, requests) of each part: a route drawn, those next to it.

    Who is left out belongs to any part.
    """
    apart = _apart(net, routes)
    carried = [np.unique(net.owner[nodes]) for nodes in routes]
    is_free = np.array([bool(nodes) for nodes in routes])
    groups: list[list[int]] = []
    for r in rng.permutation(len(routes)):
        if not is_free[r]:
            continue
        chosen: list[int] = []
        size = 0
        for other in np.argsort(apart[r], kind="stable").tolist():
            if size >= PART_REQUESTS and len(chosen) >= PART_ROUTES:
                break
            if is_free[other]:
                chosen.append(other)
                size += len(carried[other])
                is_free[other] = False
        groups.append(chosen)
    absent = np.setdiff1d(np.arange(len(net.pick)), np.concatenate(carried))
    lot = rng.integers(0, len(groups), len(absent))
    return [
        (
            np.array(chosen),
            np.concatenate([*(carried[r] for r in chosen), absent[lot == number]]),
        )
        for number, chosen in enumerate(groups)
    ]


def _idle(net: Net, routes: Routes) -> Ints:
    """Return one courier of each kind of twins who has nothing to do."""
    idle = np.array([r for r, nodes in enumerate(routes) if not nodes], dtype=np.int64)
    return idle[np.unique(net.twin[idle], return_index=True)[1]]


def _apart(net: Net, routes: Routes) -> Floats:
    """Return (routes, routes): the mean price of the ways between two routes' stops."""
    cost = net.cost[0] if net.cost[0].any() else net.time[0]
    share = np.zeros((len(routes), len(cost)))
    for r, nodes in enumerate(routes):
        np.add.at(share[r], net.place[nodes], 1.0 / max(len(nodes), 1))
    apart: Floats = share @ cost @ share.T
    np.fill_diagonal(apart, -1.0)
    return apart


def _part(net: Net, home: Ints, chosen: Ints, requests: Ints) -> Part:
    """Return some couriers and requests of the net as a net of their own."""
    nodes: list[int] = []
    pick, drop = [], []
    for q in requests.tolist():
        has_pickup = net.pick[q] >= 0
        pick.append(len(nodes) if has_pickup else -1)
        nodes += [net.pick[q]] if has_pickup else []
        drop.append(len(nodes))
        nodes += range(net.drop[q], net.drop[q] + net.ways[q])
    stops = len(nodes)
    taken = np.array([*nodes, *home[chosen].ravel()], dtype=np.int64)
    places, place = np.unique(net.place[taken], return_inverse=True)
    number = np.full(len(net.pick), -1)
    number[requests] = np.arange(len(requests))
    owner = np.full(len(taken), -1)
    owner[:stops] = number[net.owner[taken[:stops]]]
    whole = of_couriers(net, chosen)
    part = whole._replace(
        time=np.ascontiguousarray(net.time[:, places][:, :, places]),
        cost=np.ascontiguousarray(net.cost[:, places][:, :, places]),
        node=net.node[taken],
        soft=net.soft[taken],
        place=place.astype(np.int64),
        owner=owner,
        pick=np.array(pick, dtype=np.int64),
        drop=np.array(drop, dtype=np.int64),
        ways=net.ways[requests],
        fit=whole.fit[requests],
        extra=whole.extra[taken],
        out=net.out[requests],
        must=net.must[requests],
    )
    ends = np.arange(stops, len(taken), dtype=np.int64).reshape(-1, 2)
    return Part(net=part._replace(near=near_of(part)), home=ends, nodes=taken)
