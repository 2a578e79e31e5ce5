"""A line to draw, and where on it somebody is after some time."""

from bisect import bisect_right
from dataclasses import dataclass

from routing.travel.matrix import Place, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyline:
    """A way from its first point to its last.

    Shapes: all (k,), k >= 2; `metres` and `seconds` are counted from the start and
    never fall.
    """

    longitudes_deg: tuple[float, ...]
    latitudes_deg: tuple[float, ...]
    metres: tuple[float, ...]
    seconds: tuple[float, ...]
    source: Source


def place_at(line: Polyline, seconds: float) -> Place:
    """Return the point reached `seconds` after the start; the end once it is over."""
    after = bisect_right(line.seconds, seconds)
    if after == 0:
        return _point(line, 0)
    if after == len(line.seconds):
        return _point(line, after - 1)
    begun_s, ended_s = line.seconds[after - 1], line.seconds[after]
    share = (seconds - begun_s) / (ended_s - begun_s)
    before, behind = _point(line, after - 1), _point(line, after)
    return Place(
        longitude_deg=before.longitude_deg
        + share * (behind.longitude_deg - before.longitude_deg),
        latitude_deg=before.latitude_deg
        + share * (behind.latitude_deg - before.latitude_deg),
    )


def _point(line: Polyline, index: int) -> Place:
    return Place(
        longitude_deg=line.longitudes_deg[index],
        latitude_deg=line.latitudes_deg[index],
    )
