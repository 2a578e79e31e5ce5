"""Rules and votes in plain words: names of matters, states, choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_

MATTERS: Final[Mapping[str, str]] = {
    "resolution": N_("A question, yes or no"),
    "choice": N_("A choice among several"),
    "value-equation": N_("What work is worth"),
    "plan-weights": N_("What the plan weighs"),
    "voting-rules": N_("How we vote"),
    "charter": N_("The charter"),
    "funding-rules": N_("What members give out together"),
    "period-rules": N_("How a surplus is shared"),
    "money-terms": N_("How bills are paid"),
    "tariff": N_("What things cost, and the network's part"),
    "licence-gate": N_("Who may make what"),
}
STATES: Final[Mapping[str, Told]] = {
    "open": Told(shown=Shown.RUNNING, word=N_("Open")),
    "passed": Told(shown=Shown.DONE, word=N_("Passed")),
    "refused": Told(shown=Shown.OFFLINE, word=N_("Not passed")),
    "no-quorum": Told(shown=Shown.OFFLINE, word=N_("Too few voices")),
    "overtaken": Told(shown=Shown.OFFLINE, word=N_("Overtaken by another vote")),
    "withdrawn": Told(shown=Shown.OFFLINE, word=N_("Withdrawn")),
}
METHODS: Final[Mapping[str, str]] = {
    "consent": N_("By consent: it passes unless somebody objects."),
    "majority": N_("By majority of yes and no."),
    "score": N_("By score: each option gets points, most points win."),
}
CHOICES: Final[Mapping[str, str]] = {
    "agree": N_("I agree"),
    "stand-aside": N_("I stand aside"),
    "object": N_("I object, and say why"),
    "yes": N_("Yes"),
    "abstain": N_("I abstain"),
    "no": N_("No"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One field that a proposal changes; "" where there is none."""

    name: str
    before: str
    after: str


def matter_words(matter: str) -> str:
    """What members call it; a rule without words of its own by its name."""
    return MATTERS.get(matter, matter.replace("-", " ").capitalize())
