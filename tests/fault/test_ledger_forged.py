"""Who forges, replays, re-orders, pre-dates or edits: each refused or found, by name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from orchestrator.entry.ledger_command import NETWORK_KEY, ledger_app
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    key_from_file,
    new_signing_key,
)
from orchestrator.ledger.acts import Act
from orchestrator.ledger.append import (
    Signed,
    append,
    append_act,
    append_witnessed,
    leaf_of,
)
from orchestrator.ledger.audit import audit
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.events import EconomicEvent, InvalidEventError
from orchestrator.ledger.export import export
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import LedgerBrokenError, sequence
from orchestrator.ledger.verify import BrokenError, verify
from orchestrator.members.signing_keys import (
    UnknownKeyError,
    register_network_key,
    revoke_key,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ORIGIN = "fabcommons/test"


def an_event(number: int, **changes: object) -> EconomicEvent:
    fields: dict[str, object] = {
        "id": f"event-{number:06}",
        "action": "use",
        "provider": "agent-one",
        "receiver": "agent-two",
        "resource": "machine",
        "quantity": "1",
        "unit": "h",
        "occurred_at": NOW + timedelta(seconds=number),
    }
    return EconomicEvent(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def key(sessions: Sessions, tmp_path: Path) -> SigningKey:
    made = key_from_file(tmp_path / NETWORK_KEY)
    with sessions.begin() as session:
        register_network_key(session, made, now=NOW)
    return made


@pytest.fixture
def written(sessions: Sessions, key: SigningKey) -> Sessions:
    """Five events and an act with a position, one event that waits for its own."""
    act = Act(
        id="act-000001",
        actor="agent-steward",
        act="rule-enacted",
        subject="plan-weights-2",
        occurred_at=NOW,
    )
    with sessions.begin() as session:
        for number in range(5):
            append_witnessed(session, an_event(number), key=key, recorded_at=NOW)
        append_act(session, act, key=key, recorded_at=NOW)
        sequence(session)
        sign_checkpoint(session, origin=ORIGIN, key=key, now=NOW)
        append_witnessed(session, an_event(9), key=key, recorded_at=NOW)
    return sessions


def test_a_forged_event_is_refused(session: Session, key: SigningKey) -> None:
    body = an_event(1).canonical()
    forged = new_signing_key().sign(body)
    told = Signed(body=body, key_id=key.key_id, signature=forged)
    with pytest.raises(BadSignatureError, match="event-000001"):
        append(session, [told], recorded_at=NOW)


def test_a_replayed_event_is_the_same_entry(session: Session, key: SigningKey) -> None:
    append_witnessed(session, an_event(1), key=key, recorded_at=NOW)
    later = NOW + timedelta(days=1)
    append_witnessed(session, an_event(1), key=key, recorded_at=later)
    assert session.scalars(select(EntryRow.recorded_at)).all() == [NOW]


def test_events_that_arrive_in_another_order_are_the_same_entries(
    session: Session, key: SigningKey
) -> None:
    for number in (3, 1, 2):
        append_witnessed(session, an_event(number), key=key, recorded_at=NOW)
    assert sequence(session) == 3
    assert audit(session) == 3


def test_a_future_dated_event_is_refused(session: Session, key: SigningKey) -> None:
    early = an_event(1, occurred_at=NOW + timedelta(days=1, minutes=1))
    with pytest.raises(InvalidEventError, match="after it was told"):
        append_witnessed(session, early, key=key, recorded_at=NOW)


def test_a_revoked_key_signs_nothing_more(session: Session, key: SigningKey) -> None:
    revoke_key(session, key.key_id, now=NOW)
    with pytest.raises(UnknownKeyError):
        append_witnessed(session, an_event(1), key=key, recorded_at=NOW)


EDITS: dict[str, tuple[str, str]] = {
    "body": ("UPDATE entry SET body = :body WHERE id = 'event-000002'", "event-000002"),
    "quantity": (
        "UPDATE entry SET quantity = '9' WHERE id = 'event-000002'",
        "event-000002 .*quantity is '9', signed was '1'",
    ),
    "the one who acted": (
        "UPDATE entry SET provider = 'agent-two' WHERE id = 'act-000001'",
        "act-000001 .*provider",
    ),
    "an entry that waits": (
        "UPDATE entry SET receiver = 'agent-one' WHERE id = 'event-000009'",
        "event-000009 .*receiver",
    ),
    "kind": (
        "UPDATE entry SET kind = 'act' WHERE id = 'event-000001'",
        "event-000001 .*is of no kind",
    ),
    "position": (
        "UPDATE entry SET position = 77 WHERE position = 3",
        "entry 3 is missing",
    ),
    "an entry taken out": (
        "DELETE FROM entry WHERE position = 4",
        "entry 4 is missing",
    ),
    "the last entry taken out": (
        "DELETE FROM entry WHERE position = 5",
        "the tree has 6 entries, the table 5",
    ),
    "a node": (
        "UPDATE ledger_node SET hash = :body WHERE level = 1",
        "node 1/0",
    ),
    "the tree cut": ("UPDATE ledger_tree SET size = 4", "a checkpoint was signed over"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_row_edited_in_the_database_is_found_and_named(
    written: Sessions, edit: str
) -> None:
    statement, named = EDITS[edit]
    with written.begin() as session:
        assert audit(session) == 7
        told = {"body": b"x" * 32} if ":body" in statement else {}
        session.execute(text(statement), told)
    with written() as session, pytest.raises(LedgerBrokenError, match=named):
        audit(session)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("body = '{}'", "event-000002 .*was changed"),
        ("signature = 'mine'", "event-000002 .*was changed"),
        ("recorded_at = 'yesterday'", "event-000002"),
        ("leaf_hash = 7", "event-000002 .*was changed"),
    ],
)
def test_a_value_of_another_type_is_found_and_named(
    written: Sessions, database: Engine, tmp_path: Path, edit: str, named: str
) -> None:
    """SQLite keeps text in any column, which no reader may stumble over."""
    statement = text(f"UPDATE entry SET {edit} WHERE id = 'event-000002'")  # noqa: S608
    try:
        with written.begin() as session:
            session.execute(statement)
    except DBAPIError:
        assert database.dialect.name == "postgresql"  # which takes no such value
        return
    with written() as session, pytest.raises(LedgerBrokenError, match=named):
        audit(session)
    if edit.startswith("body"):  # the export tells it as it stands, for all to find
        copy, key = tmp_path / "ledger.jsonl", key_from_file(tmp_path / NETWORK_KEY)
        with written() as session:
            export(session, copy, origin=ORIGIN, key=key)
        with pytest.raises(BrokenError, match=r"entry 3: the signature"):
            verify(copy)


def test_history_rewritten_with_its_hashes_is_found_by_its_signature(
    written: Sessions,
) -> None:
    """Who holds the database but not the keys can hash again, not sign again."""
    with written.begin() as session:
        row = session.get_one(EntryRow, "event-000002")
        row.body, row.quantity = an_event(2, quantity="9").canonical(), "9"
        row.leaf_hash = leaf_hash(leaf_of(row))
    with written() as session, pytest.raises(LedgerBrokenError, match="event-000002"):
        audit(session)


def test_the_node_says_which_row_was_edited(
    written: Sessions, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FABCOMMONS_HOME", str(tmp_path))
    monkeypatch.setenv("FABCOMMONS_DATABASE_URL", url)
    whole = CliRunner().invoke(ledger_app, ["verify"])
    assert (whole.exit_code, whole.output) == (
        0,
        "whole: 7 entries in the database, and the money book\n",
    )
    with written.begin() as session:
        session.execute(text("UPDATE entry SET unit = 'd' WHERE position = 1"))
    broken = CliRunner().invoke(ledger_app, ["verify"])
    assert broken.exit_code == 1
    assert broken.output.startswith("BROKEN: entry event-000000 (position 1): its unit")
