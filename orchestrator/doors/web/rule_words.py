"""Rules and votes in plain words: names of matters, what a table says, what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.commons.rulebook import VERSION
from orchestrator.doors.web.formats import duration
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json

MATTERS: Final[Mapping[str, str]] = {
    "resolution": N_("A question, yes or no"),
    "choice": N_("A choice among several"),
    "value-equation": N_("What work is worth"),
    "plan-weights": N_("What the plan weighs"),
    "voting-rules": N_("How we vote"),
    "charter": N_("The charter"),
    "funding-rules": N_("What members give out together"),
    "period-rules": N_("How a surplus is shared"),
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
_UNITS: Final[Mapping[str, Callable[[int], str]]] = {
    " s": duration,
    " permille": lambda number: f"{number / 10:g} %",
}
_NAMING: Final = ("action", "unit", "name")  # what tells rows of one table apart


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One field that a proposal changes; "" where there is none."""

    name: str
    before: str
    after: str


def matter_words(matter: str) -> str:
    """What members call it; a rule without words of its own by its name."""
    return MATTERS.get(matter, matter.replace("-", " ").capitalize())


def told_table(table: bytes) -> dict[str, str]:
    """Every value of a rule's table by where it stands, in the table's order."""
    fields = canonical.object_of(table)
    fields.pop(VERSION, None)
    return dict(_leaves(fields, ()))


def changed_fields(before: bytes, after: bytes) -> list[ChangedField]:
    """What differs from one table to another."""
    old, new = told_table(before), told_table(after)
    return [
        ChangedField(name=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]


def _leaves(value: Json, path: tuple[str, ...]) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [
            leaf
            for name, inner in value.items()
            for leaf in _leaves(inner, (*path, name.replace("_", " ")))
        ]
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [
            leaf
            for number, inner in enumerate(value, 1)
            for leaf in _leaves(inner, (*path, _name_of(inner, number)))
        ]
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        text = "yes" if value else "no"
    if type(value) is int and path:
        for ending, told in _UNITS.items():
            if path[-1].endswith(ending):
                path = (*path[:-1], path[-1].removesuffix(ending))
                text = told(value)
    return [(" › ".join(path), text)]


def _name_of(value: Json, number: int) -> str:
    fields = value if isinstance(value, dict) else {}
    naming = [str(fields[name]) for name in _NAMING if name in fields]
    return " ".join(naming) or str(number)
