"""The fair-platform figures: what the network keeps, who decides, what it shares; measured."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.book import balance
from orchestrator.accounts.chart import DIRECT, RESERVE, SETTLED
from orchestrator.accounts.totals import shared_by_closes
from orchestrator.catalogue.rows import CitationRow, DesignRow, DesignVersionRow
from orchestrator.commons.charter import CHARTER, Charter
from orchestrator.commons.rulebook import kinds, rule_at, rules_known
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.foundation.money import CURRENCIES
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.rows import AgentRow, RoleRow
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow, TrainingRow
from orchestrator.orders.rows import OrderRow
from orchestrator.votes.polls import result_of
from orchestrator.votes.roll import members
from orchestrator.votes.rows import ProposalRow

router = APIRouter(prefix="/api/v1", tags=["commons"])
YEAR: Final = timedelta(days=365)
PERMILLE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRate:
    """Of one currency's paid income since ever, in minor units, without taxes.

    `kept`: what nobody else earned of it, nor got by the close of a period. `permille` None: nothing was paid yet.
    """

    currency: str
    paid: int
    kept: int
    reserve: int

    @property
    def permille(self) -> int | None:
        """What the network keeps of a thousand."""
        return self.kept * PERMILLE // self.paid if self.paid else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One measured number of a lever; `unit` "" for a count."""

    lever: str  # share | enable | connect | link | pool
    name: str
    value: int
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInForce:
    """A rule with the vote that made it; None: the network began with it."""

    kind: str
    version: str
    in_force_from: datetime
    sha256: str
    proposal_id: str | None
    version_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPlatform:
    """All of it, at one moment. Indicators that flow are of the last 365 days."""

    as_of: datetime
    take_rates: tuple[TakeRate, ...]
    members: int
    persons: int  # of them; the others are organisations
    stewards: int
    polls_open: int
    polls_decided: int
    turnout_permille: int | None  # of the polls decided, their mean; None: no poll yet
    rules: tuple[RuleInForce, ...]
    indicators: tuple[Indicator, ...]
    charter: Charter


def fair_platform(session: Session, now: datetime) -> FairPlatform:
    """Read it from the rooms. Errors: NotFoundError for a rule never founded."""
    roll = members(session, now)
    closed = session.scalars(
        select(ProposalRow).where(ProposalRow.record.is_not(None))
    ).all()
    return FairPlatform(
        as_of=now,
        take_rates=tuple(_take_rates(session)),
        members=len(roll),
        persons=_count(
            session,
            select(AgentRow.id).where(AgentRow.id.in_(roll), AgentRow.kind == "person"),
        ),
        stewards=_count(session, select(RoleRow.id).where(RoleRow.role == "steward")),
        polls_open=_count(
            session, select(ProposalRow.id).where(ProposalRow.state == "open")
        ),
        polls_decided=len(closed),
        turnout_permille=_mean_turnout(closed),
        rules=tuple(_rules(session, now)),
        indicators=tuple(_indicators(session, now - YEAR)),
        charter=rule_at(session, CHARTER, now).value,
    )


def _take_rates(session: Session) -> list[TakeRate]:
    found = []
    for currency in sorted(CURRENCIES):
        paid = -balance(session, SETTLED, currency)
        reserve = -balance(session, RESERVE, currency)
        if paid or reserve:
            shared = shared_by_closes(session, currency)
            kept = paid - balance(session, DIRECT, currency) - shared
            found.append(
                TakeRate(currency=currency, paid=paid, kept=kept, reserve=reserve)
            )
    return found


def _mean_turnout(closed: Sequence[ProposalRow]) -> int | None:
    turnouts = [
        result.voices * PERMILLE // result.members
        for row in closed
        if (result := result_of(row)) is not None
    ]
    return sum(turnouts) // len(turnouts) if turnouts else None


def _rules(session: Session, now: datetime) -> list[RuleInForce]:
    found = []
    for kind in kinds():
        known = rules_known(session, kind)
        if known:
            rule = rule_at(session, kind, now)
            found.append(
                RuleInForce(
                    kind=rule.kind,
                    version=rule.version,
                    in_force_from=rule.in_force_from,
                    sha256=rule.sha256,
                    proposal_id=rule.proposal_id,
                    version_count=len(known),
                )
            )
    return found


def _indicators(session: Session, since: datetime) -> list[Indicator]:
    delivered = select(OrderRow.id).where(
        OrderRow.state == "delivered", OrderRow.delivered_at >= since
    )
    whole = delivered.where(OrderRow.part_of.is_(None))
    parts = select(OrderRow.part_of).where(
        OrderRow.part_of.is_not(None), OrderRow.placed_at >= since
    )
    told: list[tuple[str, str, int, str]] = [
        ("share", "designs", _count(session, select(DesignRow.id)), ""),
        ("share", "design-versions", _count(session, select(DesignVersionRow.id)), ""),
        ("share", "ledger-entries", _count(session, select(EntryRow.id)), ""),
        ("enable", "machines", _count(session, select(MachineRow.id)), ""),
        ("enable", "trainings", _count(session, select(TrainingRow)), ""),
        ("enable", "designers", _distinct(session, DesignRow.designer_id), ""),
        ("connect", "orders-delivered", _count(session, whole), ""),
        ("connect", "shops", _distinct(session, OrderRow.shop_id), ""),
        ("connect", "labs", _count(session, select(FacilityRow.id)), ""),
        ("connect", "couriers", _count(session, select(CourierRow.agent_id)), ""),
        (
            "link",
            "citations-of-designs",
            _distinct(session, CitationRow.version_id),
            "",
        ),
        ("link", "orders-of-several-labs", _count(session, parts.distinct()), ""),
        ("pool", "machine-hours", _hours(session, since, "use"), "h"),
        ("pool", "work-hours", _hours(session, since, "work"), "h"),
    ]
    return [
        Indicator(lever=lever, name=name, value=value, unit=unit)
        for lever, name, value, unit in told
    ]


def _hours(session: Session, since: datetime, action: str) -> int:
    """Whole hours; corrections are taken off."""
    told = session.scalars(
        select(EntryRow.quantity).where(
            EntryRow.action == action,
            EntryRow.unit == "h",
            EntryRow.recorded_at >= since,
        )
    )
    return int(sum((Decimal(quantity) for quantity in told), start=Decimal(0)))


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _distinct(session: Session, column: Any) -> int:
    return session.scalar(select(func.count(column.distinct()))) or 0


class CommonsOut(BaseModel):
    """The same for programs."""

    as_of: datetime
    take_rates: list[dict[str, Any]]
    who_decides: dict[str, int | None]
    rules: list[dict[str, Any]]
    levers: dict[str, dict[str, int]]
    charter: list[str]
    labels: list[dict[str, str]]


@router.get("/commons")
def commons(session: ReaderDep, clock: ClockDep) -> CommonsOut:
    """What the network keeps, who decides, its rules and their votes, what it shares.

    Public; counts and sums only. Money in minor units, hours whole, of the last 365 days
    where something flows.
    """
    told = fair_platform(session, clock.now())
    levers: dict[str, dict[str, int]] = {}
    for one in told.indicators:
        name = one.name.replace("-", "_")
        levers.setdefault(one.lever, {})[name] = one.value
    return CommonsOut(
        as_of=told.as_of,
        take_rates=[
            {**asdict(rate), "permille": rate.permille} for rate in told.take_rates
        ],
        who_decides={
            "members": told.members,
            "persons": told.persons,
            "stewards": told.stewards,
            "polls_open": told.polls_open,
            "polls_decided": told.polls_decided,
            "turnout_permille": told.turnout_permille,
        },
        rules=[asdict(rule) for rule in told.rules],
        levers=levers,
        charter=[*told.charter.articles],
        labels=[asdict(label) for label in told.charter.labels],
    )
