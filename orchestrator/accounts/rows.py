"""Tables of the money book: what was posted stands; only a reversal takes it back."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class TransactionRow(Base):
    """One balanced transaction. `sha256` is over all it says, its postings included."""

    __tablename__ = "money_transaction"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    text: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime] = mapped_column(index=True)
    order_id: Mapped[str | None] = mapped_column(String(64), index=True)
    by: Mapped[str | None] = mapped_column(String(64))  # agent; None: the network
    reverses: Mapped[str | None] = mapped_column(
        ForeignKey("money_transaction.id"), unique=True
    )
    told: Mapped[dict[str, str | int]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))


class PostingRow(Base):
    """One line: cents above zero are a debit, below zero a credit."""

    __tablename__ = "money_posting"
    __table_args__ = (Index("ix_money_posting_account", "account", "currency"),)

    transaction_id: Mapped[str] = mapped_column(
        ForeignKey("money_transaction.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    cents: Mapped[int] = mapped_column(BigInteger)


class CounterRow(Base):
    """The last number given; its lock keeps numbers without gaps."""

    __tablename__ = "money_counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]


class BillRow(Base):
    """What an order costs whom. Its lock lets one act at a time touch that money.

    The invoice's columns are None until the hand-over. Its `lines` are who earns what
    of which part of the price, its `taxes` what the state gets.
    """

    __tablename__ = "money_bill"

    order_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    order_number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(25), unique=True)  # ISO 11649
    payer_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    cents: Mapped[int] = mapped_column(BigInteger)
    deposit_cents: Mapped[int] = mapped_column(BigInteger)  # asked for before it begins
    terms_version: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # cancelled or refused: nothing is owed any more
    invoice_number: Mapped[int | None] = mapped_column(unique=True)
    invoiced_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    lines: Mapped[list[dict[str, str | int]] | None] = mapped_column(JSON)
    taxes: Mapped[list[dict[str, str | int]] | None] = mapped_column(JSON)
    notes: Mapped[list[str] | None] = mapped_column(JSON)  # what an invoice must say


class ExpectedRow(Base):
    """What a member said they would pay by bank transfer, and what came of it.

    Its money goes into `account`. `most_cents`: what all accounts beside that one may
    hold together with it; None: as much as was said. An agreed fee has an invoice, with
    its number, tax lines and notes as a bill's.
    """

    __tablename__ = "money_expected"
    __table_args__ = (UniqueConstraint("about", "payer_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    reference: Mapped[str] = mapped_column(String(25), unique=True)  # ISO 11649
    about: Mapped[str] = mapped_column(String(64))  # a campaign, an agreement
    payer_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    account: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    cents: Mapped[int] = mapped_column(BigInteger)
    paid_cents: Mapped[int] = mapped_column(BigInteger)
    most_cents: Mapped[int | None] = mapped_column(BigInteger)
    said_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # since then all of it is paid
    ended_at: Mapped[datetime | None]
    invoice_number: Mapped[int | None] = mapped_column(index=True, unique=True)
    due_at: Mapped[datetime | None]
    taxes: Mapped[list[dict[str, str | int]] | None] = mapped_column(JSON)
    notes: Mapped[list[str] | None] = mapped_column(JSON)


class PayoutRow(Base):
    """A proposal to pay people what they are owed; two stewards are needed to pay it."""

    __tablename__ = "money_payout"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    paid_by: Mapped[str | None] = mapped_column(String(64))
    paid_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
