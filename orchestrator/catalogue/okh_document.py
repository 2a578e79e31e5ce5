"""One model of every dialect of OKH: each field under its name in OKH 2.4, value exact.

What is not understood stays under the name it came with. The table `fabcommons`
of a manifest that was written here says how to get back what OKH 2.4 has no shape for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.okh_text import (
    SIZE_MAX_BYTES,
    Format,
    Value,
    check_depth,
    decoded,
    parsed,
)

OURS: Final = "fabcommons"  # our extension table
AS_WRITTEN, AS_JSON, DERIVED = "as-written", "as-json", "derived"

# The names of OKH 2.4, for a design and for a part alike.
NAMES: Final = frozenset(
    [
        "okhv",
        "name",
        "repo",
        "version",
        "release",
        "license",
        "licensor",
        "organization",
        "readme",
        "image",
        "function",
        "contribution-guide",
        "documentation-language",
        "technology-readiness-level",
        "part",
        "tsdc",
        "bom",
        "documentation-readiness-level",
        "attestation",
        "publication",
        "standard-compliance",
        "software",
        "cpc-patent-class",
        "manufacturing-instructions",
        "user-manual",
        "source",
        "export",
        "auxiliary",
        "fork-of",
        "joining-process",
        "outer-dimensions",
        "material",
        "mass",
        "printing-process",
        "infill",
        "raft-brim",
        "supports",
        "resolution-mm",
        "shell-thickness",
        "top-bottom-thickness",
        "quantity",
        "smallest-tolerance-class",
        "smallest-inner-radius-mm",
        "engraving-depth-mm",
        "resolution-dpi",
        "thickness-mm",
        "surface-finishing-process",
        "installation-guide",
        "label",
        "data-source",
        "mime-type",
    ]
)
# What other dialects call the same thing, with the same kind of value.
_SAME: Final[Mapping[str, str]] = {
    "title": "name",
    "licence": "license",
    "organisation": "organization",
    "project-link": "repo",
    "derivative-of": "fork-of",
    "making-instructions": "manufacturing-instructions",
    "parts": "part",
    "tsdc-id": "tsdc",
}
_INSIDE: Final = frozenset({"part", "software"})  # tables that have fields of OKH too
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A manifest of any dialect. `spelling` has what the source calls a field."""

    fields: Mapping[str, Value]
    spelling: Mapping[str, str]
    kind: Format
    encoding: str
    text: str

    @property
    def dialect(self) -> str:
        """For people: 'OKH-LOSHv1.0 in TOML'."""
        okhv = self.fields.get("okhv")
        version = str(okhv)[:40] if okhv else "OKH without a version"
        return f"{version} in {self.kind.upper()}"


def read_document(
    data: bytes, *, name: str = "", size_max_bytes: int = SIZE_MAX_BYTES
) -> Document:
    """Read a manifest; `name` (okh.toml, okh.yml …) helps to tell its format.

    What we wrote ourselves may be longer than what we take from others.
    Errors: InvalidManifestError, only for what is no manifest at all: a field with
    a wrong value is kept, and told by `okh_check.findings`.
    """
    source = decoded(data, name=name, size_max_bytes=size_max_bytes)
    raw = _restored(parsed(source))
    check_depth(raw)
    spelling = _spelling(raw)
    return Document(
        fields=_respelled(raw, spelling),
        spelling=spelling,
        kind=source.kind,
        encoding=source.encoding,
        text=source.text,
    )


def dashed(name: str) -> str:
    """As the standard spells names: documentationLanguage is one with dashes."""
    return _CAMEL.sub("-", name).replace("_", "-").strip().lower()


def same(one: object, other: object) -> bool:
    """Whether two values are equal in kind too: 1 is neither 1.0 nor true."""
    return _exact(one) == _exact(other)


def _exact(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return type(value), repr(value)


def known(name: str) -> str:
    """The name in OKH 2.4, or `name` as it is where OKH has none."""
    spelled = dashed(name)
    spelled = _SAME.get(spelled, spelled)
    return spelled if spelled in NAMES else name


def _spelling(raw: Mapping[str, Value]) -> dict[str, str]:
    """Written name of each field. Of twins the standard's own spelling is the field;
    the other keeps its name, so that nothing is lost."""
    names = {name: name for name in raw if name in NAMES}
    for name in raw:
        names.setdefault(known(name), name)
    taken = set(names.values())
    return names | {name: name for name in raw if name not in taken}


def _respelled(
    raw: Mapping[str, Value], spelling: Mapping[str, str]
) -> dict[str, Value]:
    return {
        name: _inside(raw[written]) if name in _INSIDE else raw[written]
        for name, written in spelling.items()
    }


def _inside(value: Value) -> Value:
    if isinstance(value, list):
        return [_inside(item) for item in value]
    if isinstance(value, dict):
        return _respelled(value, _spelling(value))
    return value


def _restored(raw: dict[str, Value]) -> dict[str, Value]:
    """Undo what `okh_toml.written` did; anybody else's `fabcommons` is a plain field."""
    ours = raw.get(OURS)
    if not isinstance(ours, dict):
        return raw
    as_written, derived = ours.get(AS_WRITTEN, {}), ours.get(DERIVED, [])
    as_json = _json_table(ours.get(AS_JSON, "{}"))
    if (
        not isinstance(as_written, dict)
        or not isinstance(derived, list)
        or as_json is None
        or not ours.keys() <= {AS_WRITTEN, AS_JSON, DERIVED}
    ):
        return raw
    kept = {
        name: value
        for name, value in raw.items()
        if name != OURS and name not in derived
    }
    return kept | as_written | as_json


def _json_table(text: Value) -> dict[str, Value] | None:
    try:
        table = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None
