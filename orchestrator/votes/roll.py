"""Who has a voice."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import rule_at
from orchestrator.members.rows import RoleRow
from orchestrator.votes.voting_rules import VOTING_RULES, VotingRules


def members(session: Session, now: datetime) -> list[str]:
    """The members with a voice by the rules in force, by id: one member, one voice."""
    return holders(session, rule_at(session, VOTING_RULES, now).value)


def holders(session: Session, rules: VotingRules) -> list[str]:
    """Who holds one of the roles that have a voice by these rules."""
    held = select(RoleRow.agent_id).where(RoleRow.role.in_(rules.voters)).distinct()
    return sorted(session.scalars(held))
