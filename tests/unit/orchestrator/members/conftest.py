"""Somebody to be, and an HTTP door with only the members' room behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from orchestrator.foundation.database import Sessions, readers, writers
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.members import agents
from orchestrator.members.api import router
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.principal_api import BrokerAddress, MembersSettings
from tests.passwords import quickly_hashed

FACILITY = "facility-one"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
HASH = quickly_hashed(PASSWORD)


@dataclass(kw_only=True)
class TurnedClock:
    """Stands still until a test turns it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.at.timestamp()

    def sleep(self, duration_s: float) -> None:
        self.at += timedelta(seconds=duration_s)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(at=datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def operator_id(sessions: Sessions, clock: TurnedClock) -> str:
    """An operator of `facility-one` who can sign in."""
    with sessions.begin() as session:
        agent = agents.add_agent(
            session,
            kind="person",
            name="Ada",
            legal_form="individual",
            now=clock.now(),
        )
        agents.grant_role(
            session, agent.id, "operator", facility_id=FACILITY, now=clock.now()
        )
        agents.grant_role(session, agent.id, "designer", now=clock.now())
        add_hashed_login(
            session, agent.id, email=EMAIL, password_hash=HASH, now=clock.now()
        )
        return agent.id


@pytest.fixture
def client(database: Engine, clock: TurnedClock) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.sessions, app.state.readers = writers(database), readers(database)
    app.state.clock = clock
    app.state.members = MembersSettings(
        region="helsinki",
        broker=BrokerAddress(host="127.0.0.1", port=18830),
        secure_cookies=False,
    )
    app.include_router(router)

    @app.exception_handler(FabcommonsError)
    def refuse(_request: Request, error: FabcommonsError) -> JSONResponse:
        return JSONResponse({"code": error.code}, status_code=error.status)

    with TestClient(app) as opened:
        yield opened
