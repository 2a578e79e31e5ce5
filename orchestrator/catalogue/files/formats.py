"""Which reader a file needs: told by its first bytes, by its name where they are mute."""

import re
from typing import Final, Literal

type Format = Literal[
    "STL", "3MF", "STEP", "DXF", "SVG", "Gerber", "Excellon", "G-code", "BoM", "archive"
]

HEAD_BYTES: Final = 4_096
_SIGNS: Final[tuple[tuple[re.Pattern[bytes], Format], ...]] = (
    (re.compile(rb"\s*solid\b.*\bfacet\b", re.DOTALL | re.IGNORECASE), "STL"),
    (  # a building (IFC) has the same first words
        re.compile(rb"\s*ISO-10303-21;(?!.*FILE_SCHEMA\W+IFC)", re.DOTALL),
        "STEP",
    ),
    (re.compile(rb"PK\x03\x04.*(?:3D/3dmodel|3D/_rels)", re.DOTALL), "3MF"),
    (re.compile(rb"AutoCAD Binary DXF|\s*0\s+SECTION\s"), "DXF"),
    (re.compile(rb"\s*999\s.*\n\s*0\s+SECTION\s", re.DOTALL), "DXF"),
    (re.compile(rb"[^<]{0,3}\s*<(?:.*<)?(?:\w+:)?svg[\s>]", re.DOTALL), "SVG"),
    (re.compile(rb".*^%?M48\b", re.DOTALL | re.MULTILINE), "Excellon"),
    (re.compile(rb".*%FS[LT][AI]", re.DOTALL), "Gerber"),
    (re.compile(rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ"), "archive"),
    (re.compile(rb".{257}ustar", re.DOTALL), "archive"),
)
_PROGRAM_ENDS: Final = frozenset({"gcode", "gco", "nc", "ngc", "tap", "cnc"})
_GERBER_ENDS: Final = [
    "gbr",
    "ger",
    "gtl",
    "gbl",
    "gto",
    "gbo",
    "gts",
    "gbs",
    "gtp",
    "gbp",
    "gko",
    "gm1",
    "gml",
]
_ENDS: Final[dict[str, Format]] = {
    **dict.fromkeys(("stl",), "STL"),
    **dict.fromkeys(("3mf",), "3MF"),
    **dict.fromkeys(("step", "stp"), "STEP"),
    **dict.fromkeys(("dxf",), "DXF"),
    **dict.fromkeys(("svg",), "SVG"),
    **dict.fromkeys(_GERBER_ENDS, "Gerber"),
    **dict.fromkeys(("drl", "xln", "exc"), "Excellon"),
    **dict.fromkeys(("csv", "tsv"), "BoM"),
    **dict.fromkeys(("zip", "tar", "tgz"), "archive"),
}


def format_of(name: str, head: bytes) -> Format | None:
    """The format of a file of this name that begins so; None: it is not read here."""
    end = name.lower().rpartition(".")[2]
    if end == "3mf" and head.startswith(b"PK"):
        return "3MF"  # an archive whose first entry may be anything
    if end in _PROGRAM_ENDS:
        return "G-code"  # M48 is a word of Marlin too
    for sign, format_ in _SIGNS:
        if sign.match(head):
            return format_
    return _ENDS.get(end)
