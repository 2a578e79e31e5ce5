"""Flat lines measured: contours joined, cut length, areas, round holes, double lines."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from orchestrator.catalogue.files.reading import Floats, UnreadableError
from orchestrator.catalogue.found import (
    Drawing,
    DrawingLayer,
    Estimate,
    Holes,
    Note,
    Unit,
)

JOIN_MM: Final = 0.02  # ends so near are one: far below any cutter's kerf
CHORD_MM: Final = 0.02  # how far a curve's straight pieces may stray from it
SHARP_RAD: Final = 0.35  # 20 degrees
LINES_MAX: Final = 100_000
LONGEST_MM: Final = 1e5
_ROUND_RATIO: Final = 0.02
_ROUND_POINTS_MIN: Final = 8
_NESTED_MAX: Final = 4_000  # contours whose nesting is looked at point by point


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A run of straight pieces through points (k, 2) in mm, on a layer."""

    points: Floats
    layer: str


def measure(
    lines: Sequence[Line], unit: Unit | None
) -> tuple[Drawing, tuple[Note, ...]]:
    """Measure what is drawn. Errors: UnreadableError when that is nothing."""
    lines, notes = _usable(lines)
    lines, doubled = _each_once(lines)
    if doubled:
        notes += (
            Note(
                code="double-lines",
                words=f"{doubled} lines lie exactly on others and would be cut twice. "
                "They are counted once here; remove them from the drawing.",
            ),
        )
    low = np.min([line.points.min(axis=0) for line in lines], axis=0)
    high = np.max([line.points.max(axis=0) for line in lines], axis=0)
    closed, open_lines = _contours([line.points for line in lines])
    if open_lines:
        notes += (
            Note(
                code="open-lines",
                words=f"{open_lines} lines do not close to a contour. That is right "
                "for engraving; a part that falls out needs closed ones.",
            ),
        )
    depth = _depths(closed)
    areas = [abs(_area(contour)) for contour in closed]
    narrow = [float(np.ptp(contour, axis=0).min()) for contour in closed]
    length_of: dict[str, float] = defaultdict(float)
    for line in lines:
        length_of[line.layer] += _length(line.points)
    drawing = Drawing(
        unit=unit,
        width_mm=float(high[0] - low[0]),
        height_mm=float(high[1] - low[1]),
        cut_length_mm=sum(length_of.values()),
        part_area_mm2=sum(
            -area if deep % 2 else area for area, deep in zip(areas, depth, strict=True)
        ),
        contours=len(closed),
        open_lines=open_lines,
        holes=_holes(closed, depth),
        smallest_mm=Estimate(
            value=min(narrow), plus_minus=CHORD_MM, source="the narrowest contour"
        )
        if narrow
        else None,
        corners=_corners(lines) + len(lines) - len(closed) - open_lines,
        layers=tuple(
            DrawingLayer(name=name, length_mm=length_mm)
            for name, length_mm in sorted(length_of.items())
        ),
    )
    return drawing, notes


def is_somewhere(line: Line) -> bool:
    """Whether all its places are numbers that a machine could go to."""
    return bool((np.abs(line.points) < LONGEST_MM).all())  # no number is not less


def _usable(lines: Sequence[Line]) -> tuple[list[Line], tuple[Note, ...]]:
    if len(lines) > LINES_MAX:
        raise UnreadableError(
            f"it has more than {LINES_MAX} lines. Join short pieces to polylines"
        )
    good = [line for line in lines if len(line.points) > 1 and is_somewhere(line)]
    broken = sum(len(line.points) > 1 for line in lines) - len(good)
    good = [line for line in good if _length(line.points) > 0]
    if not good:
        raise UnreadableError(
            "it has no lines that can be cut. Turn texts and pictures into outlines"
        )
    if not broken:
        return good, ()
    note = Note(
        code="broken-numbers",
        words=f"{broken} lines have coordinates that are no usable numbers (NaN, "
        "infinite or beyond 100 m). They were left out. Export the drawing again.",
        grave=True,
    )
    return good, (note,)


def _each_once(lines: Sequence[Line]) -> tuple[list[Line], int]:
    seen: dict[bytes, Line] = {}
    for line in lines:
        way = np.round(line.points / JOIN_MM).astype(np.int64)
        seen.setdefault(min(way.tobytes(), way[::-1].tobytes()), line)
    return list(seen.values()), len(lines) - len(seen)


def _contours(runs: Sequence[Floats]) -> tuple[list[Floats], int]:
    """Closed contours, joined from runs that meet end to end, and how many stay open."""
    closed = [run for run in runs if _is_closed(run)]
    rest = [run for run in runs if not _is_closed(run)]
    at: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, run in enumerate(rest):
        at[_place(run[0])].append(number)
        at[_place(run[-1])].append(number)
    used = [False] * len(rest)
    open_lines = 0
    for number in range(len(rest)):
        if used[number]:
            continue
        chain = _follow(number, rest, at, used)
        if _is_closed(chain):
            closed.append(chain)
        else:
            open_lines += 1
    return [run for run in closed if abs(_area(run)) > JOIN_MM**2], open_lines


def _follow(
    first: int,
    runs: Sequence[Floats],
    at: dict[tuple[int, int], list[int]],
    used: list[bool],
) -> Floats:
    """The chain that grows from a run, forwards and then backwards."""
    used[first] = True
    parts = [runs[first]]
    for _ in range(2):
        while not (parts[0] is not parts[-1] and _near(parts[0][0], parts[-1][-1])):
            end = parts[-1][-1]
            follower = next((n for n in _meeting(end, at, runs) if not used[n]), None)
            if follower is None:
                break
            used[follower] = True
            run = runs[follower]
            parts.append(run if _near(run[0], end) else run[::-1])
        parts = [part[::-1] for part in reversed(parts)]
    return np.concatenate(parts)


def _meeting(
    end: Floats, at: dict[tuple[int, int], list[int]], runs: Sequence[Floats]
) -> Iterator[int]:
    """The runs that begin or end here; cells of the grid beside it are looked at too."""
    column, row = _place(end)
    for cell in product(range(column - 1, column + 2), range(row - 1, row + 2)):
        for number in at.get(cell, ()):
            if _near(runs[number][0], end) or _near(runs[number][-1], end):
                yield number


def _depths(closed: Sequence[Floats]) -> list[int]:
    """In how many others each contour lies."""
    if not closed:
        return []
    boxes = np.array([[*run.min(axis=0), *run.max(axis=0)] for run in closed])
    depths = []
    for number, run in enumerate(closed):
        box = boxes[number]
        around = (boxes[:, :2] <= box[:2]).all(axis=1)
        around &= (boxes[:, 2:] >= box[2:]).all(axis=1)
        around[number] = False
        candidates = np.flatnonzero(around)
        if len(closed) <= _NESTED_MAX:
            candidates = np.array(
                [each for each in candidates if _holds(closed[int(each)], run[0])]
            )
        depths.append(len(candidates))
    return depths


def _holds(contour: Floats, point: Floats) -> bool:
    """Whether a ray from the point crosses the contour an odd number of times."""
    a, b = contour, np.roll(contour, -1, axis=0)
    crosses = (a[:, 1] > point[1]) != (b[:, 1] > point[1])
    rise = np.where(crosses, b[:, 1] - a[:, 1], 1.0)
    x = a[:, 0] + (point[1] - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
    return bool((crosses & (x > point[0])).sum() % 2)


def _holes(closed: Sequence[Floats], depth: Sequence[int]) -> tuple[Holes, ...]:
    counted: Counter[float] = Counter()
    for contour, deep in zip(closed, depth, strict=True):
        corners = contour[:-1]
        if deep % 2 == 0 or len(corners) < _ROUND_POINTS_MIN:
            continue
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        radii = np.linalg.norm(corners - middle, axis=1)
        if np.ptp(radii) < _ROUND_RATIO * radii.max():
            counted[round(float(radii.max()) * 2, 2)] += 1
    return tuple(
        Holes(diameter_mm=diameter_mm, count=count)
        for diameter_mm, count in sorted(counted.items())
    )


def _is_closed(run: Floats) -> bool:
    return len(run) > 3 and _near(run[0], run[-1])


def _near(a: Floats, b: Floats) -> bool:
    return bool(np.abs(a - b).max() <= JOIN_MM)


def _place(point: Floats) -> tuple[int, int]:
    return round(float(point[0]) / JOIN_MM), round(float(point[1]) / JOIN_MM)


def _area(contour: Floats) -> float:
    x, y = contour.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _corners(lines: Sequence[Line]) -> int:
    """Turns within lines that a machine slows down for."""
    count = 0
    for line in lines:
        steps = np.diff(line.points, axis=0)
        steps = steps[np.abs(steps).max(axis=1) > 0]
        heading = np.arctan2(steps[:, 1], steps[:, 0])
        turn = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
        count += int((turn > SHARP_RAD).sum())
    return count


def _length(points: Floats) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
