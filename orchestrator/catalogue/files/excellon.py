"""One drill file (Excellon): holes by diameter, slots, and how far they reach."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from orchestrator.catalogue.files import child, sketch
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import INCH_MM, Drills, Holes

HOLES_MAX: Final = 100_000
LONGEST_MM: Final = 10_000
_TOOL: Final = re.compile(r"T(\d{1,4})[^C]*C([\d.]{1,12})")
_PLACE: Final = re.compile(r"([XY])([+-]?[\d.]{1,14})")
_DIGITS: Final = re.compile(r";FILE_FORMAT=(\d):(\d)")
_REPEAT: Final = re.compile(r"R(\d{1,4})")


def read(source: Source) -> Read:
    """Read a drill file. Errors: UnreadableError."""
    text = source.content.decode("latin-1")
    drill = _Drill()
    try:
        for line in text.splitlines():
            drill.follow(line.strip())
    except ValueError as error:
        raise UnreadableError(f"a number can't be read: {error}") from error
    if not drill.strokes:
        raise UnreadableError("it drills nothing. Plot the drill file again")
    points = np.concatenate([stroke.points for stroke in drill.strokes])
    size = np.ptp(points, axis=0)
    found = Drills(
        plated=_is_plated(source.name, text),
        width_mm=float(size[0]),
        height_mm=float(size[1]),
        holes=tuple(
            Holes(diameter_mm=diameter_mm, count=count)
            for diameter_mm, count in sorted(drill.counted.items())
        ),
        slots=drill.slots,
    )
    return Read(format="Excellon", what=found, picture=sketch.picture(drill.strokes))


def _is_plated(name: str, text: str) -> bool | None:
    told = re.search(
        r"TF\.FileFunction,(NonPlated|Plated)|TYPE=(NON_PLATED|PLATED)", text
    )
    if told:
        return not (told[1] or told[2]).upper().startswith("NON")
    lower = name.lower()
    if re.search(r"npth|non.?plated", lower):
        return False
    return True if re.search(r"pth|plated", lower) else None


@dataclass(slots=True)
class _Drill:
    """The machine's state, and what it has drilled."""

    strokes: list[sketch.Stroke] = field(default_factory=list)
    counted: Counter[float] = field(default_factory=Counter)
    slots: int = 0
    factor: float = INCH_MM
    decimals: int = 4
    digits: int = 6
    leading: bool = False  # leading zeros are kept, trailing ones left out
    diameter_of: dict[int, float] = field(default_factory=dict)
    diameter_mm: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    routing: bool = False
    down: bool = False
    relative: bool = False

    def follow(self, line: str) -> None:
        """Do one line."""
        if told := _DIGITS.match(line):
            self.decimals, self.digits = int(told[2]), int(told[1]) + int(told[2])
        if line.startswith((";", "#")) or not line:
            return
        word = line.upper()
        if word.startswith(("METRIC", "INCH", "M71", "M72")):
            self._units(word)
        elif word.startswith("T"):
            self._tool(word)
        elif word in {"G90", "G91", "ICI,ON", "ICI,OFF"}:
            self.relative = word in {"G91", "ICI,ON"}
        elif word.startswith(("M15", "M16", "M17")):
            self.down = word.startswith("M15")
        elif word.startswith("G05"):
            self.routing = False
        elif word.startswith("R") and (repeat := _REPEAT.match(word)):
            self._repeat(int(repeat[1]), word)
        else:
            self._move(word)

    def _units(self, word: str) -> None:
        metric = word.startswith(("METRIC", "M71"))
        self.factor = 1.0 if metric else INCH_MM
        self.leading = ",LZ" in word
        form = re.search(r",(0+)\.(0+)", word)
        if form:
            self.decimals = len(form[2])
            self.digits = len(form[1]) + len(form[2])
        elif metric and (self.digits, self.decimals) == (6, 4):
            self.decimals = 3

    def _tool(self, word: str) -> None:
        if told := _TOOL.match(word):
            self.diameter_of[int(told[1])] = float(told[2]) * self.factor
        elif number := re.match(r"T(\d{1,4})", word):
            self.diameter_mm = self.diameter_of.get(int(number[1]), 0.0)

    def _move(self, word: str) -> None:
        if word.startswith(("G00", "G01", "G02", "G03")):
            self.routing = True
        first, _, second = word.partition("G85")
        before = self.at
        if not self._go(first):
            return
        if second:
            start = self.at
            self._go(second)
            self._add([start, self.at], slot=True)
        elif not self.routing:
            self._add([self.at, (self.at[0] + 1e-4, self.at[1])], slot=False)
        elif self.down and not word.startswith("G00"):
            self._add([before, self.at], slot=True)

    def _repeat(self, count: int, word: str) -> None:
        step = dict(_PLACE.findall(word))
        x, y = self._number(step.get("X", "0")), self._number(step.get("Y", "0"))
        for _ in range(count):
            self.at = (self.at[0] + x, self.at[1] + y)
            self._add([self.at, (self.at[0] + 1e-4, self.at[1])], slot=False)

    def _go(self, word: str) -> bool:
        places = dict(_PLACE.findall(word))
        if not places:
            return False
        x, y = self.at
        if "X" in places:
            x = self._number(places["X"]) + (x if self.relative else 0)
        if "Y" in places:
            y = self._number(places["Y"]) + (y if self.relative else 0)
        if max(abs(x), abs(y)) > LONGEST_MM:
            raise UnreadableError(f"{word[:40]!r} is farther than 10 m away")
        self.at = (x, y)
        return True

    def _number(self, digits: str) -> float:
        if "." in digits:
            return float(digits) * self.factor
        if self.leading:
            sign = "-" if digits.startswith("-") else ""
            digits = sign + digits.lstrip("+-").ljust(self.digits, "0")
        return int(digits) / 10.0**self.decimals * self.factor

    def _add(self, way: list[tuple[float, float]], *, slot: bool) -> None:
        if len(self.strokes) >= HOLES_MAX:
            raise UnreadableError(f"it drills more than {HOLES_MAX} holes")
        points = np.array(way, np.float64)
        self.strokes.append(sketch.Stroke(points=points, width_mm=self.diameter_mm))
        if slot:
            self.slots += 1
        else:
            self.counted[round(self.diameter_mm, 3)] += 1


if __name__ == "__main__":
    child.run(read)
