"""How a board cuts an arc into chords."""

import math

from firmware_bridge.simulators.motion import Vector

_ARC_TOLERANCE_MM = 0.05  # GRBL's $12 is finer; a coarser chord costs less to serve


class ArcError(Exception):
    """The arc can't be drawn; `code` as GRBL numbers it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def arc(
    start: Vector,
    end: Vector,
    value_of: dict[str, float],
    plane: tuple[int, int, int],
    *,
    clockwise: bool,
) -> list[Vector]:
    """Chords from `start` to `end`; offsets or radius in `value_of`, mm.

    Errors: ArcError.
    """
    a, b, c = plane
    x, y = end[a] - start[a], end[b] - start[b]
    if "R" in value_of:
        i, j = _by_radius(x, y, value_of["R"], clockwise=clockwise)
    else:
        i = value_of.get("IJK"[a], 0.0)
        j = value_of.get("IJK"[b], 0.0)
        if i == 0.0 and j == 0.0:
            raise ArcError(35)
    radius = math.hypot(i, j)
    gap = abs(radius - math.hypot(x - i, y - j))
    if gap > 0.005 and (gap > 0.5 or gap > 0.001 * radius):
        raise ArcError(33)
    from_rad = math.atan2(-j, -i)
    sweep = math.atan2(-i * (y - j) + j * (x - i), -i * (x - i) - j * (y - j))
    if clockwise and sweep >= -5e-7:
        sweep -= 2 * math.pi
    if not clockwise and sweep <= 5e-7:
        sweep += 2 * math.pi
    chord = 2 * math.sqrt(
        max(_ARC_TOLERANCE_MM * (2 * radius - _ARC_TOLERANCE_MM), 1e-4)
    )
    count = max(1, math.floor(abs(sweep) * radius / chord))
    places: list[Vector] = []
    for step in range(1, count):
        share = step / count
        angle = from_rad + sweep * share
        place = [0.0, 0.0, 0.0]
        place[a] = start[a] + i + radius * math.cos(angle)
        place[b] = start[b] + j + radius * math.sin(angle)
        place[c] = start[c] + (end[c] - start[c]) * share
        places.append((place[0], place[1], place[2]))
    return [*places, end]


def _by_radius(
    x: float, y: float, radius: float, *, clockwise: bool
) -> tuple[float, float]:
    chord2 = x * x + y * y
    if chord2 == 0.0:
        raise ArcError(33)
    height2 = 4.0 * radius * radius - chord2
    if height2 < 0:
        raise ArcError(34)
    height = -math.sqrt(height2 / chord2)
    if not clockwise:
        height = -height
    if radius < 0:
        height = -height
    return 0.5 * (x - y * height), 0.5 * (y + x * height)
