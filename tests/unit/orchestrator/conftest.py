"""An HTTP door with the trade's rooms behind it, on a clock that a test may turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator.catalogue import api as catalogue_api
from orchestrator.catalogue import looks_api
from orchestrator.doors.http import problems
from orchestrator.foundation.database import readers, writers
from orchestrator.foundation.signing import signing_key
from orchestrator.members.api_keys import issue_key
from orchestrator.members.principal_api import BrokerAddress, MembersSettings
from orchestrator.network import api as network_api
from orchestrator.orders import api as orders_api
from orchestrator.planning.reserved import shortage


@dataclass(kw_only=True)
class StandingClock:
    """Stands still until a test turns it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.at.timestamp()

    def sleep(self, duration_s: float) -> None:
        self.at += timedelta(seconds=duration_s)


@dataclass(kw_only=True)
class TradeDoor:
    """The door, its clock, why it asked for a new plan, and which devices may fetch."""

    client: TestClient
    clock: StandingClock
    files: Path
    wishes: list[str] = field(default_factory=list)
    jobs: set[tuple[str, str]] = field(default_factory=set)  # device, sha256


@pytest.fixture
def trade_door(database: Engine, tmp_path: Path, now: datetime) -> Iterator[TradeDoor]:
    app = FastAPI()
    clock = StandingClock(at=now)
    files = tmp_path / "files"
    files.mkdir()
    app.state.sessions, app.state.readers = writers(database), readers(database)
    app.state.clock = clock
    app.state.members = MembersSettings(
        region="helsinki", broker=BrokerAddress(host="127.0.0.1", port=1)
    )
    problems.install(app)
    for router in (
        catalogue_api.router,
        looks_api.router,
        network_api.router,
        orders_api.router,
    ):
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        door = TradeDoor(client=client, clock=clock, files=files)

        def replan(_session: Session, reason: str, _now: datetime, _about: str) -> None:
            door.wishes.append(reason)

        app.state.network = network_api.NetworkSettings(replan=replan)
        app.state.orders = orders_api.OrdersSettings(
            replan=replan, shortage=shortage, key=signing_key(b"m" * 32)
        )
        app.state.catalogue = catalogue_api.CatalogueSettings(
            files=files,
            device_may_fetch=lambda _session, device, sha: (device, sha) in door.jobs,
        )
        yield door


@pytest.fixture
def key_of(session: Session, now: datetime) -> Callable[..., dict[str, str]]:
    """Headers that prove an agent with some of its roles."""

    def issue(agent_id: str, *roles: str) -> dict[str, str]:
        key = issue_key(session, agent_id, name="test", scopes=roles, now=now)
        session.commit()
        return {"authorization": f"Bearer {key.secret}"}

    return issue
