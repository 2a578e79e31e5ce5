"""Which version of the value equation is in force when."""

from datetime import datetime
from importlib import resources
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.commons.equation import Equation, equation_of
from orchestrator.commons.rulebook import (
    RuleKind,
    register,
    rule_at,
    rule_named,
)


def default_table() -> bytes:
    """The table that a new network begins with."""
    return (
        resources.files("orchestrator.commons") / "value_equation_1.json"
    ).read_bytes()


VALUE_EQUATION: Final = register(
    RuleKind(name="value-equation", read=equation_of, founding=default_table)
)


def equation_named(session: Session, rule_version: str) -> Equation:
    """A version. Errors: NotFoundError."""
    return rule_named(session, VALUE_EQUATION, rule_version).value


def equation_at(session: Session, moment: datetime) -> Equation:
    """The version in force at `moment`; before the first one, the first."""
    return rule_at(session, VALUE_EQUATION, moment).value
