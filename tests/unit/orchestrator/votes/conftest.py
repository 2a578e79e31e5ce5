"""A network with four members who may vote, and its clerk."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.charter import CHARTER
from orchestrator.commons.rulebook import found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.foundation.signing import signing_key
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.signing_keys import register_network_key
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.polls import Choice, cast, propose
from orchestrator.votes.proposals import Draft
from orchestrator.votes.rows import BallotRow, ProposalRow
from orchestrator.votes.voting_rules import VOTING_RULES

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FOUR = ("agent-ada", "agent-bo", "agent-cy", "agent-dee")


@dataclass(kw_only=True)
class Commons:
    """Acts of members, a second after one another."""

    session: Session
    clerk: Clerk
    at: datetime = NOW
    told: list[str] = field(default_factory=list)
    count: int = 0

    def later(self, **gone: int) -> datetime:
        self.at += timedelta(**(gone or {"seconds": 1}))
        return self.at

    def propose(self, matter: str = "resolution", **more: object) -> ProposalRow:
        draft = {"title": "A van", "text": "Shall we rent a van?", **more}
        return propose(
            self.session,
            Draft(matter=matter, **draft),  # type: ignore[arg-type]
            agent_id="agent-ada",
            clerk=self.clerk,
            now=self.later(),
        )

    def cast(
        self, row: ProposalRow, voter: str, choice: Choice, **more: object
    ) -> BallotRow:
        self.count += 1
        told = {
            "ballot_id": f"ballot-number-{self.count}",
            "revision": row.revision,
            **more,
        }
        return cast(
            self.session,
            row.id,
            voter=voter,
            choice=choice,
            clerk=self.clerk,
            now=self.later(),
            **told,  # type: ignore[arg-type]
        )


@pytest.fixture
def members() -> tuple[str, ...]:
    return FOUR


@pytest.fixture
def commons(session: Session, members: tuple[str, ...]) -> Commons:
    key = signing_key(bytes(range(32)))
    register_network_key(session, key, now=NOW)
    for kind in (VALUE_EQUATION, PLAN_WEIGHTS, CHARTER, VOTING_RULES, FUNDING_RULES):
        found(session, kind, now=NOW)
    for agent_id in (*members, "agent-guest"):
        add_agent(
            session,
            kind="person",
            name=agent_id.removeprefix("agent-").title(),
            legal_form="individual",
            now=NOW,
            agent_id=agent_id,
        )
    for agent_id in members:
        grant_role(session, agent_id, "member", now=NOW)
    told: list[str] = []
    clerk = Clerk(key=key, enacted=lambda _session, version, _now: told.append(version))
    return Commons(session=session, clerk=clerk, told=told)
