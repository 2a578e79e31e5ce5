"""What a licence still asks after the hand-over: tasks with a due date.

Who owes one says that it is done; whom it is owed to, or a steward, confirms or contests.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import with_all_cited
from orchestrator.catalogue.rows import CitationRow, DesignRow, DesignVersionRow
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id, new_id
from orchestrator.ledger.commitments import commit, new_salt
from orchestrator.ledger.desk import Desk
from orchestrator.orders.clear import clearance_of
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.rows import DutyRow, DutyWordRow, OrderRow
from orchestrator.orders.table import Owed

WORDS_MAX: Final = 300
LIMIT: Final = 200
REMIND_BEFORE: Final = (timedelta(days=7), timedelta(0))


def owe(session: Session, order: OrderRow, *, now: datetime) -> None:
    """The order was handed over: its duties become due by the rules it was placed under.

    A fee is on the bill and a condition has no end: neither is a task. Twice is once.
    """
    if order.part_of is not None:
        return
    days = rules_at(session, order.placed_at).duty_days
    due_days: Mapping[Owed, int] = {
        Owed.ATTRIBUTION: days.attribution,
        Owed.SOURCE: days.source,
        Owed.SHARE_ALIKE: days.share_alike,
        Owed.IN_KIND: days.in_kind,
    }
    for duty in clearance_of(session, order).duties:
        row_id = derived_id("duty", order.id, duty.kind, duty.text)
        if duty.kind in due_days and session.get(DutyRow, row_id) is None:
            session.add(
                DutyRow(
                    id=row_id,
                    order_id=order.id,
                    agent_id=order.shop_id,
                    kind=duty.kind.value,
                    text=duty.text,
                    due_at=now + timedelta(days=due_days[duty.kind]),
                )
            )


def settle(session: Session, desk: Desk, duty_id: str, *, proof: str) -> DutyRow:
    """Who owes it says that it is done, and where that can be seen. Twice is once.

    Errors: NotFoundError, also for another's; InvalidInputError for no proof.
    """
    row = _held(session, duty_id)
    if row.agent_id != desk.agent_id:
        raise NotFoundError(f"you have no duty {duty_id[:64]!r}")
    if row.done_at is not None:
        return row
    row.proof = _words(proof, "say where it can be seen", "proof")
    row.done_at = desk.now
    _say(session, desk, row, "done", row.proof)
    return row


def confirm(session: Session, desk: Desk, duty_id: str, *, is_steward: bool) -> DutyRow:
    """A contributor of the design, or a steward, saw that it is done. Twice is once.

    Errors: NotFoundError, also for who owes it and for strangers; ConflictError where
    nobody said that it is done.
    """
    row = _told_done(session, desk, duty_id, is_steward=is_steward)
    if row.checked_at is None:
        row.checked_at = desk.now
        _say(session, desk, row, "confirmed", "")
    return row


def contest(
    session: Session, desk: Desk, duty_id: str, *, is_steward: bool, why: str
) -> DutyRow:
    """It is not done, for this reason: it is open again, due when it was.

    Errors: as `confirm`, and ConflictError once it is confirmed; InvalidInputError.
    """
    row = _told_done(session, desk, duty_id, is_steward=is_steward)
    if row.checked_at is not None:
        raise ConflictError("it was confirmed that this is done")
    told = _words(why, "say what is missing, and where one sees it", "why")
    row.done_at = row.proof = None
    _say(session, desk, row, "contested", told)
    return row


def owed_by(session: Session, agent_id: str) -> Sequence[DutyRow]:
    """A member's duties: open ones by their due date, then those that are done."""
    return session.scalars(
        select(DutyRow)
        .where(DutyRow.agent_id == agent_id)
        .order_by(DutyRow.done_at.is_not(None), DutyRow.due_at, DutyRow.id)
        .limit(LIMIT)
    ).all()


def owed_for(session: Session, designer_id: str) -> Sequence[DutyRow]:
    """What others owe for a designer's designs and all that builds on them, so ordered."""
    kin = (
        select(DesignVersionRow.id)
        .join(DesignRow, DesignRow.id == DesignVersionRow.design_id)
        .where(DesignRow.designer_id == designer_id)
        .cte("kin", recursive=True)
    )
    kin = kin.union(
        select(CitationRow.version_id).join(kin, CitationRow.upstream_id == kin.c.id)
    )
    return session.scalars(
        select(DutyRow)
        .join(OrderRow, OrderRow.id == DutyRow.order_id)
        .where(OrderRow.design_version_id.in_(select(kin.c.id)))
        .order_by(DutyRow.done_at.is_not(None), DutyRow.due_at, DutyRow.id)
        .limit(LIMIT)
    ).all()


def unchecked(session: Session) -> Sequence[DutyRow]:
    """What is said to be done and nobody has looked at, the longest waiting first."""
    return session.scalars(
        select(DutyRow)
        .where(DutyRow.done_at.is_not(None), DutyRow.checked_at.is_(None))
        .order_by(DutyRow.done_at, DutyRow.id)
        .limit(LIMIT)
    ).all()


def contested(session: Session, duty_ids: Collection[str]) -> dict[str, DutyWordRow]:
    """The last word against each of these, of those that somebody contested."""
    rows = session.scalars(
        select(DutyWordRow)
        .where(DutyWordRow.duty_id.in_(duty_ids), DutyWordRow.said == "contested")
        .order_by(DutyWordRow.said_at, DutyWordRow.id)
    )
    return {row.duty_id: row for row in rows}


def open_count(session: Session, agent_id: str) -> int:
    """How many duties wait for this member."""
    return sum(row.done_at is None for row in owed_by(session, agent_id))


def told_count(session: Session, designer_id: str) -> int:
    """How many are said to be done and wait for this designer's look."""
    return sum(
        row.done_at is not None
        and row.checked_at is None
        and row.agent_id != designer_id
        for row in owed_for(session, designer_id)
    )


def reminders(
    session: Session, *, since: datetime, now: datetime
) -> Iterator[tuple[DutyRow, timedelta]]:
    """What is due before long, each once a distance: those that came into it since."""
    for before in REMIND_BEFORE:
        for row in session.scalars(
            select(DutyRow)
            .where(
                DutyRow.done_at.is_(None),
                DutyRow.due_at > since + before,
                DutyRow.due_at <= now + before,
            )
            .order_by(DutyRow.due_at, DutyRow.id)
        ):
            yield row, before


def _told_done(
    session: Session, desk: Desk, duty_id: str, *, is_steward: bool
) -> DutyRow:
    row = _held(session, duty_id)
    is_own = row.agent_id == desk.agent_id
    if is_own or not (is_steward or desk.agent_id in _contributors(session, row)):
        raise NotFoundError(f"nobody owes you the duty {duty_id[:64]!r}")
    if row.done_at is None:
        raise ConflictError("who owes it has not said that it is done")
    return row


def _contributors(session: Session, row: DutyRow) -> set[str]:
    """The designers of what was ordered and of all that it builds on."""
    order = session.get_one(OrderRow, row.order_id)
    designs = {
        one.design_id for one in with_all_cited(session, order.design_version_id)
    }
    return set(
        session.scalars(select(DesignRow.designer_id).where(DesignRow.id.in_(designs)))
    )


def _held(session: Session, duty_id: str) -> DutyRow:
    row = session.get(DutyRow, duty_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"there is no duty {duty_id[:64]!r}")
    return row


def _words(text: str, wanted: str, field: str) -> str:
    told = text.strip()
    if not 2 <= len(told) <= WORDS_MAX or not told.isprintable():
        raise InvalidInputError(f"{wanted}, in 2 to {WORDS_MAX} letters", field=field)
    return told


def _say(session: Session, desk: Desk, row: DutyRow, said: str, text: str) -> None:
    """Keep the word; the log holds that it was said, and a salted hash of it."""
    word = DutyWordRow(
        id=new_id("dutyword"),
        duty_id=row.id,
        agent_id=desk.agent_id,
        said=said,
        text=text,
        said_at=desk.now,
        salt=new_salt(),
    )
    session.add(word)
    session.flush()
    desk.note(
        session,
        f"duty-{said}",
        word.id,
        subject=row.id,
        told={"kind": row.kind, "commitment": commit(word.salt, text)},
        order_id=row.order_id,
    )
