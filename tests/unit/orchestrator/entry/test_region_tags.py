"""What tags say of a road, and how it reaches the travel times of each profile."""

from pathlib import Path

import numpy as np
import pytest

from orchestrator.entry.region_roads import read_roads
from orchestrator.entry.region_tags import (
    CYCLES,
    EVERYBODY,
    FOOT,
    VAN,
    limit_kmh,
    limits_of,
    road_access,
    road_kind,
    road_of,
    spot_of,
    surface_of,
)
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Place, Profile
from routing.travel.road import road_matrix
from routing.travel.speeds import ACCESS_BIT, RoadKind, Surface, Wait

BICYCLE, CARGO_BIKE = ACCESS_BIT[Profile.BICYCLE], ACCESS_BIT[Profile.CARGO_BIKE]


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("30", 30),
        ("30 mph", 48),
        ("20mph", 32),
        ("50 km/h", 50),
        ("CH:urban", 50),
        ("FI:rural", 80),
        ("DE:zone30", 30),
        ("DE:zone:30", 30),
        ("walk", 6),
        ("999", 255),
        ("none", 0),
        ("signals", 0),
        ("9" * 400, 0),
        ("-5", 0),
        ("", 0),
    ],
)
def test_a_limit_is_read_or_none_is_known(value: str, kmh: int) -> None:
    assert limit_kmh(value) == kmh


def test_a_limit_may_differ_by_direction() -> None:
    assert limits_of({"maxspeed": "50", "maxspeed:backward": "30"}) == (50, 30)
    assert limits_of({"source:maxspeed": "CH:urban"}) == (50, 50)
    assert limits_of({"highway": "living_street"}) == (20, 20)


@pytest.mark.parametrize(
    ("tags", "surface"),
    [
        ({}, Surface.SMOOTH),
        ({"surface": "asphalt", "smoothness": "bad"}, Surface.STONES),
        ({"surface": "concrete:plates"}, Surface.SMOOTH),
        ({"surface": "sett;asphalt"}, Surface.STONES),
        ({"surface": "gravel", "tracktype": "grade2"}, Surface.GRAVEL),
        ({"tracktype": "grade5"}, Surface.SOFT),
        ({"surface": "a word nobody knows"}, Surface.SMOOTH),
    ],
)
def test_of_what_is_told_of_a_surface_the_worst_counts(
    tags: dict[str, str], surface: Surface
) -> None:
    assert surface_of(tags, RoadKind.PATH) is surface


def test_a_track_of_which_nothing_is_told_is_no_street() -> None:
    assert surface_of({}, RoadKind.TRACK) is Surface.GRAVEL
    assert road_access({"highway": "track"}, RoadKind.TRACK)[0] == CYCLES | FOOT
    opened = {"highway": "track", "motor_vehicle": "yes"}
    assert road_access(opened, RoadKind.TRACK)[0] == EVERYBODY


def test_a_motorway_is_for_vans_and_one_way() -> None:
    road = road_of({"highway": "motorway", "maxspeed": "100"}, way=1)
    assert road is not None
    assert (road.kind, road.access) == (RoadKind.MOTORWAY, (VAN, 0))
    back = road_of({"highway": "motorway", "oneway": "no"}, way=1)
    assert back is not None
    assert back.access == (VAN, VAN)


def test_steps_are_for_feet_and_with_a_ramp_quicker_for_a_bicycle() -> None:
    steps = {"highway": "steps", "ramp:bicycle": "yes"}
    assert road_kind(steps) is RoadKind.STEPS_WITH_RAMP
    assert road_kind({"highway": "steps"}) is RoadKind.STEPS
    for kind in (RoadKind.STEPS, RoadKind.STEPS_WITH_RAMP):
        assert road_access({}, kind)[0] == BICYCLE | FOOT


@pytest.mark.parametrize(
    ("tags", "bars"),
    [
        ({"barrier": "bollard"}, VAN),
        ({"barrier": "bollard", "bollard": "rising"}, 0),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, 0),
        ({"barrier": "stile"}, VAN | CARGO_BIKE),
        ({"barrier": "gate"}, 0),
        ({"barrier": "gate", "access": "private"}, EVERYBODY),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, VAN | CYCLES),
        ({"barrier": "gate", "locked": "yes"}, EVERYBODY),
        ({"barrier": "full-height_turnstile"}, VAN | CYCLES),
        ({"barrier": "kerb"}, 0),
    ],
)
def test_a_barrier_bars_those_who_do_not_fit(tags: dict[str, str], bars: int) -> None:
    spot = spot_of(tags)
    assert (spot.bars if spot else 0) == bars


def test_a_light_may_be_for_one_direction_alone() -> None:
    both = spot_of({"highway": "traffic_signals"})
    along = spot_of(
        {"highway": "traffic_signals", "traffic_signals:direction": "forward"}
    )
    back = spot_of({"highway": "stop", "direction": "backward"})
    assert both is not None
    assert along is not None
    assert back is not None
    assert both.waits == (Wait.SIGNAL, Wait.SIGNAL)
    assert along.waits == (Wait.SIGNAL, 0)
    assert back.waits == (0, Wait.STOP_SIGN)
    assert spot_of({"highway": "crossing"}) is None


AT = {1: (24.0, 60.0), 2: (24.003, 60.0), 3: (24.006, 60.0), 4: (24.003, 60.003)}


def a_town(
    folder: Path, *, middle: dict[str, str], circle: tuple[int, ...] = ()
) -> RoadGraph:
    """A street from 1 by 2 to 3, a way round by 4; `middle` is on node 2."""

    def spelled(tags: dict[str, str]) -> str:
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())

    nodes = "".join(
        f'<node id="{id_}" version="1" lat="{at[1]}" lon="{at[0]}">'
        f"{spelled(middle if id_ == 2 else {})}</node>"
        for id_, at in AT.items()
    )
    ways = [((1, 2, 3), {"highway": "residential"}), ((3, 4, 1), {"highway": "path"})]
    ways += [(circle, {"highway": "service", "junction": "roundabout"})] * bool(circle)
    drawn = "".join(
        f'<way id="{number}" version="1">'
        + "".join(f'<nd ref="{node}"/>' for node in nodes_of)
        + f"{spelled(tags)}</way>"
        for number, (nodes_of, tags) in enumerate(ways, start=1)
    )
    extract = folder / "town.osm"
    extract.write_text(f'<osm version="0.6">{nodes}{drawn}</osm>')
    return read_roads(extract)


def seconds(graph: RoadGraph, profile: Profile) -> int:
    ends = [Place(longitude_deg=AT[n][0], latitude_deg=AT[n][1]) for n in (1, 3)]
    return int(road_matrix(graph, ends, profile).seconds[0, 1])


def test_a_gate_takes_time_and_a_locked_one_sends_round(tmp_path: Path) -> None:
    for profile in (Profile.BICYCLE, Profile.CARGO_BIKE):
        free, gate, locked = (
            seconds(a_town(tmp_path, middle=middle), profile)
            for middle in (
                {},
                {"barrier": "gate"},
                {"barrier": "gate", "locked": "yes"},
            )
        )
        assert free < gate < locked
        assert gate - free < 15


def test_a_bollard_is_nothing_to_a_bicycle_and_the_end_for_a_van(
    tmp_path: Path,
) -> None:
    free = a_town(tmp_path, middle={})
    barred = a_town(tmp_path, middle={"barrier": "bollard"})
    assert seconds(barred, Profile.BICYCLE) == seconds(free, Profile.BICYCLE)
    vans = (barred.access & VAN) > 0
    assert 0 < vans.sum() < ((free.access & VAN) > 0).sum()
    middle = np.flatnonzero(barred.longitudes_e6 == 24_003_000)
    assert not np.isin(barred.heads[vans], middle).any()


@pytest.mark.parametrize(
    ("circle", "is_left"), [((1, 4, 3, 1), True), ((1, 3, 4, 1), False), ((), False)]
)
def test_roundabouts_tell_on_which_side_one_drives(
    tmp_path: Path, circle: tuple[int, ...], *, is_left: bool
) -> None:
    assert a_town(tmp_path, middle={}, circle=circle).drives_left is is_left


def test_a_light_before_a_crossing_faces_those_who_come_to_it(tmp_path: Path) -> None:
    """2 is 22 m before the crossing 3; 1 is far off, and so is what is beyond."""
    at = {1: 24.0, 2: 24.004, 3: 24.0044, 4: 24.008}
    nodes = "".join(
        f'<node id="{id_}" version="1" lat="60.0" lon="{lon}">'
        + ('<tag k="highway" v="traffic_signals"/>' if id_ in {1, 2} else "")
        + "</node>"
        for id_, lon in at.items()
    )
    ways = "".join(
        f'<way id="{number}" version="1">'
        + "".join(f'<nd ref="{node}"/>' for node in refs)
        + '<tag k="highway" v="primary"/></way>'
        for number, refs in enumerate(((1, 2, 3), (3, 4)), start=1)
    )
    extract = tmp_path / "light.osm"
    extract.write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    graph = read_roads(extract)
    tails = np.repeat(np.arange(graph.node_count), np.diff(graph.first))
    east = graph.longitudes_e6[graph.heads] > graph.longitudes_e6[tails]
    lit = graph.waits == Wait.SIGNAL
    heads = graph.longitudes_e6[graph.heads]
    assert set(heads[lit & east].tolist()) == {24_004_000}
    assert set(heads[lit & ~east].tolist()) == {24_000_000}
