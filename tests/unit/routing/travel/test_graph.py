"""A road graph that contradicts itself is refused by the column in which it does."""

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.errors import InvalidGraphError, UnreachableError
from routing.measures import UNREACHABLE_S
from routing.travel.graph import COLUMNS, HEADER, MAGIC, graph_from_bytes
from routing.travel.matrix import Place, Profile
from routing.travel.network import network_of
from routing.travel.road import road_matrix, road_path
from routing.travel.speeds import RoadKind
from tests.unit.routing.travel.cities import a_graph, a_street, place_of


def changed(values: Any, at: int, value: int) -> Any:
    copy = values.astype(np.int64)
    copy[at] = value
    return copy


@pytest.mark.parametrize(
    ("column", "at", "value"),
    [
        ("longitudes_e6", 0, 180_000_001),
        ("latitudes_e6", 1, -90_000_001),
        ("heads", 0, 99),
        ("heads", 0, -1),
        ("lengths_dm", 2, -1),
        ("kinds", 0, max(RoadKind) + 1),
        ("surfaces", 0, 200),
    ],
)
def test_a_value_that_can_not_be_is_named(column: str, at: int, value: int) -> None:
    graph = a_street(3)
    with pytest.raises(InvalidGraphError, match=f"{column} leaves"):
        replace(graph, **{column: changed(getattr(graph, column), at, value)})


@pytest.mark.parametrize("column", ["lengths_dm", "kinds", "waits", "limits_kmh"])
def test_a_column_that_is_too_short_is_named(column: str) -> None:
    graph = a_street(3)
    with pytest.raises(InvalidGraphError, match=column):
        replace(graph, **{column: getattr(graph, column)[:-1]})


@pytest.mark.parametrize("first", [[0, 1, 2, 3, 9], [0, 3, 1, 5, 6], [0, 6], [1] * 5])
def test_rows_that_do_not_fit_the_edges_are_refused(first: list[int]) -> None:
    with pytest.raises(InvalidGraphError, match="don't fit"):
        replace(a_street(3), first=np.array(first))


def test_lengths_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InvalidGraphError, match="lengths_dm must be"):
        replace(a_street(1), lengths_dm=np.array([700.0, np.nan]))


def test_bytes_with_the_right_checksum_may_still_be_wrong() -> None:
    one = {"degrees": 0}
    raw = b"".join(
        np.array([one.get(name, 255)]).astype(kind).tobytes()
        for name, kind, is_of_nodes in COLUMNS
        if is_of_nodes
    )
    body = zlib.compress(raw)
    head = HEADER.pack(MAGIC, 1, 0, 0, zlib.crc32(body, 0))
    empty = graph_from_bytes(head + body)
    assert (empty.node_count, empty.edge_count) == (1, 0)
    with pytest.raises(InvalidGraphError, match="no road for"):
        network_of(empty, Profile.VAN)
    huge = HEADER.pack(MAGIC, 2**32 - 1, 0, 0, zlib.crc32(body, 0))
    with pytest.raises(InvalidGraphError, match="too many"):
        graph_from_bytes(huge + body)


@pytest.mark.parametrize("profile", Profile)
def test_a_road_that_leads_nowhere_serves_one_end_and_says_so(profile: Profile) -> None:
    """One-way streets without a way back: each end is a part of its own."""
    graph = a_graph(3, [(0, 1, 700, RoadKind.PRIMARY), (1, 2, 700, RoadKind.PRIMARY)])
    places = [place_of(graph, node) for node in range(3)]
    matrix = road_matrix(graph, places, profile)
    assert ((matrix.seconds >= 0) & (matrix.seconds <= UNREACHABLE_S)).all()
    far = Place(longitude_deg=1.0, latitude_deg=0.0)
    assert set(road_matrix(graph, [places[0], far], profile).unreachable) == {
        (0, 1),
        (1, 0),
    }
    with pytest.raises(UnreachableError):
        road_path(graph, places[0], far, profile)
