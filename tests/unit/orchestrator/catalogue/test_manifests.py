"""Manifests in every dialect are read; what can't be read is refused with its field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalogue.okh import read_manifest
from orchestrator.catalogue.okh_text import SIZE_MAX_BYTES
from orchestrator.foundation.errors import InvalidInputError
from tests.data import DATA

YAML_V1 = b"""%YAML 1.2
---
title: Face shield
description: Keeps drops away.
license:
  hardware: CERN-OHL-S-2.0
  documentation: CC-BY-4.0
licensor:
  name: Grace Hopper
  email: grace@example.org
date-created: 2020-03-20
version: 1.10
image: shield.jpg
"""
LOSH_CAMEL = b"""okhv = "2.0"
name = "Lamp\\n"
license = "LicenseRef-CC BY-SA-4.0"
licensor = ["Ada", {name = "Grace"}]
function = "Shines."
documentationLanguage = "en"
forkOf = "https://example.org/old-lamp"
tsdc = ["3DP", "ASM"]
image = ["a.png", "b.png"]
"""


def test_yaml_v1_is_read_as_written() -> None:
    read = read_manifest(YAML_V1, name="okh.yml")
    assert (read.title, read.summary) == ("Face shield", "Keeps drops away.")
    assert (read.licence, read.licensor) == ("CERN-OHL-S-2.0", "Grace Hopper")
    assert read.version == "1.10"  # not the number 1.1
    assert (read.image, read.media_type) == ("shield.jpg", "application/yaml")
    assert read.exact is YAML_V1


def test_losh_toml_with_its_quirks() -> None:
    read = read_manifest(LOSH_CAMEL)
    assert (read.title, read.licence) == ("Lamp", "CC-BY-SA-4.0")
    assert read.licence_as_written == "LicenseRef-CC BY-SA-4.0"
    assert (read.licensor, read.tsdc) == ("Ada, Grace", ("3DP", "ASM"))
    assert read.fork_of == "https://example.org/old-lamp"
    assert read.image == "a.png"


def test_json_is_read_strictly() -> None:
    fields = {
        "okhv": "2.4",
        "name": "Clamp",
        "license": "LicenseRef-PPL",
        "licensor": "Ada",
        "function": "Holds.",
    }
    read = read_manifest(json.dumps(fields).encode())
    assert (read.title, read.licence) == ("Clamp", "LicenseRef-PPL")
    twice = b'{"name": "a", "name": "b"}'
    with pytest.raises(InvalidInputError, match="twice"):
        read_manifest(twice, name="okh.json")


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        (b"", "manifest"),
        (b"\xff\xfe", "manifest"),
        (b"- a\n- b\n", "manifest"),
        (b"a: &x 1\nb: *x\n", "manifest"),
        (b"title: a\ntitle: b\n", "manifest"),
        (b"? [a]\n: b\n", "manifest"),
        (b'title: !!python/object/apply:os.system ["true"]\n', "manifest"),
        (b"x: " + b"[" * 5000, "manifest"),
        (b"a = " + b"[" * 3000, "manifest"),
        (b'{"a":' * 60, "manifest"),
        (b"x" * (SIZE_MAX_BYTES + 1), "manifest"),
        (b'name = "a"\n', "license"),
        (b'name = 1\nlicense = "MIT"\n', "name"),
        (
            b'name = "a"\nlicense = "freeware"\nlicensor = "b"\nfunction = "f"\n',
            "license",
        ),
        (b'name = "a\\u0000b"\nlicense = "MIT"\n', "name"),
        (b'name = "a"\nlicense = "MIT"\nlicensor = []\nfunction = "f"\n', "licensor"),
        (b'name = "a"\nlicense = "MIT"\nlicensor = "b"\n', "function"),
        (b"title: a\nlicense: {software: MIT}\n", "license"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_field(
    manifest: bytes, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_manifest(manifest)
    assert refused.value.field == field


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = b"a: &a [x,x]\n" + b"".join(
        b"%c: &%c [*%c,*%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(20)
    )
    with pytest.raises(InvalidInputError, match="alias"):
        read_manifest(bomb)


@given(st.binary(max_size=400), st.sampled_from(["", "okh.toml", "okh.yml", "a.json"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        read = read_manifest(data, name=name)
    except InvalidInputError as refused:
        assert refused.field  # noqa: PT017 - either way is right
    else:
        assert read.title


@pytest.mark.skipif(not (DATA / "okh").is_dir(), reason="FABCOMMONS_DATA has no okh")
def test_real_manifests_are_read() -> None:
    refused: dict[str, str] = {}
    paths = sorted((DATA / "okh").rglob("*.toml"))
    for path in paths:
        try:
            read_manifest(path.read_bytes(), name=path.name)
        except InvalidInputError as error:
            refused[path.name] = str(error)
    assert len(paths) > 1_500
    assert list(refused) == ["okh-HandiBot.toml"], refused  # PANAKA-OHL is not SPDX
