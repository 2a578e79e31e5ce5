"""Whether a capability satisfies a requirement, and in plain words why not."""

from routing.matching.checks import CHECKS
from routing.matching.problem import Capability, Mismatch, Requirement
from routing.matching.words import NOTHING, sentence


def eligible(
    requirement: Requirement, capability: Capability, language: str = "en"
) -> tuple[Mismatch, ...]:
    """Return every reason why not, in a fixed order; empty means: it can as asked."""
    found = (check.refuse(requirement, check.offered(capability)) for check in CHECKS)
    return tuple(
        Mismatch(
            code=refusal.code,
            text=sentence(
                refusal.sentence or refusal.code,
                machine=capability.name or capability.machine,
                required=refusal.required,
                offered=refusal.offered,
                language=language,
            ),
            required=refusal.required,
            offered=refusal.offered or NOTHING["en"],
        )
        for refusal in found
        if refusal is not None
    )
