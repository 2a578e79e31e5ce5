"""Ruin and recreate: adjacent strings of stops are taken out and put back better.

After Christiaens & Vanden Berghe (2020), doi:10.1287/trsc.2019.0914: strings of
neighbouring stops, several routes at once, insertion in one of several orders with
now and then a blind eye. What is left out stays in a bank that may seed the next ruin.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from routing.couriers.insertion import (
    Plan,
    bank,
    cheapest,
    regret_insert,
    with_shipment,
)
from routing.couriers.model import NEVER, Model
from routing.couriers.tour import Tours

STRING_MAX: Final = 10
REMOVED_MEAN: Final = 8
BLINK: Final = 0.02
REGRET_SHARE: Final = 0.15
BANK_SEED_SHARE: Final = 0.5
WARM: Final = 0.1  # temperature at the start, as a share of a shipment's mean price
COLD: Final = 0.001
TRIES_PER_ITERATION: Final = 100


def near(model: Model) -> tuple[tuple[int, ...], ...]:
    """Return, by shipment, all shipments by nearness of their ends, itself first."""
    if not model.vehicles:
        return tuple((i,) for i in range(len(model.due_s)))
    seconds = np.array(model.vehicles[0].seconds)
    drops = np.array(model.place[1::2], dtype=np.int64)
    picks = np.array(model.place[0::2], dtype=np.int64)
    apart = seconds[np.ix_(drops, drops)] + seconds[np.ix_(picks, picks)] // 4
    np.fill_diagonal(apart, -1)
    order = np.argsort(apart, axis=1, kind="stable")
    return tuple(tuple(int(j) for j in row) for row in order)


def improve(tours: Tours, plan: Plan, *, seed: int, iterations: int) -> Plan:
    """Return the cheapest plan met on an annealed walk of so many steps.

    Where tours are long a step is dear: then fewer steps are made.
    """
    model = tours.model
    rng = np.random.default_rng(seed)
    neighbours = near(model)
    best = current = plan
    best_fine = current_fine = plan_fine(model, plan)
    movable = [i for i in range(len(model.due_s)) if not _is_fixed(model, i)]
    if not movable or not model.vehicles:
        return plan
    mean_fine = max(1, sum(tour.fine for tour in plan)) / max(1, len(movable))
    begun, tries_max = tours.effort.tried, iterations * TRIES_PER_ITERATION
    for iteration in range(iterations):
        spent = (tours.effort.tried - begun) / tries_max
        if spent >= 1:
            break
        share = max(spent, iteration / iterations)
        heat = mean_fine * WARM * (COLD / WARM) ** share
        limit = current_fine - heat * math.log(1.0 - rng.random())
        candidate = _step(tours, current, movable, neighbours, rng)
        fine = plan_fine(model, candidate)
        if fine <= limit:
            current, current_fine = candidate, fine
            if fine < best_fine:
                best, best_fine = candidate, fine
    return best


def plan_fine(model: Model, plan: Plan) -> int:
    """Return the price of the plan, those left out included."""
    return sum(tour.fine for tour in plan) + sum(
        model.left_out_fine[i] for i in bank(model, plan)
    )


def _is_fixed(model: Model, shipment: int) -> bool:
    return any(v.first is not None and v.first >> 1 == shipment for v in model.vehicles)


def _step(
    tours: Tours,
    plan: Plan,
    movable: Sequence[int],
    neighbours: Sequence[Sequence[int]],
    rng: np.random.Generator,
) -> Plan:
    waiting = [i for i in bank(tours.model, plan) if i in set(movable)]
    seeds = waiting if waiting and rng.random() < BANK_SEED_SHARE else movable
    seed = seeds[int(rng.random() * len(seeds))]
    ruined, removed = _ruin(tours, plan, neighbours[seed], set(movable), rng)
    return _recreate(tours, ruined, [*removed, *waiting], rng)


def _ruin(
    tours: Tours,
    plan: Plan,
    order: Sequence[int],
    movable: set[int],
    rng: np.random.Generator,
) -> tuple[Plan, list[int]]:
    used = [len(tour.stops) for tour in plan if tour.stops]
    if not used:
        return plan, []
    length_max = min(STRING_MAX, sum(used) / len(used))
    strings = int(rng.random() * (4 * REMOVED_MEAN / (1 + length_max) - 1) + 1)
    vehicle_of = {s >> 1: tour.vehicle for tour in plan for s in tour.stops}
    removed: list[int] = []
    touched: set[int] = set()
    for shipment in order:
        if len(touched) >= strings:
            break
        vehicle = vehicle_of.get(shipment)
        if vehicle is None or vehicle in touched or shipment not in movable:
            continue
        length = int(rng.random() * min(len(plan[vehicle].stops), length_max) + 1)
        gone = _string(plan[vehicle].stops, shipment, length, rng) & movable
        rest = tuple(s for s in plan[vehicle].stops if s >> 1 not in gone)
        shorter = tours.get(vehicle, rest)
        touched.add(vehicle)
        if shorter is None:
            continue  # without the triangle inequality a shorter tour may be late
        plan = (*plan[:vehicle], shorter, *plan[vehicle + 1 :])
        removed += sorted(gone)
    return plan, removed


def _string(
    stops: Sequence[int], shipment: int, length: int, rng: np.random.Generator
) -> set[int]:
    """Return the shipments of `length` adjacent stops, one of them the shipment's."""
    here = [i for i, stop in enumerate(stops) if stop >> 1 == shipment]
    at = here[int(rng.random() * len(here))]
    lowest, highest = max(0, at - length + 1), min(at, len(stops) - length)
    start = lowest + int(rng.random() * (highest - lowest + 1))
    return {stop >> 1 for stop in stops[start : start + length]} | {shipment}


def _recreate(
    tours: Tours, plan: Plan, shipments: Sequence[int], rng: np.random.Generator
) -> Plan:
    model = tours.model
    if rng.random() < REGRET_SHARE:
        return regret_insert(tours, plan, shipments)
    for shipment in _ordered(model, shipments, rng):
        blind = [v for v in model.carriers[shipment] if rng.random() < BLINK]
        found = cheapest(model, plan, shipment, blind)
        if found is None and blind:
            found = cheapest(model, plan, shipment)
        if found and found[1].extra_fine < model.left_out_fine[shipment]:
            plan = with_shipment(tours, plan, *found)
    return plan


def _ordered(
    model: Model, shipments: Sequence[int], rng: np.random.Generator
) -> list[int]:
    draw = rng.random()
    if draw < 0.3:
        noise = rng.random(len(shipments))
        return [shipments[i] for i in np.argsort(noise)]
    if draw < 0.5:
        return sorted(shipments, key=lambda i: (-model.left_out_fine[i], i))
    if draw < 0.75:
        deadline_s = [
            min(h, s) for h, s in zip(model.hard_s, model.soft_s, strict=True)
        ]
        return sorted(shipments, key=lambda i: (min(deadline_s[i], NEVER), i))
    if draw < 0.9:
        return sorted(shipments, key=lambda i: (model.earliest_s[2 * i], i))
    return sorted(shipments, key=lambda i: (-model.pieces[2 * i], i))
