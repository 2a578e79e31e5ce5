"""Drawings made by code, as SVG in millimetres: what labs cut with a laser."""

from collections.abc import Callable, Mapping, Sequence
from math import cos, pi, sin, tau
from typing import Final

type Way = str  # SVG path data


def svg(ways: Sequence[Way]) -> bytes:
    """One file of 600 x 400 mm."""
    paths = "".join(f'<path d="{way}"/>' for way in ways)
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="600mm" height="400mm" '
    shown = f'{head}viewBox="0 0 600 400" fill="none" stroke="#f00">{paths}</svg>'
    return shown.encode()


def polygon(points: Sequence[tuple[float, float]], *, closed: bool = True) -> Way:
    """Straight pieces."""
    way = "M" + " L".join(f"{x:.3f},{y:.3f}" for x, y in points)
    return f"{way} Z" if closed else way


def box(x: float, y: float, wide: float, high: float) -> Way:
    """A rectangle."""
    return polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])


def rounded(x: float, y: float, wide: float, high: float, radius: float) -> Way:
    """A rectangle with round corners."""
    turn = f"A{radius},{radius} 0 0 1 "
    return (
        f"M{x + radius},{y} H{x + wide - radius} {turn}{x + wide},{y + radius} "
        f"V{y + high - radius} {turn}{x + wide - radius},{y + high} "
        f"H{x + radius} {turn}{x},{y + high - radius} V{y + radius} {turn}{x + radius},{y} Z"
    )


def circle(x: float, y: float, radius: float) -> Way:
    """A circle of two arcs."""
    half = f"A{radius},{radius} 0 0 1 "
    return f"M{x - radius},{y} {half}{x + radius},{y} {half}{x - radius},{y} Z"


def polar(x: float, y: float, count: int, radius: Callable[[float], float]) -> Way:
    """The outline r(angle)."""
    angles = [tau * place / count for place in range(count)]
    return polygon([(x + radius(a) * cos(a), y + radius(a) * sin(a)) for a in angles])


def _gear(x: float, y: float, teeth: int, radius: float) -> list[Way]:
    tooth = [radius, radius, radius + 4, radius + 4]
    points = [
        (x + r * cos(a), y + r * sin(a))
        for place in range(4 * teeth)
        for r, a in [(tooth[place % 4], tau * place / (4 * teeth))]
    ]
    return [polygon(points), circle(x, y, radius / 5)]


def _panel(x: float, y: float, wide: float, high: float, finger: float) -> Way:
    """A panel of a box: fingers of the sheet's thickness on all sides."""
    points: list[tuple[float, float]] = []
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = abs(bx - ax) + abs(by - ay)
        count = max(3, int(length / finger) | 1)
        ux, uy = (bx - ax) / length, (by - ay) / length
        for place in range(count):
            depth = 3.0 if place % 2 else 0.0
            for end in (place, place + 1):
                along = length * end / count
                points.append(
                    (ax + ux * along - uy * depth, ay + uy * along + ux * depth)
                )
    return polygon(points)


def _hinge(x: float, y: float, wide: float, high: float, apart: float) -> list[Way]:
    ways = [box(x, y, wide, high)]
    for number in range(1, int(wide / apart)):
        at, half = x + number * apart, high / 2
        if number % 2:
            ways.append(polygon([(at, y + 3), (at, y + high - 3)], closed=False))
        else:
            ways.append(polygon([(at, y), (at, y + half - 2)], closed=False))
            ways.append(polygon([(at, y + half + 2), (at, y + high)], closed=False))
    return ways


def _grid(count: int, apart: float, make: Callable[[float, float], Way]) -> list[Way]:
    return [
        make(20 + apart * column, 20 + apart * row)
        for column in range(count)
        for row in range(count)
    ]


def _plate(wide: float, high: float, hole: float) -> list[Way]:
    corners = [(10, 10), (wide - 10, 10), (10, high - 10), (wide - 10, high - 10)]
    return [rounded(0, 0, wide, high, 6), *(circle(x, y, hole) for x, y in corners)]


def _spiral(turns: int, apart: float) -> Way:
    points = [
        (100 + apart * a / tau * cos(a), 100 + apart * a / tau * sin(a))
        for a in (0.15 * step for step in range(1, int(turns * tau / 0.15)))
    ]
    return polygon(points, closed=False)


def _ruler(length: int) -> list[Way]:
    ticks = [
        polygon([(x, 0), (x, 10 if x % 10 == 0 else 5)], closed=False)
        for x in range(5, length)
    ]
    return [rounded(0, -5, length + 5, 30, 3), *ticks]


def _words(count: int, height: float) -> list[Way]:
    """As engraved letters: short crooked strokes."""
    shape = [(0, 0), (0.5, 1), (0.8, 0.2), (0.3, 0.5), (0.9, 0.9), (0.6, 0.1)]
    return [
        polygon(
            [(place * height + x * height, y * height) for x, y in shape], closed=False
        )
        for place in range(count)
    ]


TUNED_ON: Final[Mapping[str, Callable[[], list[Way]]]] = {
    "plate 120x80": lambda: _plate(120, 80, 2.2),
    "disc 100": lambda: [circle(60, 60, 50), circle(60, 60, 10)],
    "gear 24": lambda: _gear(80, 80, 24, 50),
    "panel of a box 150x100": lambda: [_panel(0, 0, 150, 100, 10)],
    "six panels": lambda: [
        _panel(110 * (n % 3), 90 * (n // 3), 100, 80, 8) for n in range(6)
    ],
    "vents 8x8": lambda: _grid(8, 12, lambda x, y: rounded(x, y, 10, 4, 2)),
    "sieve 15x15": lambda: _grid(15, 6, lambda x, y: circle(x, y, 2)),
    "hinge 80x60": lambda: _hinge(0, 0, 80, 60, 2.5),
    "spiral 12": lambda: [_spiral(12, 6)],
    "star": lambda: [polar(80, 80, 10, lambda a: 60 if round(a * 5 / pi) % 2 else 28)],
    "flower": lambda: [polar(80, 80, 240, lambda a: 50 + 15 * sin(7 * a))],
    "twenty labels": lambda: [
        rounded(45 * (n % 5), 25 * (n // 5), 40, 20, 3) for n in range(20)
    ],
    "words 30": lambda: _words(30, 8),
    "stripe 500x10": lambda: [box(0, 0, 500, 10)],
}

HELD_OUT: Final[Mapping[str, Callable[[], list[Way]]]] = {
    "plate 240x160": lambda: _plate(240, 160, 4),
    "small plate 40x25": lambda: _plate(40, 25, 1.5),
    "ring 200": lambda: [circle(110, 110, 100), circle(110, 110, 92)],
    "gear 60": lambda: _gear(120, 120, 60, 100),
    "three gears": lambda: [
        *_gear(40, 40, 12, 25),
        *_gear(110, 40, 18, 35),
        *_gear(200, 60, 30, 50),
    ],
    "panel of a box 300x200": lambda: [_panel(0, 0, 300, 200, 15)],
    "box with small fingers": lambda: [
        _panel(70 * (n % 3), 60 * (n // 3), 60, 50, 4) for n in range(6)
    ],
    "honeycomb": lambda: _grid(10, 13, lambda x, y: polar(x, y, 6, lambda _: 6.0)),
    "sieve 25x25": lambda: _grid(25, 5, lambda x, y: circle(x, y, 1.2)),
    "hinge 150x100": lambda: _hinge(0, 0, 150, 100, 3),
    "ruler 300": lambda: _ruler(300),
    "spiral 25": lambda: [_spiral(25, 3)],
    "waves": lambda: [
        polygon([(x, 10 * n + 4 * sin(x / 6)) for x in range(200)], closed=False)
        for n in range(15)
    ],
    "hundred tokens": lambda: _grid(10, 26, lambda x, y: circle(x, y, 12)),
    "words 120": lambda: _words(120, 4),
    "snowflake": lambda: [
        polar(90, 90, 360, lambda a: 50 + 20 * sin(6 * a) + 8 * sin(18 * a))
    ],
}
