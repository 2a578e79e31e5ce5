"""What a design builds on must allow its licence: mixes that can't be are named."""

import pytest

from orchestrator.catalogue.combining import (
    IncompatibleLicencesError,
    Licensed,
    check_mix,
)


def check(own: str, *cited: str) -> None:
    parts = [
        Licensed(title=f"part {index}", licensor=f"maker {index}", licence=licence)
        for index, licence in enumerate((own, *cited))
    ]
    check_mix(parts[0], parts[1:])


@pytest.mark.parametrize(
    ("own", "cited"),
    [
        ("MIT", ()),
        ("LicenseRef-PPL", ("CC-BY-4.0", "MIT")),
        ("CERN-OHL-S-2.0", ("CERN-OHL-S-2.0", "CERN-OHL-P-2.0")),
        ("GPL-3.0-only", ("CC-BY-SA-4.0",)),
        ("CC-BY-SA-4.0", ("CC-BY-SA-3.0",)),
        ("MIT AND CC-BY-SA-4.0", ("CC-BY-SA-4.0",)),
        ("MIT", ("CC-BY-SA-4.0 OR MIT",)),
        ("MIT OR CERN-OHL-S-2.0", ("CERN-OHL-S-2.0",)),
        ("MIT", ("LicenseRef-nobody-knows",)),
    ],
)
def test_what_goes_together_is_published(own: str, cited: tuple[str, ...]) -> None:
    check(own, *cited)


@pytest.mark.parametrize(
    ("own", "cited", "told"),
    [
        ("MIT", ("CERN-OHL-S-2.0",), "CERN-OHL-S-2.0 of 'part 1' .* MIT does not"),
        ("CC0-1.0", ("MIT", "CC-BY-SA-4.0"), "Publish under CC-BY-SA-4.0"),
        ("LicenseRef-mine", ("LicenseRef-PPL",), "shared alike"),
        ("CC-BY-SA-4.0", ("CERN-OHL-S-2.0",), "can't both be"),
        ("CERN-OHL-S-2.0", ("CC-BY-ND-4.0",), "lets nobody build on it"),
        ("MIT", ("CC-BY-SA-4.0 OR CERN-OHL-S-2.0",), "ask maker 1"),
        ("MIT", tuple(f"MIT OR LicenseRef-{n}" for n in range(12)), "under one licen"),
    ],
)
def test_what_does_not_is_refused_by_name(
    own: str, cited: tuple[str, ...], told: str
) -> None:
    with pytest.raises(IncompatibleLicencesError, match=told) as refused:
        check(own, *cited)
    assert refused.value.field == "license"
