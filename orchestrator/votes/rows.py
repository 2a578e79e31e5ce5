"""Tables of what members propose, vote, entrust to each other, and give out together."""

from datetime import datetime
from typing import Any

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

from orchestrator.foundation.database import Base, RowNumber

PROPOSAL = "proposal.id"


class ProposalRow(Base):
    """A question to the members, and what they decided.

    `roll`: who had a voice when it was opened. `record`: what the tally was made of,
    published at the close; anybody counts it again with `tally.py`.
    """

    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_state_closes_at", "state", "closes_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    matter: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    table: Mapped[str | None] = mapped_column(Text)  # the rule proposed, canonical
    instead_of: Mapped[str | None] = mapped_column(String(64))  # the version it changes
    options: Mapped[list[str]] = mapped_column(JSON)  # of a poll by score
    is_secret: Mapped[bool]
    revision: Mapped[int]
    rules_version: Mapped[str] = mapped_column(String(64))  # by which it is decided
    roll: Mapped[list[str]] = mapped_column(JSON)
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    closed_at: Mapped[datetime | None]
    record: Mapped[str | None] = mapped_column(Text)
    record_sha256: Mapped[str | None] = mapped_column(String(64))
    enacted: Mapped[str | None] = mapped_column(String(64))  # the version it became


class RemarkRow(Base):
    """A word on a proposal. One with a `text_wanted` is an amendment."""

    __tablename__ = "remark"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey(PROPOSAL), index=True)
    revision: Mapped[int]  # of the proposal that it speaks of
    agent_id: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime]
    text_wanted: Mapped[str | None] = mapped_column(Text)
    table_wanted: Mapped[str | None] = mapped_column(Text)
    adopted_at: Mapped[datetime | None]


class BallotRow(Base):
    """A ballot as cast, never edited: a later one of the same voter counts instead."""

    __tablename__ = "ballot"
    __table_args__ = (
        Index("ix_ballot_proposal_id_revision", "proposal_id", "revision"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    id: Mapped[str] = mapped_column(
        String(64), unique=True
    )  # the sender's: twice is once
    proposal_id: Mapped[str] = mapped_column(ForeignKey(PROPOSAL))
    revision: Mapped[int]
    voter: Mapped[str] = mapped_column(String(64))
    choice: Mapped[Any] = mapped_column(JSON)
    salt: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))  # as it stands in the log
    cast_at: Mapped[datetime]


class BallotKeyRow(Base):
    """The key that signs the secret ballots of one text; it forgets at the close."""

    __tablename__ = "ballot_key"

    proposal_id: Mapped[str] = mapped_column(ForeignKey(PROPOSAL), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    modulus: Mapped[str] = mapped_column(Text)  # hexadecimal
    exponent: Mapped[str | None] = mapped_column(Text)  # the private one


class SignedBallotRow(Base):
    """That a member had her ballot signed: blinded, so it is not known which."""

    __tablename__ = "signed_ballot"

    proposal_id: Mapped[str] = mapped_column(ForeignKey(PROPOSAL), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    blinded: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)


class SecretBallotRow(Base):
    """A ballot handed in by nobody knows whom: no voter, no number, no time."""

    __tablename__ = "secret_ballot"
    # No hidden row number either, which would tell the order.
    __table_args__ = ({"sqlite_with_rowid": False},)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey(PROPOSAL), index=True)
    revision: Mapped[int]
    choice: Mapped[Any] = mapped_column(JSON)
    salt: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(Text)


class DelegationRow(Base):
    """Whose ballot speaks for a member who casts none herself."""

    __tablename__ = "delegation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(64), index=True)
    delegate_id: Mapped[str] = mapped_column(String(64), index=True)
    matter: Mapped[str] = mapped_column(String(40))  # "" for every matter
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class BudgetRow(Base):
    """A part of the common reserve that members give out together, each the same part."""

    __tablename__ = "budget"
    __table_args__ = (Index("ix_budget_state_closes_at", "state", "closes_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    part_cents: Mapped[int] = mapped_column(BigInteger)  # each member's
    roll: Mapped[list[str]] = mapped_column(JSON)
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # open | closed
    returned_cents: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def pot_cents(self) -> int:
        """All parts together."""
        return self.part_cents * len(self.roll)


class BudgetItemRow(Base):
    """What somebody would do with common money, for so much."""

    __tablename__ = "budget_item"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    budget_id: Mapped[str] = mapped_column(ForeignKey("budget.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    goal_cents: Mapped[int] = mapped_column(BigInteger)
    payee_id: Mapped[str] = mapped_column(String(64))
    funded: Mapped[bool | None]


class AllocationRow(Base):
    """What one member gives to one item now; every change is an act in the log."""

    __tablename__ = "allocation"

    item_id: Mapped[str] = mapped_column(ForeignKey("budget_item.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    budget_id: Mapped[str] = mapped_column(ForeignKey("budget.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    changes: Mapped[int]


class CampaignRow(Base):
    """What somebody would do if enough members pledged: at least the minimum."""

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_state_closes_at", "state", "closes_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(String(3))
    minimum_cents: Mapped[int] = mapped_column(BigInteger)
    optimum_cents: Mapped[int] = mapped_column(BigInteger)
    payee_id: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # open | funded | failed
    matched_cents: Mapped[int | None] = mapped_column(BigInteger)


class PledgeRow(Base):
    """Money a member set aside for a campaign, out of what the network owes her."""

    __tablename__ = "pledge"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # the sender's
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    agent_id: Mapped[str] = mapped_column(String(64))
    cents: Mapped[int] = mapped_column(BigInteger)
    pledged_at: Mapped[datetime]


class ChallengeRow(Base):
    """A problem with money set aside for who solves it best, as judges say.

    `judges` are fixed when it is opened: a jury, or all members of that moment.
    """

    __tablename__ = "challenge"
    __table_args__ = (Index("ix_challenge_state_closes_at", "state", "closes_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    criteria: Mapped[list[str]] = mapped_column(JSON)
    is_jury: Mapped[bool]
    judges: Mapped[list[str]] = mapped_column(JSON)
    currency: Mapped[str] = mapped_column(String(3))
    award_cents: Mapped[int] = mapped_column(BigInteger)
    seed_cents: Mapped[int] = mapped_column(BigInteger)  # to begin making it
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    entries_until: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # open | awarded | unsolved


class ChallengeEntryRow(Base):
    """What a member hands in; `won_cents` once it is closed."""

    __tablename__ = "challenge_entry"
    __table_args__ = (UniqueConstraint("challenge_id", "agent_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    challenge_id: Mapped[str] = mapped_column(ForeignKey("challenge.id"), index=True)
    agent_id: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    version_id: Mapped[str | None] = mapped_column(String(64))  # of a design
    entered_at: Mapped[datetime]
    won_cents: Mapped[int | None] = mapped_column(BigInteger)


class VerdictRow(Base):
    """One judge's points for one entry, by criterion in their order."""

    __tablename__ = "verdict"

    entry_id: Mapped[str] = mapped_column(
        ForeignKey("challenge_entry.id"), primary_key=True
    )
    judge: Mapped[str] = mapped_column(String(64), primary_key=True)
    points: Mapped[list[int]] = mapped_column(JSON)
