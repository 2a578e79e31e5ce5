"""What devices say about jobs: facts move a job forward only, in whatever order they come."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.dispatch import contributions
from orchestrator.dispatch.counted import credit_counted
from orchestrator.dispatch.endings import (
    FINAL,
    NEVER_RAN,
    Ending,
    Outcome,
    end,
    give_away,
    recount,
    take_back,
)
from orchestrator.dispatch.errors import ForeignFactError
from orchestrator.dispatch.facts import Acknowledged, JobHappened
from orchestrator.dispatch.going_on import go_on, may_go_on
from orchestrator.dispatch.held import (
    CAN_GO_ON,
    Held,
    check_own,
    hear,
    hold,
    is_taken,
    moment_of,
)
from orchestrator.dispatch.made import begin_making
from orchestrator.dispatch.outgoing import command_id, put_cancel
from orchestrator.dispatch.pace import measure
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation import outbox
from orchestrator.network.rows import MachineRow
from orchestrator.orders.life import OPEN

RANK: Final = {"sent": 0, "accepted": 1, "armed": 2, "running": 3, "paused": 3}
STOPPED: Final = ("interrupted", "failed", "cancelled")
TASK_STATE: Final = {"accepted": "sent", "armed": "armed", "running": "running"}


def acknowledged(session: Session, witness: Witness, fact: Acknowledged) -> None:
    """A device took a command or says why not.

    Errors: UnknownJobError, ForeignFactError.
    """
    held = hold(session, fact.job_id)
    job = held.job
    if job.device_id != fact.device_id:
        raise ForeignFactError(
            f"device {fact.device_id} answered for job {job.id} of {job.device_id}"
        )
    outbox.mark_receipted(session, fact.command_id, now=witness.now)
    if fact.command_id != command_id(job, "start"):
        return
    at = moment_of(fact.observed_at, job, witness.now)
    if fact.verdict in {"accepted", "duplicate"}:
        job.accepted_at = job.accepted_at or at
        _advance(session, witness, held, "accepted", at)
    elif job.state == "sent":
        job.state = "expired" if fact.verdict == "expired" else "refused"
        job.ended_at, job.code, job.text = at, fact.code or fact.verdict, fact.text
        give_away(
            session,
            witness,
            held,
            reason=f"the machine did not take it: {fact.text or job.code}",
        )


def happened(session: Session, witness: Witness, fact: JobHappened) -> None:
    """Something happened to a job at its machine; copies and late copies are harmless.

    Errors: UnknownJobError, ForeignFactError, ImplausibleFactError, ledger errors.
    """
    held = hold(session, fact.job_id)
    check_own(
        held, device_id=fact.device_id, machine_id=fact.machine_id, fence=fact.fence
    )
    at = moment_of(fact.observed_at, held.job, witness.now)
    hear(held.job)
    if not _is_judged(held):
        contributions.enter(session, fact, held, now=witness.now)
    held.job.armed_by = fact.by or held.job.armed_by
    match fact.event:
        case "armed":
            held.job.armed_at = held.job.armed_at or at
            _advance(session, witness, held, "armed", at)
        case "started":
            held.job.started_at = held.job.started_at or at
            _advance(session, witness, held, "running", at)
        case "interrupted" if fact.rest is not None:
            may_go_on(session, witness, held, _outcome(fact, "unknown", at), fact.rest)
        case "resumed" if fact.rest is not None:
            go_on(session, witness, held, fact.rest, at=at)
        case "paused" | "resumed":
            _pause(held, fact, at)
        case "cleared":
            _clear(session, witness, held, fact, at)
        case "completed" | "failed" | "interrupted" | "cancelled" | "unknown" as ending:
            end(session, witness, held, _outcome(fact, ending, at))


def _advance(
    session: Session, witness: Witness, held: Held, state: str, at: datetime
) -> None:
    """Towards the machine, never back. A job given up may come alive again."""
    job, task = held.job, held.task
    if job.state in FINAL or job.state == "unknown":
        return
    if held.order.state not in OPEN:
        put_cancel(session, job, now=witness.now)
    elif job.state in NEVER_RAN or task.state in {"failed", "cancelled"}:
        if is_taken(session, job) or not take_back(session, held):
            put_cancel(session, job, now=witness.now)
            return
        job.state, job.ended_at, job.code, job.text = "sent", None, None, None
    if job.state in NEVER_RAN or RANK[state] <= RANK[job.state]:
        return
    job.state = state
    if task.state not in {"failed", "cancelled"}:
        task.state = TASK_STATE[state]
    if state == "running":
        task.start_at = at
        begin_making(session, held.order, job.machine_id, at=at)


def _pause(held: Held, fact: JobHappened, at: datetime) -> None:
    job = held.job
    is_news = job.told_at is None or at >= job.told_at
    if job.state in {"running", "paused"} and is_news:
        job.state = "paused" if fact.event == "paused" else "running"
        job.told_at = at


def _clear(
    session: Session, witness: Witness, held: Held, fact: JobHappened, at: datetime
) -> None:
    """A person at the machine took the pieces out, and may have counted them."""
    job = held.job
    if job.cleared_at is None:
        job.cleared_at = at
        measure(session, session.get_one(MachineRow, job.machine_id).facility_id)
    good = fact.pieces_good
    if job.state == "completed" and good is not None:
        recount(session, witness, held, pieces_good=good)
        return
    if good and job.state in STOPPED and take_back(session, held):
        job.state = "unknown"  # it was not all for nothing
    if job.state == "unknown" and (good is not None or job.code == CAN_GO_ON):
        if good:
            credit_counted(session, witness, held, min(good, held.task.pieces))
        end(session, witness, held, _counted(good, at))


def _counted(good: int | None, at: datetime) -> Outcome:
    """How a job ended that nobody saw end. None: cleared away, and nothing counted."""
    if good is None:
        text = "a person at the machine cleared it away"
        return Outcome(ending="interrupted", at=at, code="cleared", text=text)
    return Outcome(
        ending="completed" if good else "failed",
        at=at,
        pieces_good=good,
        code="counted",
        text="a person at the machine counted the pieces",
        evidence={"counted": good},
    )


def _outcome(fact: JobHappened, ending: Ending, at: datetime) -> Outcome:
    """How it ended, by what shows it: "completed" with nothing to show is unknown."""
    shown = Outcome(
        ending=ending,
        at=at,
        pieces_good=fact.pieces_good,
        code=fact.code,
        text=fact.text,
        done_ratio=fact.done_ratio,
        evidence={**(fact.evidence or {}), "signed": len(fact.contributions)},
    )
    if ending != "completed" or (fact.evidence and fact.contributions):
        return shown
    return replace(
        shown,
        ending="unknown",
        pieces_good=None,
        code="no-evidence",
        text="the machine says it is done, and nothing shows it",
    )


def _is_judged(held: Held) -> bool:
    """Whether a person said how it ended, and the network witnessed the work."""
    return "verdict" in (held.job.evidence or {})
