"""What a member is counts from a second person's word until its end, and no longer."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.members import agents, attestations
from orchestrator.members.rows import AgentRow, AttestationRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEWARD = "agent-steward"


@pytest.fixture
def agent(session: Session) -> AgentRow:
    return agents.add_agent(
        session, kind="organisation", name="Verstas", legal_form="individual", now=NOW
    )


def told(session: Session, agent: AgentRow, **fields: object) -> AttestationRow:
    fresh = {
        "claim": "worker-cooperative",
        "issuer": "Register of cooperatives",
        "evidence": "Entry 4711",
        "valid_until": NOW + 100 * DAY,
        "now": NOW,
    }
    return attestations.tell(session, agent_id=agent.id, **(fresh | fields))  # type: ignore[arg-type]


def stands(agent: AgentRow) -> tuple[str, datetime | None]:
    return agent.legal_form, agent.legal_form_attested_until


def test_it_counts_once_somebody_else_has_looked_until_it_is_ended(
    session: Session, agent: AgentRow
) -> None:
    row = told(session, agent)
    assert [one.id for one in attestations.waiting(session, NOW)] == [row.id]
    assert stands(agent) == ("individual", None)
    with pytest.raises(NotAllowedError):
        attestations.confirm(session, row.id, by=agent.id, now=NOW)
    attestations.confirm(session, row.id, by=STEWARD, now=NOW)
    assert stands(agent) == ("worker-cooperative", NOW + 100 * DAY)
    renewed = told(session, agent, valid_until=NOW + 300 * DAY)
    attestations.confirm(session, renewed.id, by=STEWARD, now=NOW + DAY)
    assert stands(agent) == ("worker-cooperative", NOW + 300 * DAY)
    attestations.end(session, renewed.id, by=STEWARD, now=NOW + 2 * DAY)
    assert stands(agent) == ("worker-cooperative", NOW + 100 * DAY)
    attestations.end(session, row.id, by=agent.id, now=NOW + 3 * DAY)
    assert stands(agent) == ("worker-cooperative", None)
    with pytest.raises(ConflictError):
        attestations.confirm(session, row.id, by=STEWARD, now=NOW + 3 * DAY)
    with pytest.raises(NotFoundError):
        attestations.end(session, "attestation-none", by=STEWARD, now=NOW)


def test_a_label_gives_no_legal_form(session: Session, agent: AgentRow) -> None:
    row = told(session, agent, claim="ESUS")
    attestations.confirm(session, row.id, by=STEWARD, now=NOW)
    assert stands(agent) == ("individual", None)


def test_states_and_reminders_each_once(session: Session, agent: AgentRow) -> None:
    row = told(session, agent)
    assert attestations.state_of(row, NOW) == "waiting"
    attestations.confirm(session, row.id, by=STEWARD, now=NOW)
    assert attestations.state_of(row, NOW) == "valid"
    assert attestations.state_of(row, NOW + 70 * DAY) == "ending"
    assert attestations.state_of(row, NOW + 100 * DAY) == "expired"
    found = []
    for day in range(120):
        at = NOW + day * DAY
        rows = attestations.reminders(session, since=at - DAY, now=at)
        found += [(day, before.days) for _row, before in rows]
    assert found == [(70, 30), (93, 7)]
    told(session, agent, valid_until=NOW + 200 * DAY)  # renewed: nobody is reminded
    at = NOW + 70 * DAY
    assert attestations.reminders(session, since=at - DAY, now=at) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("claim", "x"),
        ("issuer", "y" * 121),
        ("evidence", "a\x00b"),
        ("valid_until", NOW),
        ("valid_until", NOW + 367 * DAY),
    ],
)
def test_what_can_be_no_attestation_is_refused_by_its_field(
    session: Session, agent: AgentRow, field: str, value: object
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        told(session, agent, **{field: value})
    assert refused.value.field == field
