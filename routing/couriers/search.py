"""The phases of a search: a first plan, then fewer couriers, then a lower price."""

from dataclasses import replace

import numpy as np

from routing.couriers.anneal import LARGE, Clock, anneal, planned
from routing.couriers.kernels.groups import BANK, BEST, TOTAL, Net, State
from routing.couriers.kernels.layout import FIXED, NOBODY, Floats, Ints
from routing.couriers.kernels.search import fill
from routing.couriers.net import Prepared, deepened, of_couriers
from routing.couriers.parts import anneal_in_parts
from routing.couriers.pool import Pool, Routes
from routing.couriers.state import best_routes, routes_now, state_of
from routing.effort import Effort

FLEET_SHARE, FLEET_SHARE_LARGE = 0.2, 0.3
FLEET_HEAT = 0.1  # of the average leg between places
STARTS = 4
START_SHARE = 0.14  # of what the fleet has left of the effort
START_STEPS = 80  # for each request; with fewer a walk leads nowhere
CHOICE_AT = 0.93
CHOICE_SHARE = 0.05
LAST_HEAT = 0.01
PARTS_FROM = 300  # requests; below, several walks and their choice find more
PARTS_SHARE = 0.8  # of what the fleet has left of the effort; the rest is for the whole


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
    is_tight = False
    if _is_fleet_first(prepared.net, state):
        routes, used = _fewer(prepared, state, seed, clock)
        # One more never pays, but another one may: of equal couriers it can't.
        is_tight = len(np.unique(prepared.net.twin)) == 1 and len(used) > 1
        chosen = used if is_tight else chosen
    net, home = of_couriers(prepared.net, chosen), prepared.home[chosen]
    routes = [routes[r] for r in chosen]
    steps = clock.steps(START_SHARE * (1.0 - clock.spent()))
    if len(net.pick) >= PARTS_FROM:
        until = clock.spent() + PARTS_SHARE * (1.0 - clock.spent())
        routes = anneal_in_parts(net, home, routes, seed, clock, until=until)
        routes, _ = anneal(net, home, routes, seed, clock, heat=LAST_HEAT)
    elif is_tight and steps >= START_STEPS * len(net.pick):
        routes = _cheapest_of_several(net, home, routes, seed, clock)
    else:
        routes, _ = anneal(net, home, routes, seed, clock)
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
    heat = _fleet_heat(net)
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


def _cheapest_of_several(
    net: Net, home: Ints, routes: Routes, seed: int, clock: Clock
) -> Routes:
    """Walk from several plans with as few couriers, then on from the best of them.

    What fits into few couriers is far apart: no walk gets from one such plan to the
    other. Last comes the choice among the routes of all walks.
    """
    pool = Pool(net=net)
    begun = clock.spent()
    rest = 1.0 - begun
    best, fine = anneal(
        net, home, routes, seed, clock, until=begun + START_SHARE * rest, pool=pool
    )
    for number in range(1, STARTS):
        until = begun + START_SHARE * (number + 1) * rest
        start = _another(net, home, seed + number, clock, until)
        if start is None:
            break
        trial = anneal(net, home, start, seed + number, clock, until=until, pool=pool)
        best, fine = min((best, fine), trial, key=lambda plan: plan[1])
    trial = anneal(net, home, best, seed, clock, until=CHOICE_AT, pool=pool)
    best, fine = min((best, fine), trial, key=lambda plan: plan[1])
    work = CHOICE_SHARE * clock.whole_s()
    chosen = pool.choose(best, fine, seed=seed, work=work, effort=clock.effort)
    if chosen is not None:
        state = planned(net, home, chosen)
        trial = best_routes(state), float(state.sums[BEST])
        best, fine = min((best, fine), trial, key=lambda plan: plan[1])
    trial = anneal(net, home, best, seed, clock, heat=LAST_HEAT)
    return min((best, fine), trial, key=lambda plan: plan[1])[0]


def _another(
    net: Net, home: Ints, seed: int, clock: Clock, until: float
) -> Routes | None:
    """Return another plan for these couriers, None if it takes too long to find."""
    state = state_of(net, home, [[] for _ in home], seed=seed)
    fill(net, state)
    heat = _fleet_heat(net)
    share = until - clock.spent()
    give_up = until - share / 2
    while state.counts[BANK]:
        if clock.spent() >= give_up:
            return None
        clock.walk(net, state, share, heat, fleet=True)
    return routes_now(state)


def _fleet_heat(net: Net) -> float:
    return FLEET_HEAT * float(net.cost[0][:-1, :-1].mean())
