"""Writing OKH 2.4 in TOML, so that reading it again gives the same document."""

import json
import math
import re
from collections.abc import Mapping
from datetime import date, time
from typing import Final

from orchestrator.catalogue.okh_document import (
    AS_JSON,
    AS_WRITTEN,
    DERIVED,
    NAMES,
    OURS,
    Document,
)
from orchestrator.catalogue.okh_text import Value
from orchestrator.catalogue.spdx import InvalidLicenceError, understood

OKHV: Final = "2.4"
SUMMARIES: Final = ("function", "description", "intended-use")
LICENCES: Final = ("hardware", "documentation")  # v1: the first that is given
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HALF = re.compile("[\ud800-\udfff]")
_FIRST: Final = ("okhv", "name", "version", "license", "licensor", "function", "repo")


def written(document: Document) -> bytes:
    """The document as OKH 2.4 TOML: `read_document` of it has the same fields."""
    ours: dict[str, Value] = {}
    as_written: dict[str, Value] = {}
    as_json: dict[str, Value] = {}
    shown: dict[str, Value] = {}
    for name, value in sorted(document.fields.items()):
        standard = _standard(name, value)
        clean = _clean(name)
        if standard is not None and clean == name:
            shown[name] = standard
        if standard is value and value is not None and clean == name:
            continue
        (as_written if _fits(value) and clean == name else as_json)[name] = value
    derived = _derived(document.fields)
    if as_written:
        ours[AS_WRITTEN] = as_written
    if as_json:
        ours[AS_JSON] = json.dumps(as_json)
    if derived:
        ours[DERIVED] = list(derived)
    return _toml(shown | derived | ({OURS: ours} if ours else {})).encode()


def _derived(fields: Mapping[str, Value]) -> dict[str, Value]:
    """What OKH 2.4 wants and another dialect says in other words."""
    derived: dict[str, Value] = {} if "okhv" in fields else {"okhv": OKHV}
    if "function" not in fields:
        for name in SUMMARIES:
            summary = fields.get(name)
            if isinstance(summary, str) and summary.strip():
                return derived | {"function": _clean(summary)}
    return derived


def _standard(name: str, value: Value) -> Value:
    """The value in the shape of OKH 2.4: the very object where it has it already."""
    if name == OURS:
        return None
    if name == "okhv":
        return value if value == OKHV else OKHV
    if name == "license":
        return _licence(value)
    if name == "name" and isinstance(value, str) and value != value.strip():
        return _clean(value.strip())
    return value if _fits(value) else _fitting(value)


def _licence(value: Value) -> Value:
    stated = licence_text(value)
    try:
        spelled = understood(stated) if stated else None
    except InvalidLicenceError:
        spelled = _clean(stated) if stated else None
    return value if spelled == value else spelled


def licence_text(value: Value) -> str | None:
    """The licence of the hardware as written: text, or the table of OKH v1."""
    if isinstance(value, dict):
        value = next((value[part] for part in LICENCES if value.get(part)), None)
    return value if isinstance(value, str) and value.strip() else None


def _fits(value: Value) -> bool:
    """Whether TOML can carry `value`: it has no null and no half surrogates."""
    if isinstance(value, dict):
        return all(_clean(name) == name and _fits(item) for name, item in value.items())
    if isinstance(value, list):
        return all(_fits(item) for item in value)
    return value is not None and not (isinstance(value, str) and _HALF.search(value))


def _fitting(value: Value) -> Value:
    if isinstance(value, dict):
        return {
            _clean(name): _fitting(item)
            for name, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [_fitting(item) for item in value if item is not None]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    return _HALF.sub("\ufffd", text)


def _toml(fields: Mapping[str, Value]) -> str:
    """Plain fields first, then tables: what follows a table's head is inside of it."""
    lines: list[str] = []
    tables: list[str] = []
    for name in sorted(fields, key=_place):
        value = fields[name]
        if isinstance(value, dict):
            tables += ["", f"[{_key(name)}]", *_lines(value)]
        elif _is_tables(value):
            for table in value if isinstance(value, list) else []:
                if isinstance(table, dict):
                    tables += ["", f"[[{_key(name)}]]", *_lines(table)]
        else:
            lines.append(f"{_key(name)} = {_inline(value)}")
    return "\n".join([*lines, *tables, ""])


def _place(name: str) -> tuple[int, str]:
    """The order people expect: the usual names, OKH's others, then everybody's."""
    if name in _FIRST:
        return _FIRST.index(name), name
    return (len(_FIRST) if name in NAMES else len(_FIRST) + 1), name


def _is_tables(value: Value) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) for item in value)
    )


def _lines(table: Mapping[str, Value]) -> list[str]:
    return [f"{_key(name)} = {_inline(value)}" for name, value in table.items()]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """JSON's escapes are TOML's; only DEL is told apart."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(_inline(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(_lines(value))}}}"
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else f"{value:+}"
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
