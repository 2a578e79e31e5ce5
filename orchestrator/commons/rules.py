"""Which version of the value equation is in force when."""

from datetime import datetime
from hashlib import sha256
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.equation import Equation, equation_of
from orchestrator.commons.rows import ValueEquationRow
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import ConflictError, NotFoundError


def default_table() -> bytes:
    """The table that a new network begins with."""
    return (
        resources.files("orchestrator.commons") / "value_equation_1.json"
    ).read_bytes()


def install_equation(session: Session, table: bytes, *, now: datetime) -> Equation:
    """Put a version in force from `now`; the same version again changes nothing.

    Errors: InvalidEquationError; ConflictError for a version with another table.
    """
    equation = equation_of(table)
    spelled = canonical.dumps(canonical.loads(table))
    digest = sha256(spelled).hexdigest()
    known = session.get(ValueEquationRow, equation.rule_version)
    if known is not None:
        if known.sha256 != digest:
            raise ConflictError(
                f"{equation.rule_version} is published with another table: name a new one"
            )
        return equation
    session.add(
        ValueEquationRow(
            rule_version=equation.rule_version,
            table=spelled.decode(),
            sha256=digest,
            in_force_from=now,
        )
    )
    session.flush()
    return equation


def equation_named(session: Session, rule_version: str) -> Equation:
    """A version. Errors: NotFoundError."""
    row = session.get(ValueEquationRow, rule_version)
    if row is None:
        raise NotFoundError(f"there is no value equation {rule_version}")
    return equation_of(row.table.encode())


def equation_at(session: Session, moment: datetime) -> Equation:
    """The version in force at `moment`; before the first one, the first."""
    row = session.scalar(
        select(ValueEquationRow)
        .where(ValueEquationRow.in_force_from <= moment)
        .order_by(
            ValueEquationRow.in_force_from.desc(), ValueEquationRow.rule_version.desc()
        )
        .limit(1)
    ) or session.scalar(
        select(ValueEquationRow)
        .order_by(ValueEquationRow.in_force_from, ValueEquationRow.rule_version)
        .limit(1)
    )
    if row is None:
        raise NotFoundError("no value equation was ever put in force: install one")
    return equation_of(row.table.encode())
