"""What the pages of the commons tell whom, and how they refuse: no dead end, no riddle."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts.payouts import owed_to
from orchestrator.commons import two_keys
from orchestrator.commons.rulebook import found
from orchestrator.doors.web.awaited import Awaited, awaited_of
from orchestrator.entry.demo.seed import Seeding, seed_commons, write_logins
from orchestrator.entry.demo.world import helsinki
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.browser_sessions import open_session
from orchestrator.members.principal_api import SESSION_COOKIE
from orchestrator.members.principals import Principal
from orchestrator.periods.book import PERIOD_RULES, period_of
from orchestrator.periods.closing import drafted, propose
from orchestrator.periods.seals import sealed
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.polls import cast
from orchestrator.votes.polls import propose as open_poll
from orchestrator.votes.proposals import Draft, adopt, amend
from tests.e2e.region import PASSWORD, Stage, opened
from tests.passwords import quickly_hashed


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("commons"), helsinki()) as made:
        yield made


@pytest.fixture(scope="module")
def people(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Who decides in the demo, by what they are."""
    play, cast = stage.play, stage.cast
    with play.sessions.begin() as session:
        found(session, PERIOD_RULES, now=play.clock.now())
        at = Seeding(
            session=session,
            files=play.folder,
            now=play.clock.now(),
            zone="Europe/Helsinki",
            password_hash=quickly_hashed(PASSWORD),
        )
        others = seed_commons(at, cast, play.key)
    logins = tmp_path_factory.mktemp("logins") / "cast.json"
    write_logins(cast, others, PASSWORD, logins)
    told = logins.read_text()
    assert "Outi Observer, observer" in told
    assert "Mira Salo, designer" in told
    ids = {role: person.agent_id for role, person in others}
    return ids | {
        "steward": cast.steward.agent_id,
        "courier": cast.couriers[0].agent_id,
        "shop": cast.shops[0].person.agent_id,
    }


def page_of(stage: Stage, agent_id: str) -> TestClient:
    with stage.play.sessions.begin() as session:
        token = open_session(session, agent_id, now=stage.play.clock.now()).token
    client = TestClient(
        stage.app,
        follow_redirects=False,
        headers={"Accept": "text/html", "Origin": "http://testserver"},
    )
    client.cookies.set(SESSION_COOKIE, token)
    return client


def test_an_observer_who_acts_reads_why_not(
    stage: Stage, people: dict[str, str]
) -> None:
    client = page_of(stage, people["observer"])
    page = {"Referer": "http://testserver/votes?a=b"}
    refused = client.post("/trust", data={"delegate_id": "x"}, headers=page)
    assert refused.status_code == 403
    assert "an observer reads all and changes nothing" in refused.text
    assert 'href="/votes?a=b"' in refused.text  # the way back to the form
    far = {"Referer": "http://evil.example/votes"}
    assert "/votes?a=b" not in client.post("/trust", headers=far).text


def test_ballots_wait_until_cast_and_wait_again_when_the_text_is_another(
    stage: Stage, people: dict[str, str]
) -> None:
    play, clerk = stage.play, Clerk(key=stage.play.key)
    now, member, shop = play.clock.now(), people["member"], people["shop"]
    with play.sessions.begin() as session:
        draft = Draft(matter="resolution", title="A second bike", text="Buy one.")
        row = open_poll(session, draft, agent_id=member, clerk=clerk, now=now)
        poll = row.id
        assert waits(session, shop, "shop", stage).polls == 1
        assert waits(session, member, "member", stage).polls == 0
        cast(
            session,
            poll,
            ballot_id="ballot-000001",
            revision=1,
            voter=shop,
            choice="no",
            clerk=clerk,
            now=now,
        )
        assert waits(session, shop, "shop", stage).polls == 0
    assert "for another text" not in page_of(stage, shop).get(f"/votes/{poll}").text
    with play.sessions.begin() as session:
        remark = amend(
            session, poll, agent_id=shop, why="Too dear.", text="Rent one.", now=now
        )
        adopt(session, remark.id, agent_id=member, clerk=clerk, now=now)
    client = page_of(stage, shop)
    assert "Your ballot was for another text." in client.get(f"/votes/{poll}").text
    assert "1 vote waits for your ballot." in client.get("/").text


def test_the_second_key_is_asked_for_on_today(
    stage: Stage, people: dict[str, str]
) -> None:
    play, first, second = stage.play, people["steward"], people["second steward"]
    play.clock.at += timedelta(minutes=2)
    now = play.clock.now()
    with play.sessions.begin() as session:
        desk = Desk(agent_id=first, key=play.key, now=now)
        two_keys.propose(
            session, desk, act="steward-named", subject_id=people["member"]
        )
        draft = drafted(session, period_of(session, 1))
        seal = sealed(session, now=now)
        propose(session, draft, seal, by=first, key=play.key, now=now)
        told = waits(session, second, "steward", stage)
        assert (told.names, told.periods) == (1, (1,))
        assert waits(session, first, "steward", stage).names == 0
        assert not waits(session, people["courier"], "courier", stage).periods
    today = page_of(stage, second).get("/").text
    assert "The close of period 1 waits for a second steward." in today
    assert "1 name waits for a second steward." in today


def test_refusals_name_people_and_money_as_people_do(
    stage: Stage, people: dict[str, str]
) -> None:
    member, courier = people["member"], people["courier"]
    trusted = page_of(stage, courier).post("/trust", data={"delegate_id": member})
    assert trusted.status_code == 303
    circle = page_of(stage, member).post("/trust", data={"delegate_id": courier})
    assert circle.status_code == 409
    assert "Maija Member → " in circle.text
    assert courier not in circle.text
    form = {
        "campaign-title": "Bike",
        "campaign-text": "For all.",
        "minimum": "10",
        "optimum": "20",
    }
    assert page_of(stage, member).post("/funding/campaigns", data=form).is_redirect
    client = page_of(stage, courier)
    address = client.get("/funding").text.split('action="/funding/campaigns/campaign-')
    campaign = address[1].split('"')[0]
    pledge = {"pledge_id": "pledge-000001", "amount": "5"}
    refused = client.post(f"/funding/campaigns/campaign-{campaign}", data=pledge)
    assert refused.status_code == 422
    assert "you can pledge 0.00 EUR at most" in refused.text
    with stage.play.reading() as session:
        assert owed_to(session, "EUR") == {}


def test_a_page_that_finds_an_edited_entry_does_not_fall_over_it(
    stage: Stage, people: dict[str, str]
) -> None:
    stage.sequence_ledger()
    with stage.play.sessions.begin() as session:
        newest = session.scalars(
            select(EntryRow)
            .where(EntryRow.position.is_not(None))
            .order_by(EntryRow.position.desc())
        ).first()
        assert newest is not None
        newest.quantity = "a lot"
    page = page_of(stage, people["member"]).get("/ledger")
    assert page.status_code == 200
    assert "/{number}/" not in page.text  # addresses of doors are nobody's words


def waits(session: Session, agent_id: str, role: str, stage: Stage) -> Awaited:
    asker = Principal(
        agent_id=agent_id,
        roles=frozenset({role}),
        facility_ids=frozenset(),
        how="session",
    )
    return awaited_of(session, asker, stage.play.clock.now())
