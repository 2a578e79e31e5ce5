"""An interrupted job that may go on: its run waits for a person, and its machine keeps it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.dispatch.endings import NEVER_RAN, Outcome, end, take_back
from orchestrator.dispatch.facts import Rest
from orchestrator.dispatch.held import CAN_GO_ON, Held, is_taken
from orchestrator.dispatch.outgoing import put_cancel
from orchestrator.dispatch.witness import Witness
from orchestrator.orders import life
from orchestrator.planning.wishes import wish

OVER: Final = ("completed", "failed", "cancelled", *NEVER_RAN)


def may_go_on(
    session: Session, witness: Witness, held: Held, outcome: Outcome, rest: Rest
) -> None:
    """Nothing is made anew before a person at the machine lets it go on, or counts.

    To the network its end is unknown until then. A copy from before it went on is void.
    """
    if held.job.told_at is not None and outcome.at < held.job.told_at:
        return
    why = f" It stopped: {outcome.text.rstrip('.')}." if outcome.text else ""
    text = f"It can go on from {_place(rest)}, about {_minutes(rest)} left.{why}"
    end(session, witness, held, replace(outcome, code=CAN_GO_ON, text=text))


def go_on(
    session: Session, witness: Witness, held: Held, rest: Rest, *, at: datetime
) -> None:
    """A person at the machine let it go on. What was planned instead is taken back,
    unless that has begun: then the machine is asked to stop.
    """
    job, task = held.job, held.task
    is_old = job.ended_at is not None and at < job.ended_at
    if job.state in OVER or is_old:
        return
    job.told_at = at
    was_given_away = task.state in {"failed", "cancelled"}
    if held.order.state not in life.OPEN or (
        was_given_away and (is_taken(session, job) or not take_back(session, held))
    ):
        put_cancel(session, job, now=witness.now)
        return
    job.state, job.ended_at, job.code, job.text = "running", None, None, None
    task.state = "running"
    task.end_at = at + timedelta(seconds=rest.remaining_s)
    text = f"It goes on from {_place(rest)}, about {_minutes(rest)} left."
    life.tell(session, held.order, "goes-on", text, now=witness.now)
    about = job.machine_id
    wish(
        session, f"a job of order {held.order.number} goes on", witness.now, about=about
    )


def _place(rest: Rest) -> str:
    done = f"{rest.done_ratio:.0%} of its time"
    return done if rest.layer is None else f"layer {rest.layer} ({done})"


def _minutes(rest: Rest) -> str:
    return f"{max(1, round(rest.remaining_s / 60))} min"
