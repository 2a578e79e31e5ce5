"""One Gerber layer (RS-274X, X2): its size, its thinnest track, what layer it is.

Own reading: the libraries of the trade bring web servers or drawing programs along.
Apertures of macros count by the box of their largest number only.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from orchestrator.catalogue.files import child, sketch
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import INCH_MM, BoardLayer, Note

type Role = Literal["copper", "mask", "legend", "paste", "outline", "other"]
type Side = Literal["top", "bottom", "inner", ""]
type Point = tuple[float, float]

STROKES_MAX: Final = 100_000
LONGEST_MM: Final = 10_000
_BLOCK: Final = re.compile(r"%([^%]*)%|([^*%]*)\*")
_FORMAT: Final = re.compile(r"FS([LT])([AI])X(\d)(\d)Y(\d)(\d)")
_APERTURE: Final = re.compile(r"ADD(\d+)([A-Za-z_.$][\w.$]*),?(.*)")
_WORD: Final = re.compile(r"([GXYIJD])([+-]?\d+)")
_FUNCTION: Final = re.compile(r"TF\.FileFunction,([^*%]*)")
_ROLE_OF: Final[dict[str, Role]] = {
    "Copper": "copper",
    "Soldermask": "mask",
    "Legend": "legend",
    "Paste": "paste",
    "Profile": "outline",
}
# Endings of Protel, Altium and KiCad
_NAMED: Final[dict[str, tuple[Role, Side]]] = {
    "gtl": ("copper", "top"),
    "gbl": ("copper", "bottom"),
    "gts": ("mask", "top"),
    "gbs": ("mask", "bottom"),
    "gto": ("legend", "top"),
    "gbo": ("legend", "bottom"),
    "gtp": ("paste", "top"),
    "gbp": ("paste", "bottom"),
    "gko": ("outline", ""),
    "gm1": ("outline", ""),
    "gml": ("outline", ""),
}
_WORDS: Final[tuple[tuple[str, Role, Side], ...]] = (
    (r"edge.?cuts|outline|profile|board.?edge", "outline", ""),
    (r"f[._]cu|top.?copper|copper.?top|top.?layer", "copper", "top"),
    (r"b[._]cu|bottom.?copper|copper.?bottom|bottom.?layer", "copper", "bottom"),
    (r"in\d+[._]cu|inner", "copper", "inner"),
    (r"f[._]mask|mask.?top|top.?(solder)?mask", "mask", "top"),
    (r"b[._]mask|mask.?bottom|bottom.?(solder)?mask", "mask", "bottom"),
    (r"f[._]silk|silk.?top|top.?silk", "legend", "top"),
    (r"b[._]silk|silk.?bottom|bottom.?silk", "legend", "bottom"),
    (r"f[._]paste|paste.?top|top.?paste", "paste", "top"),
    (r"b[._]paste|paste.?bottom|bottom.?paste", "paste", "bottom"),
)


def read(source: Source) -> Read:
    """Read a Gerber layer. Errors: UnreadableError."""
    text = source.content.decode("latin-1")
    pen = _Pen()
    for parameter, command in _blocks(text):
        if parameter:
            pen.set(parameter)
        elif command.startswith(("M02", "M00")):
            break
        else:
            pen.follow(command)
    pen.close_region()
    if not pen.strokes:
        raise UnreadableError("nothing is drawn in it. Plot this layer again")
    role, side = layer_of(source.name, text)
    outline = role == "outline"
    halves = [0.0 if outline else stroke.width_mm / 2 for stroke in pen.strokes]
    low, high = _reach(pen.strokes, halves)
    layer = BoardLayer(
        role=role,
        side=side,
        width_mm=high[0] - low[0],
        height_mm=high[1] - low[1],
        smallest_mm=min(pen.drawn_mm, default=None),
    )
    return Read(
        format="Gerber",
        what=layer,
        notes=() if role != "other" else (_UNKNOWN_LAYER,),
        picture=sketch.picture(pen.strokes),
    )


def layer_of(name: str, text: str) -> tuple[Role, Side]:
    """Which layer it is: by its own attribute (X2), else by how it is called."""
    told = _FUNCTION.search(text)
    if told:
        words = [word.strip() for word in told[1].split(",")]
        side: Side = ""
        for word, its_side in (("Top", "top"), ("Bot", "bottom"), ("Inr", "inner")):
            if word in words:
                side = its_side  # type: ignore[assignment]
        return _ROLE_OF.get(words[0], "other"), side
    lower = name.lower()
    end = lower.rpartition(".")[2]
    if end in _NAMED:
        return _NAMED[end]
    if re.fullmatch(r"g\d+|gp\d+|g\d+l", end):
        return "copper", "inner"
    for pattern, role, side in _WORDS:
        if re.search(pattern, lower):
            return role, side
    return "other", ""


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for found in _BLOCK.finditer(text):
        yield found[1] or "", (found[2] or "").strip()


@dataclass(slots=True)
class _Pen:
    """The plotter's state, and what it has drawn."""

    strokes: list[sketch.Stroke] = field(default_factory=list)
    drawn_mm: set[float] = field(default_factory=set)  # widths of round tracks
    factor: float = 1.0  # mm of a unit
    decimals: int = 6
    digits: int = 10
    trailing: bool = False  # trailing zeros are left out
    relative: bool = False
    apertures: dict[int, tuple[str, float, float]] = field(default_factory=dict)
    aperture: tuple[str, float, float] = ("C", 0.0, 0.0)
    at: Point = (0.0, 0.0)
    motion: int = 1
    region: list[Point] | None = None

    def set(self, parameters: str) -> None:
        """Take what stands between percent signs."""
        if parameters.startswith("AM"):
            return
        for parameter in parameters.split("*"):
            word = parameter.strip()
            if found := _FORMAT.match(word):
                self.trailing = found[1] == "T"
                self.relative = found[2] == "I"
                self.decimals = int(found[4])
                self.digits = int(found[3]) + self.decimals
            elif word.startswith("MO"):
                self.factor = INCH_MM if word[2:4] == "IN" else 1.0
            elif found := _APERTURE.match(word):
                self._define(int(found[1]), found[2], found[3])

    def follow(self, command: str) -> None:
        """Do one command between stars."""
        if command.startswith("G04"):
            return
        words = dict(_WORD.findall(command))
        for gee in re.findall(r"G0*(\d+)", command):
            self._mode(int(gee))
        operation = int(words.get("D", 0))
        if operation >= 10:
            self.aperture = self.apertures.get(operation, self.aperture)
            return
        if not words.keys() & {"X", "Y", "D"}:
            return
        there = (self._place(words, "X", 0), self._place(words, "Y", 1))
        if not all(abs(place) < LONGEST_MM for place in there):
            raise UnreadableError(f"{command[:40]!r} is farther than 10 m away")
        self._operate(operation or 1, there, words)
        self.at = there

    def close_region(self) -> None:
        """End a filled outline."""
        if self.region and len(self.region) > 2:
            self._add(self.region, 0.0, filled=True)
        self.region = None

    def _mode(self, gee: int) -> None:
        match gee:
            case 1 | 2 | 3:
                self.motion = gee
            case 36:
                self.region = []
            case 37:
                self.close_region()
            case 70 | 71:
                self.factor = INCH_MM if gee == 70 else 1.0
            case 90 | 91:
                self.relative = gee == 91
            case _:
                pass

    def _operate(self, operation: int, there: Point, words: dict[str, str]) -> None:
        way = [self.at, there]
        if operation == 1 and self.motion != 1:
            way = self._arc(there, words)
        if self.region is not None:
            if operation == 2:
                self.close_region()
                self.region = [there]
            else:
                self.region += way[1:] if self.region else way
            return
        shape, wide, high = self.aperture
        if operation == 1:
            if shape == "C" and wide > 0:
                self.drawn_mm.add(wide)
            self._add(way, min(wide, high) if shape == "C" else max(wide, high))
        elif operation == 3:
            self._flash(there)

    def _flash(self, at: Point) -> None:
        shape, wide, high = self.aperture
        if shape == "C":
            self._add([at, (at[0] + 1e-4, at[1])], wide)
            return
        x, y = wide / 2, high / 2
        corners = [(-x, -y), (x, -y), (x, y), (-x, y), (-x, -y)]
        self._add([(at[0] + dx, at[1] + dy) for dx, dy in corners], 0.0, filled=True)

    def _add(self, way: list[Point], width_mm: float, *, filled: bool = False) -> None:
        if len(self.strokes) >= STROKES_MAX:
            raise UnreadableError(f"it draws more than {STROKES_MAX} things")
        points = np.array(way, np.float64)
        self.strokes.append(
            sketch.Stroke(points=points, width_mm=width_mm, filled=filled)
        )

    def _arc(self, there: Point, words: dict[str, str]) -> list[Point]:
        """The arc's chords; its middle is given from its start (G75)."""
        x, y = self.at
        i, j = self._number(words.get("I", "0")), self._number(words.get("J", "0"))
        middle, radius = (x + i, y + j), math.hypot(i, j)
        start = math.atan2(-j, -i)
        end = math.atan2(there[1] - middle[1], there[0] - middle[0])
        turn = (end - start) % math.tau or math.tau
        if self.motion == 2:
            turn = turn - math.tau if turn < math.tau else -math.tau
        count = 4 + int(abs(turn) * 6)
        return [
            self.at,
            *(
                (
                    middle[0] + radius * math.cos(start + turn * step / count),
                    middle[1] + radius * math.sin(start + turn * step / count),
                )
                for step in range(1, count)
            ),
            there,
        ]

    def _define(self, number: int, shape: str, parameters: str) -> None:
        try:
            sizes = [abs(float(each)) for each in parameters.split("X") if each.strip()]
        except ValueError as error:
            raise UnreadableError(f"aperture D{number} has no numbers") from error
        sizes = [size * self.factor for size in sizes if size < LONGEST_MM] or [0.0]
        if shape in {"C", "P"}:
            self.apertures[number] = ("C", sizes[0], sizes[0])
        elif shape in {"R", "O"}:
            self.apertures[number] = ("R", sizes[0], sizes[-1 if len(sizes) < 2 else 1])
        else:  # a macro: its sizes may be angles too, so the largest is not trusted
            wide = min(max(sizes[:4]), 10.0)
            self.apertures[number] = ("R", wide, wide)

    def _place(self, words: dict[str, str], axis: str, index: int) -> float:
        if axis not in words:
            return self.at[index]
        number = self._number(words[axis])
        return self.at[index] + number if self.relative else number

    def _number(self, digits: str) -> float:
        if len(digits) > 16:
            raise UnreadableError(f"{digits[:20]!r} has too many digits")
        if self.trailing:
            sign, bare = (
                ("-", digits[1:]) if digits[0] == "-" else ("", digits.lstrip("+"))
            )
            digits = sign + bare.ljust(self.digits, "0")
        return int(digits) / 10.0**self.decimals * self.factor


def _reach(strokes: list[sketch.Stroke], halves: list[float]) -> tuple[Point, Point]:
    low = np.min(
        [s.points.min(axis=0) - half for s, half in zip(strokes, halves, strict=True)],
        axis=0,
    )
    high = np.max(
        [s.points.max(axis=0) + half for s, half in zip(strokes, halves, strict=True)],
        axis=0,
    )
    return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))


_UNKNOWN_LAYER: Final = Note(
    code="unknown-layer",
    words="The file does not say which layer it is. Name it as your program does, for "
    "example board.GTL for the top copper.",
)

if __name__ == "__main__":
    child.run(read)
