"""How much of the common reserve members may give out: a table under vote."""

from dataclasses import dataclass
from importlib import resources
from typing import Final

from orchestrator.commons.rulebook import RuleKind, register
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.votes.voting_rules import OPEN_MAX_S, OPEN_MIN_S, PERMILLE

RANGE_OF: Final = {
    "budget_permille": (0, PERMILLE),
    "budget_open_s": (OPEN_MIN_S, OPEN_MAX_S),
    "match_permille": (0, PERMILLE),
    "campaign_open_s": (OPEN_MIN_S, OPEN_MAX_S),
    "challenge_permille": (0, PERMILLE),
    "challenge_entries_s": (OPEN_MIN_S, OPEN_MAX_S),
    "challenge_judging_s": (OPEN_MIN_S, OPEN_MAX_S),
}
# What a version says of challenges that was put into force before there were any.
BEFORE: Final[dict[str, Json]] = {
    "challenge_permille": 0,
    "challenge_entries_s": OPEN_MAX_S,
    "challenge_judging_s": OPEN_MAX_S,
}


class InvalidFundingRulesError(InvalidInputError):
    """The table leaves a number out, or says what no funding rules may say."""

    code = "invalid-funding-rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRules:
    """Thousandths are of the reserve when a budget or challenge opens, a campaign ends."""

    rule_version: str
    budget_permille: int  # what one budget lets members give out
    budget_open_s: int
    match_permille: int  # the most that one campaign is matched with
    campaign_open_s: int
    challenge_permille: int  # the most that one challenge sets aside
    challenge_entries_s: int
    challenge_judging_s: int


def funding_rules_of(table: bytes) -> FundingRules:
    """Read a table. Errors: InvalidFundingRulesError that names the field at fault."""
    told = canonical.object_of(table)
    if set(told) != {"rule_version", *RANGE_OF}:
        raise InvalidFundingRulesError(f"a table has {', '.join(RANGE_OF)}")
    numbers: dict[str, int] = {}
    for name, (least, most) in RANGE_OF.items():
        value = told[name]
        if type(value) is not int or not least <= value <= most:
            raise InvalidFundingRulesError(
                f"{name} is {least} to {most}, got {value!r}", field=name
            )
        numbers[name] = value
    return FundingRules(rule_version=str(told["rule_version"]), **numbers)


def default_funding_rules() -> bytes:
    """The table that a new network begins with."""
    return (resources.files("orchestrator.votes") / "funding_rules_1.json").read_bytes()


FUNDING_RULES: Final = register(
    RuleKind(
        name="funding-rules",
        read=funding_rules_of,
        founding=default_funding_rules,
        completed=lambda told: {**BEFORE, **told},
    )
)
