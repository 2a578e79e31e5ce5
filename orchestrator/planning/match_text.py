"""Requirements and facilities as written, JSON, YAML or TOML, as plain values."""

import json
import tomllib
from typing import Any, Final, NoReturn

import yaml

from orchestrator.catalogue.okh_text import PlainLoader, decoded, without_directives
from orchestrator.foundation.errors import InvalidInputError

ENDS: Final = (".json", ".yaml", ".yml", ".toml")
YAML_MAX_BYTES: Final = 16 << 20  # it is read some hundred times slower than JSON


class _Loader(PlainLoader):
    """Numbers and truths as such; aliases, doubled keys and own types are refused."""


for _tag in ("int", "float", "bool"):
    _loader: Any = getattr(yaml.SafeLoader, f"construct_yaml_{_tag}")
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _loader)


def plain_values(data: bytes, *, name: str, size_max_bytes: int) -> Any:
    """What the bytes say. Errors: InvalidInputError, with the line where one is known."""
    source = decoded(data, name=name, size_max_bytes=size_max_bytes)
    if source.encoding not in {"utf-8", "utf-16"}:
        _unreadable("it is not UTF-8 text")
    try:
        if source.kind == "toml":
            return tomllib.loads(source.text)
        if source.kind == "yaml" and not source.text.lstrip().startswith("["):
            return _yaml(source.text)
        return json.loads(source.text, object_pairs_hook=_once)
    except InvalidInputError as error:
        told = str(error).replace("the manifest cannot", "it cannot")
        raise InvalidInputError(told) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        _unreadable(
            f"as YAML: {error.problem or 'not YAML'}",
            line=mark.line + 1 if mark else None,
        )
    except (RecursionError, ValueError, yaml.YAMLError) as error:
        _unreadable(
            f"as {source.kind.upper()}: {str(error)[:300] or 'nested too deep'}"
        )


def _yaml(text: str) -> Any:
    if len(text) > YAML_MAX_BYTES:
        _unreadable(f"YAML has at most {YAML_MAX_BYTES >> 20} MB: write JSON")
    loader = _Loader(without_directives(text))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _unreadable(f"field {twice[:80]!r} appears twice")
    return fields


def _unreadable(what: str, *, line: int | None = None) -> NoReturn:
    where = "" if line is None else f", line {line}"
    raise InvalidInputError(f"it cannot be read{where}: {what}")
