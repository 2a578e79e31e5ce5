"""One drill file (Excellon): holes by diameter, slots, and how far they reach."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from orchestrator.catalogue.files import child, sketch
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import INCH_MM, Drills, Holes, Note

HOLES_MAX: Final = 100_000
LONGEST_MM: Final = 10_000
_TOOL: Final = re.compile(r"T(\d{1,4})[^C]*C([\d.]{1,12})")
_PLACE: Final = re.compile(r"([XY])([+-]?[\d.]{1,14})")
_DIGITS: Final = re.compile(r";\s*FILE_FORMAT=(\d):(\d)", re.IGNORECASE)
# Allegro tells its tools in remarks alone
_HOLE_SIZE: Final = re.compile(
    r";\s*T(\d{1,4})\s+HOLESIZE\s+\d+\.\s*=\s*([\d.]{1,12}).*?\b(MILS|MM|INCH)",
    re.IGNORECASE,
)
_MM_OF: Final = {"MILS": INCH_MM / 1_000, "MM": 1.0, "INCH": INCH_MM}
_REPEAT: Final = re.compile(r"R(\d{1,4})")
_PLATED: Final = re.compile(
    r"TF\.FileFunction,(NonPlated|Plated)|TYPE\s*=\s*(NON_?PLATED|PLATED)",
    re.IGNORECASE,
)


def read(source: Source) -> Read:
    """Read a drill file. Errors: UnreadableError."""
    text = source.content.decode("latin-1")
    drill = _Drill()
    try:
        for line in text.splitlines():
            drill.follow(line.strip())
    except ValueError as error:
        raise UnreadableError(f"a number can't be read: {error}") from error
    drill.lift()
    if not drill.strokes and not drill.has_head:
        raise UnreadableError("it drills nothing. Plot the drill file again")
    points = np.concatenate(
        [np.zeros((0, 2)), *(stroke.points for stroke in drill.strokes)]
    )
    size = np.ptp(points, axis=0) if len(points) else np.zeros(2)
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
    return Read(
        format="Excellon",
        what=found,
        notes=_notes(drill),
        picture=sketch.picture(drill.strokes) if drill.strokes else b"",
    )


def _is_plated(name: str, text: str) -> bool | None:
    """None where the file says neither, or both."""
    told = {
        not (attribute or comment).upper().startswith("NON")
        for attribute, comment in _PLATED.findall(text)
    }
    if told:
        return told.pop() if len(told) == 1 else None
    lower = name.lower()
    if re.search(r"npth|non.?plated|unplated", lower):
        return False
    return True if re.search(r"pth|plated", lower) else None


@dataclass(slots=True)
class _Drill:
    """The machine's state, and what it has drilled."""

    strokes: list[sketch.Stroke] = field(default_factory=list)
    counted: Counter[float] = field(default_factory=Counter)
    slots: int = 0
    has_head: bool = False
    has_unit: bool = False
    unknown: set[int] = field(default_factory=set)  # tools without a diameter
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
    way: list[tuple[float, float]] = field(default_factory=list)  # routed, tool down

    def follow(self, line: str) -> None:
        """Do one line."""
        if line.startswith((";", "#", "(")) or not line:
            self._heed(line)
            return
        word = line.upper()
        if word.startswith(("M48", "%M48")):
            self.has_head = True
        elif word.startswith(("METRIC", "INCH", "M71", "M72")):
            self._units(word)
        elif word.startswith("T"):
            self._tool(word)
        elif word in {"G90", "G91", "ICI,ON", "ICI,OFF"}:
            self.relative = word in {"G91", "ICI,ON"}
        elif word.startswith(("M15", "M16", "M17")):
            self.lift()
            self.down = word.startswith("M15")
        elif word.startswith("G05"):
            self.lift()
            self.routing = False
        elif word.startswith("R") and (repeat := _REPEAT.match(word)):
            self._repeat(int(repeat[1]), word)
        else:
            self._move(word)

    def _heed(self, remark: str) -> None:
        if told := _DIGITS.match(remark):
            self.decimals, self.digits = int(told[2]), int(told[1]) + int(told[2])
        elif told := _HOLE_SIZE.match(remark):
            size_mm = float(told[2]) * _MM_OF[told[3].upper()]
            self.diameter_of[int(told[1])] = size_mm

    def lift(self) -> None:
        """End what is routed: one slot, however many pieces it has."""
        if len(self.way) > 1:
            self._add(self.way, slot=True)
        self.way = []

    def _units(self, word: str) -> None:
        metric = word.startswith(("METRIC", "M71"))
        self.has_unit = True
        self.factor = 1.0 if metric else INCH_MM
        if "," in word:
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
        if number := re.match(r"T(\d{1,4})", word):
            self.lift()
            self.diameter_mm = self.diameter_of.get(int(number[1]), 0.0)
            if int(number[1]) and not self.diameter_mm:
                self.unknown.add(int(number[1]))

    def _move(self, word: str) -> None:
        if word.startswith(("G00", "G01", "G02", "G03")):
            self.routing = True
        if word.startswith("G00"):
            self.lift()
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
            self.way += [self.at] if self.way else [before, self.at]

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


def _notes(drill: _Drill) -> tuple[Note, ...]:
    notes = []
    if drill.strokes and not drill.has_unit:
        notes.append(_NO_UNIT)
    if drill.strokes and drill.unknown:
        names = ", ".join(f"T{number}" for number in sorted(drill.unknown)[:10])
        notes.append(
            Note(
                code="unknown-tools",
                words=f"The file does not say how wide its tools {names} are. Plot it "
                "with its tool table in the file.",
                grave=True,
            )
        )
    if not drill.strokes:
        notes.append(_NOTHING)
    return tuple(notes)


_NO_UNIT: Final = Note(
    code="no-unit",
    words="The file does not say if it is in mm or inch. It was taken for inch, as the "
    "format's makers mean it.",
)
_NOTHING: Final = Note(code="empty-drills", words="Nothing is drilled by this file.")

if __name__ == "__main__":
    child.run(read)
