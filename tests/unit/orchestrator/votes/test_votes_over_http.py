"""Votes by program: who may, once, in time; and a machine decides nothing."""

import base64
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator.doors.http import problems
from orchestrator.foundation.database import readers, writers
from orchestrator.foundation.signing import signing_key
from orchestrator.members.agents import grant_role
from orchestrator.members.devices import enrol, issue_code
from orchestrator.members.principal_api import BrokerAddress, MembersSettings
from orchestrator.votes import api, funding_api
from tests.unit.orchestrator.conftest import StandingClock
from tests.unit.orchestrator.votes.conftest import NOW, Commons

QUESTION = {"matter": "resolution", "title": "A van", "text": "Shall we rent one?"}
NO = {"id": "ballot-of-bo", "revision": 1, "choice": "no"}


@pytest.fixture
def now() -> object:
    return NOW


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(at=NOW)


@pytest.fixture
def client(
    commons: Commons, database: Engine, clock: StandingClock
) -> Iterator[TestClient]:
    commons.session.commit()
    app = FastAPI()
    app.state.sessions, app.state.readers = writers(database), readers(database)
    app.state.clock, app.state.votes = clock, commons.clerk
    app.state.members = MembersSettings(
        region="helsinki", broker=BrokerAddress(host="127.0.0.1", port=1)
    )
    problems.install(app)
    for router in (api.router, funding_api.router):
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_only_members_only_in_time_and_twice_is_once(
    client: TestClient,
    clock: StandingClock,
    key_of: Callable[..., dict[str, str]],
    session: Session,
) -> None:
    ada, bo = key_of("agent-ada", "member"), key_of("agent-bo", "member")
    made = client.post("/api/v1/votes", json=QUESTION, headers=ada)
    assert made.status_code == 201
    ballots = f"/api/v1/votes/{made.json()['id']}/ballots"
    assert client.post(ballots, json=NO).status_code == 401
    grant_role(session, "agent-guest", "member", now=NOW)  # after the poll was opened
    guest = key_of("agent-guest", "member")
    assert client.post(ballots, json=NO, headers=guest).status_code == 403
    receipts = [client.post(ballots, json=NO, headers=bo) for _ in range(2)]
    assert receipts[0].json() == receipts[1].json()
    maybe = NO | {"id": "ballot-of-bo-2", "choice": "maybe"}
    assert client.post(ballots, json=maybe, headers=bo).status_code == 422
    told = client.get(f"/api/v1/votes/{made.json()['id']}").json()
    assert (told["voices"], told["result"]) == (2, None)
    clock.sleep(8 * 86_400)
    late = NO | {"id": "ballot-of-bo-3"}
    assert client.post(ballots, json=late, headers=bo).status_code == 409
    assert client.get(f"{ballots[:-8]}/record").status_code == 404


def test_a_rule_that_could_not_be_one_is_refused_with_its_fault(
    client: TestClient, key_of: Callable[..., dict[str, str]]
) -> None:
    wanted = QUESTION | {"matter": "plan-weights", "table": {"near_s": -1}}
    ada = key_of("agent-ada", "member")
    refused = client.post("/api/v1/votes", json=wanted, headers=ada)
    assert refused.status_code == 422
    assert "missing" in refused.json()["detail"]
    assert client.get("/api/v1/votes").json() == []


def test_a_machine_of_a_member_has_no_voice(
    client: TestClient, session: Session
) -> None:
    code = issue_code(
        session,
        facility_id="facility-1",
        owner_id="agent-ada",
        issued_by="agent-ada",
        now=NOW,
    )
    public = base64.b64encode(signing_key(b"d" * 32).public).decode()
    device = enrol(session, code=code, device_name="pi", public_key=public, now=NOW)
    session.commit()
    token = {"authorization": f"Bearer {device.token}"}
    refused = client.post("/api/v1/votes", json=QUESTION, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")


def test_a_pledge_by_transfer_has_one_reference(
    client: TestClient, key_of: Callable[..., dict[str, str]]
) -> None:
    ada, bo = key_of("agent-ada", "member"), key_of("agent-bo", "member")
    wanted = {
        "title": "A van",
        "text": "For frames.",
        "minimum_cents": 100,
        "optimum_cents": 900,
    }
    made = client.post("/api/v1/funding/campaigns", json=wanted, headers=ada)
    mine = f"/api/v1/funding/campaigns/{made.json()['id']}/transfers/mine"
    said = [
        client.put(mine, json={"cents": cents}, headers=bo).json()
        for cents in (300, 500)
    ]
    assert said[0]["reference"] == said[1]["reference"]
    assert said[1] == {**said[0], "cents": 500}
    assert client.put(mine, json={"cents": 901}, headers=bo).status_code == 422
    assert client.put(mine, json={"cents": 1}, headers=ada).status_code == 403
    told = client.get("/api/v1/funding").json()["campaigns"][0]
    assert told["pledged_cents"] == 0
