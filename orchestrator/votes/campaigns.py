"""Campaigns: pledges with a minimum and an optimum, matched, or given back whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.bills import hold
from orchestrator.accounts.chart import PAYABLE, RESERVE
from orchestrator.accounts.expected import EXPECTED, end, expect, paid_by
from orchestrator.accounts.rows import ExpectedRow
from orchestrator.commons.rulebook import rule_at
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import checked_id, new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import NETWORK
from orchestrator.members.agents import agent_of
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.funding import match
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.proposals import OPEN, TITLE_MAX, one_line, some_text
from orchestrator.votes.purse import PLEDGES, move, owed, reserve
from orchestrator.votes.roll import members
from orchestrator.votes.rows import CampaignRow, PledgeRow

FUNDED, FAILED = "funded", "failed"
OPTIMUM_MAX_CENTS = 10**12


def open_campaign(
    session: Session,
    *,
    title: str,
    text: str,
    minimum: Money,
    optimum_cents: int,
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> CampaignRow:
    """Ask for pledges; what is collected is owed to the member who asks.

    Errors: NotAllowedError for who is no member; InvalidInputError.
    """
    if agent_id not in members(session, now):
        raise NotAllowedError("only members can open a campaign")
    if not 1 <= minimum.cents <= optimum_cents <= OPTIMUM_MAX_CENTS:
        raise InvalidInputError(
            "the minimum is 1 cent or more, the optimum not less than it",
            field="minimum_cents",
        )
    rules = rule_at(session, FUNDING_RULES, now).value
    row = CampaignRow(
        id=new_id("campaign"),
        title=one_line(title, "title", TITLE_MAX),
        text=some_text(text, "text"),
        currency=minimum.currency,
        minimum_cents=minimum.cents,
        optimum_cents=optimum_cents,
        payee_id=agent_of(session, agent_id).id,
        opened_at=now,
        closes_at=now + timedelta(seconds=rules.campaign_open_s),
        state=OPEN,
    )
    session.add(row)
    session.flush()
    clerk.note(
        session,
        "campaign-opened",
        row.id,
        actor=agent_id,
        now=now,
        told={
            "minimum_cents": minimum.cents,
            "optimum_cents": optimum_cents,
            "currency": row.currency,
        },
    )
    announce(session, "votes")
    return row


def pledge(
    session: Session,
    campaign_id: str,
    *,
    pledge_id: str,
    cents: int,
    agent_id: str,
    now: datetime,
) -> PledgeRow:
    """Set money aside, out of what the network owes the member; once a `pledge_id`.

    Errors: ConflictError (closed, id in use), InvalidInputError beyond the optimum or
    beyond what the member is owed, NotAllowedError for one's own campaign.
    """
    checked_id(pledge_id, field="pledge_id")
    known = session.get(PledgeRow, pledge_id)
    if known is not None:
        if (known.campaign_id, known.agent_id, known.cents) != (
            campaign_id,
            agent_id,
            cents,
        ):
            raise ConflictError("another pledge has this id: use a new one")
        return known
    row = _open(session, campaign_id, now)
    _check_pledger(row, agent_id)
    hold(session, EXPECTED)  # a transfer that comes in now would fill what is left
    left = row.optimum_cents - sum(pledged(session, row.id).values())
    most = min(left, owed(session, agent_id, row.currency))
    if not 1 <= cents <= most:
        raise InvalidInputError(
            f"you can pledge {Money(cents=max(0, most), currency=row.currency)} at "
            "most: what is owed to you, and what the optimum leaves",
            field="cents",
        )
    told = PledgeRow(
        id=pledge_id,
        campaign_id=row.id,
        agent_id=agent_id,
        cents=cents,
        pledged_at=now,
    )
    session.add(told)
    session.flush()
    move(
        session,
        row.id,
        pledge_id,
        text="Pledged to a campaign",
        lines=[(f"{PAYABLE}:{agent_id}", f"{PLEDGES}:{row.id}:{agent_id}", cents)],
        currency=row.currency,
        by=agent_id,
        now=now,
    )
    announce(session, "votes")
    return told


def promise(
    session: Session, campaign_id: str, *, cents: int, agent_id: str, now: datetime
) -> ExpectedRow:
    """Say what one will pay by bank transfer: a pledge as it comes in, until the close.

    Said again, the amount is the new one. Errors: ConflictError (closed),
    InvalidInputError beyond the optimum, NotAllowedError for one's own campaign.
    """
    row = _open(session, campaign_id, now)
    _check_pledger(row, agent_id)
    if not 1 <= cents <= row.optimum_cents:
        raise InvalidInputError(
            "you can pledge the optimum at most: "
            f"{Money(cents=row.optimum_cents, currency=row.currency)}",
            field="cents",
        )
    told = expect(
        session,
        about=row.id,
        payer_id=agent_id,
        account=f"{PLEDGES}:{row.id}:{agent_id}",
        money=Money(cents=cents, currency=row.currency),
        most_cents=row.optimum_cents,
        now=now,
    )
    announce(session, "votes")
    return told


def close_campaign(
    session: Session, row: CampaignRow, *, clerk: Clerk, now: datetime
) -> None:
    """Minimum reached: the pledges and the match are the payee's. Else all goes back."""
    session.refresh(row, with_for_update=True)
    if row.state != OPEN:
        return
    end(session, row.id, now=now)  # what still comes by transfer is owed back
    given = pledged(session, row.id)
    is_funded = sum(given.values()) >= row.minimum_cents
    rules = rule_at(session, FUNDING_RULES, now).value
    added = match(
        [*given.values()],
        minimum=row.minimum_cents,
        optimum=row.optimum_cents,
        reserve=reserve(session, row.currency),
        permille=rules.match_permille,
    )
    to = f"{PAYABLE}:{row.payee_id}"
    lines = [
        (
            f"{PLEDGES}:{row.id}:{agent_id}",
            to if is_funded else f"{PAYABLE}:{agent_id}",
            cents,
        )
        for agent_id, cents in given.items()
    ]
    move(
        session,
        row.id,
        "closed",
        text="Campaign funded" if is_funded else "Campaign failed: pledges given back",
        lines=[*lines, (RESERVE, to, added)],
        currency=row.currency,
        by=None,
        now=now,
    )
    row.state, row.matched_cents = FUNDED if is_funded else FAILED, added
    session.flush()
    clerk.note(
        session,
        "campaign-closed",
        row.id,
        actor=NETWORK,
        now=now,
        told={
            "outcome": row.state,
            "pledged_cents": sum(given.values()),
            "matched_cents": added,
            "rules": rules.rule_version,
        },
    )
    announce(session, "votes")


def campaigns(session: Session) -> Sequence[CampaignRow]:
    """All, the newest first."""
    return session.scalars(
        select(CampaignRow).order_by(CampaignRow.opened_at.desc())
    ).all()


def pledged(session: Session, campaign_id: str) -> Mapping[str, int]:
    """Cents by member, what came in by transfer among them; several are one sum."""
    rows = session.execute(
        select(PledgeRow.agent_id, func.sum(PledgeRow.cents))
        .where(PledgeRow.campaign_id == campaign_id)
        .group_by(PledgeRow.agent_id)
    )
    sums = Counter({agent_id: int(cents) for agent_id, cents in rows})
    sums.update(paid_by(session, campaign_id))
    return dict(sorted(sums.items()))


def _check_pledger(row: CampaignRow, agent_id: str) -> None:
    if agent_id == row.payee_id:
        raise NotAllowedError("a campaign is for others to pledge to")


def _open(session: Session, campaign_id: str, now: datetime) -> CampaignRow:
    row = session.scalar(
        select(CampaignRow).where(CampaignRow.id == campaign_id).with_for_update()
    )
    if row is None:
        raise NotFoundError(f"there is no campaign {campaign_id[:64]}")
    if row.state != OPEN or now >= row.closes_at:
        raise ConflictError("this campaign is closed")
    return row
