"""Which licences can be in one work together, and which the whole may then bear."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from orchestrator.catalogue.licences import Terms, terms_of
from orchestrator.catalogue.spdx import Choice, choices
from orchestrator.foundation.errors import InvalidInputError

WAYS_MAX: Final = 1_000

# a way: for each part, the licences of the choice that was taken
type Way = tuple[frozenset[str], ...]


class IncompatibleLicencesError(InvalidInputError):
    """A design and what it builds on can't be one work under its licence."""

    code = "licences-clash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """One design version that is used; `licence` is a checked SPDX expression."""

    title: str
    licensor: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Why parts can't be one work, by name, and what would help."""

    code: str
    reason: str
    remedy: str


def check_mix(design: Licensed, cited: Sequence[Licensed]) -> None:
    """Refuse to publish a design whose licence what it builds on does not allow.

    Of alternative licences (OR) one that fits is enough. What a licence that nobody
    here knows asks for is not judged. Errors: IncompatibleLicencesError.
    """
    parts = (design, *cited)
    found = [
        [*clashes(parts, way), *_not_kept(parts, way)]
        for way in ways([choices(part.licence) for part in parts])
    ]
    fewest = min(found, key=len, default=[too_many_ways()])
    if fewest:
        told = dict.fromkeys(f"{each.reason} {each.remedy}" for each in fewest)
        raise IncompatibleLicencesError(" ".join(told), field="license")


def ways(offers: Sequence[Sequence[Choice]]) -> list[Way]:
    """Every way to take one choice of each part; none when there are too many.

    Ways that come to the same licences are one way: parts often share theirs. The
    first part's choice stays apart, since it is the licence of the whole.
    """
    found: dict[tuple[frozenset[str], frozenset[str]], Way] = {
        (frozenset(), choice.licences): (choice.licences,)
        for offer in offers[:1]
        for choice in offer
    }
    for offer in offers[1:]:
        found = {
            (union | choice.licences, own): (*way, choice.licences)
            for (union, own), way in found.items()
            for choice in offer
        }
        if len(found) > WAYS_MAX:
            return []
    return list(found.values())


def clashes(parts: Sequence[Licensed], way: Way) -> list[Clash]:
    """Share-alike licences that no combined work can bear, and what can't be changed."""
    return [*_share_alike(parts, way), *_not_to_be_built_on(parts, way)]


def too_many_ways() -> Clash:
    """What `ways` gave up at."""
    return Clash(
        code="too-many-choices",
        reason=f"The parts offer more than {WAYS_MAX} combinations of licences.",
        remedy="Publish the design under one licence.",
    )


def _share_alike(parts: Sequence[Licensed], way: Way) -> list[Clash]:
    held = {
        terms.id: (part, terms)
        for part, licences in zip(parts, way, strict=True)
        for terms in map(terms_of, sorted(licences))
        if terms is not None and terms.combines_as
    }
    pairs = [
        _clash(*one, *other)
        for one, other in combinations(held.values(), 2)
        if not one[1].combines_as & other[1].combines_as
    ]
    if pairs or not held:
        return pairs
    shared = frozenset.intersection(*(terms.combines_as for _, terms in held.values()))
    return [] if shared else [_clash_of_all(sorted(held))]


def _clash(part: Licensed, terms: Terms, other: Licensed, others: Terms) -> Clash:
    return Clash(
        code="licences-clash",
        reason=f"{terms.id} of {part.title!r} and {others.id} of {other.title!r} "
        "both ask to be the licence of the whole, and can't both be.",
        remedy=f"Ask {part.licensor} or {other.licensor} for a second licence.",
    )


def _clash_of_all(licences: Sequence[str]) -> Clash:
    return Clash(
        code="licences-clash",
        reason=f"No licence can hold {', '.join(licences)} together.",
        remedy="Ask one of the licensors for a second licence.",
    )


def _not_to_be_built_on(parts: Sequence[Licensed], way: Way) -> Iterator[Clash]:
    for part, terms in _built_on(parts, way):
        if not terms.derivatives:
            yield Clash(
                code="no-derivatives",
                reason=f"{terms.id} of {part.title!r} lets nobody build on it.",
                remedy=f"Ask {part.licensor} for leave, or use another part.",
            )


def _not_kept(parts: Sequence[Licensed], way: Way) -> Iterator[Clash]:
    """Share-alike licences that the design's own licence leaves behind."""
    own = [terms for terms in map(terms_of, way[0]) if terms is not None]
    for part, terms in _built_on(parts, way):
        kept = any(terms.combines_as & mine.combines_as for mine in own)
        if terms.combines_as and not kept:
            yield Clash(
                code="licences-clash",
                reason=f"{terms.id} of {part.title!r} asks that what builds on it be "
                f"shared alike; {parts[0].licence} does not do that.",
                remedy=f"Publish under {terms.id}, or ask {part.licensor} for a second "
                "licence.",
            )


def _built_on(parts: Sequence[Licensed], way: Way) -> Iterator[tuple[Licensed, Terms]]:
    for part, licences in zip(parts[1:], way[1:], strict=True):
        for terms in map(terms_of, sorted(licences)):
            if terms is not None:
                yield part, terms
