"""What ends by itself: polls, budgets, campaigns, challenges whose time is over."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.votes.budgets import close_budget
from orchestrator.votes.campaigns import close_campaign
from orchestrator.votes.challenges import close_challenge
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.polls import close
from orchestrator.votes.proposals import OPEN
from orchestrator.votes.rows import BudgetRow, CampaignRow, ChallengeRow, ProposalRow

CLOSED_AT_ONCE: Final = 20  # of each kind, so that a transaction stays short


def close_due(session: Session, *, clerk: Clerk, now: datetime) -> int:
    """Close all whose time is over; how many. Polls first: a rule may be among them."""
    polls = _due(session, ProposalRow, now)
    for poll in polls:
        close(session, poll, clerk=clerk, now=now)
    budgets = _due(session, BudgetRow, now)
    for budget in budgets:
        close_budget(session, budget, clerk=clerk, now=now)
    campaigns = _due(session, CampaignRow, now)
    for campaign in campaigns:
        close_campaign(session, campaign, clerk=clerk, now=now)
    challenges = _due(session, ChallengeRow, now)
    for challenge in challenges:
        close_challenge(session, challenge, clerk=clerk, now=now)
    return len(polls) + len(budgets) + len(campaigns) + len(challenges)


def _due(session: Session, table: Any, now: datetime) -> list[Any]:
    """Of one kind, what should have ended first."""
    return [
        *session.scalars(
            select(table)
            .where(table.state == OPEN, table.closes_at <= now)
            .order_by(table.closes_at, table.id)
            .limit(CLOSED_AT_ONCE)
        )
    ]
