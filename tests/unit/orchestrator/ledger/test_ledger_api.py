"""Anybody may read the log over HTTP and check what it says."""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions, readers, writers
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger import merkle
from orchestrator.ledger.api import LedgerSettings, router
from orchestrator.ledger.checkpoint import open_note, sign_checkpoint
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import verify

type Add = Callable[[Session, int, int], None]
ORIGIN = "fabcommons/helsinki"


@pytest.fixture
def client(
    database: Engine, sessions: Sessions, add: Add, key: SigningKey, now: datetime
) -> Iterator[TestClient]:
    with sessions.begin() as session:
        add(session, 1, 6)
        sequence(session)
        sign_checkpoint(session, origin=ORIGIN, key=key, now=now)
        add(session, 7, 7)
    app = FastAPI()
    app.state.sessions, app.state.readers = writers(database), readers(database)
    app.state.ledger = LedgerSettings(origin=ORIGIN, key=key)
    app.include_router(router)

    @app.exception_handler(FabcommonsError)
    def refuse(_request: Request, error: FabcommonsError) -> JSONResponse:
        return JSONResponse({"code": error.code}, status_code=error.status)

    with TestClient(app) as opened:
        yield opened


def test_the_log_tells_its_size_key_and_checkpoint(
    client: TestClient, key: SigningKey
) -> None:
    told = client.get("/api/v1/ledger").json()
    assert (told["origin"], told["size"], told["key_id"]) == (ORIGIN, 6, key.key_id)
    note = client.get("/api/v1/ledger/checkpoint").text
    assert note == told["checkpoint"]
    assert open_note(note, public_key=key.public).size == 6


def test_a_proof_from_http_holds(client: TestClient) -> None:
    entry = client.get("/api/v1/ledger/entries/3").json()
    asked = {"event_id": entry["id"], "size": 5}
    told = client.get("/api/v1/ledger/proof/inclusion", params=asked).json()
    assert merkle.includes(
        leaf=base64.b64decode(told["leaf_hash"]),
        index=told["position"],
        size=told["size"],
        proof=[base64.b64decode(step) for step in told["path"]],
        root=base64.b64decode(told["root"]),
    )
    told = client.get("/api/v1/ledger/proof/consistency", params={"old_size": 3}).json()
    assert merkle.is_consistent(
        old_size=3,
        new_size=6,
        proof=[base64.b64decode(step) for step in told["path"]],
        old_root=base64.b64decode(told["old_root"]),
        new_root=base64.b64decode(told["new_root"]),
    )


def test_entries_are_paged(client: TestClient) -> None:
    page = client.get("/api/v1/ledger/entries", params={"start": 4, "limit": 1}).json()
    assert [entry["position"] for entry in page] == [4]
    assert len(client.get("/api/v1/ledger/entries").json()) == 6


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("entries/6", 404),
        ("entries/-1", 404),
        ("entries/99999999999999999999999", 404),
        ("entries/x", 422),
        ("entries?limit=101", 422),
        ("proof/inclusion?event_id=event-999999", 404),
        ("proof/inclusion?event_id=event-000007", 409),
        ("proof/inclusion?event_id=event-000001&size=7", 404),
        ("proof/consistency?old_size=7", 404),
        ("proof/consistency?old_size=-1", 422),
    ],
)
def test_what_is_not_there_is_refused(
    client: TestClient, path: str, status: int
) -> None:
    assert client.get(f"/api/v1/ledger/{path}").status_code == status


def test_the_export_over_http_is_whole(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(client.get("/api/v1/ledger/export").content)
    assert verify(path).entry_count == 6
