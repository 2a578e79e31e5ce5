"""Contracted roads answer as Dijkstra's algorithm does, whatever was asked before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from routing.errors import InvalidProblemError, UnreachableError
from routing.measures import UNREACHABLE_M, UNREACHABLE_S
from routing.travel.graph import RoadGraph
from routing.travel.hierarchy import hierarchy_of, way_of
from routing.travel.matrix import Place, Profile
from routing.travel.network import network_of
from routing.travel.road import road_matrix, road_path
from routing.travel.table import PLACES_MAX, SPARE, TravelTable
from tests.unit.routing.travel.cities import a_street, cities, place_of

PROFILES = st.sampled_from((Profile.BICYCLE, Profile.VAN, Profile.FOOT))


@settings(max_examples=120, deadline=None)
@given(cities(), PROFILES)
def test_times_are_dijkstras_and_the_way_is_as_long_as_the_matrix_says(
    graph: RoadGraph, profile: Profile
) -> None:
    network = network_of(graph, profile)
    anchors = network.main.states
    places = [place_of(graph, node) for node in network.nodes[anchors].tolist()]
    matrix = road_matrix(graph, places, profile)
    found_s = np.ceil(dijkstra(network.times, indices=anchors)[:, anchors] / 1_000)
    expected = np.where(np.isinf(found_s), UNREACHABLE_S, found_s)
    assert np.array_equal(matrix.seconds, expected)

    hierarchy = hierarchy_of(graph, profile)
    if not matrix.is_way(0, len(places) - 1):
        with pytest.raises(UnreachableError):
            road_path(graph, places[0], places[-1], profile)
        return
    way = way_of(hierarchy, int(anchors[0]), int(anchors[-1]))
    assert (way[0], way[-1]) == (anchors[0], anchors[-1])
    line = road_path(graph, places[0], places[-1], profile)
    assert matrix.metres[0, -1] == np.ceil(round(line.metres[-1], 3))
    assert matrix.seconds[0, -1] == np.ceil(round(line.seconds[-1], 6))


@settings(max_examples=60, deadline=None)
@given(cities(), st.lists(st.lists(st.integers(0, 39), max_size=12), max_size=8))
def test_an_answer_does_not_depend_on_what_was_asked_before(
    graph: RoadGraph, asked: list[list[int]]
) -> None:
    table = TravelTable(graph, Profile.BICYCLE)
    for nodes in asked:
        places = [place_of(graph, node % graph.node_count) for node in nodes]
        grown = table.matrix(places)
        fresh = road_matrix(graph, places, Profile.BICYCLE)
        assert np.array_equal(grown.seconds, fresh.seconds)
        assert np.array_equal(grown.metres, fresh.metres)
        assert grown.snap_m == fresh.snap_m


def test_places_nobody_asks_for_are_forgotten_and_found_again_alike() -> None:
    graph = a_street(400)
    table = TravelTable(graph, Profile.BICYCLE)
    first = table.matrix([place_of(graph, node) for node in range(4)])
    for node in range(5, 400):
        table.matrix([place_of(graph, 0), place_of(graph, node)])
        assert len(table) <= 3 * 4 // 2 + SPARE
    again = table.matrix([place_of(graph, node) for node in range(4)])
    assert np.array_equal(again.seconds, first.seconds)
    assert np.array_equal(again.metres, first.metres)


def test_a_place_in_the_sea_is_alone_without_ways_and_the_rest_keep_theirs() -> None:
    graph = a_street(6)
    sea = Place(longitude_deg=0.1, latitude_deg=0.0)
    table = TravelTable(graph, Profile.BICYCLE)
    table.matrix([sea])
    matrix = table.matrix([place_of(graph, 0), sea, place_of(graph, 3)])
    assert set(matrix.unreachable) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert matrix.metres[0, 1] == UNREACHABLE_M
    assert matrix.metres[0, 2] == 210
    assert matrix.seconds[1].tolist() == [UNREACHABLE_S, 0, UNREACHABLE_S]


def test_a_place_that_is_asked_for_twice_is_one_place() -> None:
    off_road = Place(longitude_deg=0.0, latitude_deg=-0.001)  # 111 m from the street
    graph = a_street(6)
    matrix = road_matrix(
        graph, [off_road, place_of(graph, 2), off_road], Profile.BICYCLE
    )
    assert matrix.seconds[0, 2] == matrix.metres[2, 0] == 0
    assert matrix.snap_m == (112, 0, 112)
    assert matrix.metres[0, 1] == 112 + 140  # the walk is part of the way


def test_too_many_places_are_refused_before_memory_is_taken() -> None:
    graph = a_street(1)
    with pytest.raises(InvalidProblemError, match=f"at most {PLACES_MAX}"):
        road_matrix(graph, [place_of(graph, 0)] * (PLACES_MAX + 1), Profile.BICYCLE)
    assert road_matrix(graph, [], Profile.BICYCLE).seconds.shape == (0, 0)
