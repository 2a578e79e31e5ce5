"""Paying people what they are owed: proposed by one steward, paid by another."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import chart
from orchestrator.accounts.billing import PAYOUTS
from orchestrator.accounts.bills import hold
from orchestrator.accounts.book import balances, post, reverse, transaction_of
from orchestrator.accounts.rows import PayoutRow
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money


class NothingOwedError(ConflictError):
    """Nobody who can be paid is owed anything."""

    code = "nothing-owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """What one agent gets of a payout."""

    agent_id: str
    cents: int


def owed_to(session: Session, currency: str) -> dict[str, int]:
    """Minor units that each agent is owed: earned, and refunds to get back.

    Below zero: they owe it, because what they were paid for was refunded later. It is
    taken off what they earn next.
    """
    owed: dict[str, int] = {}
    found = balances(session, chart.PAYABLE, chart.REFUNDS, currency=currency)
    for account, cents in found.items():
        agent_id = account.rpartition(":")[2]
        owed[agent_id] = owed.get(agent_id, 0) - cents
    return {agent_id: cents for agent_id, cents in sorted(owed.items()) if cents}


def propose(
    session: Session,
    *,
    payout_id: str,
    currency: str,
    agent_ids: Collection[str],
    by: str,
    now: datetime,
) -> PayoutRow:
    """Set aside all that these agents are owed; the same proposal again is once.

    Errors: NothingOwedError; ConflictError for an id that names another proposal.
    """
    hold(session, PAYOUTS)
    stands = session.get(PayoutRow, payout_id)
    if stands is not None:
        if (stands.currency, stands.proposed_by) != (currency, by):
            raise ConflictError(f"{payout_id} is another proposal: use a new id")
        return stands
    amounts = {
        agent_id: cents
        for agent_id, cents in owed_to(session, currency).items()
        if cents > 0 and agent_id in agent_ids
    }
    if not amounts:
        raise NothingOwedError(
            f"nobody with a known bank account is owed anything in {currency}"
        )
    row = PayoutRow(id=payout_id, currency=currency, proposed_by=by, proposed_at=now)
    session.add(row)
    session.flush()
    _post(
        session,
        row,
        kind="payout-proposed",
        transaction_id=proposal_id(payout_id),
        text=f"A payout to {len(amounts)} was proposed.",
        cents_of=_set_aside(session, currency, amounts),
        by=by,
        now=now,
    )
    return row


def pay_out(session: Session, payout_id: str, *, by: str, now: datetime) -> PayoutRow:
    """The bank was told to pay it; by another steward than proposed it. Twice is once.

    Errors: NotFoundError, NotAllowedError, ConflictError for one that was withdrawn.
    """
    row = _held(session, payout_id)
    if row.withdrawn_at is not None:
        raise ConflictError("this payout was withdrawn: propose a new one")
    if row.paid_at is not None:
        return row
    if by == row.proposed_by:
        raise NotAllowedError("a payout is paid by another steward than proposed it")
    lines = payout_lines(session, payout_id)
    cents_of = {f"{chart.IN_PAYOUT}:{one.agent_id}": one.cents for one in lines}
    _post(
        session,
        row,
        kind="payout",
        transaction_id=payment_id(payout_id),
        text=f"A payout to {len(lines)} was paid.",
        cents_of={**cents_of, chart.BANK: -sum(cents_of.values())},
        by=by,
        now=now,
    )
    row.paid_by, row.paid_at = by, now
    return row


def withdraw(
    session: Session, payout_id: str, *, by: str, why: str, now: datetime
) -> PayoutRow:
    """Take the proposal back: what it set aside is owed again. Twice is once.

    Errors: NotFoundError; ConflictError once it is paid.
    """
    row = _held(session, payout_id)
    if row.paid_at is not None:
        raise ConflictError("this payout was paid: what came back is a new payment")
    if row.withdrawn_at is None:
        reverse(session, proposal_id(payout_id), text=why, by=by, now=now)
        row.withdrawn_at = now
    return row


def payout_lines(session: Session, payout_id: str) -> list[PayoutLine]:
    """Who gets how much of it, by id. Errors: NotFoundError."""
    prefix = f"{chart.IN_PAYOUT}:"
    postings = transaction_of(session, proposal_id(payout_id)).postings
    return sorted(
        (
            PayoutLine(
                agent_id=one.account.removeprefix(prefix), cents=-one.money.cents
            )
            for one in postings
            if one.account.startswith(prefix)
        ),
        key=lambda line: line.agent_id,
    )


def payouts(session: Session, *, newest: int) -> Sequence[PayoutRow]:
    """The newest so many, newest first."""
    return session.scalars(
        select(PayoutRow)
        .order_by(PayoutRow.proposed_at.desc(), PayoutRow.id.desc())
        .limit(newest)
    ).all()


def payout_of(session: Session, payout_id: str) -> PayoutRow:
    """The payout. Errors: NotFoundError."""
    row = session.get(PayoutRow, payout_id)
    if row is None:
        raise NotFoundError(f"there is no payout {payout_id[:64]!r}")
    return row


def proposal_id(payout_id: str) -> str:
    """The id of the transaction that set its money aside."""
    return derived_id("money", "payout-proposed", payout_id)


def payment_id(payout_id: str) -> str:
    """The id of the transaction that paid it."""
    return derived_id("money", "payout-paid", payout_id)


def _held(session: Session, payout_id: str) -> PayoutRow:
    hold(session, PAYOUTS)
    return payout_of(session, payout_id)


def _set_aside(
    session: Session, currency: str, amounts: Mapping[str, int]
) -> dict[str, int]:
    cents_of: dict[str, int] = {}
    for agent_id, cents in amounts.items():
        accounts = [f"{chart.PAYABLE}:{agent_id}", f"{chart.REFUNDS}:{agent_id}"]
        found = balances(session, *accounts, currency=currency)
        cents_of |= {account: -held for account, held in found.items()}
        cents_of[f"{chart.IN_PAYOUT}:{agent_id}"] = -cents
    return cents_of


def _post(
    session: Session,
    row: PayoutRow,
    *,
    kind: str,
    transaction_id: str,
    text: str,
    cents_of: Mapping[str, int],
    by: str,
    now: datetime,
) -> None:
    postings = tuple(
        Posting(account=account, money=Money(cents=cents, currency=row.currency))
        for account, cents in cents_of.items()
        if cents
    )
    transaction = Transaction(
        id=transaction_id,
        kind=kind,
        text=text,
        postings=postings,
        by=by,
        told={"payout": row.id},
    )
    post(session, transaction, now=now)
