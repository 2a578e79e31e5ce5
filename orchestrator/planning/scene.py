"""What a plan stands on beside orders and facts, as one short word to compare."""

from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.network.machines import UNUSABLE
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow

DIGITS = 16


def scene_of(session: Session) -> str:
    """The same for the same shifts, opening hours and usable machines."""
    couriers = session.execute(
        select(
            CourierRow.agent_id,
            CourierRow.status,
            CourierRow.shift_from_at,
            CourierRow.shift_until_at,
        ).order_by(CourierRow.agent_id)
    ).all()
    labs = session.execute(
        select(FacilityRow.id, FacilityRow.opening, FacilityRow.closed_until).order_by(
            FacilityRow.id
        )
    ).all()
    machines = [
        (name, state in UNUSABLE, withdrawn_at is None, hourly_cents)
        for name, state, withdrawn_at, hourly_cents in session.execute(
            select(
                MachineRow.id,
                MachineRow.state,
                MachineRow.withdrawn_at,
                MachineRow.hourly_cents,
            ).order_by(MachineRow.id)
        )
    ]
    told = repr((couriers, labs, machines))
    return sha256(told.encode()).hexdigest()[:DIGITS]
