"""Reading OKH manifests: v1 in YAML, OKH-LOSH in TOML, either in JSON."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import yaml

from orchestrator.catalogue.spdx import understood
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

SIZE_MAX_BYTES: Final = 256 << 10
DEPTH_MAX: Final = 16
TITLE_MAX: Final = 200
SUMMARY_MAX: Final = 5_000
LICENSOR_MAX: Final = 400
REFERENCE_MAX: Final = 500

type Format = Literal["toml", "yaml", "json"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "toml": "application/toml",
    "yaml": "application/yaml",
    "json": "application/json",
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InvalidManifestError(InvalidInputError):
    """The manifest cannot be read, or lacks what every design must state."""

    code = "invalid-manifest"


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
    if len(data) > SIZE_MAX_BYTES:
        raise InvalidManifestError(
            f"a manifest has at most {SIZE_MAX_BYTES} bytes, got {len(data)}",
            field="manifest",
        )
    kind = format_of(data, name)
    fields = _fields(_parsed(data, kind))
    licence_field, licence = _licence(fields)
    title_field = "title" if "title" in fields else "name"
    return Manifest(
        exact=data,
        media_type=MEDIA_TYPES[kind],
        okhv=_optional(fields, "okhv"),
        title=_text(fields.get(title_field), title_field, TITLE_MAX),
        summary=_summary(fields),
        licence=understood(licence, field=licence_field),
        licence_as_written=licence,
        licensor=_licensor(fields),
        version=_optional(fields, "version"),
        repo=_optional(fields, "repo", "project-link"),
        image=_optional(fields, "image"),
        bom=_optional(fields, "bom"),
        fork_of=_optional(fields, "fork-of", "derivative-of"),
        tsdc=_words(fields.get("tsdc"), "tsdc"),
    )


def format_of(data: bytes, name: str) -> Format:
    """TOML, YAML or JSON: by the name's end, else by how the text begins."""
    end = name.lower().rpartition(".")[2]
    if end in {"toml", "json"}:
        return "toml" if end == "toml" else "json"
    if end in {"yaml", "yml"}:
        return "yaml"
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return "json"
    first_line = next(
        (line for line in head.splitlines() if line and not line.startswith(b"#")), b""
    )
    return "toml" if re.match(rb"(\[|[\w\"-]+\s*=)", first_line) else "yaml"


def _parsed(data: bytes, kind: Format) -> Mapping[str, object]:
    try:
        text = data.decode("utf-8-sig")
        if kind == "json":
            return canonical.object_of(text.encode(), floats=True)
        value = tomllib.loads(text) if kind == "toml" else _yaml(text)
    except InvalidManifestError:
        raise
    except UnicodeDecodeError as error:
        raise _unreadable(f"it is not UTF-8 at byte {error.start}") from error
    except (tomllib.TOMLDecodeError, yaml.YAMLError, InvalidInputError) as error:
        raise _unreadable(f"as {kind.upper()}: {str(error)[:300]}") from error
    except (RecursionError, ValueError) as error:
        raise _unreadable(f"as {kind.upper()}: nested too deep, or no date") from error
    if not isinstance(value, dict):
        raise _unreadable(f"expected named fields, got {type(value).__name__}")
    return value


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, without types of its own and with each key once."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _unreadable("YAML aliases (*name) are not taken: write it out")
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise _unreadable(f"nested deeper than {DEPTH_MAX}")
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
        key = key_node.value
        if not isinstance(key, str):
            raise _unreadable("a field's name must be a word")
        if key in fields:
            raise _unreadable(f"field {key[:80]!r} appears twice")
        fields[key] = loader.construct_object(value_node, deep=True)
    return fields


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _plain_mapping)
for _scalar in ("timestamp", "int", "float", "bool"):  # as written, not as guessed
    _PlainLoader.add_constructor(
        f"tag:yaml.org,2002:{_scalar}",
        lambda _loader, node: node.value,
    )


def _yaml(text: str) -> object:
    loader = _PlainLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _fields(raw: Mapping[str, object]) -> dict[str, object]:
    """Names as the standard spells them: documentationLanguage is one with dashes."""
    fields: dict[str, object] = {}
    for name, value in raw.items():
        spelled = _CAMEL.sub("-", str(name)).replace("_", "-").lower()
        fields.setdefault(spelled, value)
    return fields


def _licence(fields: Mapping[str, object]) -> tuple[str, str]:
    """The field and the text of the licence of the hardware."""
    value = fields.get("license", fields.get("licence"))
    if isinstance(value, dict):  # OKH v1
        for part in ("hardware", "documentation"):
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
    for name in ("function", "description", "intended-use"):
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


def _unreadable(what: str) -> InvalidManifestError:
    return InvalidManifestError(
        f"the manifest cannot be read: {what}", field="manifest"
    )
