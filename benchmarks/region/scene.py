"""A day's orders for a region: what is assumed, in one place.

- Roads: OpenStreetMap, cargo bicycles and vans. Every lab, courier and shop lies at an
  address drawn evenly from the streets.
- Labs: the machine parks of real labs (fablabs.io). None of them stands in the two
  extracts, so that parks are drawn and put at drawn addresses: a lab for each 16
  orders, at least 4. A lab's rates are the project's own defaults per process, times
  0.8 to 1.2; a machine's times are those of the step, times 0.8 to 1.3. Open 8 to 20.
- Couriers: one for each 12 orders, at least 3, every fourth a van, at the project's
  default rates; half work 8 to 14, half 12 to 20; paid from leaving for the first stop.
- Orders: one step (print 50 %, laser 20 %, mill 10 %, vinyl 10 %) or a print and then
  a laser cut in the same lab (10 %). Print 1 to 3 h, mill 30 to 90 min, laser 10 to 40,
  vinyl 10 to 30. Wanted between 10:30 and 19:00, at the latest 2 h later; half of them
  not earlier than 2 h before that. 1 to 6 pieces of 50 to 800 g. Left out: 100.00.
- Weights: the planner's defaults (lateness 5 cents a minute).

Times are seconds after 8:00.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.region.ground import Ground, ground
from benchmarks.region.parks import Park, Process, parks
from routing.joint.problem import (
    Courier,
    Fab,
    JointProblem,
    Machine,
    Mode,
    Order,
    Profile,
    Task,
)

HOUR_S = 3_600
DAY_S = 12 * HOUR_S
ADDRESSES = 800
LEFT_OUT_CENTS = 10_000
HOURLY_CENTS = {
    Process.PRINT: 250,
    Process.LASER: 1_500,
    Process.MILL: 1_800,
    Process.VINYL: 600,
}
MINUTES = {
    Process.PRINT: (60, 180),
    Process.LASER: (10, 40),
    Process.MILL: (30, 90),
    Process.VINYL: (10, 30),
}
STEPS: tuple[tuple[tuple[Process, ...], float], ...] = (
    ((Process.PRINT,), 0.5),
    ((Process.LASER,), 0.2),
    ((Process.MILL,), 0.1),
    ((Process.VINYL,), 0.1),
    ((Process.PRINT, Process.LASER), 0.1),
)
BIKE = (Profile.CARGO_BIKE, 60, 80_000, 20, 1_800)
VAN = (Profile.VAN, 300, 600_000, 60, 2_200)
SHIFTS = ((0, 6 * HOUR_S), (4 * HOUR_S, DAY_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shop:
    """A lab that stands: its machines with what they do, how fast, at what rate."""

    fab: Fab
    machines: tuple[tuple[Machine, Process, float, float], ...]


def scene(name: str, orders: int, seed: int, *, more: int = 0) -> JointProblem:
    """Return a day of `orders` orders; the same arguments, the same day.

    `more`: orders beyond what the labs and couriers are there for; they come last.
    """
    draw = np.random.default_rng([seed, orders, len(name)])
    streets = ground(name, ADDRESSES)
    shops = _shops(draw, streets, max(4, orders // 16))
    couriers = tuple(
        _courier(draw, streets, i) for i in range(max(3, round(orders / 12)))
    )
    all_orders: list[Order] = []
    tasks: list[Task] = []
    for i in range(orders + more):
        order, own = _order(draw, streets, shops, i)
        all_orders.append(order)
        tasks += own
    return JointProblem(
        fabs=tuple(shop.fab for shop in shops),
        machines=tuple(each[0] for shop in shops for each in shop.machines),
        orders=tuple(all_orders),
        tasks=tuple(tasks),
        couriers=couriers,
        matrices=streets.matrices,
    )


def _shops(draw: np.random.Generator, streets: Ground, count: int) -> list[_Shop]:
    """Draw parks until every process is there at least twice."""
    known = parks()
    while True:
        drawn = [known[i] for i in draw.choice(len(known), count, replace=False)]
        labs_of = {
            process: sum(
                process in dict(map(reversed, park.machines)) for park in drawn
            )
            for process in Process
        }
        if min(labs_of.values()) >= 2:
            return [_shop(draw, streets, park, i) for i, park in enumerate(drawn)]


def _shop(draw: np.random.Generator, streets: Ground, park: Park, number: int) -> _Shop:
    fab = Fab(
        id=f"lab{number}",
        place=int(draw.integers(streets.count)),
        pickup_service_s=120,
        name=park.lab,
    )
    dear = draw.uniform(0.8, 1.2)
    machines = tuple(
        (
            Machine(
                id=f"lab{number}.{i}", fab=fab.id, open_windows=((0, DAY_S),), name=name
            ),
            process,
            float(draw.uniform(0.8, 1.3)),
            float(dear),
        )
        for i, (name, process) in enumerate(park.machines)
    )
    return _Shop(fab=fab, machines=machines)


def _courier(draw: np.random.Generator, streets: Ground, number: int) -> Courier:
    profile, pieces, grams, km_cents, hour_cents = VAN if number % 4 == 3 else BIKE
    return Courier(
        id=f"courier{number}",
        place=int(draw.integers(streets.count)),
        shift=SHIFTS[number % 2],
        capacity_pieces=pieces,
        capacity_grams=grams,
        profile=profile,
        cost_per_km_cents=km_cents,
        cost_per_hour_cents=hour_cents,
    )


def _order(
    draw: np.random.Generator, streets: Ground, shops: Sequence[_Shop], number: int
) -> tuple[Order, list[Task]]:
    kinds, shares = zip(*STEPS, strict=True)
    steps: tuple[Process, ...] = kinds[draw.choice(len(kinds), p=shares)]
    due_s = int(draw.uniform(2.5, 11) * HOUR_S)
    pieces = int(draw.integers(1, 7))
    order = Order(
        id=f"order{number}",
        place=int(draw.integers(streets.count)),
        due_s=due_s,
        deadline_s=due_s + 2 * HOUR_S,
        earliest_s=max(0, due_s - 2 * HOUR_S) if draw.random() < 0.5 else 0,
        left_out_cents=LEFT_OUT_CENTS,
        pieces=pieces,
        grams=int(draw.integers(50, 801)) * pieces,
        service_s=120,
    )
    tasks: list[Task] = []
    for k, process in enumerate(steps):
        length_s = draw.uniform(*MINUTES[process]) * 60
        before = (tasks[-1].id,) if tasks else ()
        modes = _modes(shops, process, float(length_s))
        tasks.append(
            Task(id=f"{order.id}.{k}", order=order.id, modes=modes, after=before)
        )
    return order, tasks


def _modes(
    shops: Sequence[_Shop], process: Process, length_s: float
) -> tuple[Mode, ...]:
    return tuple(
        Mode(
            machine=machine.id,
            duration_s=round(length_s * slow),
            cost_cents=round(length_s * slow / HOUR_S * HOURLY_CENTS[process] * dear),
        )
        for shop in shops
        for machine, does, slow, dear in shop.machines
        if does is process
    )
