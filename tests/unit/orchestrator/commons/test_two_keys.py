"""One steward proposes who else has their powers, another confirms; both are told."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.two_keys import (
    begin_stewards,
    confirm,
    propose,
    waiting,
    withdraw,
)
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.agents import add_agent, agents_with_role
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY = signing_key(bytes(32))


def person(session: Session, name: str) -> str:
    agent = add_agent(
        session, kind="person", name=name, legal_form="individual", now=NOW
    )
    return agent.id


def desk(agent_id: str) -> Desk:
    return Desk(agent_id=agent_id, key=KEY, now=NOW)


def stewards(session: Session) -> set[str]:
    return {one.id for one in agents_with_role(session, "steward")}


@pytest.fixture
def two(session: Session) -> tuple[str, str]:
    register_network_key(session, KEY, now=NOW)
    ada, grace = person(session, "Ada"), person(session, "Grace")
    for one in (ada, grace):
        assert begin_stewards(session, KEY, one, now=NOW)
    return ada, grace


def test_a_third_steward_needs_both_and_the_log_names_both(
    session: Session, two: tuple[str, str]
) -> None:
    ada, grace = two
    mary = person(session, "Mary")
    assert not begin_stewards(session, KEY, mary, now=NOW)
    row = propose(session, desk(ada), act="steward-named", subject_id=mary)
    assert propose(session, desk(grace), act="steward-named", subject_id=mary) is row
    with pytest.raises(NotAllowedError, match="another steward"):
        confirm(session, desk(ada), row.id)
    with pytest.raises(NotAllowedError, match="only stewards"):
        confirm(session, desk(mary), row.id)
    assert stewards(session) == {ada, grace}
    confirm(session, desk(grace), row.id)
    confirm(session, desk(grace), row.id)  # twice is once
    assert stewards(session) == {ada, grace, mary}
    assert not waiting(session)
    with pytest.raises(ConflictError, match="done"):
        withdraw(session, desk(ada), row.id)
    told = [
        act_of(body)
        for body in session.scalars(
            select(EntryRow.body).where(
                EntryRow.kind == ACT, EntryRow.action == "steward-named"
            )
        )
    ]
    assert {(act.actor, act.subject, act.second) for act in told} == {
        ("network", ada, None),
        ("network", grace, None),
        (ada, mary, grace),
    }


def test_two_stewards_remain_and_a_withdrawn_proposal_is_gone(
    session: Session, two: tuple[str, str]
) -> None:
    ada, grace = two
    with pytest.raises(ConflictError, match="must remain"):
        propose(session, desk(ada), act="steward-ended", subject_id=grace)
    mary = person(session, "Mary")
    named = propose(session, desk(ada), act="steward-named", subject_id=mary)
    withdraw(session, desk(grace), named.id)
    with pytest.raises(ConflictError, match="withdrawn"):
        confirm(session, desk(grace), named.id)
    again = propose(session, desk(ada), act="steward-named", subject_id=mary)
    confirm(session, desk(grace), again.id)
    first = propose(session, desk(ada), act="steward-ended", subject_id=grace)
    other = propose(session, desk(grace), act="steward-ended", subject_id=ada)
    confirm(session, desk(mary), first.id)
    with pytest.raises(ConflictError, match="must remain"):
        confirm(session, desk(mary), other.id)
    assert stewards(session) == {ada, mary}


def test_what_changes_nothing_or_is_no_such_act_is_refused(
    session: Session, two: tuple[str, str]
) -> None:
    ada, grace = two
    mary = person(session, "Mary")
    for act, subject, refusal, words in (
        ("steward-named", grace, ConflictError, "is steward already"),
        ("steward-ended", mary, ConflictError, "is no steward"),
        ("observer-named", grace, ConflictError, "both"),
        ("crowned", mary, InvalidInputError, "no act"),
    ):
        with pytest.raises(refusal, match=words):
            propose(session, desk(ada), act=act, subject_id=subject)
