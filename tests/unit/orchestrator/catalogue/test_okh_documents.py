"""Every dialect of OKH is one document, and no field or value is lost on the way."""

import json

import pytest

from orchestrator.catalogue.okh_document import read_document, same
from orchestrator.catalogue.okh_text import InvalidManifestError
from orchestrator.catalogue.okh_toml import written
from tests.data import DATA

V1_YAML = b"""%YAML 1.2
title: Face shield
description: Keeps drops away.
license:
  hardware: LicenseRef-CC-BY-SA-3.0
  documentation: CC-BY-4.0
licensor: {name: Grace Hopper, email: grace@example.org}
project-link: https://example.org/shield
derivative-of: null
date-created: 2020-03-20
version: 1.10
x-ours: [1, yes, ~]
"""
LOSH_1 = b"""okhv = "OKH-LOSHv1.0"
name = "Lamp\\n"
license = "LicenseRef-CC BY-SA-3.0"
licensor = "Ada"
function = "Shines."
documentationLanguage = "en"
forkOf = "https://example.org/old"
organisation = "Lamps"
tsdc = ["3DP", "ASM"]
fabric-width-mm = 400
made-at = 2020-03-20T10:00:00Z
[[part]]
name = "Shade"
outerDimensions = { openSCAD = "cube(size = [10,20,30]", unit = "mm" }
weight.exact = 1.0
"""
V2_4 = b"""okhv = "2.4"
name = "Clamp"
license = "MIT"
licensor = "Ada"
function = "Holds."
"""
JSON_2 = json.dumps(
    {
        "okhv": "2.0",
        "name": "Clamp",
        "license": "CERN-OHL-S-2.0",
        "licensor": [{"name": "Ada", "email": None}],
        "function": "Holds.",
        "part": [{"name": "Jaw", "material": None}],
        "odd \n name": {"deep": [[1, 1.0, True, None]]},
    }
).encode()
DIALECTS = [
    pytest.param(V1_YAML, "okh.yml", id="v1-yaml"),
    pytest.param(LOSH_1, "okh.toml", id="losh-1"),
    pytest.param(V2_4, "okh.toml", id="2.4"),
    pytest.param(JSON_2, "okh.json", id="json"),
]


@pytest.mark.parametrize(("data", "name"), DIALECTS)
def test_written_as_2_4_and_read_again_it_is_the_same(data: bytes, name: str) -> None:
    document = read_document(data, name=name)
    as_2_4 = read_document(written(document), name="okh.toml")
    assert same(as_2_4.fields, document.fields)
    assert written(as_2_4) == written(document)
    assert b'okhv = "2.4"' in written(document)


def test_yaml_v1_is_read_under_the_names_of_2_4() -> None:
    fields = read_document(V1_YAML, name="okh.yml").fields
    assert fields["name"] == "Face shield"
    assert fields["repo"] == "https://example.org/shield"
    assert fields["version"] == "1.10"  # as written, not the number 1.1
    assert fields["x-ours"] == ["1", "yes", None]
    text = written(read_document(V1_YAML, name="okh.yml")).decode()
    assert 'license = "CC-BY-SA-3.0"' in text
    assert 'function = "Keeps drops away."' in text


def test_losh_twins_are_spelled_as_the_standard_does() -> None:
    document = read_document(LOSH_1)
    fields = document.fields
    assert fields["documentation-language"] == "en"
    assert document.spelling["documentation-language"] == "documentationLanguage"
    assert (fields["fork-of"], fields["organization"]) == (
        "https://example.org/old",
        "Lamps",
    )
    assert fields["fabric-width-mm"] == 400
    assert 'name = "Lamp"' in written(document).decode()
    part = fields["part"]
    assert isinstance(part, list)
    assert isinstance(part[0], dict)
    assert "outer-dimensions" in part[0]


def test_of_two_spellings_both_values_are_kept() -> None:
    document = read_document(b'forkOf = "a"\nfork-of = "b"\n', name="okh.toml")
    assert dict(document.fields) == {"fork-of": "b", "forkOf": "a"}
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)


def test_latin_1_is_read_and_told() -> None:
    document = read_document("title: Käfig\n".encode("latin-1"), name="okh.yml")
    assert document.fields["name"] == "Käfig"
    assert document.encoding == "cp1252"


@pytest.mark.parametrize("ours", ["1", '{ as-json = "[" }', "{ as-written = 2 }"])
def test_somebody_elses_fabcommons_field_is_kept_as_it_is(ours: str) -> None:
    data = f'name = "a"\nfabcommons = {ours}\n'.encode()
    document = read_document(data, name="okh.toml")
    assert "fabcommons" in document.fields
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)


@pytest.mark.parametrize(
    ("data", "name", "line", "what"),
    [
        (b"a = 1\nb = = 2\n", "okh.toml", 2, "TOML"),
        (b"a = 1\na = 2\n", "okh.toml", 2, "TOML"),
        (b'{"a": 1,\n "b": NaN}', "okh.json", None, "NaN"),
        (b'{"a": 1,\n "b" 2}', "okh.json", 2, "JSON"),
        (b"a: 1\nb: *a\n", "okh.yml", 2, "alias"),
        (b"a: 1\nb: &b [*b]\n", "okh.yml", 2, "alias"),
        (b"a: 1\na: 2\n", "okh.yml", 2, "twice"),
        (b"a: [1\nb: 2\n", "okh.yml", 2, "YAML"),
        (b"a: [\n" + b"{x: 1}," * 4_000 + b"]", "okh.yml", 2, "10000 values"),
        (b"a: !!binary aGk=\n", "okh.yml", 1, "plain text"),
        (b"a: !!set {b: 1}\n", "okh.yml", 1, "plain text"),
        (b"a: !!int [1]\n", "okh.yml", 1, "plain text"),
        (b"a = 9223372036854775808\n", "okh.toml", None, "64 bits"),
        (b".".join([b"a"] * 5000) + b" = 1\n", "okh.toml", 1, "deeper"),
        (b'a = "' + b"x" * (256 << 10) + b'"', "okh.toml", None, "bytes"),
    ],
)
def test_hostile_files_are_refused_with_what_is_wrong(
    data: bytes, name: str, line: int | None, what: str
) -> None:
    with pytest.raises(InvalidManifestError, match=what) as refused:
        read_document(data, name=name)
    assert refused.value.line == line


def test_surrogates_of_yaml_are_joined_and_a_half_one_is_kept() -> None:
    yaml = rb'"\ud83d\ude02": "\ud83d\ude02 \ud83d"'
    document = read_document(yaml, name="okh.yml")
    assert document.fields == {"\U0001f602": "\U0001f602 \ud83d"}
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)


def test_not_a_number_is_kept() -> None:
    document = read_document(b"a = nan\nb = -inf\nc = 1e20\n", name="okh.toml")
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)


@pytest.mark.skipif(not (DATA / "okh").is_dir(), reason="FABCOMMONS_DATA has no okh")
def test_real_manifests_come_back_equal() -> None:
    paths = sorted((DATA / "okh").rglob("*.toml"))
    assert len(paths) > 1_500
    for path in paths:
        document = read_document(path.read_bytes(), name=path.name)
        again = read_document(written(document), name="okh.toml")
        assert same(again.fields, document.fields), path.name


@pytest.mark.skipif(
    not (DATA / "hostile").is_dir(), reason="FABCOMMONS_DATA has no hostile"
)
def test_hostile_data_is_read_whole_or_refused_by_name() -> None:
    cases = [p for p in sorted((DATA / "hostile").rglob("*")) if p.is_file()]
    cases = [p for p in cases if p.stat().st_size < 40_000]
    assert len(cases) > 100
    for path in cases:
        for name in ("okh.json", "okh.toml", "okh.yml"):
            try:
                document = read_document(path.read_bytes(), name=name)
            except InvalidManifestError:
                continue
            again = read_document(written(document), name="okh.toml")
            assert same(again.fields, document.fields), (path.name, name)


@pytest.mark.skipif(
    not (DATA / "hostile/blns").is_dir(), reason="FABCOMMONS_DATA has no blns"
)
def test_naughty_strings_survive_as_values_and_as_names() -> None:
    strings = json.loads((DATA / "hostile/blns/blns.json").read_text())
    fields = {"name": "x", "values": strings, "names": dict.fromkeys(strings, 1)}
    document = read_document(json.dumps(fields).encode(), name="okh.json")
    again = read_document(written(document), name="okh.toml")
    assert same(again.fields, document.fields)
