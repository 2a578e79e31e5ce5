"""What a design's publication needs from its manifest, whatever its dialect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.okh_document import Document, read_document
from orchestrator.catalogue.okh_text import Format, InvalidManifestError
from orchestrator.catalogue.okh_toml import LICENCES, SUMMARIES
from orchestrator.catalogue.spdx import understood

TITLE_MAX: Final = 200
SUMMARY_MAX: Final = 5_000
LICENSOR_MAX: Final = 400
REFERENCE_MAX: Final = 500

MEDIA_TYPES: Final[Mapping[Format, str]] = {
    "toml": "application/toml",
    "yaml": "application/yaml",
    "json": "application/json",
}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What this network reads from a manifest; `exact` are its very bytes."""

    exact: bytes
    media_type: str
    okhv: str | None
    title: str
    summary: str
    licence: str  # SPDX expression, canonical
    licence_as_written: str
    licensor: str
    version: str | None
    repo: str | None
    image: str | None
    bom: str | None
    fork_of: str | None
    tsdc: tuple[str, ...]


def read_manifest(data: bytes, *, name: str = "") -> Manifest:
    """Read a manifest; `name` (okh.toml, okh.yml …) helps to tell its format.

    Errors: InvalidManifestError or InvalidLicenceError, with the field as written.
    """
    document = read_document(data, name=name)
    if document.encoding != "utf-8":
        raise InvalidManifestError(
            f"the manifest is not UTF-8, it looks like {document.encoding}: save it as "
            "UTF-8 in your editor",
            field="manifest",
        )
    return _manifest(data, document)


def _manifest(data: bytes, document: Document) -> Manifest:
    fields = document.fields
    licence_field, licence = _licence(fields)
    title_field = document.spelling.get("name", "name")
    return Manifest(
        exact=data,
        media_type=MEDIA_TYPES[document.kind],
        okhv=_optional(fields, "okhv"),
        title=_text(fields.get("name"), title_field, TITLE_MAX),
        summary=_summary(fields),
        licence=understood(licence, field=licence_field),
        licence_as_written=licence,
        licensor=_licensor(fields),
        version=_optional(fields, "version"),
        repo=_optional(fields, "repo"),
        image=_optional(fields, "image"),
        bom=_optional(fields, "bom"),
        fork_of=_optional(fields, "fork-of"),
        tsdc=_words(fields.get("tsdc"), "tsdc"),
    )


def _licence(fields: Mapping[str, object]) -> tuple[str, str]:
    """The field and the text of the licence of the hardware."""
    value = fields.get("license")
    if isinstance(value, dict):  # OKH v1
        for part in LICENCES:
            if value.get(part):
                field = f"license.{part}"
                return field, _text(value[part], field, TITLE_MAX)
        value = None
    return "license", _text(value, "license", TITLE_MAX)


def _licensor(fields: Mapping[str, object]) -> str:
    return _text(_name_of(fields.get("licensor")), "licensor", LICENSOR_MAX)


def _name_of(value: object) -> object:
    """A licensor is a name, a table with a name, or a list of them."""
    if isinstance(value, dict):
        return value.get("name")
    if isinstance(value, list):
        names = [_name_of(each) for each in value]
        return ", ".join(name for name in names if isinstance(name, str)) or None
    return value


def _summary(fields: Mapping[str, object]) -> str:
    for name in SUMMARIES:
        if fields.get(name):
            return _text(fields[name], name, SUMMARY_MAX)
    raise InvalidManifestError(
        "the manifest must say what the design is for, in `function`", field="function"
    )


def _optional(fields: Mapping[str, object], *names: str) -> str | None:
    for name in names:
        value = fields.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, str) and value.strip():
            return _text(value, name, REFERENCE_MAX)
    return None


def _words(value: object, field: str) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(_text(word, field, TITLE_MAX) for word in words[:64])


def _text(value: object, field: str, length_max: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidManifestError(
            f"the manifest needs `{field}` as text, got "
            f"{'nothing' if value is None else type(value).__name__}",
            field=field,
        )
    text = value.strip()
    if len(text) > length_max or _UNSTORABLE.search(text):
        raise InvalidManifestError(
            f"`{field}` has at most {length_max} characters, none of them NUL",
            field=field,
        )
    return text
