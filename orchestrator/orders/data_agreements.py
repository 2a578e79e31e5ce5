"""Leave to gain money with a data set: asked for, granted by a steward, for a year."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import expected
from orchestrator.accounts.chart import NETWORK, SETTLED
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import agent_of
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.owed import shared
from orchestrator.orders.reciprocity import LIFE
from orchestrator.orders.rows import DataAgreementRow
from orchestrator.orders.table import Agreement
from orchestrator.orders.tariff import tariff_at
from orchestrator.orders.terms import terms_at

# Income that the next close shares among all who contributed to the data.
PART: Final = "reciprocity"  # of a price, by which terms name its tax
ACCOUNT: Final = f"{SETTLED}:{PART}:{NETWORK}"


def yearly_fee(session: Session, now: datetime) -> Money:
    """What the rule in force asks for a year."""
    return Money(
        cents=rules_at(session, now).data_fee_cents,
        currency=tariff_at(session, now).currency,
    )


def agreement_for(
    session: Session, data_set: str, agent_id: str, *, now: datetime
) -> Agreement | None:
    """What was granted to the member and holds now: a fee is paid, and stays so."""
    for row in agreements_of(session, agent_id, data_set):
        until = holds_until(session, row)
        if row.ended_at is None and until is not None and now < until:
            return given(row)
    return None


def holds_until(session: Session, row: DataAgreementRow) -> datetime | None:
    """Until when it holds; None: it is not granted, or its fee is not paid.

    For a fee the year begins when all of it is paid, and never did if that is taken
    back.
    """
    if row.granted_at is None or not row.fee_cents:
        return row.valid_until
    due = expected.expected_of(session, row.id, row.agent_id)
    return due.settled_at + LIFE if due and due.settled_at else None


def given(row: DataAgreementRow) -> Agreement:
    """What the member gives in return."""
    if row.in_kind:
        return Agreement(in_kind=row.in_kind)
    return Agreement(yearly=Money(cents=row.fee_cents, currency=row.currency))


def request(
    session: Session, *, data_set: str, agent_id: str, in_kind: str, now: datetime
) -> DataAgreementRow:
    """Ask the stewards; `in_kind`: one of the ways in the rules, "": the fee.

    Errors: NotFoundError for an unknown member; InvalidInputError for a way that the
    rules do not know; ConflictError for what was asked or granted already.
    """
    in_kind_known = rules_at(session, now).reciprocity_in_kind
    if in_kind not in {*in_kind_known, ""}:
        raise InvalidInputError("choose one of the ways in the rules", field="in_kind")
    for row in agreements_of(session, agent_id, data_set):
        until = holds_until(session, row)
        if row.ended_at is None and (until is None or now < until):
            raise ConflictError("you asked for it already: see what became of it")
    fee = yearly_fee(session, now)
    row = DataAgreementRow(
        id=new_id("datause"),
        data_set=data_set,
        agent_id=agent_of(session, agent_id).id,
        fee_cents=0 if in_kind else fee.cents,
        currency=fee.currency,
        in_kind=in_kind,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    return row


def grant(session: Session, desk: Desk, row_id: str) -> DataAgreementRow:
    """A steward who is not the asker says yes, for a year.

    A fee is invoiced, with its taxes by the terms in force, and paid by transfer: the
    agreement holds once it is. It stands in the log. Twice is once. Errors: NotFoundError; NotAllowedError for
    one's own; ConflictError when it was ended.
    """
    row = _held(session, row_id)
    if row.agent_id == desk.agent_id:
        raise NotAllowedError("another steward grants what one asked for")
    if row.ended_at is not None:
        raise ConflictError("this was ended: it has to be asked for again")
    if row.granted_at is None:
        row.granted_at, row.granted_by = desk.now, desk.agent_id
        if not row.fee_cents:
            row.valid_until = desk.now + LIFE
        else:
            expected.expect(
                session,
                about=row.id,
                payer_id=row.agent_id,
                account=ACCOUNT,
                money=Money(cents=row.fee_cents, currency=row.currency),
                most_cents=None,
                now=desk.now,
                drawn=_invoice(session, row.fee_cents, desk.now),
            )
        _note(session, desk, "data-use-granted", row)
    return row


def end(session: Session, desk: Desk, row_id: str) -> DataAgreementRow:
    """Its member takes it back, or a steward refuses or ends it. Twice is once.

    Errors: NotFoundError.
    """
    row = _held(session, row_id)
    if row.ended_at is None:
        row.ended_at = desk.now
        expected.end(session, row.id, now=desk.now)
        _note(session, desk, "data-use-ended", row)
    return row


def agreements_of(
    session: Session, agent_id: str, data_set: str
) -> Sequence[DataAgreementRow]:
    """What a member asked for, newest first."""
    return session.scalars(
        select(DataAgreementRow)
        .where(
            DataAgreementRow.agent_id == agent_id,
            DataAgreementRow.data_set == data_set,
        )
        .order_by(DataAgreementRow.asked_at.desc(), DataAgreementRow.id)
    ).all()


def standing(session: Session, now: datetime) -> Sequence[DataAgreementRow]:
    """What waits for a steward or its payment, then what holds, the oldest first."""
    rows = session.scalars(
        select(DataAgreementRow)
        .where(DataAgreementRow.ended_at.is_(None))
        .order_by(
            DataAgreementRow.granted_at.is_not(None),
            DataAgreementRow.asked_at,
            DataAgreementRow.id,
        )
    ).all()
    ends = [holds_until(session, row) for row in rows]
    return [
        row
        for row, until in zip(rows, ends, strict=True)
        if until is None or until > now
    ]


def agreement_of(session: Session, row_id: str) -> DataAgreementRow:
    """The agreement. Errors: NotFoundError."""
    row = session.get(DataAgreementRow, row_id)
    if row is None:
        raise NotFoundError(f"there is no agreement {row_id[:64]!r}")
    return row


def _invoice(session: Session, fee_cents: int, now: datetime) -> expected.Drawn:
    terms = terms_at(session, now)
    taxes = [tax for tax in terms.taxes if PART in tax.parts]
    return expected.Drawn(
        taxes=shared({PART: fee_cents}, taxes, {}).taxes,
        notes=terms.notes,
        due_at=now + timedelta(days=terms.due_days),
    )


def _held(session: Session, row_id: str) -> DataAgreementRow:
    row = agreement_of(session, row_id)
    session.refresh(row, with_for_update=True)
    return row


def _note(session: Session, desk: Desk, act: str, row: DataAgreementRow) -> None:
    desk.note(
        session,
        act,
        row.id,
        told={
            "data_set": row.data_set,
            "with": row.agent_id,
            "fee_cents": row.fee_cents,
            "currency": row.currency,
            "in_kind": row.in_kind,
        },
    )
