"""Periods over HTTP: what stands, the close as it was signed, and what would be if."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from orchestrator.commons.rulebook import VERSION, rules_known
from orchestrator.foundation import canonical
from orchestrator.foundation.api import ReaderDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.members.principal_api import Strict
from orchestrator.periods.book import PERIOD_RULES, period_of, periods_known, rules_of
from orchestrator.periods.closing import drafted, supposed_of
from orchestrator.periods.rows import PeriodRow
from orchestrator.periods.rules import CENTS_MAX, period_rules_of
from orchestrator.periods.simulate import (
    RULE_SETS_MAX,
    Spread,
    Uncertain,
    curve,
    play,
    variants,
)
from orchestrator.periods.spelling import spell

router = APIRouter(prefix="/api/v1/periods", tags=["periods"])
DRAWS_MAX = 1_000  # anybody may ask
Number = Annotated[int, Field(ge=1, le=10**6)]
Cents = Annotated[int, Field(ge=-CENTS_MAX, le=CENTS_MAX)]


class PeriodOut(BaseModel):
    """A period; `sha256` of its close, once one is proposed."""

    number: int
    state: str  # open | proposed | closed
    opens_at: datetime
    rules_sha256: str
    equation_version: str
    sha256: str | None
    closed_at: datetime | None


class SimulationIn(Strict):
    """Incomes that may be, and rule sets by name; none named: those worth comparing."""

    low_cents: Cents
    likely_cents: Cents
    high_cents: Cents
    rules: dict[Annotated[str, Field(max_length=64)], dict[str, Any]] = Field(
        default_factory=dict, max_length=RULE_SETS_MAX - 1
    )
    draws: Annotated[int, Field(ge=1, le=DRAWS_MAX)] = 400
    seed: int = 1


class PlayedOut(BaseModel):
    """One rule set; spreads as [9 of 10 above, half above, 1 of 10 above], in cents."""

    rules: str
    paid_cents: int
    reserve_cents: int
    paid: list[int]
    reserve: list[int]
    paid_of: dict[str, list[int]]
    pays_in: int


class SimulationOut(BaseModel):
    """All rule sets side by side, and who gets what at which income by the frozen one."""

    draws: int
    played: list[PlayedOut]
    income_cents: list[int]
    cents_of: dict[str, list[int]]


@router.get("")
def list_periods(session: ReaderDep) -> list[PeriodOut]:
    """Every period, the newest first. Public."""
    return [_told(row) for row in periods_known(session)]


@router.get("/{number}", responses=refusals(NotFoundError))
def one_period(number: Number, session: ReaderDep) -> PeriodOut:
    """One. Public."""
    return _told(period_of(session, number))


@router.get("/{number}/close", responses=refusals(NotFoundError))
def close_of_period(number: Number, session: ReaderDep) -> Response:
    """The close: the very bytes that stewards signed; before, what it would be now."""
    row = period_of(session, number)
    body = row.body if row.body is not None else spell(drafted(session, row).closed)
    return Response(body, media_type="application/json")


@router.get("/{number}/rules", responses=refusals(NotFoundError))
def rules_of_period(number: Number, session: ReaderDep) -> Response:
    """The rules as they were frozen, in the bytes that their hash is of."""
    return Response(period_of(session, number).rules, media_type="application/json")


@router.post(
    "/{number}/simulations",
    responses=refusals(NotFoundError, ConflictError, InvalidInputError),
)
def simulate(number: Number, wanted: SimulationIn, session: ReaderDep) -> SimulationOut:
    """Play uncertain incomes under up to ten rule sets; nothing is written."""
    row = period_of(session, number)
    if row.cut is not None:
        raise ConflictError(f"a close of period {number} is proposed: it is certain")
    frozen = rules_of(row)
    rules = variants(frozen, [one.value for one in rules_known(session, PERIOD_RULES)])
    if wanted.rules:
        rules = {frozen.rule_version: frozen} | {
            name: period_rules_of(canonical.dumps({VERSION: name} | table))
            for name, table in wanted.rules.items()
        }
    income = Uncertain(
        low_cents=wanted.low_cents,
        likely_cents=wanted.likely_cents,
        high_cents=wanted.high_cents,
    )
    supposed = supposed_of(drafted(session, row))
    line = curve(supposed, frozen, income)
    return SimulationOut(
        draws=wanted.draws,
        played=[
            PlayedOut(
                rules=one.name,
                paid_cents=one.likely.paid_cents,
                reserve_cents=one.likely.reserve_cents,
                paid=_spread(one.paid),
                reserve=_spread(one.reserve),
                paid_of={name: _spread(told) for name, told in one.paid_of.items()},
                pays_in=one.pays_in,
            )
            for one in play(
                supposed, rules, income, draws=wanted.draws, seed=wanted.seed
            )
        ],
        income_cents=[*line.income_cents],
        cents_of={name: [*cents] for name, cents in line.cents_of.items()},
    )


def _spread(spread: Spread) -> list[int]:
    return [*asdict(spread).values()]


def _told(row: PeriodRow) -> PeriodOut:
    state = "closed" if row.closed_at else "open" if row.cut is None else "proposed"
    return PeriodOut(
        number=row.number,
        state=state,
        opens_at=row.opens_at,
        rules_sha256=row.rules_sha256,
        equation_version=row.equation_version,
        sha256=row.sha256,
        closed_at=row.closed_at,
    )
