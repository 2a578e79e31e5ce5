"""Questions of "what if": asked as rows, answered beside the running plan."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import new_id
from orchestrator.members.agents import agent_of
from orchestrator.network.couriers import courier_of
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machine_of
from orchestrator.network.rows import MachineRow
from orchestrator.planning.bonds import HORIZON
from orchestrator.planning.cells import cell_of
from orchestrator.planning.picture import look
from orchestrator.planning.plan import Pace
from orchestrator.planning.rows import WhatIfRow
from orchestrator.planning.suppose import Kind, Supposition, difference
from orchestrator.planning.travel import RegionMap
from routing.joint.solve import solve

TOPIC: Final = "what-if"
QUESTIONS_KEPT: Final = 50
REASON: Final = "what if"
log = structlog.get_logger()


def suppose(
    session: Session, supposed: Supposition, *, asked_by: str, now: datetime
) -> WhatIfRow:
    """Ask; the answer comes by `answer_next`. The caller commits.

    Errors: NotFoundError; InvalidInputError for a time that is over or too far.
    """
    if not now < supposed.until_at <= now + HORIZON:
        raise InvalidInputError(
            f"plans look {HORIZON.days} days ahead: ask about that time", field="when"
        )
    row = WhatIfRow(
        id=new_id("what-if"),
        asked_at=now,
        asked_by=asked_by,
        kind=supposed.kind,
        subject_id=supposed.subject_id,
        subject_name=_name(session, supposed.kind, supposed.subject_id),
        from_at=supposed.from_at,
        until_at=supposed.until_at,
        state="waiting",
        answer=None,
    )
    session.add(row)
    session.flush()
    kept = (
        select(WhatIfRow.id)
        .order_by(WhatIfRow.asked_at.desc(), WhatIfRow.id.desc())
        .limit(QUESTIONS_KEPT)
    )
    session.execute(delete(WhatIfRow).where(WhatIfRow.id.not_in(kept)))
    announce(session, TOPIC)
    return row


def question(session: Session, question_id: str) -> WhatIfRow:
    """One question. Errors: NotFoundError."""
    row = session.get(WhatIfRow, question_id)
    if row is None:
        raise NotFoundError("there is no such question, or it is long answered")
    return row


def answer_next(
    sessions: Sessions, reading: Sessions, ground: RegionMap, clock: Clock
) -> bool:
    """Answer the oldest question that waits; whether there was one.

    The plan in force is read and never written; of many cells only its subject's is
    asked. A crash leaves the question waiting.
    """
    with reading() as session:
        row = session.scalar(
            select(WhatIfRow)
            .where(WhatIfRow.state == "waiting")
            .order_by(WhatIfRow.asked_at, WhatIfRow.id)
            .limit(1)
        )
        if row is None:
            return False
        cell = _cell(session, row)
        picture = look(session, now=clock.now(), cell=cell)
    kind: Kind = row.kind  # type: ignore[assignment]  # only `suppose` writes it
    supposed = Supposition(
        kind=kind,
        subject_id=row.subject_id,
        from_at=row.from_at,
        until_at=row.until_at,
    )
    budget = Pace().budget_for(len(picture.orders), [REASON])
    state, answer = "answered", None
    try:
        found = difference(picture, ground, supposed, partial(solve, budget=budget))
        answer = _kept(asdict(found)) | {"at": picture.at.isoformat()}
    except Exception:
        log.exception("a question of what if has no answer", question=row.id)
        state = "failed"
    with sessions.begin() as session:
        asked = session.get(WhatIfRow, row.id)
        if asked is not None:
            asked.state, asked.answer = state, answer
        announce(session, TOPIC)
    return True


def _cell(session: Session, row: WhatIfRow) -> str | None:
    """Whose plan it would change most: where its subject is planned."""
    machine = session.get(MachineRow, row.subject_id)
    return cell_of(session, row.subject_id if machine is None else machine.facility_id)


def _kept(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"orders": list(told["orders"])}


def _name(session: Session, kind: Kind, subject_id: str) -> str:
    if kind == "lab":
        return facility_of(session, subject_id).name
    if kind == "machine":
        return machine_of(session, subject_id).name
    return agent_of(session, courier_of(session, subject_id).agent_id).name
