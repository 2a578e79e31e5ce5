"""Stewards' limits: what they change is in the record, and an observer changes nothing."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from orchestrator.doors.http.recording import act_named
from orchestrator.entry.demo.world import helsinki
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.api_keys import issue_key
from orchestrator.members.browser_sessions import open_session
from orchestrator.members.principal_api import SESSION_COOKIE
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.rows import AlarmRow
from tests.e2e.region import Stage, opened

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# Doors where nobody's role is asked: signing in and out, a worn hat (a cookie), what a
# witness's key, an invitation's or device's code or a mail's link proves, the box for
# ballots whose voter nobody may know, and what only reckons for anybody.
NOBODYS = {
    "/sign-in",
    "/sign-out",
    "/role",
    "/api/v1/session",
    "/api/v1/ledger/cosignatures",
    "/api/v1/enrol",
    "/api/v1/invitations/look",
    "/notices/stop",
    "/api/v1/votes/{proposal_id}/box",
    "/api/v1/periods/{number}/simulations",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("limits"), helsinki()) as made:
        yield made


@pytest.fixture(scope="module")
def observer(stage: Stage) -> dict[str, str]:
    """An observer's API key and session cookie."""
    now = stage.play.clock.now()
    with stage.play.sessions.begin() as session:
        agent = add_agent(
            session, kind="person", name="Olga", legal_form="individual", now=now
        )
        grant_role(session, agent.id, "observer", now=now)
        key = issue_key(session, agent.id, name="audit", scopes=["observer"], now=now)
        signed_in = open_session(session, agent.id, now=now)
    return {"key": key.secret, "cookie": signed_in.token}


def doors(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Method, address and name of every door that may change something."""
    for context in iter_route_contexts(stage.app.routes):
        for method in sorted(WRITES & (context.methods or set())):
            path, name = context.path or "", context.name or ""
            if path not in NOBODYS:
                yield method, re.sub(r"\{[^}]*\}", "nothing-00000", path), name


def test_an_observer_changes_nothing_by_any_door(
    stage: Stage, observer: dict[str, str]
) -> None:
    client = TestClient(stage.app, follow_redirects=False)
    walked, through = 0, []
    for method, path, _ in doors(stage):
        told = (
            {"headers": {"Authorization": f"Bearer {observer['key']}"}}
            if path.startswith("/api/")
            else {
                "headers": {
                    "Cookie": f"{SESSION_COOKIE}={observer['cookie']}",
                    "Sec-Fetch-Site": "same-origin",
                }
            }
        )
        answer = client.request(method, path, **told)  # type: ignore[arg-type]
        walked += 1
        if answer.status_code != 403:
            through.append((method, path, answer.status_code))
    assert not through, through
    assert walked > 50


def test_an_observer_reads_what_a_steward_reads(
    stage: Stage, observer: dict[str, str]
) -> None:
    client = TestClient(stage.app)
    signed = {"Authorization": f"Bearer {observer['key']}"}
    assert client.get("/api/v1/alarms", headers=signed).status_code == 200
    client.cookies.set(SESSION_COOKIE, observer["cookie"])
    assert client.get("/").status_code == 200


def test_what_a_steward_changes_is_an_entry_and_what_is_refused_is_none(
    stage: Stage,
) -> None:
    client = TestClient(stage.app)
    signed = {"Authorization": f"Bearer {stage.cast.steward.key}"}
    acts = select(func.count()).select_from(EntryRow).where(EntryRow.kind == ACT)

    def count() -> int:
        with stage.play.reading() as session:
            return session.scalar(acts) or 0

    before = count()
    with stage.play.sessions.begin() as session:
        raise_alarm(
            session,
            code="test",
            subject="machine-1",
            text="x",
            now=stage.play.clock.now(),
        )
    with stage.play.reading() as session:
        alarm = session.scalars(select(AlarmRow.id)).first()
    answer = client.post(f"/api/v1/alarms/{alarm}/seen", headers=signed)
    assert answer.status_code < 300, answer.text
    assert count() == before + 1
    with stage.play.reading() as session:
        newest = session.scalars(
            select(EntryRow).where(EntryRow.kind == ACT).order_by(EntryRow.id.desc())
        ).first()
        assert newest is not None
        act = act_of(newest.body)
    assert act.actor == stage.cast.steward.agent_id
    assert alarm in (act.told or {}).values()
    client.post("/api/v1/alarms/nothing-00000/seen", headers=signed)
    assert count() == before + 1


def test_every_door_has_a_name_that_an_act_can_bear(stage: Stage) -> None:
    for _, _, name in doors(stage):
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,30}[a-z0-9]", act_named(name)), name
