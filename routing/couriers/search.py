"""The phases of a search: a first plan, then fewer couriers, then a lower price."""

from dataclasses import dataclass, replace

import numpy as np

from routing.couriers.kernels.groups import (
    BANK,
    TOTAL,
    WEIGHT,
    WEIGHT_MAX,
    WEIGHT_MIN,
    Net,
    State,
)
from routing.couriers.kernels.layout import FIXED, NOBODY, Floats, Ints
from routing.couriers.kernels.search import fill, walk
from routing.couriers.net import Prepared, deepened, of_couriers
from routing.couriers.state import best_routes, routes_now, state_of
from routing.effort import Effort

type Routes = list[list[int]]

LARGE = 200  # requests; from here on fleets are hard and walks go astray sooner
FLEET_SHARE, FLEET_SHARE_LARGE = 0.2, 0.3
AWAY_MAX, AWAY_MAX_LARGE = 4_000, 500
FLEET_HEAT = 0.1  # of the average leg between places
HEAT_FIRST, HEAT_LAST = 0.1, 0.001  # of the average price of carrying a request
WEIGHT_FIRST, WEIGHT_MOST = 10.0, 100.0  # of it too
CHUNK_SHARE = 0.02
CHUNK_S = 0.05
CHUNK_MAX = 20_000


@dataclass(slots=True, kw_only=True)
class Clock:
    """How much of an effort is spent, and how many steps to make before asking again.

    Counted efforts are cut by the count alone, so that they repeat themselves.
    """

    effort: Effort
    begun_s: float
    done: int = 0
    pace_s: float = 1e-4  # per step; a guess until the first chunk is through

    def spent(self) -> float:
        """Return the share of the effort that is spent, 1 or more at its end."""
        by_count = self.done / self.effort.iterations if self.effort.iterations else 1.0
        if self.effort.is_counted:
            return by_count
        whole_s = self.effort.until_s - self.begun_s
        passed_s = self.effort.clock() - self.begun_s
        return max(by_count, passed_s / whole_s if whole_s > 0 else 1.0)

    def chunk(self, share: float) -> int:
        """Return how many steps to make next when `share` of the effort is given."""
        left = max(1, self.effort.iterations - self.done)
        if self.effort.is_counted:
            return min(left, max(1, int(CHUNK_SHARE * share * self.effort.iterations)))
        whole_s = self.effort.until_s - self.begun_s
        want_s = min(CHUNK_S, CHUNK_SHARE * share * whole_s, self.effort.left_s())
        return min(left, CHUNK_MAX, max(1, int(want_s / self.pace_s)))

    def walk(
        self, net: Net, state: State, share: float, heat: float, *, fleet: bool
    ) -> None:
        """Make one chunk of steps."""
        begun_s = self.effort.clock()
        away = AWAY_MAX if len(net.pick) < LARGE else AWAY_MAX_LARGE
        made = walk(net, state, self.chunk(share), float(heat), fleet, away)
        self.done += made
        if not self.effort.is_counted:
            self.pace_s = max(1e-7, (self.effort.clock() - begun_s) / made)


def first_plan(prepared: Prepared, given: Routes, seed: int) -> State:
    """Return the state in which all others are put where they are cheapest."""
    state = state_of(prepared.net, prepared.home, given, seed=seed)
    fill(prepared.net, state)
    return state


def improve(prepared: Prepared, state: State, seed: int, effort: Effort) -> Routes:
    """Return the best routes, by courier, that the effort finds from this state on."""
    clock = Clock(effort=effort, begun_s=effort.clock())
    prepared = replace(prepared, net=deepened(prepared.net))
    routes = best_routes(state)
    chosen = np.arange(len(routes))
    is_fleet_first = _is_fleet_first(prepared.net, state)
    if is_fleet_first:
        routes, used = _fewer(prepared, state, seed, clock)
        # One more never pays, but another one may: of equal couriers it can't.
        chosen = used if len(np.unique(prepared.net.twin)) == 1 else chosen
    net, home = of_couriers(prepared.net, chosen), prepared.home[chosen]
    routes = _cheaper(net, home, [routes[r] for r in chosen], seed, clock)
    every: Routes = [[] for _ in prepared.home]
    for r, nodes in zip(chosen, routes, strict=True):
        every[r] = nodes
    return every


def _is_fleet_first(net: Net, state: State) -> bool:
    """Whether one route more costs more than all ways, and less than leaving out."""
    absent = state.bank[: state.counts[BANK]]
    if not len(net.pick) or (net.fit[absent].min(axis=1) >= NOBODY).any():
        return False
    used = state.length > 0
    ways = state.sums[TOTAL] - net.veh[used, FIXED].sum()
    fixed = net.veh[:, FIXED].min()
    return bool(fixed > ways and net.out.min() > fixed)


def _fewer(
    prepared: Prepared, state: State, seed: int, clock: Clock
) -> tuple[Routes, Ints]:
    """Return routes of as few couriers as found, and who they are."""
    net = prepared.net
    weight = state.weight
    share = FLEET_SHARE if len(weight) < LARGE else FLEET_SHARE_LARGE
    heat = FLEET_HEAT * float(net.cost[0][:-1, :-1].mean())
    while state.counts[BANK] and clock.spent() < share:
        clock.walk(net, state, share, heat, fleet=True)
    if state.counts[BANK]:
        return best_routes(state), np.arange(len(state.length))
    routes = routes_now(state)
    chosen = np.array([r for r, nodes in enumerate(routes) if nodes])
    while len(chosen) > 1 and clock.spent() < share:
        dropped = min(chosen, key=lambda r: _absence(net, weight, routes[r]))
        fewer = chosen[chosen != dropped]
        part, home = of_couriers(net, fewer), prepared.home[fewer]
        seed += 1
        trial = state_of(
            part, home, [routes[r] for r in fewer], seed=seed, weight=weight
        )
        fill(part, trial)
        while trial.counts[BANK] and clock.spent() < share:
            clock.walk(part, trial, share, heat, fleet=True)
        if trial.counts[BANK]:
            break
        routes = [[] for _ in routes]
        for r, nodes in zip(fewer, routes_now(trial), strict=True):
            routes[r] = nodes
        chosen = np.array([r for r, nodes in enumerate(routes) if nodes])
    return routes, chosen


def _absence(net: Net, weight: Floats, nodes: list[int]) -> float:
    return float(sum(weight[net.owner[node]] for node in nodes))


def _average_fine(net: Net, state: State) -> float:
    """Return what carrying costs by request, or leaving out where nobody is carried."""
    carried = len(net.pick) - int(state.counts[BANK])
    if not carried:
        return float(net.out[net.out < NOBODY].mean()) if net.must.min() == 0 else 1.0
    fixed = net.veh[state.length > 0, FIXED].sum()
    return float(state.sums[TOTAL] - fixed) / carried


def _cheaper(net: Net, home: Ints, routes: Routes, seed: int, clock: Clock) -> Routes:
    """Anneal from these routes on; return the cheapest ones met."""
    state = state_of(net, home, routes, seed=seed)
    fill(net, state)
    begun = min(clock.spent(), 1.0)
    average = max(1.0, _average_fine(net, state))
    state.sums[WEIGHT] = WEIGHT_FIRST * average
    state.sums[WEIGHT_MAX] = WEIGHT_MOST * average
    while (spent := clock.spent()) < 1.0:
        cooled = (spent - begun) / (1.0 - begun)
        heat = average * HEAT_FIRST * (HEAT_LAST / HEAT_FIRST) ** cooled
        state.weight[:] /= state.weight.mean()
        state.sums[WEIGHT_MIN] = 2.0 * heat
        clock.walk(net, state, 1.0 - begun, heat, fleet=False)
    return best_routes(state)
