"""Steps in an order that works: the laws hold for every graph, in whatever order it is told."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalogue.precedence import (
    CircleError,
    all_before,
    in_order,
    without_detours,
)
from orchestrator.catalogue.process import ProcessIn, laid_out, process_of

SIZE_MAX = 12
Graph = list[set[int]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """What each waits for: only ones with a smaller number, so that there is no circle."""
    count = draw(st.integers(1, SIZE_MAX))
    return [
        set(draw(st.lists(st.integers(0, index - 1), max_size=4))) if index else set()
        for index in range(count)
    ]


def shuffled(after: Graph, seed: int) -> tuple[Graph, list[int]]:
    """The same graph told in another order, and where each of it was before."""
    was = list(range(len(after)))
    random.Random(seed).shuffle(was)
    now = {old: new for new, old in enumerate(was)}
    return [{now[one] for one in after[old]} for old in was], was


def reachable(after: Graph, start: int) -> set[int]:
    found: set[int] = set()
    ahead = list(after[start])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += after[one]
    return found


@given(graphs(), st.integers(0, 99))
def test_each_comes_once_and_after_all_that_it_waits_for(
    after: Graph, seed: int
) -> None:
    told, _ = shuffled(after, seed)
    order = in_order(told)
    assert sorted(order) == list(range(len(told)))
    place = {index: number for number, index in enumerate(order)}
    for index, before in enumerate(told):
        assert all(place[one] < place[index] for one in before)


@given(graphs())
def test_what_is_in_order_stays_as_it_was_told(after: Graph) -> None:
    assert in_order(after) == list(range(len(after)))


@given(graphs())
def test_all_before_is_what_can_be_reached(after: Graph) -> None:
    found = all_before(dict(enumerate(after)))
    assert found == {index: reachable(after, index) for index in range(len(after))}


@given(graphs())
def test_detours_say_nothing_and_nothing_else_is_left_out(after: Graph) -> None:
    short = without_detours(dict(enumerate(after)))
    assert all_before(short) == all_before(dict(enumerate(after)))
    for index, before in short.items():  # and no arrow of it could go
        for one in before:
            less = {**short, index: [other for other in before if other != one]}
            assert one not in all_before(less)[index]


@given(graphs(), st.data())
def test_a_circle_is_named(after: Graph, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(after) - 1))
    back = data.draw(st.sampled_from(sorted(reachable(after, index)) or [index]))
    told = [set(each) for each in after]
    told[back].add(index)
    with pytest.raises(CircleError) as refused:
        in_order(told)
    circle = refused.value.circle
    assert circle[0] == circle[-1]
    assert all(before in told[one] for one, before in pairwise(circle))


def process(after: Graph, was: list[int], by_hand: set[int]) -> ProcessIn:
    """Steps named by their first number; some are work by hand."""
    told = [
        {
            "key": f"k{old}",
            "name": f"step {old}",
            "after": [f"k{was[one]}" for one in sorted(after[index])],
            "labour_s": 60 * old,
        }
        for index, old in enumerate(was)
    ]
    more = {"process": "3DP", "run_s": 1}
    return process_of(
        {
            "steps": [
                step | more | {"quantity": old + 1}
                for step, old in zip(told, was, strict=True)
                if old not in by_hand
            ],
            "hands": [
                step for step, old in zip(told, was, strict=True) if old in by_hand
            ],
        }
    )


@given(graphs(), st.integers(0, 99), st.sets(st.integers(1, SIZE_MAX - 1)))
def test_the_order_in_which_steps_are_told_changes_nothing(
    after: Graph, seed: int, by_hand: set[int]
) -> None:
    told, was = shuffled(after, seed)
    found = laid_out(process(told, was, by_hand))
    names = [step.name for step in found.steps]
    waits = {
        name: {names[one] for one in before}
        for name, before in zip(names, found.after, strict=True)
    }
    as_first = laid_out(process(after, list(range(len(after))), by_hand))
    first = [step.name for step in as_first.steps]
    assert waits == {
        name: {first[one] for one in before}
        for name, before in zip(first, as_first.after, strict=True)
    }
    for position, before in enumerate(found.after):
        assert all(one < position for one in before)
    numbered = [*names, *(hand.name for hand in found.hands)]
    for number, hand in enumerate(found.hands, start=len(names)):
        assert {numbered[one] for one in hand.after} == {
            f"step {one}" for one in after[int(hand.name.removeprefix("step "))]
        }
        assert all(one < number for one in hand.after)
