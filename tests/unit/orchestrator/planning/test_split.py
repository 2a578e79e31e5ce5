"""Steps in shares: each in one, none before what it waits for, and a chain as ranges."""

import random
from datetime import timedelta

import pytest

from orchestrator.planning.frames import WANTED, Wanted
from orchestrator.planning.picture import look
from orchestrator.planning.split import (
    IN_A_ROW_MAX,
    PARTS_MAX,
    Share,
    shared_out,
    ways_to_split,
)
from tests.unit.orchestrator.region import Region

STEP = timedelta(minutes=20)  # of a machine, with what its people do


def drawn(
    draw: random.Random, labs: str, likely: float
) -> tuple[list[set[str]], list[list[int]]]:
    """Who can make each step, and what it waits for."""
    count = draw.randint(1, 7)
    labs_of = [{lab for lab in labs if draw.random() < likely} for _ in range(count)]
    after = [[one for one in range(i) if draw.random() < 0.4] for i in range(count)]
    return labs_of, after


def way(shares: list[Share], number: int | None) -> list[int]:
    """The share, what is made from it, and so on."""
    return [] if number is None else [number, *way(shares, shares[number].into)]


def test_every_step_is_in_one_share_and_waits_for_none_that_comes_later() -> None:
    draw, counts = random.Random(7), set[int]()
    for _ in range(2_000):
        labs_of, after = drawn(draw, "ABCD", 0.5)
        shares = shared_out(labs_of, after)
        counts.add(len(shares))
        if not shares:
            continue
        every = sorted(step for share in shares for step in share.steps)
        assert every == list(range(len(labs_of)))
        for share in shares:
            assert set.intersection(*(labs_of[step] for step in share.steps))
            assert list(share.steps) == sorted(share.steps)
        share_of = {
            step: number for number, share in enumerate(shares) for step in share.steps
        }
        last = len(shares) - 1
        for number, share in enumerate(shares):
            assert (share.into is None) == (number == last)
            assert number == last or number < (share.into or 0)  # so no circle
            assert len(way(shares, number)) <= IN_A_ROW_MAX
        for step, waits in enumerate(after):
            for one in waits:
                assert share_of[step] in way(shares, share_of[one])
        assert len(shares) <= PARTS_MAX
    assert counts == set(range(PARTS_MAX + 1))


def test_a_chain_is_cut_into_the_fewest_ranges_each_as_long_as_it_can_be() -> None:
    """Compared with all ways to cut."""
    draw = random.Random(5)
    for _ in range(300):
        labs_of, _ = drawn(draw, "ABC", 0.5)
        chain = [[i - 1] if i else [] for i in range(len(labs_of))]
        shares = shared_out(labs_of, chain)
        if not all(labs_of) or len(fewest(labs_of)) > IN_A_ROW_MAX:
            assert shares == []
            continue
        ranges = [(share.steps[0], share.steps[-1] + 1) for share in shares]
        assert [step for share in shares for step in share.steps] == list(
            range(len(labs_of))
        )
        assert [share.into for share in shares] == [*range(1, len(shares)), None]
        assert ranges == fewest(labs_of)


def fewest(labs_of: list[set[str]]) -> list[tuple[int, int]]:
    """Of the ways with the fewest ranges the one whose last ones are the longest."""
    end = len(labs_of)
    ways = [
        [*fewest(labs_of[:start]), (start, end)]
        for start in range(end)
        if set.intersection(*labs_of[start:])
    ]
    return min(ways, key=len, default=[])


def test_what_is_independent_is_brought_together_where_it_is_joined() -> None:
    shares = shared_out(["A", "B", "C"], [[], [], [0, 1]])
    assert shares == [
        Share(steps=(0,), into=2),
        Share(steps=(1,), into=2),
        Share(steps=(2,), into=None),
    ]


def test_what_goes_to_one_lab_from_another_goes_together() -> None:
    shares = shared_out(["A", "B", "AB", "C"], [[], [], [], [0, 1, 2]])
    assert [share.steps for share in shares] == [(0,), (1, 2), (3,)]


def test_where_two_labs_need_the_same_pieces_they_go_on_after_each_other() -> None:
    after = [[], [0], [0], [1, 2]]
    assert shared_out(["A", "B", "C", "D"], after) == []  # four in a row
    shares = shared_out(["B", "B", "C", "D"], after)
    assert [(share.steps, share.into) for share in shares] == [
        ((0, 1), 1),
        ((2,), 2),
        ((3,), None),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_part_is_due_when_the_longest_way_through_the_rest_can_still_be_made(
    region: Region,
) -> None:
    region.share_out_among_three()
    region.publish_table()
    now = region.clock.at
    for design, rest in (("table", (1, 1, 0)), ("sign", (2, 1, 0))):
        wanted = Wanted(
            design_version_id=region.versions[design],
            quantity=1,
            place_id=region.place_id,
            wished_at=now + timedelta(hours=2),
            latest_at=now + timedelta(hours=6),
        )
        with region.reading() as session:
            picture = look(session, now=now, version_id=wanted.design_version_id)
            ways = ways_to_split(wanted, picture)
        assert ways
        for parts in ways:
            assert [wanted.latest_at - one.latest_at for one in parts] == [
                STEP * steps for steps in rest
            ]
            assert [wanted.wished_at - one.wished_at for one in parts] == [
                STEP * steps for steps in rest
            ]
            assert parts[-1].id == WANTED
            assert parts[-1].goes_into is None
            lab_of = {one.id: one.lab_id for one in parts}
            for part in parts[:-1]:
                assert part.to_lab_id == lab_of[part.goes_into or ""]
