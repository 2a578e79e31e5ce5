"""Reading a server's JSON, of which nothing is believed: not a shape, not a type."""

import math
import re
from collections.abc import Mapping
from typing import Any

from firmware_bridge.space import Box, Point

_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_TEXT_LETTERS_MAX = 500


def part(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The object at that path, or an empty one."""
    for step in path:
        found = document.get(step)
        if not isinstance(found, dict):
            return {}
        document = found
    return dict(document)


def text(document: Mapping[str, Any], name: str) -> str:
    """The text of that name, cut to a sane length, or an empty one."""
    found = document.get(name)
    return found[:_TEXT_LETTERS_MAX] if isinstance(found, str) else ""


def number(document: Mapping[str, Any], name: str) -> float | None:
    """The finite number of that name, or None."""
    found = document.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None


def whole(value: float | None) -> int | None:
    """The number without its fraction."""
    return None if value is None else int(value)


def point(document: Mapping[str, Any], name: str) -> Point | None:
    """The first three finite numbers of the list of that name, or None."""
    found = document.get(name)
    if not isinstance(found, list) or len(found) < 3:
        return None
    x, y, z = (number({"": place}, "") for place in found[:3])
    return None if x is None or y is None or z is None else (x, y, z)


def known(found: Mapping[str, float | None]) -> dict[str, float]:
    """Those that have a value."""
    return {name: value for name, value in found.items() if value is not None}


def version_of(words: str) -> tuple[int, int]:
    """Major and minor number; (0, 0) where the words begin with none."""
    found = _VERSION.match(words)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def inscribed(radius_mm: float, height_mm: float) -> Box:
    """The largest box with a square base in a cylinder round the origin."""
    half = radius_mm / math.sqrt(2)
    return Box(min_mm=(-half, -half, 0.0), max_mm=(half, half, height_mm))
