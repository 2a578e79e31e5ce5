"""Judges a plan on the doubles of the instance file; knows no solver."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.couriers.instance import Group, Instance, Tour
from benchmarks.couriers.readers import read

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a plan is worth. `fault` is empty when it keeps every rule."""

    vehicles: int
    distance: float
    fault: str


def judge(path: Path, tours: Sequence[Tour]) -> Verdict:
    """Read the instance anew and check everything that its set demands."""
    instance = read(path)
    driven = [tour for tour in tours if tour.nodes]
    fault = next(_faults(instance, driven), "")
    distance = 0.0
    for tour in driven:
        stops = _with_depot(instance.groups[tour.group], tour)
        distance += sum(
            float(instance.travel[here, there])
            for here, there in itertools.pairwise(stops)
        )
    return Verdict(vehicles=len(driven), distance=distance, fault=fault)


def _faults(instance: Instance, tours: Sequence[Tour]) -> Iterator[str]:
    visits = Counter(node for tour in tours for node in tour.nodes)
    wanted = {*instance.drops} | {node for pair in instance.pairs for node in pair}
    for node in sorted(wanted | set(visits)):
        if visits[node] != (node in wanted):
            yield f"node {node} is visited {visits[node]} times"
    used = Counter(tour.group for tour in tours)
    for number, group in enumerate(instance.groups):
        if used[number] > group.count:
            yield f"{used[number]} vehicles of {group.count} at depot {group.depot}"
    for tour in tours:
        yield from _order(instance, tour)
        yield from _loads(instance, tour)
        yield from _times(instance, tour)


def _order(instance: Instance, tour: Tour) -> Iterator[str]:
    place = {node: index for index, node in enumerate(tour.nodes)}
    for pickup, delivery in instance.pairs:
        if (pickup in place) != (delivery in place):
            yield f"pickup {pickup} and delivery {delivery} are on two vehicles"
        elif pickup in place and place[pickup] > place[delivery]:
            yield f"delivery {delivery} comes before pickup {pickup}"


def _loads(instance: Instance, tour: Tour) -> Iterator[str]:
    capacity = instance.groups[tour.group].capacity
    drops = set(instance.drops)
    load = -sum(int(instance.demand[node]) for node in tour.nodes if node in drops)
    if load > capacity:
        yield f"{load} aboard at the depot, {capacity} fit"
    for node in tour.nodes:
        load += int(instance.demand[node])
        if load > capacity:
            yield f"{load} aboard after node {node}, {capacity} fit"


def _times(instance: Instance, tour: Tour) -> Iterator[str]:
    group = instance.groups[tour.group]
    stops = _with_depot(group, tour)
    begin_s = float(instance.opens[group.depot])
    for here, there in itertools.pairwise(stops):
        begin_s += float(instance.service[here] + instance.travel[here, there])
        begin_s = max(begin_s, float(instance.opens[there]))
        if begin_s > instance.closes[there] + TOLERANCE:
            yield f"node {there} begins at {begin_s:.6f}, closes {instance.closes[there]}"
    # The latest start that still ends as early as this route can end.
    latest_s = begin_s
    for here, there in reversed([*itertools.pairwise(stops)]):
        latest_s -= float(instance.service[here] + instance.travel[here, there])
        latest_s = min(latest_s, float(instance.closes[here]))
    if begin_s - latest_s > group.route_s + TOLERANCE:
        yield f"a route takes {begin_s - latest_s:.6f}, at most {group.route_s}"


def _with_depot(group: Group, tour: Tour) -> list[int]:
    return [group.depot, *tour.nodes, group.depot]
