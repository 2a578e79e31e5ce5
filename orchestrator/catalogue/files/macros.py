"""Gerber aperture macros: primitives with sizes that are sums, as polygons."""

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from orchestrator.catalogue.files.apertures import (
    Part,
    Shape,
    arc,
    circle,
    rectangle,
    regular,
)
from orchestrator.catalogue.files.reading import Floats, UnreadableError

_TOKEN: Final = re.compile(r"\s*(?:\$(\d{1,4})|(\d+\.?\d*|\.\d+)|([-+/()])|([xX]))")
_LONGEST: Final = 500  # characters of one sum
_OPERATIONS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_HAS_EXPOSURE: Final = frozenset({1, 2, 4, 5, 20, 21, 22})
_OUTLINE: Final = 4
_RINGS_MAX: Final = 50

type Variables = dict[int, float]


def shape_of(statements: Sequence[str], given: Sequence[float]) -> Shape:
    """The macro's shape for the values that an aperture gives it, in the file's unit.

    Errors: UnreadableError.
    """
    variables = dict(enumerate(given, 1))
    parts: list[Part] = []
    for statement in statements:
        if not statement or statement.startswith("0"):
            continue
        name, is_set, value = statement.partition("=")
        if is_set:
            variables[_variable(name)] = _value(value, variables)
            continue
        code, *values = [_value(each, variables) for each in statement.split(",")]
        parts += _primitive(int(code), values)
    if not any(painted for painted, _ in parts):
        raise UnreadableError("an aperture macro paints nothing. Plot this layer again")
    if not all(np.isfinite(part).all() for _, part in parts):
        raise UnreadableError("an aperture macro has sizes that are no numbers")
    return Shape(parts=tuple(parts))


def _primitive(code: int, values: list[float]) -> list[Part]:
    known = _PRIMITIVES.get(code)
    if known is None:
        raise UnreadableError(f"an aperture macro has an unknown primitive {code}")
    least, draw = known
    painted = True
    if code in _HAS_EXPOSURE:
        painted, values = bool(values) and values[0] != 0, values[1:]
    if len(values) == least - 1:
        values = [*values, 0.0]  # old programs leave a rotation of 0 out
    if len(values) < least:
        raise UnreadableError(f"primitive {code} of an aperture macro lacks values")
    rotation = values[-1] if code == _OUTLINE else values[least - 1]
    turn = _rotation(rotation)
    return [(painted, solid @ turn.T) for solid in draw(values)]


def _circle(values: list[float]) -> list[Floats]:
    return [circle(values[0], (values[1], values[2]))]


def _line(values: list[float]) -> list[Floats]:
    width, x1, y1, x2, y2 = values[:5]
    length = math.hypot(x2 - x1, y2 - y1)
    across = (
        rectangle(length, width)
        @ _rotation(math.degrees(math.atan2(y2 - y1, x2 - x1))).T
    )
    return [np.add(across, ((x1 + x2) / 2, (y1 + y2) / 2))]


def _middle(values: list[float]) -> list[Floats]:
    return [rectangle(values[0], values[1], (values[2], values[3]))]


def _corner(values: list[float]) -> list[Floats]:
    wide, high, x, y = values[:4]
    return [rectangle(wide, high, (x + wide / 2, y + high / 2))]


def _outline(values: list[float]) -> list[Floats]:
    count = int(values[0]) + 1
    if len(values) != 2 + 2 * count or count < 3:
        raise UnreadableError("an outline of an aperture macro lacks corners")
    return [np.array(values[1:-1]).reshape(-1, 2)]


def _polygon(values: list[float]) -> list[Floats]:
    return [np.add(regular(int(values[0]), values[3]), (values[1], values[2]))]


def _thermal(values: list[float]) -> list[Floats]:
    """A ring with a cross of gaps: four pieces."""
    x, y, outer, inner, gap = values[:5]
    outside, inside, half = outer / 2, inner / 2, gap / 2
    if not 0 <= half < outside / math.sqrt(2) or inside >= outside:
        raise UnreadableError("a thermal of an aperture macro has no ring")
    begin = math.asin(half / outside)
    way = arc(outside, begin, math.pi / 2 - 2 * begin)
    if inside > half * math.sqrt(2):
        begin = math.asin(half / inside)
        back = arc(inside, math.pi / 2 - begin, 2 * begin - math.pi / 2)
    else:
        back = np.array([(half, half)])
    piece = np.concatenate([way, back])
    return [piece @ _rotation(90.0 * turn).T + np.array([x, y]) for turn in range(4)]


def _moire(values: list[float]) -> list[Floats]:
    """Rings inside each other and a cross."""
    x, y, outer, thick, gap, rings, cross, length = values[:8]
    solids = [rectangle(length, cross), rectangle(cross, length)]
    for _ in range(min(int(rings), _RINGS_MAX)):
        if outer <= 0:
            break
        ring, inner = circle(outer), outer - 2 * thick
        if inner > 0:
            back = circle(inner)[::-1]
            ring = np.concatenate([ring, ring[:1], back, back[:1]])
        solids.append(ring)
        outer = inner - 2 * gap
    return [np.add(solid, (x, y)) for solid in solids]


def _rotation(degrees: float) -> Floats:
    turn = math.radians(degrees)
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.array([(cosine, -sine), (sine, cosine)])


def _variable(name: str) -> int:
    if not re.fullmatch(r"\s*\$\d{1,4}\s*", name):
        raise UnreadableError(f"{name[:20]!r} is no variable of an aperture macro")
    return int(name.strip()[1:])


def _value(words: str, variables: Variables) -> float:
    """A sum such as `$1x0.5-(2/$3)`. Errors: UnreadableError."""
    try:
        return _sum(ast.parse(_spelled(words), mode="eval").body, variables)
    except (SyntaxError, ZeroDivisionError, OverflowError, ValueError) as error:
        raise UnreadableError(
            f"{words[:40]!r} in an aperture macro can't be reckoned"
        ) from error


def _spelled(words: str) -> str:
    """The same as Python spells it."""
    spelled, at, words = "", 0, words.strip()
    while at < len(words) <= _LONGEST:
        found = _TOKEN.match(words, at)
        if found is None:
            break
        variable, number, sign, _ = found.groups()
        if variable:
            spelled += f"v{int(variable)}"
        else:
            spelled += repr(float(number)) if number else sign or "*"
        at = found.end()
    if at < len(words) or not words:
        raise ValueError(words[:40])
    return spelled


def _sum(node: ast.expr, variables: Variables) -> float:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_sum(left, variables), _sum(right, variables))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_sum(operand, variables)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _sum(operand, variables)
        case ast.Constant(value=float() as number):
            return number
        case ast.Name(id=name):
            return variables.get(int(name[1:]), 0.0)
        case _:
            raise ValueError(ast.dump(node)[:40])


# By code: values behind the exposure, of which the last is the rotation
_PRIMITIVES: Final[dict[int, tuple[int, Callable[[list[float]], list[Floats]]]]] = {
    1: (4, _circle),
    2: (6, _line),
    20: (6, _line),
    21: (5, _middle),
    22: (5, _corner),
    _OUTLINE: (8, _outline),
    5: (5, _polygon),
    6: (9, _moire),
    7: (6, _thermal),
}
