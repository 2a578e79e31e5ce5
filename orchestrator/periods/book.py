"""The book of periods: rules are published and frozen, then a period opens."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import RuleKind, register, rule_at
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.foundation.changes import announce
from orchestrator.foundation.clock import stamp
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import Act
from orchestrator.ledger.append import append_act
from orchestrator.members.agents import roles_of
from orchestrator.periods.rows import PeriodRow
from orchestrator.periods.rules import (
    PeriodRules,
    default_period_rules,
    period_rules_of,
)

PERIODS = "periods"
PERIOD_RULES = register(
    RuleKind(name="period-rules", read=period_rules_of, founding=default_period_rules)
)


def publish(
    session: Session,
    *,
    by: str,
    opens_at: datetime,
    key: SigningKey,
    now: datetime,
) -> PeriodRow:
    """Freeze the rules in force for the next period, which opens later.

    The same opening again is the same period. Errors: NotAllowedError;
    InvalidInputError for a moment that has come; ConflictError while another is open.
    """
    check_steward(session, by)
    newest = newest_period(session)
    if newest is not None and newest.closed_at is None:
        if newest.opens_at == opens_at:
            return newest
        raise ConflictError(f"period {newest.number} is not closed: close it first")
    if opens_at <= now:
        raise InvalidInputError(
            "rules are published before a period opens: name a later moment",
            field="opens_at",
        )
    rules = rule_at(session, PERIOD_RULES, now)
    equation = rule_at(session, VALUE_EQUATION, now)
    number = 1 if newest is None else newest.number + 1
    row = PeriodRow(
        number=number,
        rules=rules.table.decode(),
        rules_sha256=rules.sha256,
        equation_version=equation.version,
        published_at=now,
        published_by=by,
        opens_at=opens_at,
        since=0 if newest is None else newest.cut,
    )
    session.add(row)
    session.flush()
    told = {
        "opens_at": stamp(opens_at),
        "rules": rules.version,
        "rules_sha256": rules.sha256,
        "equation": equation.version,
        "equation_sha256": equation.sha256,
    }
    enter_act(session, row, "period-published", told, by=by, key=key, now=now)
    return row


def rules_of(row: PeriodRow) -> PeriodRules:
    """The rules as they were frozen."""
    return period_rules_of(row.rules.encode())


def period_of(session: Session, number: int) -> PeriodRow:
    """A period. Errors: NotFoundError."""
    row = session.get(PeriodRow, number)
    if row is None:
        raise NotFoundError(f"there is no period {number}")
    return row


def newest_period(session: Session) -> PeriodRow | None:
    """The period that was published last."""
    return session.scalar(select(PeriodRow).order_by(PeriodRow.number.desc()).limit(1))


def periods_known(session: Session) -> Sequence[PeriodRow]:
    """Every period, the newest first."""
    return session.scalars(select(PeriodRow).order_by(PeriodRow.number.desc())).all()


def before_of(session: Session, row: PeriodRow) -> PeriodRow | None:
    """The period before this one, whose close this one begins with."""
    return session.get(PeriodRow, row.number - 1)


def check_steward(session: Session, agent_id: str) -> None:
    if not any(one.role == "steward" for one in roles_of(session, agent_id)):
        raise NotAllowedError("only stewards open and close periods")


def enter_act(
    session: Session,
    row: PeriodRow,
    act: str,
    told: Mapping[str, str | int],
    *,
    by: str,
    key: SigningKey,
    now: datetime,
    second: str | None = None,
) -> None:
    append_act(
        session,
        Act(
            id=derived_id("act", act, str(row.number), stamp(now), str(told)),
            actor=by,
            second=second,
            act=act,
            subject=f"period-{row.number}",
            told=told,
            occurred_at=now,
        ),
        key=key,
        recorded_at=now,
    )
    announce(session, PERIODS)
