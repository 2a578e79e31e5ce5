"""What is wrong in a manifest, and what it lacks before shops can make the design."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from orchestrator.catalogue.okh_document import Document, known
from orchestrator.catalogue.okh_lines import Path, line_of, lines_of
from orchestrator.catalogue.okh_size import (
    InvalidSizeError,
    UnknownUnitError,
    size_mm,
)
from orchestrator.catalogue.okh_text import Value, children
from orchestrator.catalogue.okh_toml import SUMMARIES, licence_text
from orchestrator.catalogue.spdx import InvalidLicenceError, understood

# Files that tell size, and what they are made with, when somebody looks into them.
SHAPES: Final = (".stl", ".3mf", ".step", ".stp", ".dxf", ".svg", ".gbr", ".gcode")
_TEXTS: Final = ("name", "version", "repo", "licensor", "function", "bom")
_LISTS: Final = ("image", "tsdc", "export", "source", "manufacturing-instructions")
# Steps that join what is there already ask for no size or material.
_JOINING: Final = frozenset({"ASM", "WEL", "COT"})

type Kind = Literal["wrong", "missing", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend: where, what, and how. A note is right but worth knowing."""

    kind: Kind
    field: str
    line: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    kind: Kind
    path: Path
    what: str
    remedy: str


def findings(document: Document) -> list[Finding]:
    """All there is to say, in the order of the lines."""
    lines = lines_of(document)
    told = [
        Finding(
            kind=found.kind,
            field=_dotted(found.path),
            line=line_of(document, lines, found.path),
            what=found.what,
            remedy=found.remedy,
        )
        for found in _all(document)
    ]
    return sorted(told, key=lambda finding: (finding.line, finding.field))


def _all(document: Document) -> Iterator[_Found]:
    fields = document.fields
    yield from _encoding(document)
    yield from _twins(document)
    yield from _must(fields)
    yield from _types(fields)
    yield from _licence(fields)
    yield from _numbers(fields)
    yield from _routable(fields)


def _encoding(document: Document) -> Iterator[_Found]:
    if document.encoding != "utf-8":
        bad = next((n for n, c in enumerate(document.text) if ord(c) > 127), 0)
        line = document.text.count("\n", 0, bad) + 1
        yield _Found(
            kind="wrong",
            path=(),
            what=f"the file is not UTF-8 (first seen in line {line}): it was read as "
            f"{document.encoding}",
            remedy="save it as UTF-8 in your editor, and look at names with accents",
        )


def _twins(document: Document) -> Iterator[_Found]:
    for name in document.fields:
        twin = known(name)
        if twin in document.fields and twin != name:
            yield _Found(
                kind="wrong",
                path=(name,),
                what=f"`{name}` and `{document.spelling[twin]}` say the same thing; "
                f"`{document.spelling[twin]}` counts",
                remedy=f"delete one and call the other `{twin}`",
            )


def _must(fields: Mapping[str, Value]) -> Iterator[_Found]:
    wanted = {
        "name": "what the design is called",
        "licensor": "who gives the licence: a name",
        "license": "an SPDX licence, such as CERN-OHL-S-2.0",
    }
    for name, meaning in wanted.items():
        if not fields.get(name):
            yield _Found(
                kind="wrong",
                path=(name,),
                what=f"`{name}` is missing",
                remedy=f'add {name} = "…": {meaning}',
            )
    if not any(fields.get(name) for name in SUMMARIES):
        yield _Found(
            kind="wrong",
            path=("function",),
            what="nothing says what the design is for",
            remedy='add function = "…" in a sentence or two',
        )


def _types(fields: Mapping[str, Value]) -> Iterator[_Found]:
    for name in _TEXTS:
        value = fields.get(name)
        fine = isinstance(value, str) or value is None
        if name == "licensor":
            fine = fine or isinstance(value, list | dict)
        if not fine:
            yield _wrong_type((name,), value, "text")
        if isinstance(value, str) and value != value.strip():
            yield _Found(
                kind="note",
                path=(name,),
                what=f"`{name}` begins or ends with a blank or a new line",
                remedy="take it away; it is read without",
            )
    for name in _LISTS:
        if not _is_words(fields.get(name)):
            yield _wrong_type((name,), fields[name], "text, or a list of texts")


def _is_words(value: Value) -> bool:
    return (
        value is None
        or isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(item, str) for item in value))
    )


def _wrong_type(path: Path, value: object, wanted: str) -> _Found:
    return _Found(
        kind="wrong",
        path=path,
        what=f"`{_dotted(path)}` must be {wanted}, got {type(value).__name__}",
        remedy=f"write {wanted} in quotes",
    )


def _licence(fields: Mapping[str, Value]) -> Iterator[_Found]:
    value = fields.get("license")
    if not value:
        return
    stated = licence_text(value)
    if stated is None:
        yield _wrong_type(("license",), value, "an SPDX expression")
        return
    try:
        spelled = understood(stated)
    except InvalidLicenceError as error:
        yield _Found(
            kind="wrong",
            path=("license",),
            what=str(error),
            remedy="choose one of https://spdx.org/licenses/",
        )
        return
    if spelled != stated:
        yield _Found(
            kind="note",
            path=("license",),
            what=f"{stated.strip()!r} is read as {spelled}",
            remedy=f'write license = "{spelled}"',
        )


def _numbers(fields: Mapping[str, Value]) -> Iterator[_Found]:
    for name, value in fields.items():
        layer: list[object] = [value]
        while layer:
            each = layer.pop()
            if isinstance(each, float) and not math.isfinite(each):
                yield _Found(
                    kind="wrong",
                    path=(name,),
                    what=f"`{name}` holds {each}, which is no number",
                    remedy="write the number, or take the field away",
                )
                break
            layer.extend(children(each))


def _routable(fields: Mapping[str, Value]) -> Iterator[_Found]:
    """Process, material and size of each part, or of the design where it has none."""
    parts = fields.get("part")
    tables = [
        (("part", index), part)
        for index, part in enumerate(parts if isinstance(parts, list) else [])
        if isinstance(part, dict)
    ]
    if parts is not None and not tables:
        yield _wrong_type(("part",), parts, "tables, [[part]] each")
    if fields.get("outer-dimensions") is not None:
        yield from _size((), fields["outer-dimensions"])
    for path, part in tables:
        yield from _makeable(path, part)
    if not tables:
        yield from _makeable((), fields, sized=True)


def _makeable(
    path: Path, fields: Mapping[str, Value], *, sized: bool = False
) -> Iterator[_Found]:
    codes = words(fields.get("tsdc"))
    if not codes:
        yield _missing(
            path,
            "tsdc",
            "how it is made",
            'add tsdc = "3DP" (printed), "LAS" (laser cut), "CNC" (milled), "PCB", '
            '"WEL" (welded), "MEC" (by other machines) or "ASM" (assembled)',
        )
    if codes and _JOINING.issuperset(codes):
        return
    if not fields.get("material"):
        yield _missing(
            path, "material", "the material", 'add material = "PLA", "EN AW-2017A" …'
        )
    if fields.get("outer-dimensions") is not None:
        if not sized:
            yield from _size(path, fields["outer-dimensions"])
    elif not any(file.lower().endswith(SHAPES) for file in files_of(fields)):
        yield _missing(
            path,
            "outer-dimensions",
            "the size, nor a file that tells it",
            'add export = "part.stl" (or .3mf, .step, .dxf, .svg), or '
            'outer-dimensions = { openSCAD = "cube([100,50,10])", unit = "mm" }',
        )


def _missing(path: Path, name: str, what: str, remedy: str) -> _Found:
    whose = f"part {path[1] + 1}" if path and isinstance(path[1], int) else "the design"
    return _Found(
        kind="missing",
        path=(*path, name),
        what=f"{whose} does not say {what}",
        remedy=remedy,
    )


def _size(path: Path, value: Value) -> Iterator[_Found]:
    try:
        size_mm(value)
    except UnknownUnitError as error:
        yield _Found(
            kind="missing",
            path=(*path, "outer-dimensions"),
            what=str(error),
            remedy='add unit = "mm" or unit = "inch"',
        )
    except InvalidSizeError as error:
        yield _Found(
            kind="wrong",
            path=(*path, "outer-dimensions"),
            what=str(error),
            remedy='write { openSCAD = "cube([100,50,10])", unit = "mm" }',
        )


def words(value: Value) -> list[str]:
    """Text or a list of texts as a list, without blanks at the ends."""
    listed = value if isinstance(value, list) else [value]
    return [word.strip() for word in listed if isinstance(word, str) and word.strip()]


def files_of(fields: Mapping[str, Value]) -> list[str]:
    """The files that a design or a part names as its shape."""
    return [*words(fields.get("export")), *words(fields.get("source"))]


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path) or "manifest"
