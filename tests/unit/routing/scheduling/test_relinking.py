"""Between two schedules of a shop lies a schedule, with all that both agree on."""

import itertools

import numpy as np
import pytest

from routing.effort import Effort
from routing.scheduling.relinking import Sequences, apart, between, by_chance
from routing.scheduling.shop import Shop
from routing.scheduling.tabu import Walk, tabu_schedule
from tests.unit.routing.scheduling.test_tabu import job_shop, shop_in


def _walked(shop: Shop, seed: int) -> Sequences:
    """A schedule that a few moves from one of chance lead to."""
    walk = Walk(shop, seed=seed)
    walk.begin(by_chance(shop, np.random.default_rng(seed)))
    walk.go(20, least_s=0)
    return walk.best()


@pytest.mark.parametrize("seed", range(20))
def test_the_one_between_keeps_what_both_have(seed: int) -> None:
    shop = shop_in(job_shop(seed, jobs=8, tasks=6))
    one, other = _walked(shop, 1), _walked(shop, 2)
    middle = between(one, other, np.random.default_rng(seed))
    agreed = one.machine_of == other.machine_of
    assert (middle.machine_of[agreed] == one.machine_of[agreed]).all()
    assert (
        (middle.machine_of == one.machine_of) | (middle.machine_of == other.machine_of)
    ).all()
    for u, v in itertools.permutations(range(shop.job_of.size), 2):
        if one.start_s[u] < one.start_s[v] and other.start_s[u] < other.start_s[v]:
            assert middle.start_s[u] < middle.start_s[v]  # so jobs keep their sequence


@pytest.mark.parametrize("seed", range(20))
def test_one_of_chance_keeps_the_jobs_and_uses_machines_that_can(seed: int) -> None:
    shop = shop_in(job_shop(seed, jobs=8, tasks=6))
    found = by_chance(shop, np.random.default_rng(seed))
    assert (shop.duration_s[np.arange(shop.job_of.size), found.machine_of] > 0).all()
    for v in range(1, shop.job_of.size):
        if shop.job_of[v] == shop.job_of[v - 1]:
            assert found.start_s[v - 1] <= found.start_s[v]


def test_apart_counts_who_has_another_before_it() -> None:
    """Of a, b, c on one machine c goes ahead of b: they have others before them."""
    one = _on_one_machine([0, 10, 20])
    assert apart(one, one) == 0
    assert apart(one, _on_one_machine([5, 15, 25])) == 0
    assert apart(one, _on_one_machine([0, 20, 10])) == 2
    assert apart(one, _on_one_machine([0, 10, 20], machine=1)) == 1


def _on_one_machine(starts_s: list[int], machine: int = 0) -> Sequences:
    return Sequences(
        machine_of=np.full(len(starts_s), machine),
        start_s=np.array(starts_s),
        makespan_s=max(starts_s),
    )


def test_walks_from_between_others_are_repeatable_and_go_on_to_the_end() -> None:
    """Enough moves for the elite to be full, so that walks begin between schedules."""
    shop = shop_in(job_shop(3, jobs=10, tasks=6))
    effort = Effort(iterations=60_000)
    one, again = (tabu_schedule(shop, seed=1, effort=effort) for _ in range(2))
    assert one.makespan_s == again.makespan_s
    assert (one.start_s == again.start_s).all()
    assert (one.machine_of == again.machine_of).all()


def test_a_walk_is_the_same_in_one_piece_and_in_many() -> None:
    """But for tabu lists nothing is kept between two calls that a walk could lose."""
    shop = shop_in(job_shop(5, jobs=10, tasks=6))
    whole, pieces = Walk(shop, seed=4), Walk(shop, seed=4)
    whole.go(300, least_s=0)
    for _ in range(100):
        pieces.go(3, least_s=0)
    assert (whole.best().start_s == pieces.best().start_s).all()
