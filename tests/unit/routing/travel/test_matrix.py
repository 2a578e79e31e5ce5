"""A matrix is shared by many: nobody may write to it, and it says what has no way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.measures import UNREACHABLE_M, UNREACHABLE_S
from routing.travel.great_circle import estimate_matrix, great_circle_m
from routing.travel.matrix import Place, Profile, TravelMatrix

SECONDS = np.array([[0, 60], [UNREACHABLE_S, 0]], dtype=np.int64)
METRES = np.array([[0, 250], [UNREACHABLE_M, 0]], dtype=np.int64)


def a_matrix() -> TravelMatrix:
    return TravelMatrix(
        profile=Profile.FOOT, seconds=SECONDS, metres=METRES, source="road"
    )


def test_tables_are_whole_numbers_in_c_order_that_nobody_can_write() -> None:
    turned = replace(a_matrix(), seconds=SECONDS.astype(np.int32).T)
    assert turned.seconds.tolist() == SECONDS.T.tolist()
    for table in (turned.seconds, turned.metres, a_matrix().seconds):
        assert table.dtype == np.int64
        assert table.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            table[0, 1] = 1


def test_what_its_maker_writes_afterwards_does_not_reach_it() -> None:
    own = SECONDS.copy()
    window = own[:]
    window.flags.writeable = False
    matrix = replace(a_matrix(), seconds=window)
    own[0, 1] = 7
    assert matrix.seconds[0, 1] == 60


def test_a_locked_table_is_taken_as_it_is() -> None:
    own = SECONDS.copy()
    own.flags.writeable = False
    assert replace(a_matrix(), seconds=own).seconds is own


def test_only_the_pair_without_a_way_is_named() -> None:
    matrix = a_matrix()
    assert matrix.unreachable == ((1, 0),)
    assert matrix.is_way(0, 1) is True
    assert matrix.is_way(1, 0) is False


def test_seconds_that_are_no_whole_numbers_are_refused() -> None:
    with pytest.raises(InvalidProblemError, match="float64"):
        replace(a_matrix(), metres=METRES / 2)


def test_the_estimate_is_the_great_circle_of_each_pair_and_no_places_are_none() -> None:
    places = [
        Place(longitude_deg=longitude_deg, latitude_deg=latitude_deg)
        for longitude_deg, latitude_deg in ((179.9, 60.0), (-179.9, 60.1), (9.5, -47.1))
    ]
    matrix = estimate_matrix(places, Profile.VAN)
    for start, left in enumerate(places):
        for end, right in enumerate(places):
            straight_m = great_circle_m(left, right)
            assert matrix.metres[start, end] == pytest.approx(straight_m * 1.7, abs=1.1)
    assert estimate_matrix((), Profile.VAN).seconds.shape == (0, 0)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seconds": [[0, -60], [5, 0]]}, "seconds from place 0 to 1 .* got -60"),
        ({"metres": [[0, 9], [10**9, 0]]}, "metres from place 1 to 0 .* got 10+"),
        ({"seconds": [[0, 2**64 - 1], [5, 0]]}, "seconds"),
        ({"seconds": [[0, None], [5, 0]]}, "seconds must be integers"),
        ({"seconds": [[0, float("nan")], [5, 0]]}, "seconds must be integers"),
        ({"seconds": [[0, 60], [5]]}, "seconds has rows of different lengths"),
        ({"seconds": [[0, 60, 70], [5, 0, 9]]}, "seconds must be one row"),
        ({"metres": [[0]]}, "metres must be one row"),
        ({"metres": 7}, "metres must be one row"),
        ({"snap_m": (1, 2, 3)}, "snap_m must have 2 entries"),
    ],
)
def test_missing_and_impossible_times_are_named(
    changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidProblemError, match=named):
        replace(a_matrix(), **changed)
