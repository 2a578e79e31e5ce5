"""Events that the network itself saw: each is drawn up once, under an id of its cause."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import CitationRow, DesignRow, DesignVersionRow
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import EconomicEvent, digits
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders.rows import OrderRow

PPM = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who signs for the network, and when it is written down."""

    key: SigningKey
    now: datetime


def witness_event(
    session: Session,
    witness: Witness,
    order: OrderRow,
    *,
    cause: str,
    action: str,
    provider: str,
    receiver: str,
    quantity: str,
    unit: str,
    occurred_at: datetime,
    resource: str | None = None,
    job_id: str | None = None,
) -> None:
    """Write one event of this order; the same cause and action again is the same entry.

    `resource` None: the pieces, named by their design version.
    """
    event_id = derived_id("event", order.id, cause, action, unit, provider)
    if session.get(EntryRow, event_id) is not None:
        return
    event = EconomicEvent(
        id=event_id,
        action=action,
        provider=provider,
        receiver=receiver,
        resource=resource or order.design_version_id,
        quantity=quantity,
        unit=unit,
        occurred_at=occurred_at,
        order_id=order.id,
        job_id=job_id,
    )
    append_witnessed(session, event, key=witness.key, recorded_at=witness.now)


def cite(
    session: Session, witness: Witness, order: OrderRow, *, occurred_at: datetime
) -> None:
    """Credit the design that an order used; what it builds on follows from the log."""
    declare_citations(session, witness, order.design_version_id)
    witness_event(
        session,
        witness,
        order,
        cause="made",
        action="cite",
        provider=designer_of(session, order.design_version_id),
        receiver=order.shop_id,
        quantity=digits(order.quantity),
        unit="{piece}",
        occurred_at=occurred_at,
    )


def declare_citations(session: Session, witness: Witness, version_id: str) -> None:
    """Put into the log what the version, and all it cites, declares to build on."""
    frontier, seen = [version_id], {version_id}
    while frontier:
        citing = frontier.pop()
        for row in session.scalars(
            select(CitationRow).where(CitationRow.version_id == citing)
        ).all():
            _declare(session, witness, row)
            if row.upstream_id not in seen:
                seen.add(row.upstream_id)
                frontier.append(row.upstream_id)


def designer_of(session: Session, version_id: str) -> str:
    """The agent who designed this version."""
    found = session.scalar(
        select(DesignRow.designer_id)
        .join(DesignVersionRow, DesignVersionRow.design_id == DesignRow.id)
        .where(DesignVersionRow.id == version_id)
    )
    if found is None:
        raise LookupError(f"design version {version_id} has no designer")
    return found


def _declare(session: Session, witness: Witness, row: CitationRow) -> None:
    known = session.scalar(
        select(EntryRow.id)
        .where(
            EntryRow.cited_by == row.version_id, EntryRow.resource == row.upstream_id
        )
        .limit(1)
    )
    if known is not None:
        return
    version = session.get_one(DesignVersionRow, row.version_id)
    event = EconomicEvent(
        id=derived_id("event", "citation", row.version_id, row.upstream_id),
        action="cite",
        provider=designer_of(session, row.upstream_id),
        receiver=designer_of(session, row.version_id),
        resource=row.upstream_id,
        quantity=digits(Decimal(row.weight_ppm) / PPM),
        unit="1",
        occurred_at=version.published_at,
        cited_by=row.version_id,
    )
    append_witnessed(session, event, key=witness.key, recorded_at=witness.now)
