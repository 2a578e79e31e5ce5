"""A person looks at a job whose end nobody saw, and says how it ended."""

from sqlalchemy.orm import Session

from orchestrator.dispatch.counted import credit_counted
from orchestrator.dispatch.endings import Outcome, end
from orchestrator.dispatch.held import SILENT, hold
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.errors import ConflictError, InvalidInputError
from orchestrator.network.rows import MachineRow


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
        credit_counted(session, witness, held, pieces_good)
    end(session, witness, held, outcome)
    return held.job


def facility_of_job(session: Session, job_id: str) -> str:
    """The lab whose operators may judge it. Errors: UnknownJobError."""
    held = hold(session, job_id)
    return session.get_one(MachineRow, held.job.machine_id).facility_id
