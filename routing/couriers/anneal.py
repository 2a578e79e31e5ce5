"""One walk: an effort cut into chunks, and the annealing that it is spent on."""

from dataclasses import dataclass

from routing.couriers.kernels.groups import (
    BANK,
    BEST,
    TOTAL,
    WEIGHT,
    WEIGHT_MAX,
    WEIGHT_MIN,
    Net,
    State,
)
from routing.couriers.kernels.layout import FIXED, NOBODY, Ints
from routing.couriers.kernels.search import fill, walk
from routing.couriers.pool import Pool, Routes
from routing.couriers.state import best_routes, state_of
from routing.effort import Effort

LARGE = 200  # requests; from here on fleets are hard and walks go astray sooner
AWAY_MAX, AWAY_MAX_LARGE = 4_000, 500
HEAT_FIRST, HEAT_LAST = 0.1, 0.001  # of the average price of carrying a request
WEIGHT_FIRST, WEIGHT_MOST = 10.0, 100.0  # of it too
CHUNK_SHARE = 0.02
CHUNK_S = 0.05
CHUNK_MAX = 20_000
STEP_S = 1e-5
POOLED = 0.1  # chunks of a walk whose routes are kept, in usual ones
POOLED_FROM = 0.4  # of a walk; before, its routes are too dear to be chosen


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
        whole_s = self.whole_s()
        passed_s = self.effort.clock() - self.begun_s
        return max(by_count, passed_s / whole_s if whole_s > 0 else 1.0)

    def whole_s(self) -> float:
        """Return the effort in seconds; of a counted one what is usual."""
        if self.effort.is_counted:
            return STEP_S * self.effort.iterations
        return self.effort.until_s - self.begun_s

    def steps(self, share: float) -> float:
        """Return how many steps a share of the effort is, as far as is known yet."""
        if self.effort.is_counted:
            return share * self.effort.iterations
        return min(self.effort.iterations, share * self.whole_s() / self.pace_s)

    def chunk(self, share: float) -> int:
        """Return how many steps to make next when `share` of the effort is given."""
        left = max(1, self.effort.iterations - self.done)
        if self.effort.is_counted:
            return min(left, max(1, int(CHUNK_SHARE * share * self.effort.iterations)))
        want_s = min(CHUNK_S, CHUNK_SHARE * share * self.whole_s())
        want_s = min(want_s, self.effort.left_s())
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


def anneal(
    net: Net,
    home: Ints,
    routes: Routes,
    seed: int,
    clock: Clock,
    *,
    until: float = 1.0,
    heat: float = HEAT_FIRST,
    last: float = HEAT_LAST,
    pool: Pool | None = None,
) -> tuple[Routes, float]:
    """Return the cheapest routes met from these on, and their price.

    Ends at `until` of the effort; `heat` as the constants. `pool` takes in the routes
    on the way.
    """
    state = state_of(net, home, routes, seed=seed)
    fill(net, state)
    begun = min(clock.spent(), until)
    share = until - begun if pool is None else POOLED * (until - begun)
    average = max(1.0, average_fine(net, state))
    state.sums[WEIGHT] = WEIGHT_FIRST * average
    state.sums[WEIGHT_MAX] = WEIGHT_MOST * average
    seen: dict[int, int] = {}
    while (spent := clock.spent()) < until:
        cooled = (spent - begun) / (until - begun)
        now = average * heat * (last / heat) ** cooled
        state.weight[:] /= state.weight.mean()
        state.sums[WEIGHT_MIN] = 2.0 * now
        clock.walk(net, state, share, now, fleet=False)
        if pool is not None and cooled > POOLED_FROM:
            pool.add(state, seen)
    best = best_routes(state)
    if pool is not None:
        pool.add(planned(net, home, best), {})
    return best, float(state.sums[BEST])


def planned(net: Net, home: Ints, routes: Routes) -> State:
    """Return the state with these routes; who is missing is put where it is cheapest."""
    state = state_of(net, home, routes, seed=0)
    fill(net, state)
    return state


def average_fine(net: Net, state: State) -> float:
    """Return what carrying costs by request, or leaving out where nobody is carried."""
    carried = len(net.pick) - int(state.counts[BANK])
    if not carried:
        return float(net.out[net.out < NOBODY].mean()) if net.must.min() == 0 else 1.0
    fixed = net.veh[state.length > 0, FIXED].sum()
    return float(state.sums[TOTAL] - fixed) / carried
