"""Arcs as photoplotters are told them: in one quadrant (G74) or in all (G75)."""

import math
from typing import Final

from orchestrator.catalogue.files.apertures import CHORD_MM

_CHORDS_MAX: Final = 720

type Point = tuple[float, float]


def chords(
    start: Point, end: Point, offset: Point, *, clockwise: bool, quadrant: bool
) -> list[Point]:
    """Places on the arc from its start to its end, both with it.

    `offset`: from the start to the middle; within one quadrant its signs are not told.
    """
    if quadrant:
        middle, turn = _in_quadrant(start, end, offset, clockwise=clockwise)
    else:
        middle = (start[0] + offset[0], start[1] + offset[1])
        whole = -math.tau if clockwise else math.tau
        turn = _turn(start, end, middle, clockwise=clockwise) or whole
    radius = math.dist(start, middle)
    if radius <= CHORD_MM:
        return [start, end]
    first = math.atan2(start[1] - middle[1], start[0] - middle[0])
    step = 2 * max(math.acos(1 - CHORD_MM / radius), 1e-6)  # of a huge one it is 0
    count = min(max(1, math.ceil(abs(turn) / step)), _CHORDS_MAX)
    angles = [first + turn * place / count for place in range(1, count)]
    between = [
        (middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle))
        for angle in angles
    ]
    return [start, *between, end]


def _in_quadrant(
    start: Point, end: Point, offset: Point, *, clockwise: bool
) -> tuple[Point, float]:
    """Of four middles the one with the same radii and no more than a quarter turn."""
    x, y = start
    i, j = abs(offset[0]), abs(offset[1])
    found = []
    for middle in ((x + a * i, y + b * j) for a in (1, -1) for b in (1, -1)):
        turn = _turn(start, end, middle, clockwise=clockwise)
        uneven = abs(math.dist(middle, start) - math.dist(middle, end))
        found.append((abs(turn) > math.pi / 2 + 0.01, uneven, middle, turn))
    _, _, middle, turn = min(found)
    return middle, turn


def _turn(start: Point, end: Point, middle: Point, *, clockwise: bool) -> float:
    """In radians, clockwise below zero; 0 where it ends as it began."""
    if start == end:
        return 0.0
    first, last = (
        math.atan2(place[1] - middle[1], place[0] - middle[0]) for place in (start, end)
    )
    if clockwise:
        return -((first - last) % math.tau)
    return (last - first) % math.tau
