"""The size of a thing in millimetres, however a manifest writes `outer-dimensions`."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

MM_OF_UNIT: Final[Mapping[str, float]] = {
    "mm": 1.0,
    "cm": 10.0,
    "dm": 100.0,
    "m": 1000.0,
    "in": 25.4,
    "inch": 25.4,
    "inches": 25.4,
    '"': 25.4,
    "ft": 304.8,
}
_AXES: Final = (  # 'widht' is in real manifests
    ("width", "widht", "x", "w"),
    ("depth", "length", "y", "d", "l"),
    ("height", "thickness", "z", "h"),
)
_NUMBER = re.compile(r"(?<![\w.])\d{1,9}(?:[.,]\d{1,9})?(?:e-?\d)?")
_UNIT = re.compile(r"(?<=[\d\s\])])(mm|cm|dm|m|inches|inch|in|ft|\")(?![a-z])", re.I)
_SHAPE = re.compile(r"\s*(cube|cylinder|sphere)\s*\((.*)", re.DOTALL | re.IGNORECASE)
_ARGUMENT = re.compile(r"\b(h|r|d|r1|r2|d1|d2)\s*=\s*(\d{1,9}(?:\.\d{1,9})?)")
TEXT_MAX: Final = 500

type Size = tuple[float, float, float]


class InvalidSizeError(ValueError):
    """Not a size; the message says what was expected."""


class UnknownUnitError(InvalidSizeError):
    """Three numbers without a unit: mm or inch must be asked."""


def size_mm(value: object) -> Size:
    """Width, depth, height, each > 0. Errors: InvalidSizeError, UnknownUnitError.

    Taken: an OpenSCAD primitive with its unit, '10 x 20 x 3 mm', a table of width,
    depth and height, a list of three numbers, or such tables in a list.
    """
    numbers, unit = _numbers(value)
    if len(numbers) != 3 or not all(math.isfinite(n) and n > 0 for n in numbers):
        raise InvalidSizeError(f"expected three sizes above 0, got {_shown(value)}")
    if unit is None:
        raise UnknownUnitError(f"{_shown(value)} does not say whether mm or inch")
    if unit.lower() not in MM_OF_UNIT:
        raise InvalidSizeError(f"unit {unit[:20]!r}: expected mm, cm, m or inch")
    scale = MM_OF_UNIT[unit.lower()]
    x, y, z = (number * scale for number in numbers)
    return x, y, z


def _numbers(value: object) -> tuple[list[float], str | None]:
    if isinstance(value, str):
        return _of_text(value[:TEXT_MAX])
    if isinstance(value, Mapping):
        return _of_table(value)
    if isinstance(value, Sequence):
        return _of_list(value)
    return [], None


def _of_text(text: str) -> tuple[list[float], str | None]:
    unit = _UNIT.search(text)
    shape = _SHAPE.match(text)
    numbers = _of_shape(shape[1].lower(), shape[2]) if shape else _in(text)
    return numbers, unit.group(1) if unit else None


def _in(text: str) -> list[float]:
    """Numbers in text; a comma between digits is a comma, '1,5' stays doubtful."""
    spaced = re.sub(r"(\d)\s*[x×*]\s*(?=\d)", r"\1 ", text, flags=re.IGNORECASE)
    return [float(number.replace(",", ".")) for number in _NUMBER.findall(spaced)]


def _of_shape(shape: str, arguments: str) -> list[float]:
    """The box around an OpenSCAD primitive; its closing bracket is often forgotten."""
    named = {name: float(number) for name, number in _ARGUMENT.findall(arguments)}
    if shape == "cube":
        inside = arguments.partition("[")[2] or arguments
        numbers = [float(n) for n in re.findall(r"\d{1,9}(?:\.\d{1,9})?", inside)]
        return numbers * 3 if len(numbers) == 1 else numbers
    width = max(
        [2 * named[n] for n in ("r", "r1", "r2") if n in named]
        + [named[n] for n in ("d", "d1", "d2") if n in named],
        default=0.0,
    )
    return [width, width, named.get("h", 0.0) if shape == "cylinder" else width]


def _of_table(table: Mapping[str, object]) -> tuple[list[float], str | None]:
    by_name = {str(name).lower(): item for name, item in table.items()}
    unit = by_name.get("unit", by_name.get("units"))
    if isinstance(text := by_name.get("openscad"), str):
        numbers, inside = _of_text(text[:TEXT_MAX])
        return numbers, unit if isinstance(unit, str) else inside
    numbers = []
    for names in _AXES:
        for name in (n + end for n in names for end in ("", "-mm", "_mm")):
            if (number := _one(by_name.get(name))) is not None:
                numbers.append(number)
                unit = "mm" if name.endswith("mm") else unit
                break
    return numbers, unit if isinstance(unit, str) else _unit_in(by_name.values())


def _of_list(items: Sequence[object]) -> tuple[list[float], str | None]:
    if items and isinstance(items[0], Mapping):
        merged: dict[str, object] = {}
        for table in items:
            merged |= table if isinstance(table, Mapping) else {}
        return _of_table(merged)
    numbers = [number for item in items if (number := _one(item)) is not None]
    return numbers, _unit_in(items)


def _unit_in(items: Iterable[object]) -> str | None:
    found = [u[1] for t in items if isinstance(t, str) and (u := _UNIT.search(t[:99]))]
    return found[0] if found and len({unit.lower() for unit in found}) == 1 else None


def _one(item: object) -> float | None:
    if isinstance(item, str):
        numbers = _in(item[:TEXT_MAX])
        return numbers[0] if len(numbers) == 1 else None
    if isinstance(item, bool) or not isinstance(item, int | float):
        return None
    return float(item)


def _shown(value: object) -> str:
    return repr(value)[:80]
