"""The shipped roads of central Helsinki: whole, connected, and honest when far off."""

from dataclasses import replace

import pytest

from orchestrator.entry.region import load_region, load_roads
from routing.errors import InvalidGraphError, InvalidProblemError, UnreachableError
from routing.measures import UNREACHABLE_S
from routing.travel.graph import graph_from_bytes, graph_to_bytes
from routing.travel.great_circle import estimate_matrix, estimate_path, great_circle_m
from routing.travel.matrix import Place, Profile
from routing.travel.polyline import place_at
from routing.travel.road import road_matrix, road_path

STATION = Place(longitude_deg=24.9414, latitude_deg=60.1710)
CATHEDRAL = Place(longitude_deg=24.9522, latitude_deg=60.1703)
KAMPPI = Place(longitude_deg=24.9365, latitude_deg=60.1690)
LONDON = Place(longitude_deg=-0.1276, latitude_deg=51.5072)
CENTRE = (STATION, CATHEDRAL, KAMPPI)


def test_graph_survives_its_own_bytes() -> None:
    content = graph_to_bytes(load_roads())
    assert graph_to_bytes(graph_from_bytes(content)) == content


@pytest.mark.parametrize("at", [0, 9, 17, 40, -1])
def test_a_flipped_byte_is_noticed(at: int) -> None:
    content = bytearray(graph_to_bytes(load_roads()))
    content[at] ^= 1
    with pytest.raises(InvalidGraphError):
        graph_from_bytes(bytes(content))


def test_a_cut_file_is_noticed() -> None:
    with pytest.raises(InvalidGraphError):
        graph_from_bytes(graph_to_bytes(load_roads())[:-5])
    with pytest.raises(InvalidGraphError):
        graph_from_bytes(b"FAB")


@pytest.mark.parametrize("profile", Profile)
def test_every_pair_in_the_centre_has_a_way_longer_than_a_birds(
    profile: Profile,
) -> None:
    matrix = road_matrix(load_roads(), CENTRE, profile)
    assert matrix.source == "road"
    assert matrix.unreachable == ()
    for start, left in enumerate(CENTRE):
        for end, right in enumerate(CENTRE):
            assert matrix.metres[start][end] >= int(great_circle_m(left, right)) - 1
            assert (matrix.seconds[start][end] == 0) == (start == end)


def test_fastest_ways_obey_the_triangle_but_for_rounding_and_walks() -> None:
    seconds = road_matrix(load_roads(), CENTRE, Profile.BICYCLE).seconds
    assert seconds[0][2] <= seconds[0][1] + seconds[1][2] + 1


def test_a_walker_is_slower_than_a_bicycle() -> None:
    on_foot = road_matrix(load_roads(), CENTRE, Profile.FOOT).seconds
    by_bicycle = road_matrix(load_roads(), CENTRE, Profile.BICYCLE).seconds
    assert on_foot[0][1] > by_bicycle[0][1]


def test_a_place_far_from_the_roads_is_named_not_guessed() -> None:
    matrix = road_matrix(load_roads(), (STATION, LONDON), Profile.BICYCLE)
    assert matrix.unreachable == ((0, 1), (1, 0))
    assert matrix.seconds[0][1] == UNREACHABLE_S
    assert matrix.snap_m[1] > 1_000_000
    with pytest.raises(UnreachableError, match="at most 200 m"):
        road_path(load_roads(), STATION, LONDON, Profile.BICYCLE)


def test_line_and_matrix_tell_the_same() -> None:
    line = road_path(load_roads(), STATION, CATHEDRAL, Profile.CARGO_BIKE)
    matrix = road_matrix(load_roads(), (STATION, CATHEDRAL), Profile.CARGO_BIKE)
    assert 0 <= matrix.seconds[0][1] - line.seconds[-1] < 1
    assert 0 <= matrix.metres[0][1] - line.metres[-1] < 1
    assert list(line.metres) == sorted(line.metres)
    drawn_m = sum(
        great_circle_m(
            Place(longitude_deg=a, latitude_deg=b),
            Place(longitude_deg=c, latitude_deg=d),
        )
        for a, b, c, d in zip(
            line.longitudes_deg,
            line.latitudes_deg,
            line.longitudes_deg[1:],
            line.latitudes_deg[1:],
            strict=False,
        )
    )
    assert drawn_m == pytest.approx(line.metres[-1], rel=0.02)


def test_a_courier_moves_along_the_line_from_end_to_end() -> None:
    line = road_path(load_roads(), STATION, CATHEDRAL, Profile.BICYCLE)
    assert place_at(line, -1) == STATION
    assert place_at(line, line.seconds[-1] + 9) == CATHEDRAL
    half = place_at(line, line.seconds[-1] / 2)
    to_start, to_end = great_circle_m(STATION, half), great_circle_m(half, CATHEDRAL)
    assert min(to_start, to_end) > 100


def test_the_same_place_twice_is_a_line_that_can_be_drawn() -> None:
    line = road_path(load_roads(), STATION, STATION, Profile.BICYCLE)
    assert place_at(line, 0.0).latitude_deg == pytest.approx(60.171, abs=0.001)


def test_the_fallback_says_what_it_is() -> None:
    matrix = estimate_matrix(CENTRE, Profile.VAN)
    assert matrix.source == "great-circle"
    assert estimate_path(STATION, LONDON, Profile.VAN).source == "great-circle"
    straight_m = great_circle_m(STATION, CATHEDRAL)
    assert matrix.metres[0][1] == pytest.approx(straight_m * 1.7, abs=1)


@pytest.mark.parametrize("latitude_deg", [float("nan"), 91.0])
def test_a_place_off_the_globe_is_refused(latitude_deg: float) -> None:
    lost = replace(STATION, latitude_deg=latitude_deg)
    with pytest.raises(InvalidProblemError):
        road_matrix(load_roads(), (STATION, lost), Profile.FOOT)
    with pytest.raises(InvalidProblemError):
        estimate_matrix((lost,), Profile.FOOT)


def test_the_region_names_its_source() -> None:
    region = load_region()
    assert "OpenStreetMap" in region.attribution
    assert "ODbL" in region.notice
    west, south, east, north = region.bbox
    assert west < region.centre[0] < east
    assert south < region.centre[1] < north
