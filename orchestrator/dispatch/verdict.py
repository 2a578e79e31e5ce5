"""A person looks at a job whose end nobody saw, and says how it ended."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.endings import Outcome, end
from orchestrator.dispatch.held import SILENT, Held, hold
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.witness import Witness, witness_event
from orchestrator.foundation.errors import ConflictError, InvalidInputError
from orchestrator.ledger.events import digits
from orchestrator.ledger.rows import EntryRow
from orchestrator.network.rows import MachineRow

HOUR_S: Final = 3_600


class NothingToJudgeError(ConflictError):
    """The job's end is known: nobody needs to look."""

    code = "nothing-to-judge"


def judge(
    session: Session,
    witness: Witness,
    job_id: str,
    *,
    agent_id: str,
    pieces_good: int,
    note: str = "",
) -> JobRow:
    """Say how many pieces of a job are good whose end is unknown, or whose computer is
    silent; 0 means that it failed.

    Good pieces are credited to lab and maker by the network's witness, as the machine
    itself can't tell; what its device signs later for this job counts no more. The
    caller has the turn and has checked that the agent works in the job's lab.
    Errors: UnknownJobError, NothingToJudgeError, InvalidInputError.
    """
    held = hold(session, job_id)
    if held.job.state != "unknown" and held.job.code != SILENT:
        raise NothingToJudgeError(f"job {job_id} is {held.job.state}")
    if not 0 <= pieces_good <= held.task.pieces:
        raise InvalidInputError(
            f"pieces_good must be 0 to {held.task.pieces}, got {pieces_good}",
            field="pieces_good",
        )
    outcome = Outcome(
        ending="completed" if pieces_good else "failed",
        at=witness.now,
        pieces_good=pieces_good,
        code="judged",
        text=note or "a person looked at it",
        evidence={"verdict": pieces_good, "by": agent_id, "note": note},
    )
    if pieces_good:
        _credit(session, witness, held, pieces_good)
    end(session, witness, held, outcome)
    return held.job


def facility_of_job(session: Session, job_id: str) -> str:
    """The lab whose operators may judge it. Errors: UnknownJobError."""
    held = hold(session, job_id)
    return session.get_one(MachineRow, held.job.machine_id).facility_id


def _credit(session: Session, witness: Witness, held: Held, pieces_good: int) -> None:
    job, credit = held.job, held.job.credit
    told = session.scalar(select(EntryRow.id).where(EntryRow.job_id == job.id).limit(1))
    if told is not None:
        return  # the device signed what it did before it lost sight of the end
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
