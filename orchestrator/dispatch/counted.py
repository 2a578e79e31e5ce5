"""Pieces that a person counted good: who is credited for them."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.held import Held
from orchestrator.dispatch.witness import Witness, witness_event
from orchestrator.ledger.events import digits
from orchestrator.ledger.rows import EntryRow

HOUR_S: Final = 3_600


def credit_counted(
    session: Session, witness: Witness, held: Held, pieces_good: int
) -> None:
    """What the device did not sign of a job with so many good pieces, as it never saw
    its end; by the network's witness. The labour is that of a whole run.
    """
    job, credit = held.job, held.job.credit
    told = set(
        session.scalars(select(EntryRow.action).where(EntryRow.job_id == job.id))
    )
    end_at = job.started_at and held.task.end_at
    used_s = (
        (end_at - job.started_at).total_seconds() if end_at and job.started_at else 0
    )
    parts = (
        ("use", credit["owner_id"], digits(max(used_s, 0) / HOUR_S), "h"),
        ("work", credit["maker_id"], digits(credit["labour_s"] / HOUR_S), "h"),
        ("produce", credit["maker_id"], digits(pieces_good), "{piece}"),
    )
    for action, provider, quantity, unit in parts:
        if action in told:
            continue
        witness_event(
            session,
            witness,
            held.order,
            cause=f"verdict-{job.id}",
            action=action,
            provider=provider,
            receiver=credit["receiver_id"],
            resource=job.machine_id if action == "use" else None,
            quantity=quantity,
            unit=unit,
            occurred_at=witness.now,
            job_id=job.id,
        )
