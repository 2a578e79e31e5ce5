"""Many machines asked at once: each hard constraint is put once to each distinct offer.

The constraints are those of checks.py, so the index can say nothing else than
`eligible` does; machines only share the answers. A query over n machines whose column i
has d_i distinct offers costs O(n) array steps and the sum of d_i questions, of those
constraints that are asked for at all. Answers are kept: an index never changes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.matching.checks import CHECKS
from routing.matching.eligible import mismatches
from routing.matching.materials import is_one_of
from routing.matching.problem import Capability, Mismatch, Requirement, Source

Places = NDArray[np.int64]
SUPPLIES: Final = 4  # the column of the material check
MATCHES_SHOWN: Final = 50
QUESTIONS_KEPT: Final = 1_000  # of each constraint


@dataclass(frozen=True, slots=True)
class Column:
    """What one constraint looks at: the distinct offers, and whose is which.

    `codes`: by what was asked, and by offer, the code of the refusal; None: it can.
    """

    offers: tuple[Any, ...]
    kind_of: Places
    codes: dict[Any, dict[int, str | None]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def codes_for(self, asked: Any) -> dict[int, str | None]:
        """Those known so far, to be added to."""
        known = self.codes.get(asked)
        if known is None:
            if len(self.codes) >= QUESTIONS_KEPT:
                self.codes.clear()
            known = self.codes[asked] = {}
        return known


@dataclass(frozen=True, slots=True)
class Index:
    """Machines in the order of their ids, and a column for each constraint."""

    capabilities: tuple[Capability, ...]
    columns: tuple[Column, ...]
    merit_of: Places  # 0: first of those that can, where nothing else decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A machine that can. `substituted`: what is made otherwise than asked first."""

    capability: Capability
    substituted: tuple[str, ...] = ()
    setup_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best matches, how many there are, and how many were refused first for what."""

    matches: tuple[Match, ...]
    count: int
    refused: Mapping[str, int]


def indexed(capabilities: Sequence[Capability]) -> Index:
    """Return the index of these machines; their order does not matter."""
    ordered = tuple(sorted(capabilities, key=lambda one: (one.facility, one.machine)))
    columns = tuple(
        _column([check.offered(one) for one in ordered]) for check in CHECKS
    )
    by_merit = sorted(range(len(ordered)), key=lambda place: _merit(ordered[place]))
    merit_of = np.empty(len(ordered), dtype=np.int64)
    merit_of[by_merit] = np.arange(len(ordered))
    return Index(ordered, columns, merit_of)


def able(index: Index, requirement: Requirement) -> Places:
    """Return the places of all machines that can, substitutes included, ascending."""
    places, _ = _all_able(index, requirement)
    return np.sort(np.concatenate([place for _, place in places]))


def find(
    index: Index, requirement: Requirement, *, limit: int = MATCHES_SHOWN
) -> Found:
    """Return the best `limit` matches: as asked, loaded, in stock, believed, small.

    Why a machine was refused tells `eligible`; here they are counted by the first reason.
    """
    places, refused = _all_able(index, requirement)
    matches: list[Match] = []
    for (wanted, substituted), able_places in places:
        supply_of = _supply(index, wanted)
        kinds = index.columns[SUPPLIES].kind_of[able_places]
        order = np.lexsort((index.merit_of[able_places], supply_of[kinds]))
        shown = order[: limit - len(matches)]
        matches.extend(
            Match(
                capability=index.capabilities[able_places[place]],
                substituted=substituted,
                setup_needed=bool(supply_of[kinds[place]]),
            )
            for place in shown
        )
    return Found(
        matches=tuple(matches),
        count=sum(len(able_places) for _, able_places in places),
        refused=refused,
    )


def why_not(
    index: Index, requirement: Requirement, language: str = "en"
) -> Callable[[int], tuple[Mismatch, ...]]:
    """Return what `eligible` says of the machine at a place, for asking of many.

    Each constraint is put to each distinct offer once, before the first is asked.
    """
    said = [
        ([check.refuse(requirement, offer) for offer in column.offers], column.kind_of)
        for check, column in zip(CHECKS, index.columns, strict=True)
    ]

    def reasons(place: int) -> tuple[Mismatch, ...]:
        refusals = (of_kind[kind_of[place]] for of_kind, kind_of in said)
        return mismatches(refusals, index.capabilities[place], language)

    return reasons


def variants(
    requirement: Requirement,
) -> tuple[tuple[Requirement, tuple[str, ...]], ...]:
    """Return every way that the design allows, as asked first, with what is exchanged."""
    if not (requirement.process_substitutes or requirement.material_substitutes):
        return ((requirement, ()),)
    processes = (requirement.process, *requirement.process_substitutes)
    materials = (requirement.material, *requirement.material_substitutes)
    ways = sorted(
        product(range(len(processes)), range(len(materials))),
        key=lambda way: ((way[0] > 0) + (way[1] > 0), way),
    )
    return tuple(
        (
            replace(requirement, process=processes[first], material=materials[second]),
            ((processes[first],) if first else ())
            + ((materials[second] or "",) if second else ()),
        )
        for first, second in ways
    )


def _column(offered: Sequence[Any]) -> Column:
    kinds: dict[Any, int] = {}
    kind_of = [kinds.setdefault(offer, len(kinds)) for offer in offered]
    return Column(tuple(kinds), np.array(kind_of, dtype=np.int64))


def _all_able(
    index: Index, requirement: Requirement
) -> tuple[list[tuple[tuple[Requirement, tuple[str, ...]], Places]], Mapping[str, int]]:
    """Those that can by each way, none twice, and the first reasons of the others."""
    left: Places = np.arange(len(index.capabilities), dtype=np.int64)
    found = []
    refused: Counter[str] = Counter()
    ways = variants(requirement)
    for way in ways:
        places, refused = _sifted(index, way[0], left)
        found.append((way, places))
        left = np.setdiff1d(left, places, assume_unique=True) if len(ways) > 1 else left
    if len(ways) > 1:
        _, refused = _sifted(index, requirement, left)
    return found, dict(refused)


def _sifted(
    index: Index, requirement: Requirement, places: Places
) -> tuple[Places, Counter[str]]:
    refused: Counter[str] = Counter()
    for check, column in zip(CHECKS, index.columns, strict=True):
        asked = check.asked(requirement)
        if asked is None or not places.size:
            continue
        codes = column.codes_for(asked)
        kinds = column.kind_of[places]
        count_of = np.bincount(kinds, minlength=len(column.offers))
        gone = []
        for kind in np.flatnonzero(count_of).tolist():
            if kind not in codes:
                refusal = check.refuse(requirement, column.offers[kind])
                codes[kind] = None if refusal is None else refusal.code
            code = codes[kind]
            if code is not None:
                gone.append(kind)
                refused[code] += int(count_of[kind])
        if gone:
            stays = np.ones(len(column.offers), dtype=np.bool_)
            stays[gone] = False
            places = places[stays[kinds]]
    return places, refused


def _supply(index: Index, wanted: Requirement) -> Places:
    """For each kind of supplies 0: loaded, or no material asked; 1: in stock; 2: not."""
    material = wanted.material
    if material is None:
        return np.zeros(len(index.columns[SUPPLIES].offers), dtype=np.int64)
    return np.array(
        [
            0 if is_one_of(material, loaded) else 1 + (not is_one_of(material, stocked))
            for _, loaded, stocked in index.columns[SUPPLIES].offers
        ],
        dtype=np.int64,
    )


def _merit(capability: Capability) -> tuple[int, float, str, str]:
    """Measured before declared, a small machine before a large one, then by id."""
    sources = list(Source)
    doubt = max((sources.index(told.source) for told in capability.told), default=3)
    envelope = capability.envelope_mm
    room = envelope.x_mm * envelope.y_mm * envelope.z_mm if envelope else float("inf")
    return doubt, room, capability.facility, capability.machine
