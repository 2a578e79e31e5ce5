"""Bytes that two parsers could read differently are refused; one spelling is written."""

from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.foundation.canonical import (
    InvalidJsonError,
    dumps,
    loads,
    object_of,
)

# RFC 8785 keeps the last of two equal keys and integers of any size; we refuse both.
STRICTER_THAN_THE_SUITE = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
}


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[1.5]",
        "[1e3]",
        "[9007199254740992]",
        "[123456789012345678901234567890]",
        '["\\ud800"]',
        '{"\\udfff":1}',
        "[1,]",
        "",
        "[1] x",
        "\ufeff[1]",
        '["\x01"]',
        "[" * 33 + "]" * 33,
        "[" * 100_000,
    ],
)
def test_what_could_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(InvalidJsonError):
        loads(text.encode())


def test_bytes_that_are_not_utf8_and_large_texts_are_refused() -> None:
    for data in (b'["\xff"]', '["x"]'.encode("utf-16"), b" " * 2_000_000 + b"1"):
        with pytest.raises(InvalidJsonError):
            loads(data)


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert loads(b'["' + b"[" * 100 + b'\\"["]') == ["[" * 100 + '"[']
    assert loads(b"[" * 32 + b"]" * 32)


def test_one_value_has_one_spelling() -> None:
    assert dumps({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()
    with pytest.raises(InvalidJsonError):
        dumps({"a": float("nan")})
    with pytest.raises(InvalidJsonError):
        object_of(b"[]")


def test_the_parsing_suite_is_met(hostile: Path) -> None:
    for path in sorted((hostile / "JSONTestSuite/test_parsing").glob("*.json")):
        if path.name.startswith("n_") or path.name in STRICTER_THAN_THE_SUITE:
            with pytest.raises(InvalidJsonError):
                loads(path.read_bytes(), floats=True)
        elif path.name.startswith("y_"):
            loads(path.read_bytes(), floats=True)
        else:  # i_: free to take or refuse, never to fail in another way
            try:
                loads(path.read_bytes(), floats=True)
            except InvalidJsonError:
                continue


def test_the_canonical_forms_of_the_rfc_are_met(hostile: Path) -> None:
    for path in sorted((hostile / "jcs/testdata/input").glob("*.json")):
        expected = hostile / "jcs/testdata/output" / path.name
        value = loads(path.read_bytes(), floats=True)
        assert dumps(value) == expected.read_bytes(), path.name


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    PLAIN | st.text(st.characters(categories=["Cs", "Lu", "Cc"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_the_quick_spelling_is_that_of_the_library(value: object) -> None:
    try:
        spelled = rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(InvalidJsonError):
            dumps(value)
    else:
        assert dumps(value) == spelled


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_spelled_is_read_again(text: str) -> None:
    told = {"a": text, "b": [text, 1, None, True], text: -(2**53) + 1}
    assert loads(dumps(told)) == told
