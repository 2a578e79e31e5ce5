"""`fabcommons ledger`: the exit code is the answer, the text is for people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from orchestrator.entry.ledger_command import NETWORK_KEY, ledger_app
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import key_from_file
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import EconomicEvent
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def home(
    database: Engine,
    sessions: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A node's home with two entries that have no position yet."""
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FABCOMMONS_HOME", str(tmp_path))
    monkeypatch.setenv("FABCOMMONS_DATABASE_URL", url)
    key = key_from_file(tmp_path / NETWORK_KEY)
    with sessions.begin() as session:
        register_network_key(session, key, now=NOW)
        for number in range(2):
            event = EconomicEvent(
                id=f"event-{number:06}",
                action="use",
                provider="agent-one",
                receiver="agent-two",
                resource="machine",
                quantity="1",
                unit="h",
                occurred_at=NOW,
            )
            append_witnessed(session, event, key=key, recorded_at=NOW)
    return tmp_path


def test_an_export_is_written_and_found_whole(home: Path) -> None:
    file = home / "ledger.jsonl"
    exported = CliRunner().invoke(ledger_app, ["export", str(file)])
    assert exported.exit_code == 0, exported.output
    assert "2 entries" in exported.output
    whole = CliRunner().invoke(ledger_app, ["verify", str(file)])
    assert whole.exit_code == 0
    assert whole.output.startswith("whole: 2 entries, root ")
    file.write_bytes(file.read_bytes().replace(b"agent-one", b"agent-two", 1))
    broken = CliRunner().invoke(ledger_app, ["verify", str(file)])
    assert broken.exit_code == 1
    assert broken.output.startswith("BROKEN: entry 0")


def test_what_cannot_be_read_or_written_is_said(home: Path) -> None:
    missing = CliRunner().invoke(ledger_app, ["verify", str(home / "nothing")])
    assert missing.exit_code == 1
    nowhere = CliRunner().invoke(ledger_app, ["export", "/nowhere/ledger.jsonl"])
    assert nowhere.exit_code == 2
    assert "not exported" in nowhere.output


def test_where_no_node_is_nothing_is_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "elsewhere"
    monkeypatch.setenv("FABCOMMONS_HOME", str(empty))
    answer = CliRunner().invoke(ledger_app, ["export", str(tmp_path / "x.jsonl")])
    assert answer.exit_code == 2
    assert "FABCOMMONS_HOME" in answer.output
    assert not empty.exists()
