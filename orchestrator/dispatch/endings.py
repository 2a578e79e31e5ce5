"""How a job ends, by its device's or a person's word, and what then becomes of its run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.by_hand import take_in_hand, tell_by_hand
from orchestrator.dispatch.held import Held, rivals
from orchestrator.dispatch.made import begin_making, finish_if_made
from orchestrator.dispatch.times import measure
from orchestrator.dispatch.witness import Witness
from orchestrator.network.rows import MachineRow
from orchestrator.network.stock import use_stock
from orchestrator.orders import life
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.tasks import attempts, lacking, next_attempt
from orchestrator.planning.wishes import wish

Ending = Literal["completed", "failed", "interrupted", "cancelled", "unknown"]

FINAL: Final = ("completed", "failed", "interrupted", "cancelled")
NEVER_RAN: Final = ("refused", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of the end. `pieces_good` None: all of them.

    `done_ratio`: how far the machine came, where it says so.
    """

    ending: Ending
    at: datetime
    pieces_good: int | None = None
    code: str | None = None
    text: str | None = None
    evidence: dict[str, Any] | None = None
    done_ratio: float | None = None


def end(session: Session, witness: Witness, held: Held, outcome: Outcome) -> bool:
    """Record the end of a job; False when it had one already, which then stands.

    An unknown end gives way to a known one. A run that was given to another machine
    meanwhile is taken back if that has not begun; else the pieces are surplus.
    """
    job, task = held.job, held.task
    if job.state in FINAL or (job.state, outcome.ending) == ("unknown", "unknown"):
        return False
    was_given_away = task.state in {"failed", "cancelled"}
    _write(held, outcome)
    _take_material(session, held, outcome)
    if outcome.ending == "completed":
        measure(session, held)
    if was_given_away and not (
        outcome.ending == "completed" and take_back(session, held)
    ):
        return True
    if outcome.ending == "unknown":
        task.state = "unknown"
        text = f"nobody knows how {_run(held)} ended"
        wish(session, text, witness.now, about=held.job.machine_id)
        return True
    good = _good(held, outcome)
    task.state = "done" if good else "failed"
    task.pieces_good = good
    task.end_at = outcome.at
    if good:
        take_in_hand(session, witness, held, ended_at=outcome.at)
        begin_making(session, held.order, held.job.machine_id, at=outcome.at)
    make_up(session, witness, held, reason=outcome.text or outcome.ending)
    if not finish_if_made(session, witness, held.order, at=outcome.at):
        tell_by_hand(session, held.order, now=witness.now)
    return True


def recount(
    session: Session, witness: Witness, held: Held, *, pieces_good: int
) -> None:
    """A person counted the pieces of a completed job: what lacks is made again."""
    task, order = held.task, held.order
    good = min(pieces_good, task.pieces)
    if task.state != "done" or good == task.pieces_good:
        return
    if order.state in {"on-the-way", "delivered"}:  # who has them counts them now
        text = f"The lab says late: {good} of {task.pieces} pieces are good."
        life.tell(session, order, "counted", text, now=witness.now)
        return
    task.pieces_good = good
    if order.state not in {"planned", "making", "made"}:
        return
    if order.state == "made" and lacking(attempts(session, task)):
        why = f"{good} of {task.pieces} pieces are good."
        life.mark_remaking(session, order, why=why, now=witness.now)
    make_up(session, witness, held, reason=f"{good} of {task.pieces} pieces are good")


def give_away(session: Session, witness: Witness, held: Held, *, reason: str) -> None:
    """The machine does not make this run: another attempt is planned."""
    held.task.state = "failed" if held.order.state in life.OPEN else "cancelled"
    make_up(session, witness, held, reason=reason)


def make_up(session: Session, witness: Witness, held: Held, *, reason: str) -> None:
    """Open another attempt for what the run lacks, unless the order is over."""
    if held.order.state not in life.OPEN:
        return
    if next_attempt(session, held.task) is not None:
        text = f"{_run(held)} must be made again: {reason}"
        life.tell(session, held.order, "again", text, now=witness.now)
        wish(session, text, witness.now, about=held.order.id)


def _write(held: Held, outcome: Outcome) -> None:
    job = held.job
    job.state = outcome.ending
    job.ended_at = outcome.at
    job.code, job.text = outcome.code, outcome.text
    if outcome.evidence is not None:
        job.evidence = {**(job.evidence or {}), **outcome.evidence}


def _take_material(session: Session, held: Held, outcome: Outcome) -> None:
    """What the job took is no longer in its lab's stock: all of it, or as far as it came."""
    job = held.job
    is_whole = outcome.ending == "completed"
    if outcome.ending not in FINAL or not (is_whole or job.started_at):
        return
    ratio = 1.0 if is_whole or outcome.done_ratio is None else outcome.done_ratio
    use_stock(
        session,
        session.get_one(MachineRow, job.machine_id).facility_id,
        as_made(
            session.get_one(StepRow, held.task.step_id), held.order.made_of
        ).material,
        float(job.credit["material_g"]) * ratio,
        job_id=job.id,
        now=outcome.at,
    )


def take_back(session: Session, held: Held) -> bool:
    """Give a run back to a job that was given up.

    False when others have begun it, or the rest of the order lies in another lab.
    """
    if held.order.state not in life.OPEN or _is_elsewhere(session, held):
        return False
    others = rivals(session, held)
    if any(other.state != "planned" for other in others):
        return False
    if lacking(attempts(session, held.task)) == 0:
        return False
    for other in others:
        other.state = "cancelled"
    held.task.state = "running"
    return True


def _is_elsewhere(session: Session, held: Held) -> bool:
    """Whether other runs of the order are, or were well, made in another lab."""
    here = session.get_one(MachineRow, held.job.machine_id).facility_id
    begun = TaskRow.state.in_(("sent", "armed", "running", "unknown"))
    good = (TaskRow.state == "done") & (TaskRow.pieces_good > 0)
    elsewhere = exists().where(
        MachineRow.id == TaskRow.machine_id,
        MachineRow.facility_id != here,
        TaskRow.order_id == held.order.id,
        TaskRow.id != held.task.id,
        begun | good,
    )
    return bool(session.scalar(select(elsewhere)))


def _good(held: Held, outcome: Outcome) -> int:
    if outcome.ending != "completed":
        return 0
    if outcome.pieces_good is None:
        return held.task.pieces
    return min(outcome.pieces_good, held.task.pieces)


def _run(held: Held) -> str:
    return f"run {held.task.run + 1} of order {held.order.number}"
