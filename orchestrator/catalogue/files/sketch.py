"""Flat things as an SVG picture: made of numbers only, so nothing of a file gets in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestrator.catalogue.files.reading import Floats

WIDTH: Final = 480
HEIGHT: Final = 360
_EDGE: Final = 8
_BYTES_MAX: Final = 1_500_000
_INK: Final = "#5a86c0"  # seen on light and on dark paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """Straight pieces through points (k, 2) in mm; `width_mm` 0: a hair line."""

    points: Floats
    width_mm: float = 0.0
    filled: bool = False


def picture(strokes: Sequence[Stroke]) -> bytes:
    """The strokes in a frame of WIDTH x HEIGHT; empty when there are too many."""
    low = np.min([stroke.points.min(axis=0) for stroke in strokes], axis=0)
    high = np.max([stroke.points.max(axis=0) for stroke in strokes], axis=0)
    size = np.maximum(high - low, 1e-6)
    scale = float(min((WIDTH - 2 * _EDGE) / size[0], (HEIGHT - 2 * _EDGE) / size[1]))
    left, top = (np.array([WIDTH, HEIGHT]) - size * scale) / 2
    paths = []
    for stroke in strokes:
        x = left + (stroke.points[:, 0] - low[0]) * scale
        y = top + (high[1] - stroke.points[:, 1]) * scale
        way = _way(zip(x.tolist(), y.tolist(), strict=True))
        wide = max(1.5, stroke.width_mm * scale)
        paint = f'fill="{_INK}" stroke="none"' if stroke.filled else ""
        thick = "" if wide == 1.5 or stroke.filled else f'stroke-width="{wide:.1f}"'
        paths.append(f'<path {paint}{thick} d="{way}"/>')
    drawn = "".join(paths).encode()
    if len(drawn) > _BYTES_MAX:
        return b""
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'fill="none" stroke="{_INK}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">'
    )
    return frame.encode() + drawn + b"</svg>"


def _way(points: Iterable[tuple[float, float]]) -> str:
    """SVG path data to a fifth of a pixel; a dot where all points fall together."""
    spelled = [f"{round(x * 5) / 5:g} {round(y * 5) / 5:g}" for x, y in points]
    kept = [
        here
        for before, here in zip(["", *spelled], spelled, strict=False)
        if here != before
    ]
    return f"M{'L'.join(kept)}" if len(kept) > 1 else f"M{kept[0]}h.1"
