"""Schedules between two others, and schedules of chance, as starts of a walk.

Path relinking (Peng, Lü and Cheng 2015, doi:10.1016/j.cor.2014.08.006; González, Vela
and Varela 2015, doi:10.1016/j.ejor.2015.03.043) without its repairs: a mean of two
schedules' starts is a sequence without circle, and keeps every order that both have.
"""

from dataclasses import dataclass

import numpy as np

from routing.scheduling.shop import Ints, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequences:
    """A schedule of a shop: `machine_of` and `start_s` (n,), and its last end.

    Of one that is yet to be walked the starts are an order alone.
    """

    machine_of: Ints
    start_s: Ints
    makespan_s: int


def between(one: Sequences, other: Sequences, rng: np.random.Generator) -> Sequences:
    """Return a schedule somewhere between the two, yet to be walked."""
    percent = int(rng.integers(30, 71))
    is_others = rng.integers(100, size=one.start_s.size) < percent
    return Sequences(
        machine_of=np.where(is_others, other.machine_of, one.machine_of),
        start_s=(100 - percent) * one.start_s + percent * other.start_s,
        makespan_s=0,
    )


def by_chance(shop: Shop, rng: np.random.Generator) -> Sequences:
    """Return a schedule of chance, the faster machine the likelier, yet to be walked."""
    count = shop.job_of.size
    lengths = shop.duration_s * rng.uniform(1, 2, shop.duration_s.shape)
    chances = rng.integers(1 << 30, size=count)
    # Rising within each job, as jobs are numbered one after the other.
    rising = chances[np.lexsort((chances, shop.job_of))]
    return Sequences(
        machine_of=np.where(shop.duration_s < 0, np.inf, lengths).argmin(1),
        start_s=rising,
        makespan_s=0,
    )


def apart(one: Sequences, other: Sequences) -> int:
    """Return how many operations have another one before them, or are first elsewhere."""
    return int(np.count_nonzero(_neighbours(one) != _neighbours(other)))


def _neighbours(schedule: Sequences) -> Ints:
    """Return who is before each operation on its machine, its machine where nobody is."""
    order = np.lexsort((schedule.start_s, schedule.machine_of))
    machines = schedule.machine_of[order]
    before = np.empty_like(order)
    is_first = np.diff(machines, prepend=-1) != 0
    before[order] = np.where(is_first, -1 - machines, np.roll(order, 1))
    return before
