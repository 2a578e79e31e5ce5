"""A network with two stewards, a log and books, whose period 1 is open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy.orm import Session

from orchestrator.accounts.book import post
from orchestrator.accounts.transactions import Transaction, moved
from orchestrator.commons.rulebook import found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.foundation.signing import SigningKey, signing_key
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.sequencer import sequence
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.signing_keys import register_network_key
from orchestrator.periods.book import PERIOD_RULES, period_of, publish
from orchestrator.periods.closing import confirm, drafted, propose, recomputed
from orchestrator.periods.rows import PeriodRow
from orchestrator.periods.seals import sealed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class Network:
    """What members, machines and stewards do; each act is a minute later."""

    session: Session
    stewards: tuple[str, str]
    key: SigningKey = field(default_factory=lambda: signing_key(bytes(32)))
    minutes: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def now(self) -> datetime:
        return NOW + timedelta(minutes=self.minutes())

    def happen(
        self, action: str, provider: str, quantity: str, unit: str, **more: str
    ) -> str:
        """An event in the log; its id."""
        moment = self.now()
        fields = {"id": f"event-{moment:%d%H%M}", "resource": "thing-1"} | more
        event = EconomicEvent(
            action=action,
            provider=provider,
            receiver="agent-shop",
            quantity=quantity,
            unit=unit,
            occurred_at=moment,
            id=fields["id"],
            resource=fields["resource"],
            cited_by=fields.get("cited_by"),
            corrects=fields.get("corrects"),
        )
        append_witnessed(self.session, event, key=self.key, recorded_at=moment)
        return event.id

    def earn(self, cents: int) -> None:
        """Money that was paid to the network."""
        moment = self.now()
        self.session.flush()
        post(
            self.session,
            Transaction(
                id=f"money-{moment:%d%H%M%S}",
                kind="sale",
                text="An order was paid",
                postings=moved("income:settled", "assets:bank", cents, "EUR"),
            ),
            now=moment,
        )

    def open(self) -> PeriodRow:
        now = self.now()
        row = publish(
            self.session,
            by=self.stewards[0],
            opens_at=now + timedelta(seconds=1),
            key=self.key,
            now=now,
        )
        self.session.flush()
        return row

    def propose(self, number: int, by: int = 0) -> PeriodRow:
        while sequence(self.session):
            pass
        draft = drafted(self.session, period_of(self.session, number))
        now = self.now()
        return propose(
            self.session,
            draft,
            sealed(self.session, now=now),
            by=self.stewards[by],
            key=self.key,
            now=now,
        )

    def confirm(self, number: int, by: int = 1) -> PeriodRow:
        row = period_of(self.session, number)
        return confirm(
            self.session,
            recomputed(self.session, row),
            by=self.stewards[by],
            sha=row.sha256 or "",
            key=self.key,
            now=self.now(),
        )

    def close(self, number: int) -> PeriodRow:
        self.propose(number)
        return self.confirm(number)


def network_of(session: Session) -> Network:
    """The network, begun in the session's transaction."""
    stewards = []
    for name in ("Ada", "Grace"):
        agent = add_agent(
            session, kind="person", name=name, legal_form="individual", now=NOW
        )
        grant_role(session, agent.id, "steward", now=NOW)
        stewards.append(agent.id)
    network = Network(session=session, stewards=(stewards[0], stewards[1]))
    register_network_key(session, network.key, now=NOW)
    for kind in (VALUE_EQUATION, PERIOD_RULES):
        found(session, kind, now=NOW)
    return network


@pytest.fixture
def network(session: Session) -> Network:
    begun = network_of(session)
    begun.open()
    return begun
