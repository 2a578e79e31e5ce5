"""One public instance on its own numbers, and the integers that every solver gets."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SCALE_MAX = 10_000
TIME_MAX = 10**8  # routing.measures.SECONDS_MAX


class CannotExpressError(Exception):
    """A contestant has no words for this kind of problem; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Identical vehicles of one depot. `route_s` bounds a route from start to end."""

    depot: int
    count: int
    capacity: int
    route_s: float


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Nodes known by index; travel time is distance in all sets read here.

    Shapes: `travel` (n, n); `opens`, `closes` (start of service), `service` (n,).
    `demand` (n,) is positive where goods are picked up. `pairs` are (pickup,
    delivery); `drops` are served with goods from the vehicle's own depot.
    """

    name: str
    family: str
    tasks: int
    travel: NDArray[np.float64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]
    service: NDArray[np.float64]
    demand: NDArray[np.int64]
    groups: tuple[Group, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    drops: tuple[int, ...] = ()

    @cached_property
    def scale(self) -> int:
        """Units of a solver's integer in one unit of the instance."""
        values = (self.travel, self.opens, self.closes, self.service)
        if all((value == np.round(value)).all() for value in values):
            return 1
        scale = SCALE_MAX
        while self.closes.max() * scale > TIME_MAX:
            scale //= 10
        return scale


@dataclass(frozen=True, kw_only=True)
class Integers:
    """An instance in whole units: what fits here fits on the doubles too.

    Travel, service and opening are rounded up, closing and the bound of a route
    down. Rounding up keeps the triangle inequality. `vehicle_cost` is more than the
    travel of any plan that visits each node once.
    """

    travel: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    service: NDArray[np.int64]
    route_max: tuple[int | None, ...]
    vehicle_cost: int


def integers_of(instance: Instance, scale: int | None = None) -> Integers:
    """Return what all contestants solve, or the same in coarser units."""
    scale = scale or instance.scale
    travel = np.ceil(instance.travel * scale).astype(np.int64)
    return Integers(
        travel=travel,
        opens=np.ceil(instance.opens * scale).astype(np.int64),
        closes=np.floor(instance.closes * scale).astype(np.int64),
        service=np.ceil(instance.service * scale).astype(np.int64),
        route_max=tuple(
            int(group.route_s * scale) if np.isfinite(group.route_s) else None
            for group in instance.groups
        ),
        vehicle_cost=2 * int(travel.max(axis=1).sum()) + 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One vehicle of `group`: the nodes in order, without the depot."""

    group: int
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A contestant's plan and what it took; None: it cannot tell."""

    tours: tuple[Tour, ...]
    cpu_s: float
    first_plan_s: float | None = None
    thousand_iterations_per_s: float | None = None
