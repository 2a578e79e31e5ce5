"""On which line of a manifest a field stands, so that people find what is wrong."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from orchestrator.catalogue.okh_document import Document, dashed
from orchestrator.catalogue.okh_text import (
    InvalidManifestError,
    PlainLoader,
    without_directives,
)

type Path = tuple[str | int, ...]
_HEAD = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[\w\"'-]+)*)\s*=(.*)")
_QUOTES: Final = ('"""', "'''")


def lines_of(document: Document) -> Mapping[Path, int]:
    """Line (from 1) of each field by its path, as written and as OKH spells it.

    List items are counted from 0.
    """
    found = list(_found(document))
    as_okh = {_dashed(path): line for path, line in reversed(found)}
    return as_okh | dict(found)


def _found(document: Document) -> Iterator[tuple[Path, int]]:
    if document.kind == "toml":
        yield from _in_toml(document.text)
        return
    try:
        node = yaml.compose(without_directives(document.text), Loader=PlainLoader)
    except (yaml.YAMLError, InvalidManifestError):  # JSON with tabs is no YAML
        return
    yield from _in_yaml(node)


def line_of(document: Document, lines: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, else of what holds it, else 1."""
    head, *rest = path or ("",)
    written = document.spelling.get(str(head), str(head))
    if not rest and (written,) in lines:
        return lines[(written,)]
    full = (dashed(written), *rest)
    for length in range(len(full), 0, -1):
        if full[:length] in lines:
            return lines[full[:length]]
    return 1


def line_in(text: str, path: Path) -> int | None:
    """The line of `path`, else of what holds it, in JSON or YAML; None: not found."""
    try:
        lines = dict(_in_yaml(yaml.compose(text, Loader=PlainLoader)))
    except (yaml.YAMLError, InvalidManifestError):  # JSON with tabs is no YAML
        return None
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _in_yaml(root: yaml.Node | None) -> Iterator[tuple[Path, int]]:
    waiting: list[tuple[Path, yaml.Node]] = [] if root is None else [((), root)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inside = (*path, str(key.value))
                yield inside, key.start_mark.line + 1
                waiting.append((inside, value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                yield (*path, index), value.start_mark.line + 1
                waiting.append(((*path, index), value))


def _in_toml(text: str) -> Iterator[tuple[Path, int]]:
    """Heads of tables and keys at the start of a line, outside of long strings."""
    table: Path = ()
    count_of: dict[Path, int] = {}
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif head := _HEAD.match(line):
            table = _table(head[2], count_of, is_list=head[1] == "[[")
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_names(key[1])), number
            closing = next((q for q in _QUOTES if key[2].count(q) == 1), "")


def _table(dotted: str, count_of: dict[Path, int], *, is_list: bool) -> Path:
    path: Path = ()
    names = _names(dotted)
    for place, name in enumerate(names, start=1):
        path = (*path, name)
        if is_list and place == len(names):
            count_of[path] = count_of.get(path, -1) + 1
        if path in count_of:
            path = (*path, count_of[path])
    return path


def _names(dotted: str) -> list[str]:
    return [name.strip(" \t\"'") for name in dotted.split(".")]


def _dashed(path: Path) -> Path:
    return tuple(dashed(step) if isinstance(step, str) else step for step in path)
