"""Others read a person's name only while she agrees to it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator.members.agents import add_agent
from orchestrator.members.consent import consents_of, give_consent, withdraw_consent
from orchestrator.members.shown import NAME, POSITION, names_shown

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def test_a_name_is_shown_while_its_owner_agrees(session: Session) -> None:
    ada, lab = (
        add_agent(
            session,
            kind=kind,
            name=name,
            legal_form="individual",
            now=NOW,
            agent_id=f"agent-number-{name.lower()}",
        ).id
        for kind, name in (("person", "Ada"), ("organisation", "Lab"))
    )
    number = {ada: "Member -ada", lab: "Lab"}
    assert names_shown(session, {ada, lab}) == number
    assert names_shown(session, {ada, "agent-nobody"}, reader=ada) == {ada: "Ada"}
    give_consent(session, ada, POSITION, now=NOW)
    assert names_shown(session, {ada, lab}) == number
    give_consent(session, ada, NAME, now=NOW)
    assert names_shown(session, {ada, lab}) == {ada: "Ada", lab: "Lab"}
    withdraw_consent(session, ada, NAME, now=LATER)
    assert names_shown(session, {ada, lab}) == number

    give_consent(session, ada, NAME, now=LATER)
    told = [
        (row.given_at, row.withdrawn_at)
        for row in consents_of(session, ada)
        if row.purpose == NAME
    ]
    assert told == [(LATER, None), (NOW, LATER)]
