"""Where a walk begins: routes as they are given, everybody else in the bank."""

from collections.abc import Sequence

import numpy as np

from routing.couriers.kernels.groups import BANK, BEST, LAST_BANK, VERSION, Net, State
from routing.couriers.kernels.layout import Floats, Ints, Shorts

COUNTS = 8
SUMS = 5


def state_of(
    net: Net,
    home: Ints,
    routes: Sequence[Sequence[int]],
    *,
    seed: int,
    weight: Floats | None = None,
) -> State:
    """Return the state with these routes of nodes, one per courier.

    `home` (couriers, 2) as in net.Prepared; `weight`: counters of absence to go on
    with. The rows are worked out by the kernel fill().
    """
    requests, couriers = len(net.pick), len(net.veh)
    width = int((1 if net.is_drops else 2) * requests + 2)
    deep = width if net.is_rich or net.is_drops else 1
    seq, at, used = _stops(net, home, routes, width)
    length = np.array([len(nodes) for nodes in routes], dtype=np.int64)
    bank = np.zeros(requests, np.int64)
    absent = np.flatnonzero(at[used] < 0)
    bank[: len(absent)] = absent
    counts, sums = _counters(len(absent), couriers)
    return State(
        seq=seq,
        length=length,
        rows=np.zeros((couriers + 1, width, 4)),
        more=np.zeros((couriers + 1, deep, 6)),
        fine=np.zeros(couriers),
        version=np.arange(1, couriers + 1),
        at=at,
        used=used,
        known_version=np.full((requests, couriers), -1, np.int64),
        known_fine=np.zeros((requests, couriers)),
        known_i=np.zeros((requests, couriers), np.int32),
        known_j=np.zeros((requests, couriers), np.int32),
        known_g=np.zeros((requests, couriers), np.int32),
        bank=bank,
        weight=np.ones(requests) if weight is None else weight,
        can_wait=np.zeros(requests, np.int64),
        best_seq=seq[:couriers].copy(),
        best_length=length.copy(),
        last_seq=np.zeros((couriers, width), np.int32),
        last_length=np.zeros(couriers, np.int64),
        last_version=np.zeros(couriers, np.int64),
        last_bank=np.zeros(requests, np.int64),
        saved_seq=np.zeros((couriers, width), np.int32),
        saved_rows=np.zeros((couriers, width, 4)),
        saved_more=np.zeros((couriers, deep, 6)),
        saved=np.zeros((3, couriers), np.int64),
        saved_fine=np.zeros(couriers),
        touched=np.zeros(couriers, np.int64),
        moved=np.zeros(requests, np.int64),
        key=np.zeros(requests),
        before=np.zeros(requests, np.int64),
        now=np.zeros(requests, np.int64),
        seen=np.zeros(couriers, np.int64),
        word=np.array([(seed * 2 + 1) % 2**64], np.uint64),
        counts=counts,
        sums=sums,
    )


def _counters(absent: int, couriers: int) -> tuple[Ints, Floats]:
    counts, sums = np.zeros(COUNTS, np.int64), np.zeros(SUMS)
    counts[BANK], counts[VERSION], counts[LAST_BANK] = absent, couriers, -1
    sums[BEST] = np.inf
    return counts, sums


def _stops(
    net: Net, home: Ints, routes: Sequence[Sequence[int]], width: int
) -> tuple[Shorts, Ints, Ints]:
    """Return the routes with start and end around, and where each node is in use."""
    seq = np.zeros((len(routes) + 1, width), np.int32)
    at = np.full(len(net.owner), -1, np.int64)
    used = net.drop.copy()
    for r, nodes in enumerate(routes):
        seq[r, 0] = home[r, 0]
        seq[r, 1 : len(nodes) + 1] = nodes
        seq[r, len(nodes) + 1] = home[r, 1]
        for node in nodes:
            at[node] = r
            if node != net.pick[net.owner[node]]:
                used[net.owner[node]] = node
    return seq, at, used


def best_routes(state: State) -> list[list[int]]:
    """Return the nodes of each courier in the best state so far."""
    return [
        state.best_seq[r, 1 : length + 1].tolist()
        for r, length in enumerate(state.best_length)
    ]


def routes_now(state: State) -> list[list[int]]:
    """Return the nodes of each courier in the present state."""
    return [
        state.seq[r, 1 : length + 1].tolist() for r, length in enumerate(state.length)
    ]
