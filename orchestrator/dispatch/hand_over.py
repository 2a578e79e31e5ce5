"""What is proven at a hand-over: a code from the other side, counted when it is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from orchestrator.dispatch.errors import CodesLockedError, WrongCodeError
from orchestrator.dispatch.rows import CodeTrialRow
from orchestrator.dispatch.tempo import Tempo
from orchestrator.foundation.clock import stamp
from orchestrator.orders.codes import is_same

HandOver = Literal["picked-up", "delivered", "back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The code that somebody typed, and the one that it should be."""

    kind: HandOver
    order_id: str
    typed: str
    code: str


def check_code(session: Session, proof: Proof, *, now: datetime, tempo: Tempo) -> None:
    """Return when the code is right. A wrong one is counted: commit before you tell.

    Errors: WrongCodeError; CodesLockedError after too many of them, for a while.
    """
    trials = session.get(
        CodeTrialRow, (proof.order_id, proof.kind), with_for_update=True
    )
    locked_until_at = trials.locked_until_at if trials else None
    if locked_until_at is not None and now < locked_until_at:
        raise CodesLockedError(
            f"too many wrong codes: try again at {stamp(locked_until_at)}",
            field="code",
        )
    if is_same(proof.typed, proof.code):
        if trials is not None:
            session.delete(trials)
        return
    if trials is None:
        trials = CodeTrialRow(
            order_id=proof.order_id,
            kind=proof.kind,
            wrong_count=0,
            since_at=now,
            locked_until_at=None,
        )
        session.add(trials)
    trials.wrong_count += 1
    if trials.wrong_count >= tempo.code_trials:
        trials.wrong_count = 0
        trials.locked_until_at = now + timedelta(seconds=tempo.lock_s)
    session.flush()
    raise WrongCodeError("this is not the code of this hand-over", field="code")
