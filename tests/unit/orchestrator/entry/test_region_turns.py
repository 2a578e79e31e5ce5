"""A forbidden turn is no way for those whom it binds, and a way for all others."""

from pathlib import Path

import numpy as np
import pytest

from orchestrator.entry.region_roads import read_roads
from orchestrator.entry.region_turns import turns_of
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Place, Profile
from routing.travel.road import road_matrix, road_path

# 2 is a crossing: 1 to its west, 3 east (one-way away from it, back by 5), 4 north.
WEST, CROSSING, EAST, NORTH, ROUND = (
    (24.000, 60.0),
    (24.001, 60.0),
    (24.002, 60.0),
    (24.001, 60.001),
    (24.002, 60.001),
)
AT = dict(enumerate((WEST, CROSSING, EAST, NORTH, ROUND), start=1))
WAYS = {10: (1, 2), 20: (2, 3), 30: (2, 4), 40: (3, 5), 50: (5, 4)}
ONE_WAY = {20, 40, 50}


def a_town(folder: Path, *relations: str) -> RoadGraph:
    nodes = "".join(
        f'<node id="{id_}" version="1" lat="{at[1]}" lon="{at[0]}"/>'
        for id_, at in AT.items()
    )
    ways = "".join(
        f'<way id="{id_}" version="1"><nd ref="{ends[0]}"/><nd ref="{ends[1]}"/>'
        '<tag k="highway" v="residential"/>'
        f'<tag k="oneway" v="{"yes" if id_ in ONE_WAY else "no"}"/></way>'
        for id_, ends in WAYS.items()
    )
    extract = folder / "town.osm"
    extract.write_text(f'<osm version="0.6">{nodes}{ways}{"".join(relations)}</osm>')
    return read_roads(extract)


def a_turn(value: str, source: int, target: int, **tags: str) -> str:
    told = {"type": "restriction", "restriction": value, **tags}
    spelled = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in told.items() if v)
    return (
        f'<relation id="{source + target}" version="1">'
        f'<member type="way" ref="{source}" role="from"/>'
        '<member type="node" ref="2" role="via"/>'
        f'<member type="way" ref="{target}" role="to"/>{spelled}</relation>'
    )


def metres(
    graph: RoadGraph, start: tuple[float, float], end: tuple[float, float], by: Profile
) -> int:
    places = [Place(longitude_deg=at[0], latitude_deg=at[1]) for at in (start, end)]
    return int(road_matrix(graph, places, by).metres[0, 1])


STRAIGHT_M, LEFT_M = 112, 167  # 1 to 3; 1 to 4 by the left turn
AROUND_M = 279  # 1 to 4 by way of 3 and 5


@pytest.mark.parametrize(
    "relation",
    [a_turn("no_left_turn", 10, 30), a_turn("only_straight_on", 10, 20)],
    ids=["no", "only"],
)
def test_a_van_and_a_bicycle_go_round_and_people_on_foot_turn(
    tmp_path: Path, relation: str
) -> None:
    graph = a_town(tmp_path, relation)
    assert metres(graph, WEST, NORTH, Profile.VAN) == pytest.approx(AROUND_M, abs=2)
    assert metres(graph, WEST, NORTH, Profile.BICYCLE) == pytest.approx(AROUND_M, abs=2)
    assert metres(graph, WEST, NORTH, Profile.FOOT) == pytest.approx(LEFT_M, abs=2)


def test_other_ways_over_the_crossing_stay_open(tmp_path: Path) -> None:
    graph = a_town(tmp_path, a_turn("no_left_turn", 10, 30))
    for start, end, expected_m in (
        (WEST, EAST, STRAIGHT_M),
        (NORTH, WEST, LEFT_M),
        (NORTH, EAST, LEFT_M),
    ):
        found = metres(graph, start, end, Profile.VAN)
        assert found == pytest.approx(expected_m, abs=2), (start, end)


def test_nobody_stops_at_the_sign_to_get_around_it(tmp_path: Path) -> None:
    graph = a_town(tmp_path, a_turn("no_left_turn", 10, 30))
    places = [
        Place(longitude_deg=at[0], latitude_deg=at[1])
        for at in (*AT.values(), (24.0009, 60.0), (24.001, 60.0001))
    ]
    matrix = road_matrix(graph, places, Profile.VAN)
    assert 0 < matrix.snap_m[1] <= 40  # beside the crossing
    seconds = matrix.seconds
    for middle in range(len(places)):
        over = seconds[:, middle, None] + seconds[None, middle, :]
        assert (seconds <= over + 1).all(), middle  # whole seconds are rounded up


@pytest.mark.parametrize(
    ("tags", "van_m", "bicycle_m"),
    [
        ({"except": "bicycle"}, AROUND_M, LEFT_M),
        ({"except": "bus;motorcar"}, LEFT_M, AROUND_M),
        ({"restriction": "", "restriction:bicycle": "no_left_turn"}, LEFT_M, AROUND_M),
        (
            {"restriction": "", "restriction:motorcar": "no_left_turn"},
            AROUND_M,
            LEFT_M,
        ),
        ({"restriction": "give_way"}, LEFT_M, LEFT_M),
    ],
)
def test_it_binds_those_whom_it_names(
    tmp_path: Path, tags: dict[str, str], van_m: int, bicycle_m: int
) -> None:
    graph = a_town(tmp_path, a_turn("no_left_turn", 10, 30, **tags))
    assert metres(graph, WEST, NORTH, Profile.VAN) == pytest.approx(van_m, abs=2)
    by_bicycle_m = metres(graph, WEST, NORTH, Profile.CARGO_BIKE)
    assert by_bicycle_m == pytest.approx(bicycle_m, abs=2)


def test_two_turns_that_bind_different_people_bind_each_of_them(tmp_path: Path) -> None:
    graph = a_town(
        tmp_path,
        a_turn("no_left_turn", 10, 30),
        a_turn("no_straight_on", 10, 20, **{"except": "motorcar"}),
    )
    assert metres(graph, WEST, NORTH, Profile.VAN) == pytest.approx(AROUND_M, abs=2)
    # A bicycle may neither turn nor go on: beyond the crossing nothing is reached.
    assert metres(graph, WEST, NORTH, Profile.FOOT) == pytest.approx(LEFT_M, abs=2)
    by_bicycle = road_matrix(
        graph,
        [Place(longitude_deg=at[0], latitude_deg=at[1]) for at in (NORTH, EAST)],
        Profile.BICYCLE,
    )
    assert by_bicycle.is_way(0, 1)


def test_a_u_turn_alone_is_forbidden_where_the_way_goes_on(tmp_path: Path) -> None:
    plain = a_town(tmp_path)
    graph = a_town(tmp_path, a_turn("no_u_turn", 10, 10))
    for end, expected_m in ((EAST, STRAIGHT_M), (NORTH, LEFT_M)):
        found = metres(graph, WEST, end, Profile.VAN)
        assert found == pytest.approx(expected_m, abs=2)
    assert graph.node_count == plain.node_count + 1


def test_a_turn_whose_ways_are_cut_off_changes_nothing(tmp_path: Path) -> None:
    plain = a_town(tmp_path)
    graph = a_town(tmp_path, a_turn("only_straight_on", 10, 99))
    assert np.array_equal(graph.heads, plain.heads)
    assert np.array_equal(graph.access, plain.access)


def test_the_way_that_is_drawn_keeps_to_the_turns_too(tmp_path: Path) -> None:
    graph = a_town(tmp_path, a_turn("no_left_turn", 10, 30))
    ends = [Place(longitude_deg=at[0], latitude_deg=at[1]) for at in (WEST, NORTH)]
    line = road_path(graph, ends[0], ends[1], Profile.VAN)
    assert max(line.longitudes_deg) == pytest.approx(24.002)
    assert line.metres[-1] == pytest.approx(AROUND_M, abs=2)


def test_a_relation_that_is_more_than_two_ways_and_a_node_is_left_out() -> None:
    tags = {"type": "restriction", "restriction": "no_u_turn"}
    by_way = [("from", "w", 1), ("via", "w", 2), ("to", "w", 3)]
    assert turns_of(tags, by_way) == []
    two_from = [("from", "w", 1), ("from", "w", 4), ("via", "n", 2), ("to", "w", 3)]
    assert turns_of(tags, two_from) == []
