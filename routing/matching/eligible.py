"""Whether a capability satisfies a requirement, and in plain words why not."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from routing.matching.access import access_called
from routing.matching.checks import CHECKS, Refusal
from routing.matching.problem import Capability, Mismatch, Requirement
from routing.matching.processes import called
from routing.matching.words import NOTHING, sentence, word

TEXTS_KEPT: Final = 4096
MACHINE: Final = "\0"  # stands for the machine's name: many are refused for one reason
NAMES_OF: Final = {"process": called, "access": access_called}


def eligible(
    requirement: Requirement, capability: Capability, language: str = "en"
) -> tuple[Mismatch, ...]:
    """Return every reason why not, in a fixed order; empty means: it can as asked."""
    found = (check.refuse(requirement, check.offered(capability)) for check in CHECKS)
    return mismatches(found, capability, language)


def mismatches(
    refusals: Iterable[Refusal | None], capability: Capability, language: str
) -> tuple[Mismatch, ...]:
    """Return what the checks said of this machine as reasons; None: it was no reason."""
    name = capability.name or capability.machine
    return tuple(
        Mismatch(
            code=refusal.code,
            text=_text(refusal, language).replace(MACHINE, name),
            required=refusal.required,
            offered=refusal.offered or NOTHING["en"],
        )
        for refusal in refusals
        if refusal is not None
    )


@lru_cache(TEXTS_KEPT)
def _text(refusal: Refusal, language: str) -> str:
    """The sentence, with processes, access and kinds of machine as people call them."""
    required, offered = refusal.required, refusal.offered
    if name_of := NAMES_OF.get(refusal.code):
        required, offered = (
            ", ".join(name_of(one, language) for one in names.split(", ") if one)
            for names in (required, offered)
        )
    if refusal.code == "machine-kind":
        required, offered = word(required, language), word(offered, language)
    return sentence(
        refusal.sentence or refusal.code,
        machine=MACHINE,
        required=required,
        offered=offered,
        language=language,
    )
