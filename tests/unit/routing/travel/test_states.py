"""Ways with turn times, compared with a search that is written from the rules alone."""

import heapq
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.measures import UNREACHABLE_S
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Profile
from routing.travel.network import network_of
from routing.travel.road import road_matrix, road_path
from routing.travel.speeds import PACES, RoadKind, Surface, Wait
from routing.travel.turns import TURN_TIMES
from tests.unit.routing.travel.cities import a_graph, a_street, cities, place_of

STREETS = (RoadKind.PRIMARY, RoadKind.RESIDENTIAL)


@dataclass(frozen=True, slots=True)
class Piece:
    tail: int
    head: int
    ms: float
    kind: int
    is_signalled: bool
    heading: float


def pieces_of(graph: RoadGraph, profile: Profile) -> list[Piece]:
    pace = PACES[profile]
    found = []
    for tail in range(graph.node_count):
        for edge in range(graph.first[tail], graph.first[tail + 1]):
            head, kind = int(graph.heads[edge]), int(graph.kinds[edge])
            limit = int(graph.limits_kmh[edge])
            kmh = pace.kmh[kind]
            if limit:
                if pace.limit_share and kind in STREETS:
                    kmh = limit * pace.limit_share
                kmh = min(kmh, limit)
            kmh *= pace.on_surface[graph.surfaces[edge]]
            is_signalled = bool(graph.waits[edge] & Wait.SIGNAL)
            ms = math.ceil(max(1, graph.lengths_dm[edge]) / 10 / (kmh / 3.6) * 1_000)
            ms += pace.wait_ms[Wait.SIGNAL] if is_signalled else 0
            heading = math.atan2(
                graph.latitudes_e6[head] - graph.latitudes_e6[tail],
                graph.longitudes_e6[head] - graph.longitudes_e6[tail],
            )
            if head != tail:
                found.append(Piece(tail, head, ms, kind, is_signalled, heading))
    return found


def neighbours_of(pieces: list[Piece]) -> dict[int, set[int]]:
    near: dict[int, set[int]] = {}
    for piece in pieces:
        near.setdefault(piece.tail, set()).add(piece.head)
        near.setdefault(piece.head, set()).add(piece.tail)
    return near


def turn_ms(
    pieces: list[Piece], last: Piece, following: Piece, profile: Profile, *, left: bool
) -> float:
    """The rules of turns.TurnTimes, one turn at a time."""
    times = TURN_TIMES[profile]
    bend = math.degrees(last.heading - following.heading)
    bend -= 360 * round(bend / 360)
    far = bend if left else -bend
    there = {piece.kind for piece in pieces if last.head in (piece.tail, piece.head)}
    is_oncoming = any((p.tail, p.head) == (last.head, last.tail) for p in pieces)
    cost = min(max(abs(bend) - 25, 0) / 65, 1) * times.slow_ms
    if (far > 25 or abs(bend) > 170) and is_oncoming and last.kind in STREETS:
        is_main = last.kind == RoadKind.PRIMARY and not last.is_signalled
        cost += times.across_main_ms if is_main else times.across_ms
    if RoadKind.PRIMARY in there and last.kind != RoadKind.PRIMARY:
        cost += 0 if last.is_signalled else times.yield_ms
    return round(cost)


def times_from(graph: RoadGraph, profile: Profile, start: int) -> dict[int, float]:
    """Milliseconds from a stop to each stop: Dijkstra over pieces and stops."""
    pieces = pieces_of(graph, profile)
    near = neighbours_of(pieces)
    plain = {node for node, others in near.items() if len(others) < 3}
    stops = plain or set(near)
    by_tail: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        by_tail.setdefault(piece.tail, []).append(number)
    done: dict[tuple[int, int], float] = {}
    queue: list[tuple[float, tuple[int, int]]] = [(0, (start, -1))]
    while queue:
        ms, state = heapq.heappop(queue)
        if state in done:
            continue
        done[state] = ms
        node, by = state
        for number in by_tail.get(node, []):
            piece = pieces[number]
            cost = piece.ms
            if by >= 0:
                if piece.head == pieces[by].tail:
                    continue
                if len(near[node]) >= 3:
                    cost += turn_ms(
                        pieces, pieces[by], piece, profile, left=graph.drives_left
                    )
            heapq.heappush(queue, (ms + cost, (piece.head, number)))
        if by >= 0 and node in stops:
            heapq.heappush(queue, (ms + TURN_TIMES[profile].stop_ms, (node, -1)))
    return {node: ms for (node, by), ms in done.items() if by < 0}


@settings(max_examples=80, deadline=None)
@given(cities(), st.sampled_from((Profile.BICYCLE, Profile.CARGO_BIKE, Profile.VAN)))
def test_the_matrix_is_what_the_rules_say(graph: RoadGraph, profile: Profile) -> None:
    network = network_of(graph, profile)
    nodes = network.nodes[network.main.states].tolist()
    matrix = road_matrix(graph, [place_of(graph, node) for node in nodes], profile)
    for row, start in enumerate(nodes):
        found = times_from(graph, profile, start)
        expected = [
            math.ceil(found[end] / 1_000) if end in found else UNREACHABLE_S
            for end in nodes
        ]
        assert matrix.seconds[row].tolist() == expected


@settings(max_examples=80, deadline=None)
@given(cities(), st.sampled_from(tuple(Profile)))
def test_no_way_over_a_stop_is_shorter(graph: RoadGraph, profile: Profile) -> None:
    places = [place_of(graph, node) for node in range(graph.node_count)]
    seconds = road_matrix(graph, places, profile).seconds
    for middle in range(len(places)):
        over = seconds[:, middle, None] + seconds[None, middle, :]
        assert (seconds <= np.minimum(over, UNREACHABLE_S)).all()


def a_cross(
    kind: RoadKind, *, side: RoadKind | None = None, drives_left: bool = False
) -> RoadGraph:
    """A crossing at node 8: 7 to its west, 9 east, 1 south, 15 north, on a grid."""
    of = {7: kind, 9: kind, 1: side or kind, 15: side or kind}
    streets = [(8, end, 700, each) for end, each in of.items()]
    streets += [(end, 8, 700, each) for end, each in of.items()]
    # Beyond each end a piece more, on which one may stop.
    ends = {7: 14, 9: 16, 1: 0, 15: 22}
    for end, beyond in ends.items():
        streets += [(end, beyond, 700, of[end]), (beyond, end, 700, of[end])]
    return a_graph(23, streets, drives_left=drives_left)


def seconds(graph: RoadGraph, start: int, end: int, profile: Profile) -> int:
    ends = [place_of(graph, start), place_of(graph, end)]
    return int(road_matrix(graph, ends, profile).seconds[0, 1])


@pytest.mark.parametrize("drives_left", [False, True])
def test_the_turn_across_others_costs_most(*, drives_left: bool) -> None:
    graph = a_cross(RoadKind.PRIMARY, drives_left=drives_left)
    on = seconds(graph, 7, 9, Profile.VAN)
    to_left, to_right = (seconds(graph, 7, end, Profile.VAN) for end in (15, 1))
    near, far = (to_left, to_right) if drives_left else (to_right, to_left)
    assert on < near < far
    times = TURN_TIMES[Profile.VAN]
    assert near - on == pytest.approx(times.slow_ms / 1_000, abs=1)
    assert far - near == pytest.approx(times.across_main_ms / 1_000, abs=1)
    assert seconds(graph, 7, 15, Profile.FOOT) == seconds(graph, 7, 9, Profile.FOOT)


def test_who_comes_from_a_small_road_waits_and_a_light_takes_its_place() -> None:
    graph = a_cross(RoadKind.PRIMARY, side=RoadKind.RESIDENTIAL)
    same = a_cross(RoadKind.RESIDENTIAL)
    lit = replace(graph, waits=np.where(graph.heads == 8, 1, 0).astype(np.uint8))
    wait_s = TURN_TIMES[Profile.BICYCLE].yield_ms / 1_000
    light_s = PACES[Profile.BICYCLE].wait_ms[Wait.SIGNAL] / 1_000
    over = [seconds(each, 1, 15, Profile.BICYCLE) for each in (same, graph, lit)]
    assert over[1] - over[0] == pytest.approx(wait_s, abs=1)
    assert over[2] - over[0] == pytest.approx(light_s, abs=1)


def test_a_bad_surface_slows_and_a_limit_binds() -> None:
    street = a_street(20)
    count = street.edge_count
    rough = replace(street, surfaces=np.full(count, Surface.EARTH, np.uint8))
    slow = replace(street, limits_kmh=np.full(count, 20, np.uint8))
    fast = replace(street, limits_kmh=np.full(count, 100, np.uint8))
    for profile in (Profile.CARGO_BIKE, Profile.VAN):
        plain_s = seconds(street, 0, 20, profile)
        assert seconds(rough, 0, 20, profile) > 1.5 * plain_s
    assert seconds(rough, 0, 20, Profile.FOOT) == seconds(street, 0, 20, Profile.FOOT)
    van = [seconds(each, 0, 20, Profile.VAN) for each in (fast, street, slow)]
    assert van == sorted(van)
    assert van[0] < van[2] / 2


def test_a_way_that_is_drawn_ends_when_the_matrix_says() -> None:
    graph = a_cross(RoadKind.PRIMARY)
    ends = place_of(graph, 7), place_of(graph, 15)
    line = road_path(graph, *ends, Profile.VAN)
    assert seconds(graph, 7, 15, Profile.VAN) == math.ceil(round(line.seconds[-1], 6))
    assert list(line.seconds) == sorted(line.seconds)


def test_two_towns_without_a_road_between_them_are_both_served() -> None:
    """Each as large as a town; what is small and cut off is not."""
    one = a_street(3_000)
    count = one.node_count
    east = one.longitudes_e6.max() + 90_000
    both = replace(
        one,
        longitudes_e6=np.concatenate((one.longitudes_e6, one.longitudes_e6 + east)),
        latitudes_e6=np.concatenate((one.latitudes_e6, one.latitudes_e6)),
        first=np.concatenate((one.first, one.first[1:] + one.edge_count)),
        **{
            name: np.concatenate((getattr(one, name), getattr(one, name)))
            for name in ("lengths_dm", "kinds", "access", "limits_kmh", "surfaces")
        },
        waits=np.concatenate((one.waits, one.waits)),
        heads=np.concatenate((one.heads, one.heads + count)),
    )
    nodes = (0, 9, count, count + 9)
    places = [place_of(both, node) for node in nodes]
    matrix = road_matrix(both, places, Profile.BICYCLE)
    apart = {(a, b) for a in (0, 1) for b in (2, 3)}
    assert set(matrix.unreachable) == apart | {(b, a) for a, b in apart}
    assert matrix.seconds[0, 1] == matrix.seconds[2, 3] > 0
