"""Facts in: each takes effect once, in the caller's transaction, or is refused by type."""

from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from orchestrator.dispatch import jobs, lives
from orchestrator.dispatch.facts import (
    Acknowledged,
    Born,
    CapabilityTold,
    Died,
    Fact,
    JobHappened,
    StateTold,
)
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.signing import SigningKey
from orchestrator.planning.turn import take_turn


def apply(
    session: Session, fact: Fact, *, now: datetime, network_key: SigningKey
) -> None:
    """Take one fact in. The caller commits; what is raised is set aside, not retried.

    Errors: UnknownJobError, ForeignFactError, ImplausibleFactError, NotFoundError for
    a device or machine nobody knows, and the ledger's for contributions.
    """
    take_turn(session)
    witness = Witness(key=network_key, now=now)
    match fact:
        case Acknowledged():
            jobs.acknowledged(session, witness, fact)
        case JobHappened():
            jobs.happened(session, witness, fact)
        case Born():
            lives.born(session, fact, now=now)
        case Died():
            lives.died(session, fact, now=now)
        case CapabilityTold():
            lives.capability_told(session, fact, now=now)
        case StateTold():
            lives.state_told(session, fact, now=now)
        case _:
            assert_never(fact)
    session.flush()
