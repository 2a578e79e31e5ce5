"""A table of period rules that somebody tries out: as typed, with the line of a fault."""

import re
from json import JSONDecodeError
from typing import Final

from orchestrator.commons.rulebook import VERSION
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.periods.rules import (
    InvalidPeriodRulesError,
    PeriodRules,
    period_rules_of,
)

TABLE_MAX: Final = 40_000  # letters
_GROUPS: Final = ("communities", "threshold_cents", "points_after")


def own_rules(text: str, *, name: str, like: PeriodRules) -> PeriodRules:
    """Read it strictly, as a rule under vote is read; `like`: what it is compared with.

    Errors: InvalidPeriodRulesError that says where, what, and what to do.
    """
    if len(text) > TABLE_MAX:
        raise InvalidPeriodRulesError(
            f"a table has {TABLE_MAX} letters at most: leave out what is no rule"
        )
    try:
        told = canonical.object_of(text.encode("utf-8", "surrogatepass"))
        rules = period_rules_of(canonical.dumps({**told, VERSION: name}))
        if rules.currency != like.currency:
            raise InvalidPeriodRulesError(
                f"currency is {like.currency} in this period", field="currency"
            )
    except InvalidInputError as error:
        line = _line_at_fault(text, error)
        raise InvalidPeriodRulesError(
            f"Line {line}: {error}. Mend it there, or begin again with the rules in "
            "force.",
            field=error.field,
        ) from error
    return rules


def _line_at_fault(text: str, error: InvalidInputError) -> int:
    """Counted from 1: where the reader stopped, or where the field at fault stands.

    Of a field that is missing, the line where its group begins.
    """
    if isinstance(error.__cause__, JSONDecodeError):
        return error.__cause__.lineno
    within = [name for name in _GROUPS if f"from {name}" in str(error)]
    for name in (error.field, *within):
        key = name and re.search(rf'"{re.escape(name)}"\s*:', text)
        if key:
            return _line(text, key.start())
    return _line(text, max(0, text.find(str(error).split(" ", 1)[0])))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
