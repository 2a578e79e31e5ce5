"""Which points the entries of a period are worth, by its frozen rules alone.

A period looks at the end only: the equation is that of its opening, citations are those
declared by its cut. So neither the order nor the time of an event decides anything.
"""

import gc
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.credits import (
    Citations,
    Credit,
    credits_of_event,
    worth_of_event,
)
from orchestrator.commons.equation import Equation
from orchestrator.commons.points import citations_of
from orchestrator.commons.rules import equation_named
from orchestrator.ledger.append import entry_of, leaf_bytes
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import LedgerBrokenError
from orchestrator.periods.close import Holding
from orchestrator.periods.rows import PeriodRow

ROWS_AT_ONCE = 5_000
_READ = json.JSONDecoder().raw_decode  # no search for an encoding or for spaces


class Told(NamedTuple):
    """What a signed body says, of what decides its worth."""

    id: str
    action: str
    unit: str
    provider: str
    resource: str
    quantity: str
    corrects: str | None
    rule_version: str | None

    @property
    def amount(self) -> Decimal:
        """The quantity as an exact number."""
        return Decimal(self.quantity)

    @property
    def kind(self) -> str:
        """As the rules of a period name it."""
        return f"{self.action} {self.unit}"


class Part(NamedTuple):
    """Points of one event to one agent; `depth` 0: direct, 1 up: upstream."""

    community: str
    agent_id: str
    milli_points: int
    depth: int


@dataclass(slots=True, kw_only=True)
class Worth:
    """What events are worth under one equation and one set of citations."""

    equation: Equation
    citations: Citations
    _cited: dict[tuple[str, str, str], tuple[Part, ...]] = field(default_factory=dict)

    def parts(self, told: Told) -> tuple[Part, ...]:
        """Who is credited how much; the parts sum to the event's worth."""
        if told.action == "cite" and told.resource in self.citations:
            key = (told.provider, told.resource, told.quantity + told.unit)
            if key not in self._cited:
                found = credits_of_event(told, self.equation, self.citations)
                self._cited[key] = tuple(map(_part, found))
            return self._cited[key]
        community = self.equation.rule_of[told.action, told.unit].community
        milli = worth_of_event(told, self.equation)
        return (Part(community, told.provider, milli, 0),) if milli else ()


class Reckoning:
    """The worth of every event of one period and of what its corrections correct."""

    def __init__(self, session: Session, period: PeriodRow, cut: int) -> None:
        self.session = session
        self.cut = cut
        before = session.execute(
            select(PeriodRow.since, PeriodRow.cut, PeriodRow.equation_version)
            .where(PeriodRow.number < period.number)
            .order_by(PeriodRow.number)
        ).all()
        self._stretches = [
            *((row.since, row.cut, row.equation_version) for row in before),
            (period.since, cut, period.equation_version),
        ]
        self._worth_of: dict[tuple[str, int], Worth] = {}

    def parts(self, told: Told, position: int) -> tuple[Part, ...]:
        """A correction is worth what it corrects, by that one's period."""
        version = told.rule_version
        if told.corrects is not None:
            basis, position = self._basis(told.corrects)
            version = basis.rule_version
        at = bisect_right(self._stretches, position, key=lambda one: one[0]) - 1
        _, cut, equation_version = self._stretches[max(at, 0)]
        return self._worth(version or equation_version, cut).parts(told)

    def _basis(self, event_id: str) -> tuple[Told, int]:
        """The first event, and where it stands in the log."""
        while True:
            row = entry_of(self.session, event_id)
            told = told_of(row.body)
            if told is None:
                raise LedgerBrokenError(f"entry {event_id} is no event to correct")
            if told.corrects is None:
                return told, self.cut if row.position is None else row.position
            event_id = told.corrects

    def _worth(self, version: str, cut: int) -> Worth:
        if (version, cut) not in self._worth_of:
            self._worth_of[version, cut] = Worth(
                equation=equation_named(self.session, version),
                citations=citations_of(self.session, cut),
            )
        return self._worth_of[version, cut]


def told_of(body: bytes) -> Told | None:
    """What a stored body says; None for an act, which earns nothing."""
    fields, _ = _READ(body.decode())
    if "event_schema" not in fields:
        return None
    return Told(
        fields["id"],
        fields["action"],
        fields["unit"],
        fields["provider"],
        fields["resource"],
        fields["quantity"],
        fields.get("corrects"),
        fields.get("rule_version"),
    )


def counted(
    session: Session, period: PeriodRow, cut: int, held: Mapping[Holding, int]
) -> dict[Holding, int]:
    """What everybody holds at the cut: what was `held` and what the period brought.

    Errors: LedgerBrokenError for an entry that is missing or is not what was signed.
    """
    reckoning = Reckoning(session, period, cut)
    points = dict(held)
    with _no_cycles():
        for position, body in _bodies(session, period.since, cut):
            told = told_of(body)
            if told is None:
                continue
            for part in reckoning.parts(told, position):
                holding = Holding(part.community, part.agent_id, told.kind)
                points[holding] = points.get(holding, 0) + part.milli_points
    return {holding: milli for holding, milli in points.items() if milli}


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Rows by the million hold no cycles: looking for some is a fifth of a close."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _bodies(session: Session, since: int, cut: int) -> Iterator[tuple[int, bytes]]:
    """Every entry from `since` up to `cut`, each found to be what was hashed."""
    for start in range(since, cut, ROWS_AT_ONCE):
        until = min(start + ROWS_AT_ONCE, cut)
        rows = session.execute(
            select(
                EntryRow.body,
                EntryRow.key_id,
                EntryRow.signature,
                EntryRow.recorded_at,
                EntryRow.leaf_hash,
            )
            .where(EntryRow.position >= start, EntryRow.position < until)
            .order_by(EntryRow.position)
        ).all()
        if len(rows) != until - start:
            raise LedgerBrokenError(
                f"entries from {start} to {until - 1} are not whole"
            )
        told = enumerate(rows, start=start)
        for position, (body, key_id, signature, recorded_at, leaf) in told:
            found = leaf_hash(
                leaf_bytes(
                    body=body,
                    key_id=key_id,
                    signature=signature,
                    recorded_at=recorded_at,
                )
            )
            if found != leaf:
                raise LedgerBrokenError(
                    f"entry {position} was changed after it was appended"
                )
            yield position, body


def _part(credit: Credit) -> Part:
    return Part(credit.community, credit.agent_id, credit.milli_points, credit.depth)
