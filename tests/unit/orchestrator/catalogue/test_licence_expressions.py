"""SPDX expressions are read as the standard writes them, and loose ones as meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalogue.spdx import (
    Choice,
    InvalidLicenceError,
    checked,
    choices,
    understood,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("mit", "MIT"),
        ("cern-ohl-s-2.0", "CERN-OHL-S-2.0"),
        ("licenseref-ppl", "LicenseRef-PPL"),
        ("LicenseRef-copyfair", "LicenseRef-CopyFair"),
        ("MIT or (gpl-3.0-only and CC0-1.0)", "MIT OR (GPL-3.0-only AND CC0-1.0)"),
    ],
)
def test_expressions_get_their_one_spelling(written: str, canonical: str) -> None:
    assert checked(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        "free",
        "MIT AND",
        "MIT MIT",
        "(MIT",
        "MIT)",
        "AND",
        "MIT OR OR ISC",
        "LicenseRef-CC BY",
        "__import__('os')",
        "(" * 50 + "MIT" + ")" * 50,
        "MIT OR " * 60 + "ISC",
        "MIT\x00",
    ],
)
def test_what_is_no_expression_is_refused_with_its_field(written: str) -> None:
    with pytest.raises(InvalidLicenceError) as refused:
        checked(written, field="license.hardware")
    assert refused.value.field == "license.hardware"


def test_or_offers_choices_and_and_joins_them() -> None:
    assert choices("(MIT OR ISC) AND (Apache-2.0 OR CC0-1.0)") == tuple(
        Choice(licences=frozenset(pair))
        for pair in (
            ("MIT", "Apache-2.0"),
            ("MIT", "CC0-1.0"),
            ("ISC", "Apache-2.0"),
            ("ISC", "CC0-1.0"),
        )
    )
    assert choices("GPL-2.0-or-later WITH Classpath-exception-2.0") == (
        Choice(licences=frozenset({"GPL-2.0-or-later"})),
    )


def test_too_many_choices_are_refused() -> None:
    assert len(choices("(MIT OR ISC) AND (CC0-1.0 OR 0BSD)")) == 4
    ids = ["MIT", "ISC", "CC0-1.0", "0BSD", "Apache-2.0"]
    with pytest.raises(InvalidLicenceError, match="at most 16 choices"):
        choices(
            f"({' OR '.join(ids)}) AND (BSD-2-Clause OR MIT-0 OR Unlicense OR Zlib)"
        )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("LicenseRef-CC BY-SA-4.0", "CC-BY-SA-4.0"),
        ("LicenseRef-CC-BY-SA-3.0", "CC-BY-SA-3.0"),
        ("LicenseRef-CC-by-sa 3.0", "CC-BY-SA-3.0"),
        ("LicenseRef-CERN-OHL-1.2", "CERN-OHL-1.2"),
        ("LicenseRef-CERN", "LicenseRef-CERN"),  # nobody knows which
        ("LicenseRef-PPL", "LicenseRef-PPL"),
        (" MIT\n", "MIT"),
    ],
)
def test_loose_spellings_of_real_manifests(written: str, meant: str) -> None:
    assert understood(written) == meant


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_and_reading_is_stable(text: str) -> None:
    try:
        canonical = checked(text)
    except InvalidLicenceError:
        return
    assert checked(canonical) == canonical
    assert choices(canonical)
