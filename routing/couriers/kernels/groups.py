"""The arrays of a search, grouped by how long they stay as they are."""

from typing import NamedTuple

from routing.couriers.kernels.layout import Floats, Ints, Shorts, Words


class Net(NamedTuple):
    """What the problem fixes. Requests 0..m-1, vehicles 0..R-1, nodes 0..n-1.

    Nodes are stops (a pick-up or one of the places for a drop-off) and the start and
    end of each vehicle. `is_drops`: as drops.py has it; neither: as lean.py has it;
    `is_rich`: anything else. `time`, `cost` (kinds, places, places); `pick` (m,) node or
    -1; `drop`, `ways` (m,) first drop-off node and how many there are; `owner` (n,)
    request or -1; `near` (n, k) nodes by nearness; `fit` (m, R) NOBODY where the
    vehicle may not carry it, else what it costs besides; `extra` (n, R) that and the
    node's surcharge; `twin` (R,) equal vehicles have equal numbers; `out` (m,) price
    of leaving out; `must` (m,) 1: never taken out of its route without coming back.
    """

    is_rich: bool
    is_drops: bool
    is_metric: bool
    time: Floats
    cost: Floats
    node: Floats
    soft: Floats
    place: Ints
    owner: Ints
    pick: Ints
    drop: Ints
    ways: Ints
    near: Shorts
    fit: Floats
    extra: Floats
    kind: Ints
    twin: Ints
    veh: Floats
    breaks: Floats
    prices: Floats
    out: Floats
    must: Ints


class State(NamedTuple):
    """Where a walk is: routes, what the kernels know of them, who is left out.

    `seq` (R + 1, width) nodes with start and end around, `length` (R,) stops; `at`
    (n,) route of a node in use, else -1; `used` (m,) the drop-off node chosen;
    `known_*` (m, R): the best place of a request in a route, valid while the
    versions are equal, i = -1: only a lower bound of its price. `bank` (m,) the
    `counts[BANK]` requests left out, `weight` (m,) what their absence weighs.
    """

    seq: Shorts
    length: Ints
    rows: Floats
    more: Floats
    fine: Floats
    version: Ints
    at: Ints
    used: Ints
    known_version: Ints
    known_fine: Floats
    known_i: Shorts
    known_j: Shorts
    known_g: Shorts
    bank: Ints
    weight: Floats
    can_wait: Ints  # (m,) 1: somebody idle could carry it alone
    best_seq: Shorts
    best_length: Ints
    last_seq: Shorts  # the last state with nobody missing
    last_length: Ints
    last_version: Ints
    last_bank: Ints
    saved_seq: Shorts  # routes that the present move has changed
    saved_rows: Floats
    saved_more: Floats
    saved: Ints  # (3, R): route, length, version
    saved_fine: Floats
    touched: Ints
    moved: Ints
    key: Floats
    before: Ints
    now: Ints
    seen: Ints
    word: Words
    counts: Ints
    sums: Floats


# counts
BANK = 0
VERSION = 1
IMPROVED = 2
AWAY = 3  # iterations since the last state with nobody missing
LAST_BANK = 4  # -1: there is no such state yet
STAMP = 5
WHOLE = 6  # iterations with nobody missing
CHANGED = 7

# sums
TOTAL = 0
BEST = 1
WEIGHT = 2
WEIGHT_MIN = 3
WEIGHT_MAX = 4
