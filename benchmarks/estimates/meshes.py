"""Meshes made by code: every one is a set of closed shells, in millimetres."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

type Triangles = npt.NDArray[np.floating]  # (n, 3, 3), mm
type Loop = npt.NDArray[np.floating]  # (n, 2), mm, anticlockwise
TURN: Final = 2 * np.pi


_STL: Final = np.dtype(
    [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("end", "<u2")]
)


def write_stl(path: Path, triangles: Triangles) -> None:
    """A binary STL file."""
    records = np.zeros(len(triangles), dtype=_STL)
    edges = triangles[:, 1:] - triangles[:, :1]
    records["normal"] = np.cross(edges[:, 0], edges[:, 1])
    records["corners"] = triangles
    count = len(triangles).to_bytes(4, "little")
    path.write_bytes(bytes(80) + count + records.tobytes())


def box(x: float, y: float, z: float, at: Sequence[float] = (0, 0, 0)) -> Triangles:
    """A block with one corner at `at`."""
    outline = np.array([(0, 0), (x, 0), (x, y), (0, y)], dtype=float)
    return np.add(prism(outline, z), at)


def prism(outline: Loop, height: float) -> Triangles:
    """An outline, seen whole from its middle, drawn up."""
    return _shell([(outline, 0.0), (outline, height)], closed=False)


def ring(outer: Loop, inner: Loop, height: float) -> Triangles:
    """The same with a hole; both outlines have as many points."""
    sections = [(inner, 0.0), (outer, 0.0), (outer, height), (inner, height)]
    return _shell(sections, closed=True)


def turned(profile: Sequence[tuple[float, float]], sides: int = 96) -> Triangles:
    """A body of revolution: (radius, z) from its lowest to its highest point."""
    return _shell([(circle(r, sides), z) for r, z in profile], closed=False)


def turned_ring(profile: Sequence[tuple[float, float]], sides: int = 96) -> Triangles:
    """A body of revolution around a hole: (radius, z), anticlockwise."""
    return _shell([(circle(r, sides), z) for r, z in profile], closed=True)


def circle(radius: float, sides: int = 96) -> Loop:
    """A regular polygon."""
    return polar(lambda angle: np.full_like(angle, radius), sides)


def polar(radius: Callable[[npt.NDArray[np.float64]], object], sides: int) -> Loop:
    """The outline r(angle)."""
    angle = np.arange(sides) * TURN / sides
    reach = np.asarray(radius(angle), dtype=float)
    return np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])


def _shell(sections: Sequence[tuple[Loop, float]], *, closed: bool) -> Triangles:
    """Walls between outlines, one above the other, with lids if they are not closed."""
    loops = [np.column_stack([loop, np.full(len(loop), z)]) for loop, z in sections]
    pairs = list(
        zip(loops, loops[1:] + loops[:1] if closed else loops[1:], strict=False)
    )
    parts = [_wall(low, high) for low, high in pairs]
    if not closed:
        parts += [_lid(loops[0])[:, ::-1], _lid(loops[-1])]
    return np.concatenate(parts)


def _wall(low: Loop, high: Loop) -> Triangles:
    next_low, next_high = np.roll(low, -1, axis=0), np.roll(high, -1, axis=0)
    return np.concatenate(
        [
            np.stack([low, next_low, next_high], axis=1),
            np.stack([low, next_high, high], axis=1),
        ]
    )


def _lid(loop: Loop) -> Triangles:
    middle = np.broadcast_to(loop.mean(axis=0), loop.shape)
    return np.stack([middle, loop, np.roll(loop, -1, axis=0)], axis=1)


def together(*parts: Triangles) -> Triangles:
    """Several closed shells as one file."""
    return np.concatenate(parts)


def _moved(part: Triangles, x: float, y: float, z: float = 0) -> Triangles:
    return np.add(part, (x, y, z))


def _ball(radius: float) -> Triangles:
    angles = np.linspace(-0.495 * np.pi, 0.495 * np.pi, 48)
    return turned([(radius * np.cos(a), radius * np.sin(a) + radius) for a in angles])


def _gear(teeth: int, radius: float, bore: float, height: float) -> Triangles:
    sides = teeth * 16
    teeth_of = polar(lambda a: radius + 1.2 * np.tanh(3 * np.sin(teeth * a)), sides)
    return ring(teeth_of, circle(bore, sides), height)


def _tray(x: float, y: float, z: float, wall: float, floor: float) -> Triangles:
    outer = np.array([(0, 0), (x, 0), (x, y), (0, y)], dtype=float)
    inner = np.array(
        [(wall, wall), (x - wall, wall), (x - wall, y - wall), (wall, y - wall)]
    )
    return _shell(
        [(inner, floor), (inner, z), (outer, z), (outer, 0.0)][::-1], closed=False
    )


def _dish(outer: float, wall: float, height: float, floor: float) -> Triangles:
    return turned(
        [
            (outer * 0.7, 0),
            (outer, height),
            (outer - wall, height),
            (outer * 0.7 - wall, floor),
        ]
    )


TUNED_ON: Final[Mapping[str, Callable[[], Triangles]]] = {
    "cube 20": lambda: box(20, 20, 20),
    "block 80x50x25": lambda: box(80, 50, 25),
    "plate 100x60x3": lambda: box(100, 60, 3),
    "post 8x8x60": lambda: box(8, 8, 60),
    "cylinder 30x40": lambda: prism(circle(15), 40),
    "ball 40": lambda: _ball(20),
    "cone 40x50": lambda: turned([(20, 0), (0.4, 50)]),
    "tube 30x26x50": lambda: ring(circle(15), circle(13), 50),
    "bush 20x8x15": lambda: ring(circle(10), circle(4), 15),
    "gear 24": lambda: _gear(24, 20, 4, 8),
    "tray 70x50x20": lambda: _tray(70, 50, 20, 2, 2),
    "dish 60": lambda: _dish(30, 2.4, 25, 2),
    "bracket 50x40x30": lambda: together(box(50, 40, 5), box(5, 40, 30)),
    "comb of 9 fins": lambda: together(
        box(60, 30, 4), *(box(1.6, 30, 18, (i * 7, 0, 2)) for i in range(9))
    ),
    "star 50x12": lambda: prism(polar(lambda a: 18 + 7 * np.cos(5 * a), 200), 12),
    "four pins": lambda: together(
        *(_moved(prism(circle(3), 20), x, y) for x in (0, 40) for y in (0, 40))
    ),
}

HELD_OUT: Final[Mapping[str, Callable[[], Triangles]]] = {
    "block 120x80x12": lambda: box(120, 80, 12),
    "tall block 30x30x100": lambda: box(30, 30, 100),
    "tile 50x50x1.6": lambda: box(50, 50, 1.6),
    "hexagon 45x20": lambda: prism(circle(22.5, 6), 20),
    "knob": lambda: turned([(9, 0), (9, 12), (16, 16), (16, 26), (13, 30)]),
    "vase": lambda: turned(
        [
            (20, 0),
            (26, 20),
            (17, 50),
            (22, 70),
            (20.4, 70),
            (15.4, 50),
            (24.4, 20),
            (18, 3),
        ]
    ),
    "pulley": lambda: turned_ring(
        [(5, 0), (18, 0), (18, 3), (14, 6), (14, 8), (18, 11), (18, 14), (5, 14)]
    ),
    "gear 40": lambda: _gear(40, 34, 6, 10),
    "thin tube 40x38.2x30": lambda: ring(circle(20), circle(19.1), 30),
    "box with a floor 110x70x45": lambda: _tray(110, 70, 45, 2.4, 1.8),
    "table": lambda: together(
        box(60, 40, 4),
        *(box(5, 5, 30, (x, y, 3)) for x in (0, 55) for y in (0, 35)),
    ),
    "stair": lambda: together(*(box(60 - 10 * i, 30, 6 * (i + 1)) for i in range(5))),
    "rosette 80x5": lambda: prism(polar(lambda a: 32 + 8 * np.sin(12 * a), 360), 5),
    "six bushes": lambda: together(
        *(
            _moved(ring(circle(7), circle(3), 10), 18 * x, 18 * y)
            for x in range(3)
            for y in range(2)
        )
    ),
    "hook": lambda: together(
        box(12, 40, 8),
        box(12, 8, 40),
        box(12, 25, 8, (0, 0, 32)),
        box(12, 6, 14, (0, 19, 32)),
    ),
    "washer 60x20x2": lambda: ring(circle(30), circle(10), 2),
}
