"""What each licence asks, as far as this network knows it: a table, no judgement."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Commerce(StrEnum):
    """Whether a licence lets its design be made and sold."""

    FREE = "free"  # by anyone
    RECIPROCAL = "reciprocal"  # by who shares: the gate's table decides
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One licence. `combines_as`: the licences a combined work may bear; empty: any."""

    id: str
    commerce: Commerce = Commerce.FREE
    attribution: bool = True
    source: bool = False
    combines_as: frozenset[str] = frozenset()
    derivatives: bool = True


_CC = re.compile(
    r"CC-BY(?P<nc>-NC)?(?P<nd>-ND)?(?P<sa>-SA)?-(?P<version>[1-4]\.[05])"
    r"(?:-[A-Z]{2,3}|-IGO)?"
)
_GPL = re.compile(
    r"(?P<family>A|L)?GPL-(?P<version>[123]\.[01])(?P<later>-or-later)?(?:-only)?"
)
_CC_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_OTHERS = {
    terms.id: terms
    for terms in (
        Terms(id="CC0-1.0", attribution=False),
        Terms(id="Unlicense", attribution=False),
        Terms(id="CC-PDDC", attribution=False),
        Terms(id="0BSD", attribution=False),
        Terms(id="MIT-0", attribution=False),
        Terms(id="MIT"),
        Terms(id="ISC"),
        Terms(id="Apache-2.0"),
        Terms(id="BSD-2-Clause"),
        Terms(id="BSD-3-Clause"),
        Terms(id="CERN-OHL-P-2.0"),
        Terms(id="SHL-2.0"),
        Terms(id="SHL-2.1"),
        Terms(id="MPL-2.0", source=True),
        Terms(id="CERN-OHL-W-2.0", source=True),
        Terms(
            id="CERN-OHL-S-2.0", source=True, combines_as=frozenset({"CERN-OHL-S-2.0"})
        ),
        Terms(id="CERN-OHL-1.1", source=True, combines_as=frozenset({"CERN-OHL-1.1"})),
        Terms(id="CERN-OHL-1.2", source=True, combines_as=frozenset({"CERN-OHL-1.2"})),
        Terms(id="TAPR-OHL-1.0", source=True, combines_as=frozenset({"TAPR-OHL-1.0"})),
    )
} | {
    name: Terms(
        id=name, commerce=Commerce.RECIPROCAL, combines_as=frozenset({combined})
    )
    for name, combined in (
        ("LicenseRef-PPL", "LicenseRef-PPL"),
        ("PPL", "LicenseRef-PPL"),  # SPDX gave the same licence an id of its own
        ("LicenseRef-CopyFair", "LicenseRef-CopyFair"),
    )
}


def terms_of(licence: str) -> Terms | None:
    """The terms of one SPDX id; None: this network does not know it."""
    if licence in _OTHERS:
        return _OTHERS[licence]
    if found := _CC.fullmatch(licence):
        return _creative_commons(licence, found)
    if found := _GPL.fullmatch(licence):
        return _gpl(licence, found)
    return None


def _creative_commons(licence: str, found: re.Match[str]) -> Terms:
    kind = f"CC-BY{found['nc'] or ''}-SA"
    version = found["version"]
    later = (
        {version}
        if version == "1.0"  # the first version knows no later ones
        else set(_CC_VERSIONS[_CC_VERSIONS.index(version) :])
    )
    combines_as = {f"{kind}-{each}" for each in later} if found["sa"] else set()
    if licence == "CC-BY-SA-4.0":
        combines_as.add("GPL-3.0")  # declared one-way compatible
    return Terms(
        id=licence,
        commerce=Commerce.NONE if found["nc"] else Commerce.FREE,
        combines_as=frozenset(combines_as),
        derivatives=not found["nd"],
    )


def _gpl(licence: str, found: re.Match[str]) -> Terms:
    family, version = found["family"], found["version"]
    if family == "L":
        return Terms(id=licence, source=True)
    if family == "A":
        return Terms(id=licence, source=True, combines_as=frozenset({"AGPL-3.0"}))
    combines_as = {f"GPL-{version}"}
    if version == "3.0" or found["later"]:
        combines_as |= {"GPL-3.0", "AGPL-3.0"}  # section 13 of version 3
    return Terms(id=licence, source=True, combines_as=frozenset(combines_as))
