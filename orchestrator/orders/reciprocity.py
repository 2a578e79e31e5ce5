"""Reciprocity licences: who may sell what a licence keeps for sharers, and gives what."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import with_all_cited
from orchestrator.catalogue.licences import Commerce, terms_of
from orchestrator.catalogue.rows import DesignRow
from orchestrator.catalogue.spdx import choices
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.ledger.desk import Desk
from orchestrator.orders.gate_rules import GateRules
from orchestrator.orders.rows import ReciprocityRow
from orchestrator.orders.table import Agreement

LIFE: Final = timedelta(days=365)


def agreements(
    session: Session, agent_id: str, design_ids: Collection[str], *, now: datetime
) -> dict[str, Agreement]:
    """What stands between this member and these designs; the newest counts."""
    rows = session.scalars(
        select(ReciprocityRow)
        .where(
            ReciprocityRow.agent_id == agent_id,
            ReciprocityRow.design_id.in_(design_ids),
            ReciprocityRow.agreed_at <= now,
            ReciprocityRow.valid_until > now,
            ReciprocityRow.ended_at.is_(None),
        )
        .order_by(ReciprocityRow.agreed_at, ReciprocityRow.id)
    )
    return {
        row.design_id: Agreement(fee_permille=row.fee_permille, in_kind=row.in_kind)
        for row in rows
    }


def request(
    session: Session,
    *,
    version_id: str,
    agent_id: str,
    in_kind: str,
    rules: GateRules,
    now: datetime,
) -> list[ReciprocityRow]:
    """Ask the designers of the version, and of all reciprocal ones that it cites.

    `in_kind`: one of the ways in the rules; "": the fee. What was asked or agreed for
    one of them already is not asked again. Errors: NotFoundError; InvalidInputError
    for a way that the rules do not know; ConflictError where nothing is to be asked.
    """
    if in_kind not in {*rules.reciprocity_in_kind, ""} or not (
        in_kind or rules.reciprocity_fee_permille
    ):
        raise InvalidInputError("choose one of the ways in the rules", field="in_kind")
    designs = {
        each.design_id
        for each in with_all_cited(session, version_id)
        if _is_reciprocal(each.licence)
    }
    known = {
        row.design_id
        for row in agreements_of(session, agent_id)
        if row.ended_at is None and (row.valid_until is None or now < row.valid_until)
    }
    rows = [
        ReciprocityRow(
            id=new_id("reciprocity"),
            design_id=design_id,
            agent_id=agent_id,
            fee_permille=0 if in_kind else rules.reciprocity_fee_permille,
            in_kind=in_kind,
            asked_at=now,
        )
        for design_id in sorted(designs - known)
    ]
    if not rows:
        raise ConflictError("you asked for it already, or nobody has to be asked")
    session.add_all(rows)
    session.flush()
    return rows


def agree(session: Session, desk: Desk, row_id: str) -> ReciprocityRow:
    """The designer says yes, for a year; it stands in the log. Twice is once.

    Errors: NotFoundError, also for another's; ConflictError when it was ended.
    """
    row = _row_for(session, row_id, desk.agent_id)
    if row.agent_id == desk.agent_id:
        raise NotFoundError(f"nobody asked you for {row_id[:64]!r}")
    if row.ended_at is not None:
        raise ConflictError("this was ended: it has to be asked for again")
    if row.agreed_at is None:
        row.agreed_at, row.valid_until = desk.now, desk.now + LIFE
        _note(session, desk, "reciprocity-agreed", row)
    return row


def end(session: Session, desk: Desk, row_id: str) -> ReciprocityRow:
    """Either side says no, or no longer. What was ordered stays ordered. Twice is once.

    Errors: NotFoundError, also for another's.
    """
    row = _row_for(session, row_id, desk.agent_id)
    if row.ended_at is None:
        row.ended_at = desk.now
        _note(session, desk, "reciprocity-ended", row)
    return row


def agreements_of(session: Session, agent_id: str) -> Sequence[ReciprocityRow]:
    """What a member asked for, newest first."""
    return session.scalars(
        select(ReciprocityRow)
        .where(ReciprocityRow.agent_id == agent_id)
        .order_by(ReciprocityRow.asked_at.desc(), ReciprocityRow.id)
    ).all()


def asked_of(session: Session, designer_id: str) -> Sequence[ReciprocityRow]:
    """What a designer is, or was, asked for, newest first."""
    return session.scalars(
        select(ReciprocityRow)
        .join(DesignRow, DesignRow.id == ReciprocityRow.design_id)
        .where(DesignRow.designer_id == designer_id)
        .order_by(ReciprocityRow.asked_at.desc(), ReciprocityRow.id)
    ).all()


def _is_reciprocal(licence: str) -> bool:
    """Whether every way to take the licence holds a reciprocal one."""
    return all(
        any(
            terms is not None and terms.commerce is Commerce.RECIPROCAL
            for terms in map(terms_of, choice.licences)
        )
        for choice in choices(licence)
    )


def _row_for(session: Session, row_id: str, agent_id: str) -> ReciprocityRow:
    """The row, locked, for one of its two sides."""
    row = session.get(
        ReciprocityRow, row_id, with_for_update=True, populate_existing=True
    )
    if row is not None:
        designer_id = session.get_one(DesignRow, row.design_id).designer_id
        if agent_id in {row.agent_id, designer_id}:
            return row
    raise NotFoundError(f"you have no reciprocity licence {row_id[:64]!r}")


def _note(session: Session, desk: Desk, act: str, row: ReciprocityRow) -> None:
    desk.note(
        session,
        act,
        row.id,
        told={
            "design": row.design_id,
            "with": row.agent_id,
            "fee_permille": row.fee_permille,
            "in_kind": row.in_kind,
        },
    )
