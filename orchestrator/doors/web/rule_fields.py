"""A rule's table as a form: its fields, what was typed, and what one changes of another."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from orchestrator.commons.rulebook import VERSION, kind_named
from orchestrator.doors.web.rule_layouts import Fields, Path, RuleField, layout_of
from orchestrator.doors.web.rule_spelling import UnreadableError
from orchestrator.doors.web.rule_words import ChangedField
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.votes.proposals import matters
from orchestrator.votes.voting_rules import OTHERWISE, VOTING_RULES

OWN: Final = "own-procedures"


class WrongFieldsError(ValueError):
    """What was typed can't be read; `words_of` by the field's name."""

    def __init__(self, words_of: Mapping[str, str]) -> None:
        super().__init__(next(iter(words_of.values())))
        self.words_of = words_of


def in_force(matter: str, table: bytes) -> Fields:
    """A version's table, with what it says of fields that came later."""
    told = kind_named(matter).completed(canonical.object_of(table))
    return {name: value for name, value in told.items() if name != VERSION}


def fields_of(matter: str, table: Fields) -> list[RuleField]:
    """Every field of the table, in the order of its form, with its value as typed."""
    return [
        replace(field, value=field.how.spell(_at(table, field.path)))
        for field in layout_of(matter, table)
    ]


def table_of(matter: str, base: Fields, typed: Mapping[str, str]) -> Fields:
    """The table that a form says; what it does not show, or did not change, stays.

    Errors: WrongFieldsError.
    """
    table = deepcopy(base)
    if matter == VOTING_RULES.name:
        wanted = typed.get(OWN, "").split("\n")
        table["procedures"] = _own_procedures(table["procedures"], wanted)
    wrong: dict[str, str] = {}
    for field in fields_of(matter, table):
        is_unticked = field.how.many and bool(field.how.options)
        text = typed.get(field.name, "" if is_unticked else field.value)
        if text.replace("\r\n", "\n").strip() == field.value.strip():
            continue
        try:
            _put(table, field.path, field.how.read(text))
        except (UnreadableError, ValueError) as error:
            wrong[field.name] = str(error)
    if wrong:
        raise WrongFieldsError(wrong)
    return table


def field_named(fields: list[RuleField], name: str) -> str:
    """The form's name of the field that a rule's reader refused, or ""."""
    for field in fields:
        if name and name in {str(field.path[-1]), ".".join(map(str, field.path))}:
            return field.name
    for field in fields:
        if name and name.partition(".")[0] in map(str, field.path):
            return field.name
    return ""


def told_table(matter: str, table: bytes) -> dict[str, str]:
    """Every value in words, by where it stands."""
    whole = in_force(matter, table)
    return {
        field.title: field.how.shown(_at(whole, field.path))
        for field in fields_of(matter, whole)
    }


def changed_fields(matter: str, before: bytes, after: bytes) -> list[ChangedField]:
    """What differs from one table to another."""
    old, new = told_table(matter, before), told_table(matter, after)
    return [
        ChangedField(name=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]


def own_procedures(table: Fields) -> set[str]:
    """The matters that voting rules decide in a way of their own."""
    procedures = table["procedures"]
    return set(procedures if isinstance(procedures, dict) else ()) - {OTHERWISE}


def _own_procedures(told: Json, wanted: list[str]) -> Json:
    """Those ticked: as they are, or to begin with as all others are."""
    known = told if isinstance(told, dict) else {}
    names = [name for name in matters() if name in wanted]
    return {
        name: deepcopy(known.get(name, known[OTHERWISE]))
        for name in (OTHERWISE, *names)
    }


def _at(table: Fields, path: Path) -> Json:
    value: Any = table
    for step in path:
        value = value[step]
    return value  # type: ignore[no-any-return]


def _put(table: Fields, path: Path, value: Json) -> None:
    inner: Any = table
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
