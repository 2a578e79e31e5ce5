"""How many of each part one finished piece takes: told by a parts list, else asked.

A line of a list is about a file if its name or its reference is the file's name, or if
both are alike once normalised: Unicode NFKC, without case, without the folder and the
ending of a file's name, and without all that is neither letter nor digit. So 'Leg_v2.STL'
is 'leg v2', and never 'leg'. No other likeness counts. What is not certain is asked:
several lines about one file, lists that tell different numbers, one line about several
files, a number that can't be, and a file that no line is about while lines are left.

The part of a model has the name that the model gives it, and its file's where it is the
only one. The model places so many of it: a line that tells another number is asked about,
and stands if nobody answers; the other number is kept beside it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final
from unicodedata import normalize

from orchestrator.catalogue.bodies import bodies_of
from orchestrator.catalogue.found import Drawing, Found, Model, PartsList, Program
from orchestrator.catalogue.process import PARTS_MAX

NUMBERS_MAX: Final = 5  # that a question offers
GUESS, TOGETHER = "our guess", "all of them together"
ONE_OF_THEM: Final = "if it is one of several"
_ENDINGS: Final = frozenset(
    [
        ".stl",
        ".3mf",
        ".step",
        ".stp",
        ".iges",
        ".igs",
        ".obj",
        ".amf",
        ".dxf",
        ".svg",
        ".gcode",
        ".nc",
        ".ngc",
        ".gco",
        ".f3d",
        ".fcstd",
        ".scad",
        ".sldprt",
        ".ipt",
    ]
)
_MADE: Final = frozenset(  # in the place of a seller: the part is made
    [
        "make", "made", "selfmade", "homemade", "diy", "inhouse", "own", "printed", "print",
        "3dprint", "3dprinted", "3dprinting", "lasercut", "milled", "cnc", "custom",
        "custommade", "selbstgemacht", "eigenbau", "eigenfertigung", "fertigungsteil",
        "3ddruck", "gedruckt", "faitmaison", "imprimé", "impression3d", "fabriqué",
        "hechoencasa", "impreso", "impresión3d", "fabricado",
    ]
)  # fmt: skip
_DESIGNATOR = re.compile(r"[A-Za-z]{1,3}\d+(\s*[-,;\s]\s*([A-Za-z]{1,3})?\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """So many of something, as one line says. `quantity` 0: it was refused there."""

    names: tuple[str, ...]
    quantity: float
    list_name: str  # the file that says so
    place: str  # in it, in words for people: "line 3"
    sold_by: str = ""

    @property
    def is_bought(self) -> bool:
        """Whether it is sold ready, or sits on a circuit board by its designators."""
        return self.is_sold or any(map(_DESIGNATOR.fullmatch, self.names))

    @property
    def is_sold(self) -> bool:
        """Whether it is told who sells it; a file, or 'printed', sells nothing."""
        return bool(self.sold_by) and not self.is_made

    @property
    def is_made(self) -> bool:
        """Whether the line says so, in the place of a seller."""
        path = PurePosixPath(self.sold_by)
        return normalised(self.sold_by) in _MADE or path.suffix.casefold() in _ENDINGS

    @property
    def where(self) -> str:
        """The file and the place in it."""
        return f"{self.list_name}, {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of one file's part a finished piece takes, and who says so.

    `against`: who tells another number, with it: "4 (table.step)".
    """

    value: int
    source: str
    against: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A file whose number is not certain: `counts` could be it, the likeliest first.

    `why`: no-number, no-line, differ, many-lines, shared or placed. `file`: of a model's
    part, the body's subject, which is called `called`.
    """

    file: str
    why: str
    counts: tuple[Count, ...]
    called: str = ""

    def chosen(self, count: Count) -> Count:
        """That one, with the others that are told against it."""
        others = [one for one in self.counts if one.value != count.value]
        if self.why not in {"differ", "placed"}:
            return count
        against = ", ".join(f"{one.value} ({one.source})" for one in others)
        return replace(count, against=against)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is certain by file, what is not, and which lines are about none of them.

    `lines_of`: by file or body, the lines about it.
    """

    count_of: Mapping[str, Count]
    doubts: tuple[Doubt, ...]
    others: tuple[Told, ...]
    lines_of: Mapping[str, Sequence[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a number is wanted of. `placed`: how many of it its file places, if it does."""

    file: str
    names: tuple[str, ...]
    called: str = ""
    placed: int | None = None


def counted(founds: Sequence[Found], in_manifest: Sequence[Told] = ()) -> Counted:
    """Hold each file that a part is made from against each line of each list."""
    told = [*in_manifest, *_in_lists(founds)]
    subjects = _subjects(founds)
    alike = {id(one): {normalised(name) for name in one.names} - {""} for one in told}
    about = {
        key: [one for one in told if _is_about(one, subject, alike[id(one)])]
        for key, subject in subjects.items()
    }
    taken = [id(one) for lines in about.values() for one in lines]
    wholes = {
        normalised(found.name) for found in founds if isinstance(found.what, Model)
    }
    others = tuple(
        one for one in told if id(one) not in taken and not alike[id(one)] & wholes
    )
    left = [one for one in others if not one.is_bought and _is_count(one.quantity)]
    count_of: dict[str, Count] = {}
    doubts: list[Doubt] = []
    for key, lines in about.items():
        shared = any(taken.count(id(one)) > 1 for one in lines)
        subject = subjects[key]
        if subject.placed is None:
            answer = _answer(key, lines, left, is_shared=shared)
        else:
            own = Count(value=subject.placed, source=subject.file)
            called = subject.called
            answer = _placed(key, called, own, () if shared else lines)
        if isinstance(answer, Doubt):
            doubts.append(answer)
        else:
            count_of[key] = answer
    return Counted(
        count_of=count_of, doubts=tuple(doubts), others=others, lines_of=about
    )


def normalised(name: str) -> str:
    """A part's name as lines and files are compared by."""
    text = normalize("NFKC", name).strip()
    path = PurePosixPath(text)
    if path.suffix.casefold() in _ENDINGS:
        text = path.stem
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def in_manifest(fields: Mapping[str, object], name: str) -> tuple[Told, ...]:
    """What the parts of a manifest say by `quantity`, our own field beside OKH's."""
    parts = fields.get("part")
    found = []
    for number, part in enumerate(parts if isinstance(parts, list) else [], start=1):
        if not isinstance(part, dict) or "quantity" not in part:
            continue
        quantity = part["quantity"]
        is_number = isinstance(quantity, int | float) and not isinstance(quantity, bool)
        found.append(
            Told(
                names=tuple(_words(part, ("name", "source", "export"))),
                quantity=float(quantity) if is_number else 0.0,
                list_name=name,
                place=f"part {number}",
            )
        )
    return tuple(found)


def _words(part: Mapping[str, object], fields: Collection[str]) -> list[str]:
    words = []
    for field in fields:
        value = part.get(field)
        values = value if isinstance(value, list) else [value]
        words += [each for each in values if isinstance(each, str)]
    return words


def _in_lists(founds: Sequence[Found]) -> list[Told]:
    return [
        Told(
            names=tuple(name for name in (line.name, line.reference) if name),
            quantity=line.quantity,
            list_name=found.name,
            place=f"line {line.line}",
            sold_by=line.source,
        )
        for found in founds
        if isinstance(found.what, PartsList)
        for line in found.what.lines
    ]


def _subjects(founds: Sequence[Found]) -> dict[str, _Subject]:
    subjects = {
        body.subject: _Subject(
            file=body.found.name,
            names=body.names,
            called="" if body.placed is None else body.called,
            placed=body.placed,
        )
        for body in bodies_of(founds)
    }
    for found in founds:
        if _is_made_from(found):
            subjects[found.name] = _Subject(file=found.name, names=(found.name,))
    return subjects


def _is_about(one: Told, subject: _Subject, alike: Collection[str]) -> bool:
    return any(
        _as_written(name) & set(one.names) or normalised(name) in alike
        for name in subject.names
    )


def _as_written(file: str) -> set[str]:
    path = PurePosixPath(file)
    return {file, path.name, path.stem}


def _is_made_from(found: Found) -> bool:
    return isinstance(found.what, Program) or (
        isinstance(found.what, Drawing) and found.what.cut_length_mm > 0
    )


def _is_count(quantity: float) -> bool:
    return 1 <= quantity <= PARTS_MAX and quantity == int(quantity)


def _placed(key: str, called: str, own: Count, lines: Sequence[Told]) -> Count | Doubt:
    """Of a model's part: as often as it is there, unless a list tells otherwise."""
    if not lines or not all(_is_count(one.quantity) for one in lines):
        return own
    totals = _totals(lines)
    if all(total.value == own.value for total in totals):
        return replace(own, source=f"{own.source}, {totals[0].source}")
    counts = _distinct([*totals, own])
    return Doubt(file=key, why="placed", counts=counts, called=called)


def _answer(
    file: str, lines: Sequence[Told], left: Sequence[Told], *, is_shared: bool
) -> Count | Doubt:
    wrong = next((one for one in lines if not _is_count(one.quantity)), None)
    if wrong is not None:
        return Doubt(file=file, why="no-number", counts=(_one(GUESS),))
    if not lines:
        if not left:
            return _one("assumed: no list tells it")
        offered = [_of(one) for one in left]
        counts = _distinct([_one(GUESS), *offered])
        return Doubt(file=file, why="no-line", counts=counts)
    totals = _totals(lines)
    if len({total.value for total in totals}) > 1:
        return Doubt(file=file, why="differ", counts=_distinct(totals))
    if len(lines) > len(totals):
        together = Count(value=totals[0].value, source=TOGETHER)
        each = [_of(one) for one in lines]
        return Doubt(file=file, why="many-lines", counts=_distinct([together, *each]))
    if is_shared:
        counts = _distinct([_of(lines[0]), _one(ONE_OF_THEM)])
        return Doubt(file=file, why="shared", counts=counts)
    return _of(lines[0])


def _totals(lines: Sequence[Told]) -> list[Count]:
    """What each list tells, its lines added up."""
    by_list: dict[str, list[Told]] = {}
    for one in lines:
        by_list.setdefault(one.list_name, []).append(one)
    return [
        _of(told[0])
        if len(told) == 1
        else Count(value=sum(int(one.quantity) for one in told), source=name)
        for name, told in by_list.items()
    ]


def _one(source: str) -> Count:
    return Count(value=1, source=source)


def _of(told: Told) -> Count:
    return Count(value=int(told.quantity), source=told.where)


def _distinct(counts: Sequence[Count]) -> tuple[Count, ...]:
    """The first of each number, so many as a question can offer."""
    first: dict[int, Count] = {}
    for count in counts:
        first.setdefault(count.value, count)
    return tuple(first.values())[:NUMBERS_MAX]
