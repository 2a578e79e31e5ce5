"""Receipts and tiles over HTTP are what a stranger can check alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from orchestrator.foundation.database import Sessions, readers, writers
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import SigningKey, new_signing_key
from orchestrator.ledger import verify as verifier
from orchestrator.ledger.api import LedgerSettings, router
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import BrokenError, verify_receipt

ORIGIN = "fabcommons/helsinki"


@pytest.fixture
def client(database, sessions: Sessions, add, key: SigningKey, now) -> TestClient:  # type: ignore[no-untyped-def]
    with sessions.begin() as session:
        add(session, 1, 6)
        sequence(session)
        sign_checkpoint(session, origin=ORIGIN, key=key, now=now)
        add(session, 7, 7)
    app = FastAPI()
    app.state.sessions, app.state.readers = writers(database), readers(database)
    app.state.ledger = LedgerSettings(origin=ORIGIN, key=key)
    app.include_router(router)
    return TestClient(app)


def test_a_receipt_is_checked_offline_and_each_changed_letter_of_its_proof_found(
    client: TestClient, key: SigningKey, tmp_path: Path
) -> None:
    answer = client.get("/api/v1/ledger/receipts/event-000003")
    assert "attachment" in answer.headers["Content-Disposition"]
    kept = tmp_path / "receipt.json"
    kept.write_bytes(answer.content)
    received = verify_receipt(kept, log_key=key.public)
    assert (received.position, received.size) == (2, 6)
    run = subprocess.run(
        [sys.executable, "-I", str(verifier.__file__), str(kept)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith("in the log: entry 2 of 6\n{")
    with pytest.raises(BrokenError, match="another log"):
        verify_receipt(kept, log_key=new_signing_key().public)
    whole = answer.content
    for told in (b'"position":2', b'"quantity', b'"path":["', b'"size":6', b"\\n6\\n"):
        at = whole.index(told) + len(told) - 3
        changed = bytearray(whole)
        changed[at] ^= 1
        kept.write_bytes(changed)
        with pytest.raises(BrokenError):
            verify_receipt(kept)


def test_what_waits_or_is_unknown_has_no_receipt(client: TestClient) -> None:
    with pytest.raises(ConflictError):
        client.get("/api/v1/ledger/receipts/event-000007")
    with pytest.raises(NotFoundError):
        client.get("/api/v1/ledger/receipts/event-000008")


def test_tiles_stand_beside_the_checkpoint(client: TestClient) -> None:
    tile = client.get("/api/v1/ledger/tile/0/000.p/6")
    assert len(tile.content) == 6 * 32
    assert "immutable" in tile.headers["Cache-Control"]
    assert (
        client.get("/api/v1/ledger/tile/entries/000.p/1")
        .content[2:]
        .startswith(b"fabcommons-entry-1\n")
    )
    with pytest.raises(NotFoundError):
        client.get("/api/v1/ledger/tile/0/000")
