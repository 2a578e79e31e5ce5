"""Roles and consents: granted once, gone at once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.signing import new_signing_key
from orchestrator.members import agents, consent, signing_keys
from orchestrator.members.logins import AttemptLimits, add_login, check_login
from orchestrator.members.principals import Principal, require_role

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def agent_id(session: Session) -> str:
    return agents.add_agent(
        session, kind="person", name="Ada", legal_form="individual", now=NOW
    ).id


def test_roles_are_held_once_and_found(session: Session, agent_id: str) -> None:
    for _ in range(2):
        agents.grant_role(session, agent_id, "operator", facility_id="f-one-1", now=NOW)
        agents.grant_role(session, agent_id, "courier", now=NOW)
    assert len(agents.roles_of(session, agent_id)) == 2
    found = agents.agents_with_role(session, "operator", facility_id="f-one-1")
    assert [agent.id for agent in found] == [agent_id]
    assert agents.agents_with_role(session, "operator", facility_id="f-two-2") == []
    agents.withdraw_role(session, agent_id, "operator", facility_id="f-one-1")
    assert agents.agents_with_role(session, "operator") == []


def test_a_role_that_cannot_be_is_refused(session: Session, agent_id: str) -> None:
    for role, facility_id in (("king", None), ("operator", None), ("shop", "f-one-1")):
        with pytest.raises(InvalidInputError):
            agents.grant_role(
                session,
                agent_id,
                role,  # type: ignore[arg-type]
                facility_id=facility_id,
                now=NOW,
            )


def test_names_and_forms_are_checked(session: Session) -> None:
    for name, form in (("", "individual"), ("a\x00b", "individual"), ("Ada", "king")):
        with pytest.raises(InvalidInputError):
            agents.add_agent(
                session,
                kind="person",
                name=name,
                legal_form=form,  # type: ignore[arg-type]
                now=NOW,
            )
    with pytest.raises(NotFoundError):
        agents.agent_of(session, "agent-nobody")


def test_who_may_do_what() -> None:
    operator = Principal(
        agent_id="agent-1",
        roles=frozenset({"operator"}),
        facility_ids=frozenset({"f-one-1"}),
        how="session",
    )
    steward = Principal(
        agent_id="agent-2",
        roles=frozenset({"steward"}),
        facility_ids=frozenset(),
        how="session",
    )
    assert require_role(operator, "operator", facility_id="f-one-1") is operator
    assert require_role(steward, "operator", facility_id="f-one-1") is steward
    with pytest.raises(NotAllowedError):
        require_role(operator, "operator", facility_id="f-two-2")
    with pytest.raises(NotAllowedError):
        require_role(operator, "shop", "courier")
    with pytest.raises(NotSignedInError):
        require_role(None, "shop")


def test_consent_is_given_and_taken_back(session: Session, agent_id: str) -> None:
    given = consent.give_consent(session, agent_id, "position", now=NOW)
    assert consent.give_consent(session, agent_id, "position", now=NOW).id == given.id
    assert consent.has_consented(session, agent_id, "position")
    assert not consent.has_consented(session, agent_id, "newsletter")
    consent.withdraw_consent(session, agent_id, "position", now=NOW)
    session.flush()
    assert not consent.has_consented(session, agent_id, "position")
    assert consent.give_consent(session, agent_id, "position", now=NOW).id != given.id


def test_a_mail_address_has_one_login(session: Session, agent_id: str) -> None:
    add_login(session, agent_id, email="A@B.org", password="long enough 1", now=NOW)
    signed_in = check_login(
        session,
        email="a@b.org",
        password="long enough 1",
        address="192.0.2.1",
        limits=AttemptLimits(),
    )
    assert signed_in == agent_id
    with pytest.raises(ConflictError):
        add_login(session, agent_id, email="a@b.ORG ", password="x" * 12, now=NOW)
    for email, password in (("a", "x" * 12), ("a@b", "short"), ("a b@c", "x" * 12)):
        with pytest.raises(InvalidInputError):
            add_login(session, agent_id, email=email, password=password, now=NOW)


def test_a_key_has_one_holder(session: Session, agent_id: str) -> None:
    key = new_signing_key()
    row = signing_keys.register_key(session, key.public, agent_id=agent_id, now=NOW)
    again = signing_keys.register_key(session, key.public, agent_id=agent_id, now=NOW)
    assert again is row
    with pytest.raises(ConflictError):
        signing_keys.register_network_key(session, key, now=NOW)
    with pytest.raises(signing_keys.UnknownKeyError):
        signing_keys.key_valid_at(session, key.key_id, NOW - timedelta(seconds=1))
    signing_keys.revoke_key(session, key.key_id, now=NOW)
    with pytest.raises(ConflictError):
        signing_keys.register_key(session, key.public, agent_id=agent_id, now=NOW)
