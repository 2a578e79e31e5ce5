"""Cells on any ground: each lab, order and courier in one, and they hardly move."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.cells import (
    FIRST,
    Grouping,
    Lab,
    OpenOrder,
    are_few,
    group,
    halo,
    is_crowded,
    share_out,
)
from routing.errors import InvalidProblemError
from routing.travel.matrix import Table

SMALL = Grouping(orders_max=10, labs_min=2, labs_max=7, halo_s=300, halo_max=3)
SPOT = st.tuples(st.integers(0, 1_000), st.integers(0, 1_000))
type Town = list[tuple[Lab, tuple[int, int]]]


@st.composite
def towns(draw: st.DrawFn, least: int = 0) -> Town:
    """Labs with what is made there, each at a spot of its own or of others."""
    spots = draw(st.lists(SPOT, min_size=least, max_size=14))
    return [
        (Lab(id=f"lab-{i:02}", orders=draw(st.integers(0, 12))), spot)
        for i, spot in enumerate(spots)
    ]


def travel(town: Town) -> Table:
    """Along the streets of a chequered town; westwards it is uphill."""
    spots = np.array([spot for _, spot in town], dtype=np.int64).reshape(-1, 2)
    step = spots[:, None, :] - spots[None, :, :]
    seconds: Table = np.abs(step).sum(axis=2) + np.maximum(step[:, :, 0], 0)
    return seconds


def drawn(town: Town, before: dict[str, str] | None = None) -> dict[str, str]:
    labs = [lab for lab, _ in town]
    return group(labs, travel(town), before or {}, grouping=SMALL)


def crowded(town: Town, cells: dict[str, str]) -> list[str]:
    return [
        cell
        for cell in set(cells.values())
        if is_crowded(
            sum(other == cell for other in cells.values()),
            sum(lab.orders for lab, _ in town if cells[lab.id] == cell),
            SMALL,
        )
    ]


@given(towns())
def test_every_lab_is_in_one_cell_and_no_cell_is_crowded(town: Town) -> None:
    cells = drawn(town)
    assert sorted(cells) == [lab.id for lab, _ in town]
    assert crowded(town, cells) == []
    assert not cells or FIRST in cells.values()
    assert few_neighbours(town, cells) == []
    if len(set(cells.values())) > 1:
        sizes = [list(cells.values()).count(cell) for cell in set(cells.values())]
        assert min(sizes) >= SMALL.labs_min


@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_the_labs_does_not_matter(town: Town, draw: object) -> None:
    shuffled = list(town)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert drawn(shuffled) == drawn(town)


@given(towns())
def test_what_is_drawn_stays(town: Town) -> None:
    cells = drawn(town)
    assert drawn(town, cells) == cells


def few_neighbours(town: Town, cells: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of cells that should be one."""
    apart = np.maximum(travel(town), travel(town).T)
    own = {
        cell: [i for i, (lab, _) in enumerate(town) if cells[lab.id] == cell]
        for cell in sorted(set(cells.values()))
    }
    return [
        (one, other)
        for one, other in combinations(own, 2)
        if apart[np.ix_(own[one], own[other])].min() <= SMALL.halo_s
        and are_few(
            len(own[one] + own[other]),
            sum(town[i][0].orders for i in own[one] + own[other]),
            SMALL,
        )
    ]


def only_merged(before: dict[str, str], after: dict[str, str]) -> bool:
    """Whether labs that were together still are: no border is new."""
    return all(
        after[one] == after[other]
        for one, other in combinations(before.keys() & after.keys(), 2)
        if before[one] == before[other]
    )


@given(towns(least=1), st.data())
def test_a_lab_that_goes_draws_no_new_border(town: Town, data: st.DataObject) -> None:
    cells = drawn(town)
    gone = data.draw(st.sampled_from([lab.id for lab, _ in town]))
    left = [(lab, spot) for lab, spot in town if lab.id != gone]
    after = drawn(left, cells)
    assert only_merged(cells, after)
    if few_neighbours(left, {name: cells[name] for name in after}) == []:
        assert after == {name: cells[name] for name in cells if name != gone}


@given(towns(least=1), SPOT, st.integers(0, 12))
def test_a_lab_that_comes_goes_to_the_nearest_and_moves_no_other_cell(
    town: Town, spot: tuple[int, int], orders: int
) -> None:
    cells = drawn(town)
    more: Town = [*town, (Lab(id="new", orders=orders), spot)]
    grown = drawn(more, cells)
    apart = np.maximum(travel(more), travel(more).T)[-1, :-1]
    near = min(range(len(town)), key=lambda i: (apart[i], town[i][0].id))
    joined = cells[town[near][0].id]
    assert crowded(more, grown) == []
    assert few_neighbours(more, grown) == []
    elsewhere = {name: cell for name, cell in cells.items() if cell != joined}
    assert only_merged(elsewhere, grown)
    assert set(grown.values()) >= {FIRST}
    if crowded(more, {**cells, "new": joined}) == []:
        assert only_merged({**cells, "new": joined}, grown)
        if few_neighbours(more, {**cells, "new": joined}) == []:
            assert grown == {**cells, "new": joined}


@given(towns(), towns())
def test_when_work_goes_neighbours_are_merged(town: Town, later: Town) -> None:
    """Whatever happens to the orders: nobody is crowded, and no few have a border."""
    cells = drawn(town)
    loads = [lab.orders for lab, _ in later] + [0] * len(town)
    town = [
        (replace(lab, orders=count), spot)
        for (lab, spot), count in zip(town, loads, strict=False)
    ]
    after = drawn(town, cells)
    assert sorted(after) == sorted(cells)
    assert few_neighbours(town, after) == []
    assert crowded(town, after) == []
    if crowded(town, cells) == []:
        assert only_merged(cells, after)
        assert set(after.values()) <= set(cells.values())


@given(towns(), st.lists(st.lists(st.integers(90, 110), min_size=14, max_size=14)))
def test_a_tenth_more_or_less_work_never_brings_a_border_back(
    town: Town, percents: list[list[int]]
) -> None:
    """Each lab ten times busier, so that a tenth of it is a number of orders."""
    large = replace(SMALL, orders_max=10 * SMALL.orders_max)
    labs, seconds = [lab for lab, _ in town], travel(town)
    cells, seen = dict[str, str](), list[dict[str, str]]()
    for percent in [[100] * len(labs), *percents]:
        busy = [
            replace(lab, orders=lab.orders * percent[i] // 10)
            for i, lab in enumerate(labs)
        ]
        after = group(
            busy,
            seconds,
            cells,
            names_used=[name for one in seen for name in one.values()],
            grouping=large,
        )
        assert after == cells or after not in seen
        seen.append(cells)
        cells = after


@given(towns(least=4))
def test_a_name_is_never_given_to_another_cell(town: Town) -> None:
    busy = [(replace(lab, orders=12), spot) for lab, spot in town]
    cells = group(
        [lab for lab, _ in busy],
        travel(busy),
        {lab.id: FIRST for lab, _ in busy},
        names_used=["cell-2", "cell-7"],
        grouping=SMALL,
    )
    assert {"cell-2", "cell-7"} & set(cells.values()) == set()
    assert FIRST in cells.values()


@given(towns(least=1))
def test_a_halo_is_near_and_of_others(town: Town) -> None:
    cells = drawn(town)
    labs, seconds = [lab for lab, _ in town], travel(town)
    apart = np.maximum(seconds, seconds.T)
    at = {lab.id: i for i, lab in enumerate(labs)}
    for cell in set(cells.values()):
        own = [at[name] for name in cells if cells[name] == cell]
        near = halo(labs, seconds, cells, cell, grouping=SMALL)
        away = [int(apart[own, at[name]].min()) for name in near]
        assert away == sorted(away)
        assert all(cells[name] != cell for name in near)
        others = [name for name in cells if cells[name] != cell and name not in near]
        if len(near) < SMALL.halo_max:
            assert all(apart[own, at[name]].min() > SMALL.halo_s for name in others)
        else:
            assert all(apart[own, at[name]].min() >= away[-1] for name in others)


@given(towns(least=1), st.data())
def test_every_order_and_courier_is_in_one_cell_and_routes_are_whole(
    town: Town, data: st.DataObject
) -> None:
    cells = drawn(town)
    lab = st.sampled_from([lab.id for lab, _ in town])
    metres = st.fixed_dictionaries(
        {cell: st.integers(0, 9) for cell in sorted(set(cells.values()))}
    )
    couriers = data.draw(
        st.dictionaries(st.sampled_from(["ann", "ben", "cem", "dia", "eve"]), metres)
    )
    bearer = st.sampled_from([*couriers, None, "of another cell"])
    orders = [
        OpenOrder(id=f"order-{i}", lab=name, courier=courier)
        for i, (name, courier) in enumerate(
            data.draw(st.lists(st.tuples(lab, bearer), max_size=20))
        )
    ]
    of_orders, of_couriers = share_out(orders, couriers, cells)
    assert set(of_orders) == {order.id for order in orders}
    assert set(of_couriers) == set(couriers)
    assert {*of_orders.values(), *of_couriers.values()} <= set(cells.values())
    for order in orders:
        where = of_couriers.get(order.courier or "", cells[order.lab])
        assert of_orders[order.id] == where


@given(
    st.lists(st.sampled_from(["cell-1", "cell-2", "cell-3"]), min_size=1, max_size=30),
    st.integers(0, 12),
)
def test_idle_couriers_are_dealt_by_what_is_made(
    made_in: list[str], count: int
) -> None:
    """No cell is a whole courier short of its share: even where all stand in one."""
    cells = {"a": "cell-1", "b": "cell-2", "c": "cell-3"}
    lab_of = {cell: lab for lab, cell in cells.items()}
    orders = [
        OpenOrder(id=f"order-{i}", lab=lab_of[cell]) for i, cell in enumerate(made_in)
    ]
    away = {f"c{i:02}": {"cell-1": 0, "cell-2": 5, "cell-3": 9} for i in range(count)}
    _, of_couriers = share_out(orders, away, cells)
    for cell in cells.values():
        here = list(of_couriers.values()).count(cell)
        share = count * made_in.count(cell) / len(made_in)
        assert abs(here - share) < 1


def test_what_contradicts_itself_is_refused() -> None:
    one = np.zeros((1, 1), dtype=np.int64)
    two = np.zeros((2, 2), dtype=np.int64)
    with pytest.raises(InvalidProblemError, match="twice"):
        group([Lab(id="a"), Lab(id="a")], two, {})
    with pytest.raises(InvalidProblemError, match="travel between 2 labs"):
        group([Lab(id="a"), Lab(id="b")], one, {})
