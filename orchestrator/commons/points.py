"""Points from ledger events: who earned what, by which event, under which rule."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.commons.credits import Citation, Citations, Credit, credits_of_event
from orchestrator.commons.equation import Equation
from orchestrator.commons.rules import equation_at, equation_named
from orchestrator.ledger.append import entries_of_order, entry_of
from orchestrator.ledger.events import event_of
from orchestrator.ledger.rows import EVENT, EntryRow


def credits_of_order(session: Session, order_id: str) -> list[Credit]:
    """Every credit of the order, by event: its sum is what the order is worth."""
    return _credits(session, entries_of_order(session, order_id), _declared(session))


def credits_of_agent(session: Session, agent_id: str) -> list[Credit]:
    """Every credit of the agent, direct and upstream, each with its event."""
    declared = _declared(session)
    derived = built_on(citations_at(declared, None), agent_id)
    rows = session.scalars(
        select(EntryRow)
        .where(
            or_(
                (EntryRow.provider == agent_id) & (EntryRow.kind == EVENT),
                (EntryRow.action == "cite") & EntryRow.resource.in_(derived),
            )
        )
        .order_by(EntryRow.occurred_at, EntryRow.id)
    ).all()
    found = _credits(session, rows, declared)
    return [credit for credit in found if credit.agent_id == agent_id]


def points_of(session: Session, agent_id: str) -> int:
    """The agent's thousandths of a point, over all time."""
    return sum(credit.milli_points for credit in credits_of_agent(session, agent_id))


def milli_points_by_agent(found: Iterable[Credit]) -> dict[str, int]:
    """The sum of each agent, largest first, then by id."""
    total_of: dict[str, int] = {}
    for credit in found:
        total_of[credit.agent_id] = (
            total_of.get(credit.agent_id, 0) + credit.milli_points
        )
    return dict(sorted(total_of.items(), key=lambda item: (-item[1], item[0])))


def citations_at(declared: Sequence[EntryRow], moment: datetime | None) -> Citations:
    """Which design versions build on which, as declared by `moment` (None: ever).

    What is declared later changes nothing of what was earned before.
    """
    weight_of: dict[tuple[str, str, str], Fraction] = {}
    for row in declared:
        if moment is None or row.recorded_at <= moment:
            edge = (row.cited_by or "", row.resource, row.provider)
            weight = weight_of.get(edge, Fraction(0)) + Fraction(row.quantity)
            weight_of[edge] = weight
    citations: dict[str, list[Citation]] = {}
    for (citing, cited, designer), weight in weight_of.items():
        if weight > 0:
            citation = Citation(cited=cited, designer=designer, weight=weight)
            citations.setdefault(citing, []).append(citation)
    return citations


def citations_of(session: Session, cut: int) -> Citations:
    """Which design versions build on which, as declared before the log's entry `cut`."""
    return citations_at(
        [
            row
            for row in _declared(session)
            if row.position is not None and row.position < cut
        ],
        None,
    )


def _declared(session: Session) -> Sequence[EntryRow]:
    return session.scalars(
        select(EntryRow)
        .where(EntryRow.action == "cite", EntryRow.cited_by.is_not(None))
        .order_by(EntryRow.id)
    ).all()


def _credits(
    session: Session, rows: Sequence[EntryRow], declared: Sequence[EntryRow]
) -> list[Credit]:
    found: list[Credit] = []
    for row in rows:
        basis = _basis(session, row)
        found.extend(
            credits_of_event(
                event_of(row.body),
                _equation(session, basis),
                citations_at(declared, basis.recorded_at),
            )
        )
    return found


def _basis(session: Session, row: EntryRow) -> EntryRow:
    """A correction is worth what the first event was worth, under its rules."""
    while row.corrects is not None:
        row = entry_of(session, row.corrects)
    return row


def _equation(session: Session, row: EntryRow) -> Equation:
    """The version that the event names, else the one in force when it was recorded."""
    if row.rule_version is not None:
        return equation_named(session, row.rule_version)
    return equation_at(session, row.recorded_at)


def built_on(citations: Citations, agent_id: str) -> set[str]:
    """Design versions with a design of the agent somewhere upstream."""
    found: set[str] = set()
    grew = True
    while grew:
        grew = False
        for citing, cited in citations.items():
            reaches = any(
                one.designer == agent_id or one.cited in found for one in cited
            )
            if reaches and citing not in found:
                found.add(citing)
                grew = True
    return found
