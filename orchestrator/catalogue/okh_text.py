"""From the bytes of a manifest to plain values: TOML, YAML or JSON, nothing executed."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, NoReturn

import yaml

from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

SIZE_MAX_BYTES: Final = 256 << 10
DEPTH_MAX: Final = 16
NODES_MAX: Final = 10_000  # of YAML, which takes its reader 0.1 ms each
INTEGER_MAX: Final = 2**63 - 1  # what TOML promises to carry

type Format = Literal["toml", "yaml", "json"]
type Value = (
    str | int | float | bool | date | time | list["Value"] | dict[str, "Value"] | None
)
_AT_LINE = re.compile(r"at line (\d+)")
_AT_CHARACTER = re.compile(r"at character (\d+)")
_TOML_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# tomllib takes quadratic time over one name of thousands of parts
_LONG_KEY = re.compile(
    rf"(?:^|[\[{{,])[ \t]*{_TOML_KEY}(?:[ \t]*\.[ \t]*{_TOML_KEY}){{64}}", re.MULTILINE
)
_DIRECTIVES = re.compile(r"\A(?:[ \t]*(?:[%#][^\n]*)?\r?\n)+")


class InvalidManifestError(InvalidInputError):
    """The manifest cannot be read, or lacks what every design must state."""

    code = "invalid-manifest"

    def __init__(
        self, message: str, *, field: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A manifest's text and how it came: its format and its encoding."""

    text: str
    kind: Format
    encoding: str


def decoded(
    data: bytes, *, name: str = "", size_max_bytes: int = SIZE_MAX_BYTES
) -> Text:
    """The text of `data`; what is not UTF-8 is read as UTF-16 by its mark, or Latin-1.

    Errors: InvalidManifestError above `size_max_bytes`.
    """
    if len(data) > size_max_bytes:
        raise InvalidManifestError(
            f"a manifest has at most {size_max_bytes} bytes: put long texts into files "
            "of their own and name these",
            field="manifest",
        )
    text, encoding = _decoded(data)
    return Text(text=text, kind=format_of(text, name), encoding=encoding)


def _decoded(data: bytes) -> tuple[str, str]:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-8-sig", "utf-16" if utf16 else "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def format_of(text: str, name: str) -> Format:
    """TOML, YAML or JSON: by the name's end, else by how the text begins."""
    end = name.lower().rpartition(".")[2]
    if end in {"toml", "json"}:
        return "toml" if end == "toml" else "json"
    if end in {"yaml", "yml"}:
        return "yaml"
    head = text.lstrip()
    if head.startswith("{"):
        return "json"
    lines = (line for line in head.splitlines() if line and not line.startswith("#"))
    return "toml" if re.match(r"(\[|[\w\"-]+\s*=)", next(lines, "")) else "yaml"


def parsed(source: Text) -> dict[str, Value]:
    """The named fields of a manifest, each with its exact value.

    YAML's numbers and dates stay as written: version 1.10 is not 1.1.
    Errors: InvalidManifestError, with the line where one is to blame.
    """
    try:
        value = _parse(source)
    except InvalidManifestError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        unreadable(
            f"as YAML: {error.problem or 'not YAML'}",
            line=mark.line + 1 if mark else None,
        )
    except (tomllib.TOMLDecodeError, yaml.YAMLError, InvalidInputError) as error:
        what = str(error)[:300]
        unreadable(
            f"as {source.kind.upper()}: {what}", line=_line_in(what, source.text)
        )
    except (RecursionError, ValueError):
        unreadable(f"as {source.kind.upper()}: nested too deep, or no date or number")
    if not isinstance(value, dict):
        unreadable(f"expected named fields, got {type(value).__name__}")
    check_depth(value, DEPTH_MAX + 2)  # what we wrote ourselves is two levels deeper
    return value


def _parse(source: Text) -> object:
    if source.kind == "json":
        return canonical.object_of(source.text.encode(), floats=True)
    if source.kind == "toml":
        if long := _LONG_KEY.search(source.text):
            unreadable(
                f"nested deeper than {DEPTH_MAX}",
                line=source.text.count("\n", 0, long.end()) + 1,
            )
        return tomllib.loads(source.text)
    loader = PlainLoader(without_directives(source.text))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def without_directives(text: str) -> str:
    """YAML without its leading %-lines, which many manifests get wrong; lines stay."""
    head = _DIRECTIVES.match(text)
    if head is None:
        return text
    return "\n" * head.group().count("\n") + text[head.end() :]


def children(value: object) -> Iterator[object]:
    """What a table or a list holds; nothing for a plain value."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def check_depth(value: dict[str, Value], depth_max: int = DEPTH_MAX) -> None:
    """Refuse what is nested deeper, or holds integers that TOML can't.

    Not by recursion: a dotted TOML key can nest ten thousand tables.
    """
    layer: list[object] = [value]
    for _ in range(depth_max):
        layer = [child for each in layer for child in children(each)]
        if any(isinstance(each, int) and abs(each) > INTEGER_MAX for each in layer):
            unreadable("a whole number is beyond 64 bits: write it as text")
    if layer:
        unreadable(f"nested deeper than {depth_max}")


class PlainLoader(yaml.SafeLoader):
    """YAML without aliases, without types of its own and with each key once."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            unreadable(
                "YAML aliases (*name) are not taken: write it out",
                line=self.current_event.start_mark.line + 1,
            )
        self.nodes += 1
        if self.nodes > NODES_MAX:
            unreadable(
                f"more than {NODES_MAX} values: put tables into files of their own",
                line=self.current_event.start_mark.line + 1,
            )
        self.depth += 1
        if self.depth > DEPTH_MAX:
            unreadable(f"nested deeper than {DEPTH_MAX}")
        node = super().compose_node(parent, index)
        self.depth -= 1
        if not isinstance(node, yaml.Node | None):
            raise TypeError(f"PyYAML composed {type(node).__name__}")
        return node


def _plain_mapping(
    loader: yaml.SafeLoader, node: yaml.MappingNode
) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node.value, str):
            unreadable("a field's name must be a word", line=line)
        key = _joined(key_node.value)
        if key in fields:
            unreadable(f"field {key[:80]!r} appears twice", line=line)
        fields[key] = loader.construct_object(value_node, deep=True)
    return fields


def _as_written(_loader: yaml.SafeLoader, node: yaml.Node) -> str:
    if not isinstance(node.value, str):
        _refused_type(_loader, node)
    return _joined(node.value)


def _joined(text: str) -> str:
    """YAML's escapes may spell one character as two half surrogates: it is one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _refused_type(_loader: yaml.SafeLoader, node: yaml.Node) -> NoReturn:
    unreadable(
        f"the YAML type {node.tag[:80]} is not taken: write plain text",
        line=node.start_mark.line + 1,
    )


PlainLoader.add_constructor("tag:yaml.org,2002:map", _plain_mapping)
for _scalar in ("str", "timestamp", "int", "float", "bool", "merge", "value"):
    PlainLoader.add_constructor(f"tag:yaml.org,2002:{_scalar}", _as_written)
for _special in ("binary", "set", "omap", "pairs"):
    PlainLoader.add_constructor(f"tag:yaml.org,2002:{_special}", _refused_type)


def _line_in(message: str, text: str) -> int | None:
    if at := _AT_LINE.search(message):
        return int(at.group(1))
    if at := _AT_CHARACTER.search(message):
        return text.count("\n", 0, int(at.group(1))) + 1
    return None


def unreadable(what: str, *, line: int | None = None) -> NoReturn:
    """Refuse the whole manifest, with the line to look at."""
    where = "" if line is None else f", line {line}"
    raise InvalidManifestError(
        f"the manifest cannot be read{where}: {what}", field="manifest", line=line
    )
