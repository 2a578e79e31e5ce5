"""The photoplotter that a Gerber file (RS-274X, X2) commands, and what it paints.

Step and repeat, aperture blocks, macros, polarity, object transformations, arcs in one
quadrant and in all: The Gerber Layer Format Specification, revision 2024.05, Ucamco.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from orchestrator.catalogue.files.apertures import (
    Shape,
    standard,
    swept,
)
from orchestrator.catalogue.files.arcs import Point, chords
from orchestrator.catalogue.files.macros import shape_of
from orchestrator.catalogue.files.painted import Piece
from orchestrator.catalogue.files.reading import Floats, UnreadableError
from orchestrator.catalogue.found import INCH_MM

OBJECTS_MAX: Final = 400_000
LONGEST_MM: Final = 10_000
_SCALE_MAX: Final = 1_000.0
# A comment first: Eagle writes attributes with one percent sign into them
_BLOCK: Final = re.compile(r"\bG0?4(?!\d)[^*]*\*|%([^%]*)%|([^*%]*)\*")
_FORMAT: Final = re.compile(r"FS([LTD]?)([AI]?)(?:[NGDM]\d)*X(\d)\.?(\d)Y(\d)\.?(\d)")
_APERTURE: Final = re.compile(r"ADD(\d{1,9})([A-Za-z_.$][\w.$-]*),?(.*)", re.DOTALL)
_WORD: Final = re.compile(r"([GXYIJD])([+-]?\d*\.?\d+)")
_REPEAT: Final = re.compile(
    r"SR(?:X(\d{1,6}))?(?:Y(\d{1,6}))?(?:I([\d.]{1,12}))?(?:J([\d.]{1,12}))?"
)
_MIRRORS: Final = {"N": (1, 1), "X": (-1, 1), "Y": (1, -1), "XY": (-1, -1)}

type Block = tuple[Piece, ...]


@dataclass(slots=True)
class Pen:
    """The plotter's state, and what it has painted so far."""

    pieces: list[Piece] = field(default_factory=list)
    has_format: bool = False
    has_unit: bool = False
    negative: bool = False  # the whole image, by an old command
    undefined: set[int] = field(default_factory=set)  # apertures that were asked for
    _factor: float = INCH_MM  # mm of a unit; old files that tell none are in inches
    _decimals: int = 6
    _digits: int = 10
    _trailing: bool = False  # trailing zeros are left out
    _relative: bool = False
    _macros: dict[str, list[str]] = field(default_factory=dict)
    _apertures: dict[int, Shape | Block] = field(default_factory=dict)
    _aperture: Shape | Block | None = None
    _dark: bool = True
    _mirror: Point = (1, 1)
    _rotation: float = 0.0
    _scale: float = 1.0
    _at: Point = (0.0, 0.0)
    _operation: int = 0
    _motion: int = 1
    _single_quadrant: bool = False
    _region: list[Point] | None = None
    _ways: list[tuple[Point, Point]] = field(default_factory=list)
    _flashes: list[Point] = field(default_factory=list)
    _repeat: tuple[int, int, int, float, float] | None = None
    _blocks: list[tuple[int, list[Piece]]] = field(default_factory=list)
    _objects: int = 0

    def plot(self, text: str) -> None:
        """Follow a whole file. Errors: UnreadableError."""
        for parameters, command in _blocks(text):
            if parameters:
                self._set(parameters)
            elif re.match(r"M0?[02]", command):
                break
            elif not re.match(r"G0?4(?!\d)", command):
                self._follow(command)
        self._close_region()
        self._flush()
        self._end_repeat()

    # What stands between percent signs

    def _set(self, parameters: str) -> None:
        if parameters.startswith("AM"):
            name, *statements = parameters[2:].split("*")
            self._macros[name.strip()] = ["".join(each.split()) for each in statements]
            return
        for parameter in parameters.split("*"):
            word = parameter.strip()
            if word[:2] not in {"", "TF", "TA", "TO", "TD"}:
                self._flush()
                self._set_one(word[:2], word)

    def _set_one(self, code: str, word: str) -> None:
        match code:
            case "FS":
                self._set_format(word)
            case "MO":
                self._set_unit(inches=word[2:4] == "IN")
            case "AD":
                self._define(word)
            case "AB":
                self._block(word[3:])
            case "SR":
                self._begin_repeat(word)
            case "IP":
                self.negative = word[2:5] == "NEG"
            case _:
                self._load(code, word)

    def _load(self, code: str, word: str) -> None:
        """How what follows is painted; names and the like are passed over."""
        match code:
            case "LP":
                self._dark = word[2:3] != "C"
            case "LM":
                self._mirror = _MIRRORS.get(word[2:], (1, 1))
            case "LR":
                self._rotation = math.radians(_number(word[2:]))
            case "LS":
                self._scale = min(max(_number(word[2:]), 1e-3), _SCALE_MAX)
            case _:
                pass

    def _set_format(self, word: str) -> None:
        found = _FORMAT.match(word)
        if found is None:
            raise UnreadableError(f"its number format {word[:40]!r} is not understood")
        self.has_format = True
        self._trailing = found[1] == "T"
        self._relative = found[2] == "I"
        self._decimals = int(found[4])
        self._digits = int(found[3]) + self._decimals

    def _set_unit(self, *, inches: bool) -> None:
        self.has_unit = True
        self._factor = INCH_MM if inches else 1.0

    def _define(self, word: str) -> None:
        found = _APERTURE.match(word)
        if found is None:
            raise UnreadableError(f"aperture {word[:40]!r} is not understood")
        kind = found[2]
        sizes = [_number(each) for each in found[3].split("X") if each.strip()]
        if kind in {"C", "R", "O", "P"}:
            scaled = [abs(size) * self._factor for size in sizes]
            if kind == "P":
                scaled[1:3] = sizes[1:3]  # a number of corners and an angle
            shape = standard(kind, scaled)
        elif kind in self._macros:
            in_units = shape_of(self._macros[kind], sizes)
            shape = in_units.turned(np.eye(2) * self._factor)
        else:
            raise UnreadableError(
                f"its aperture macro {kind[:40]!r} is nowhere defined"
            )
        if not all(np.abs(part).max() <= LONGEST_MM for _, part in shape.parts):
            raise UnreadableError(f"aperture D{found[1]} is larger than 10 m")
        self._apertures[int(found[1])] = shape

    def _block(self, name: str) -> None:
        """Begin an aperture that is painted by commands, or end it."""
        if name:
            self._blocks.append((int(_number(name)), self.pieces))
            self.pieces = []
        elif self._blocks:
            number, outer = self._blocks.pop()
            self._apertures[number] = tuple(self.pieces)
            self.pieces = outer

    def _begin_repeat(self, word: str) -> None:
        self._end_repeat()
        found = _REPEAT.match(word)
        if found is None:
            return
        columns, rows = int(found[1] or 1), int(found[2] or 1)
        if columns * rows > 1:
            step = [_number(found[axis] or "0") * self._factor for axis in (3, 4)]
            self._repeat = len(self.pieces), columns, rows, step[0], step[1]

    def _end_repeat(self) -> None:
        if self._repeat is None:
            return
        first, columns, rows, x_mm, y_mm = self._repeat
        self._repeat = None
        once = self.pieces[first:]
        self._count(columns * rows * sum(len(piece.core) for piece in once))
        for column in range(columns):
            for row in range(rows):
                if column or row:
                    shift = np.array([column * x_mm, row * y_mm])
                    self.pieces += [piece.moved(np.eye(2), shift) for piece in once]

    # Commands

    def _follow(self, command: str) -> None:
        words = dict(_WORD.findall(command))
        for gee in re.findall(r"G0*(\d+)", command):
            self._mode(int(gee))
        operation = 0
        for code in map(int, re.findall(r"D(\d{1,9})", command)):
            if code < 10:
                operation = code
            else:
                self._take(code)
        if not operation and not words.keys() & {"X", "Y", "I", "J"}:
            return
        there = (self._place(words, "X", 0), self._place(words, "Y", 1))
        if not all(abs(place) < LONGEST_MM for place in there):
            raise UnreadableError(f"{command[:40]!r} is farther than 10 m away")
        self._operation = operation or self._operation or 1
        self._operate(there, words)
        self._at = there

    def _take(self, number: int) -> None:
        self._flush()
        self._aperture = self._apertures.get(number)
        if self._aperture is None:
            self.undefined.add(number)

    def _mode(self, gee: int) -> None:
        match gee:
            case 1 | 2 | 3:
                self._motion = gee
            case 36:
                self._flush()
                self._region = []
            case 37:
                self._close_region()
                self._region = None
            case 70 | 71:
                self._set_unit(inches=gee == 70)
            case 74 | 75:
                self._single_quadrant = gee == 74
            case 90 | 91:
                self._relative = gee == 91
            case _:
                pass

    def _operate(self, there: Point, words: dict[str, str]) -> None:
        draws = self._operation == 1
        if draws:
            way = [self._at, there]
            if self._motion != 1 and words.keys() & {"I", "J"}:
                i, j = (self._length(words.get(letter, "0")) for letter in "IJ")
                way = chords(
                    self._at,
                    there,
                    (i, j),
                    clockwise=self._motion == 2,
                    quadrant=self._single_quadrant,
                )
        if self._region is not None:
            if draws:
                self._region += way[1:] if self._region else way
            else:
                self._close_region()
                self._region = []
        elif draws:
            self._count(len(way) - 1)
            self._ways += pairwise(way)
        elif self._operation == 3:
            self._count(1)
            self._flashes.append(there)

    # What is painted

    def _close_region(self) -> None:
        if self._region and len(self._region) > 2:
            self._count(1)
            outline = np.array([self._region], np.float64)
            self.pieces.append(Piece(dark=self._dark, solid=outline, core=outline))
        if self._region:
            self._region = []

    def _flush(self) -> None:
        """Paint what was drawn and flashed since the tool or its polarity changed."""
        ways, flashes = self._ways, self._flashes
        if not ways and not flashes:
            return
        self._ways, self._flashes = [], []
        aperture, matrix = self._aperture, self._matrix()
        if isinstance(aperture, tuple):
            self._count(len(flashes) * sum(len(piece.core) for piece in aperture))
            for at in np.array(flashes, np.float64).reshape(-1, 2):
                self.pieces += [
                    piece.moved(matrix, at, inverted=not self._dark)
                    for piece in aperture
                ]
        elif aperture is not None:
            shape = aperture.turned(matrix)
            if ways:
                self._draw(shape, np.array(ways, np.float64))
            if flashes:
                self._flash(shape, np.array(flashes, np.float64)[:, None])

    def _draw(self, shape: Shape, ways: Floats) -> None:
        convex = shape.outline()
        x, y = convex.T
        if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() < 0:
            convex = convex[::-1]
        self.pieces.append(
            Piece(
                dark=self._dark,
                solid=swept(convex, ways),
                core=ways,
                round_mm=shape.round_mm,
            )
        )

    def _flash(self, shape: Shape, at: Floats) -> None:
        if all(painted for painted, _ in shape.parts):
            self.pieces += [
                Piece(
                    dark=self._dark, solid=part + at, core=at, round_mm=shape.round_mm
                )
                for _, part in shape.parts
            ]
            return
        solid = np.concatenate([part for painted, part in shape.parts if painted]) + at
        self.pieces.append(
            Piece(dark=self._dark, solid=solid, core=at, stamp=shape.parts)
        )

    def _matrix(self) -> Floats:
        """Mirrored, then rotated, then scaled."""
        cosine, sine = math.cos(self._rotation), math.sin(self._rotation)
        rotation = np.array([(cosine, -sine), (sine, cosine)])
        return np.asarray(rotation @ np.diag(self._mirror) * self._scale)

    def _count(self, objects: int) -> None:
        self._objects += objects
        if self._objects > OBJECTS_MAX:
            raise UnreadableError(f"it paints more than {OBJECTS_MAX} things")

    # Numbers

    def _place(self, words: dict[str, str], axis: str, index: int) -> float:
        if axis not in words:
            return self._at[index]
        length = self._length(words[axis])
        return self._at[index] + length if self._relative else length

    def _length(self, digits: str) -> float:
        if len(digits) > 16:
            raise UnreadableError(f"{digits[:20]!r} has too many digits")
        if "." in digits:
            return float(digits) * self._factor
        if self._trailing:
            sign = "-" if digits[0] == "-" else ""
            digits = sign + digits.lstrip("+-").ljust(self._digits, "0")
        return int(digits) / 10.0**self._decimals * self._factor


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for found in _BLOCK.finditer(text):
        yield found[1] or "", (found[2] or "").strip()


def _number(words: str) -> float:
    try:
        value = float(words)
    except ValueError as error:
        raise UnreadableError(f"{words[:40]!r} is no number") from error
    if not math.isfinite(value):
        raise UnreadableError(f"{words[:40]!r} is no usable number")
    return value
