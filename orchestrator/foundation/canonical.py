"""JSON with one spelling: strict when read, RFC 8785 when written."""

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

import rfc8785

from orchestrator.foundation.errors import InvalidInputError

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None

SIZE_MAX_BYTES = 1 << 20
DEPTH_MAX = 32
INTEGER_MAX = 2**53 - 1
_INTEGERS = range(-INTEGER_MAX, INTEGER_MAX + 1)
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPELL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


class InvalidJsonError(InvalidInputError):
    """The bytes are not JSON that everybody reads alike."""

    code = "invalid-json"


def dumps(value: object) -> bytes:
    """The RFC 8785 bytes of `value`. Errors: InvalidJsonError for what has none."""
    try:
        if _is_plain(value):
            return _SPELL(value).encode()
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise InvalidJsonError(f"has no canonical JSON form: {error}") from error


def loads(
    data: bytes, *, floats: bool = False, size_max_bytes: int = SIZE_MAX_BYTES
) -> Json:
    """Read UTF-8 JSON of at most 32 levels; numbers are integers unless `floats`.

    Errors: InvalidJsonError for anything two parsers could read differently: bad
    UTF-8, duplicate keys, NaN, lone surrogates, integers beyond 2**53 - 1.
    """
    if len(data) > size_max_bytes:
        raise InvalidJsonError(f"{len(data)} bytes of JSON, at most {size_max_bytes}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"not UTF-8 at byte {error.start}") from error
    _check_depth(text)
    try:
        value: Json = (_WITH_FLOATS if floats else _WITHOUT_FLOATS).decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJsonError(
            f"not JSON at character {error.pos}: {error.msg}"
        ) from error
    if "\\u" in text:  # UTF-8 itself carries no surrogate
        _check_strings(value)
    return value


def object_of(
    data: bytes, *, floats: bool = False, size_max_bytes: int = SIZE_MAX_BYTES
) -> dict[str, Json]:
    """`loads` for a JSON object at the top. Errors: InvalidJsonError."""
    value = loads(data, floats=floats, size_max_bytes=size_max_bytes)
    if not isinstance(value, dict):
        raise InvalidJsonError(f"expected a JSON object, got {type(value).__name__}")
    return value


def _is_plain(value: Any) -> bool:
    """Whether Python's own encoder, which is quicker, spells `value` as RFC 8785 does.

    It spells fractions otherwise, and sorts keys beyond ASCII otherwise.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return value in _INTEGERS
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind is dict and all(
        type(name) is str and name.isascii() and _is_plain(item)
        for name, item in value.items()
    )


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for found in _STRUCTURE.finditer(text):
        sign = found.group()[0]
        if sign in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise InvalidJsonError(f"JSON nested deeper than {DEPTH_MAX}")
        elif sign in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidJsonError(f"key {twice[:80]!r} appears twice", field=twice[:80])
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise InvalidJsonError(f"{text} is not a JSON number")


def _refuse_float(text: str) -> NoReturn:
    raise InvalidJsonError(
        f"{text[:40]} has a fraction: write it as a string of digits"
    )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJsonError(f"{text[:40]} is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > INTEGER_MAX:
        raise InvalidJsonError(f"integer {text[:40]} is beyond 2**53 - 1")
    return number


def _check_strings(value: Json) -> None:
    """A lone surrogate is a string that no UTF-8 can carry."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise InvalidJsonError("a string holds half a surrogate pair")
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_strings(name)
            _check_strings(item)


def _decoder(parse_float: Callable[[str], float]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_float=parse_float,
        parse_int=_integer,
    )


_WITH_FLOATS, _WITHOUT_FLOATS = _decoder(_finite), _decoder(_refuse_float)
