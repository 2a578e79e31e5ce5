"""Drilling cycles spelled out: GRBL 1.1 refuses G73 and G81 to G83, CAM programs use them.

As RS274/NGC and LinuxCNC define them, in G90 and G17; anything else is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.words import Word, parse

_CYCLES = frozenset({73.0, 81.0, 82.0, 83.0})
_RETURNS = frozenset({98.0, 99.0})  # to where the cycle began, or to R
_ENDS = frozenset({0.0, 1.0, 2.0, 3.0, 80.0})
_MARKS = ("G73", "G8", "G98", "G99", "G 7", "G 8", "G 9")
_STICKY = "ZRQP"
_PECKS_MAX = 1000
_CLEARANCE = {True: 0.254, False: 0.01}  # above the last peck; by millimetres, inches


def spelled_out(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """(file line, code) with each cycle as plain moves under its own file line.

    Errors: ProgramError, naming the line.
    """
    cycles = Cycles()
    for number, code in lines:
        try:
            spelled = cycles.take(code)
        except ProgramError as unfit:
            raise ProgramError(f"line {number}: {unfit}") from unfit
        for line in spelled:
            yield number, line


@dataclass(slots=True)
class Cycles:
    """What a cycle needs to know of the lines before it. `take` errors: ProgramError."""

    _code: float | None = None  # the cycle in force
    _sticky: dict[str, float] = field(default_factory=dict)
    _z: float | None = None  # in the program's own units
    _from_z: float = 0.0  # where the first cycle in a row began
    _to_r: bool = False
    _metric: bool = True
    _absolute: bool = True
    _flat: bool = True  # G17

    def take(self, code: str) -> list[str]:
        """The lines that stand for one line of code."""
        cyclic = self._code is not None or any(mark in code for mark in _MARKS)
        if not cyclic and "Z" not in code and "G" not in code:
            return [code]
        words = parse(code)
        self._note_modes(words)
        if not cyclic:
            self._follow(words)
            return [code]
        return self._spell(words)

    def _note_modes(self, words: list[Word]) -> None:
        for letter, value in words:
            if letter == "M" and value in (2.0, 30.0):
                self._absolute = self._flat = True
            if letter != "G":
                continue
            if value in (20.0, 21.0):
                self._metric = value == 21.0
                self._z = None if self._code is None else self._z
            elif value in (90.0, 91.0):
                self._absolute = value == 90.0
            elif value in (17.0, 18.0, 19.0):
                self._flat = value == 17.0
            elif value in _RETURNS:
                self._to_r = value == 99.0

    def _follow(self, words: list[Word]) -> None:
        for letter, value in words:
            if letter == "Z" and value is not None:
                relative = None if self._z is None else self._z + value
                self._z = value if self._absolute else relative

    def _spell(self, words: list[Word]) -> list[str]:
        codes = [value for letter, value in words if letter == "G"]
        begun = [value for value in codes if value in _CYCLES]
        others = [
            (letter, value)
            for letter, value in words
            if letter == "M"
            or (letter == "G" and value not in _CYCLES and value not in _RETURNS)
        ]
        if begun:
            self._begin(begun[-1])
        elif any(value in _ENDS for value in codes):
            self._code = None
        if self._code is None:
            self._follow(words)
            kept = [word for word in words if word[0] != "G" or word[1] not in _RETURNS]
            return [_line(kept)] if kept else []
        places = {letter: value for letter, value in words if letter not in "GM"}
        feed = [(letter, places.pop(letter)) for letter in "FS" if letter in places]
        before = [_line([*others, *feed])] if others or feed else []
        if not begun and not any(letter in places for letter in "XYZ"):
            return before
        return [*before, *self._holes(places)]

    def _begin(self, code: float) -> None:
        if self._code is None:
            if self._z is None:
                raise ProgramError(
                    "drilling cycle from an unknown height: move Z first"
                )
            self._from_z = self._z
            self._sticky.clear()
        self._code = code

    def _holes(self, places: dict[str, float | None]) -> list[str]:
        if not (self._absolute and self._flat):
            raise ProgramError("drilling cycles are taken in G90 and G17 only")
        for letter, value in places.items():
            if letter not in "XYZRQP" or value is None:
                raise ProgramError(f"{letter} has no meaning in a drilling cycle")
        self._sticky |= {k: v for k, v in places.items() if k in _STICKY and v}
        self._sticky |= {k: 0.0 for k, v in places.items() if k in "ZR" and v == 0}
        bottom, top = self._sticky.get("Z"), self._sticky.get("R")
        if bottom is None or top is None or bottom > top:
            raise ProgramError("a drilling cycle needs Z, and R not below it")
        return self._hole(places, bottom, top)

    def _hole(
        self, places: dict[str, float | None], bottom: float, top: float
    ) -> list[str]:
        lines: list[str] = []
        if self._z is None or self._z < top:
            lines.append(_rapid(top))
        aside = [(axis, places[axis]) for axis in "XY" if axis in places]
        if aside:
            lines.append(_line([("G", 0.0), *aside]))
        if not lines or lines[0] != _rapid(top):
            lines.append(_rapid(top))
        lines += self._strokes(bottom, top)
        if self._code == 82.0:
            lines.append(_line([("G", 4.0), ("P", self._sticky.get("P", 0.0))]))
        self._z = top if self._to_r else max(self._from_z, top)
        return [*lines, _rapid(self._z)]

    def _strokes(self, bottom: float, top: float) -> list[str]:
        if self._code in (81.0, 82.0):
            return [_feed(bottom)]
        peck = self._sticky.get("Q", 0.0)
        if peck <= 0 or (top - bottom) / peck > _PECKS_MAX:
            raise ProgramError("a peck cycle needs Q above 0, and few pecks")
        clearance = _CLEARANCE[self._metric]
        lines: list[str] = []
        depth = top
        while depth > bottom + 1e-9:
            depth = max(bottom, depth - peck)
            lines.append(_feed(depth))
            if depth <= bottom:
                break
            if self._code == 83.0:  # out of the hole, and back to just above
                lines += [_rapid(top), _rapid(min(top, depth + clearance))]
            else:
                lines.append(_rapid(min(top, depth + clearance)))
        return lines


def _rapid(z: float) -> str:
    return _line([("G", 0.0), ("Z", z)])


def _feed(z: float) -> str:
    return _line([("G", 1.0), ("Z", z)])


def _line(words: list[Word]) -> str:
    return " ".join(
        letter if value is None else f"{letter}{_number(value)}"
        for letter, value in words
    )


def _number(value: float) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".")
