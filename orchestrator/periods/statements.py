"""Why this amount: each point back to its event, each share forward to its cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.commons.points import built_on, citations_of
from orchestrator.foundation.errors import NotFoundError
from orchestrator.ledger.append import entry_of
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import tree_size
from orchestrator.periods.book import before_of, period_of, periods_known, rules_of
from orchestrator.periods.points import Part, Reckoning, Told, told_of
from orchestrator.periods.rows import PeriodRow, ShareRow
from orchestrator.periods.spelling import points_after_of

MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points that one event brought to one contributor; `depth` 1 up: upstream."""

    told: Told
    recorded_at: datetime
    community: str
    milli_points: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Points that the close before left."""

    community: str
    kind: str
    milli_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One share: `part_cents` of the community by its `whole_milli_points`."""

    community: str
    milli_points: int
    whole_milli_points: int
    part_cents: int
    cents: int

    @property
    def exact_cents(self) -> Fraction:
        """Before rounding; what is paid is within one cent of it."""
        return Fraction(self.part_cents * self.milli_points, self.whole_milli_points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One contributor in one period. Kept and earned sum to the points of each share."""

    period: PeriodRow
    agent_id: str
    currency: str
    kept: tuple[Kept, ...]
    lines: tuple[Line, ...]
    paid: tuple[Paid, ...]  # empty until the period is closed

    @property
    def cents(self) -> int:
        """What this contributor gets."""
        return sum(one.cents for one in self.paid)

    @property
    def milli_points_of(self) -> dict[str, int]:
        """By community: what was kept and what was earned."""
        found: dict[str, int] = {}
        for kept in self.kept:
            found[kept.community] = found.get(kept.community, 0) + kept.milli_points
        for line in self.lines:
            found[line.community] = found.get(line.community, 0) + line.milli_points
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Points of an event to an agent and, once closed, what cents they were part of."""

    part: Part
    paid: Paid | None

    @property
    def exact_cents(self) -> Fraction:
        """The event's own portion of the share."""
        if self.paid is None or self.paid.milli_points <= 0:
            return Fraction(0)
        return Fraction(
            self.paid.cents * self.part.milli_points, self.paid.milli_points
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What an event is worth to whom, and in which period it counts (None: the next)."""

    told: Told
    period: PeriodRow | None
    forward: tuple[Forward, ...]


def statement_of(session: Session, number: int, agent_id: str) -> Statement:
    """What a contributor has in a period. Errors: NotFoundError."""
    row = period_of(session, number)
    before = before_of(session, row)
    held = {} if before is None or before.body is None else points_after_of(before.body)
    return Statement(
        period=row,
        agent_id=agent_id,
        currency=rules_of(row).currency,
        kept=tuple(
            Kept(community=one.community, kind=one.kind, milli_points=milli)
            for one, milli in sorted(held.items())
            if one.agent_id == agent_id
        ),
        lines=tuple(_lines(session, row, agent_id)),
        paid=_paid(session, row, agent_id),
    )


def statements_of(session: Session, agent_id: str) -> list[Statement]:
    """Every period's statement of a contributor, the newest period first."""
    return [
        statement_of(session, row.number, agent_id) for row in periods_known(session)
    ]


def explain_event(session: Session, event_id: str) -> Explained:
    """Where an event's points and cents went. Errors: NotFoundError."""
    entry = entry_of(session, event_id)
    told = told_of(entry.body)
    if told is None:
        raise NotFoundError(f"{event_id} is an act: it earns no points")
    row = _period_with(session, entry)
    if row is None:
        return Explained(told=told, period=None, forward=())
    position = -1 if entry.position is None else entry.position
    parts = Reckoning(session, row, _cut(session, row)).parts(told, position)
    paid_of = {
        (agent_id, one.community): one
        for agent_id in {part.agent_id for part in parts}
        for one in _paid(session, row, agent_id)
    }
    return Explained(
        told=told,
        period=row,
        forward=tuple(
            Forward(part=part, paid=paid_of.get((part.agent_id, part.community)))
            for part in parts
        ),
    )


def _period_with(session: Session, entry: EntryRow) -> PeriodRow | None:
    """The period that counts the entry, or will by what is known now."""
    if entry.position is None:
        return None
    return session.scalar(
        select(PeriodRow)
        .where(
            PeriodRow.since <= entry.position,
            or_(
                PeriodRow.closed_at.is_(None),
                PeriodRow.cut > entry.position,
            ),
        )
        .order_by(PeriodRow.number.desc())
        .limit(1)
    )


def _cut(session: Session, row: PeriodRow) -> int:
    """Where the period ends: as it was closed, else where the log ends now."""
    if row.closed_at is not None and row.cut is not None:
        return row.cut
    return tree_size(session)


def _lines(session: Session, row: PeriodRow, agent_id: str) -> Sequence[Line]:
    cut = _cut(session, row)
    reckoning = Reckoning(session, row, cut)
    derived = built_on(citations_of(session, cut), agent_id)
    entries = session.scalars(
        select(EntryRow)
        .where(
            EntryRow.position >= row.since,
            EntryRow.position < cut,
            or_(
                EntryRow.provider == agent_id,
                (EntryRow.action == "cite") & EntryRow.resource.in_(derived),
            ),
        )
        .order_by(EntryRow.position)
    )
    found: list[Line] = []
    for entry in entries:
        told = told_of(entry.body)
        if told is None or entry.position is None:
            continue
        found.extend(
            Line(
                told=told,
                recorded_at=entry.recorded_at,
                community=part.community,
                milli_points=part.milli_points,
                depth=part.depth,
            )
            for part in reckoning.parts(told, entry.position)
            if part.agent_id == agent_id
        )
    return found


def _paid(session: Session, row: PeriodRow, agent_id: str) -> tuple[Paid, ...]:
    """The shares, each with what it is a part of."""
    mine = session.scalars(
        select(ShareRow)
        .where(ShareRow.period == row.number, ShareRow.agent_id == agent_id)
        .order_by(ShareRow.community)
    ).all()
    found = []
    for share in mine:
        of_all = session.execute(
            select(ShareRow.milli_points, ShareRow.cents).where(
                ShareRow.period == row.number, ShareRow.community == share.community
            )
        ).all()
        found.append(
            Paid(
                community=share.community,
                milli_points=int(share.milli_points),
                whole_milli_points=sum(int(one.milli_points) for one in of_all),
                part_cents=sum(one.cents for one in of_all),
                cents=share.cents,
            )
        )
    return tuple(found)
