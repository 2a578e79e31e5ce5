"""Positions are given once, in batches, by one hand; the tree only grows."""

import base64
import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine, delete, event, select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions, writers
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    new_signing_key,
)
from orchestrator.ledger import merkle, proofs
from orchestrator.ledger.append import leaf_of
from orchestrator.ledger.checkpoint import (
    Checkpoint,
    InvalidCheckpointError,
    latest_checkpoint,
    open_note,
    sign_checkpoint,
    signed_note,
    verifier_key,
)
from orchestrator.ledger.rows import EntryRow, NodeRow
from orchestrator.ledger.sequencer import (
    LedgerBrokenError,
    sequence,
    stored_node,
    tree_size,
)

type Add = Callable[[Session, int, int], None]
ORIGIN = "fabcommons/helsinki"


def test_batches_and_one_go_give_the_same_root(sessions: Sessions, add: Add) -> None:
    with sessions.begin() as session:
        add(session, 1, 11)
    for expected in (4, 4, 3, 0):
        with sessions.begin() as session:
            assert sequence(session, limit=4) == expected
    with sessions() as session:
        rows = session.scalars(select(EntryRow).order_by(EntryRow.position)).all()
        assert [row.position for row in rows] == list(range(11))
        assert [row.id for row in rows] == [f"event-{n:06}" for n in range(1, 12)]
        grown = merkle.root(stored_node(session), tree_size(session))
        alone: dict[tuple[int, int], bytes] = {}
        for row in rows:
            position = row.position or 0
            leaf = merkle.leaf_hash(leaf_of(row))
            for level, index, digest in merkle.completed_nodes(
                lambda level, index: alone[level, index], position, leaf
            ):
                alone[level, index] = digest
        assert grown == merkle.root(lambda level, index: alone[level, index], 11)


def test_a_sequencer_killed_in_the_middle_leaves_no_trace(
    sessions: Sessions, add: Add
) -> None:
    with sessions.begin() as session:
        add(session, 1, 3)
    with sessions() as session:
        sequence(session)
        session.rollback()
    with sessions() as session:
        assert tree_size(session) == 0
    with sessions.begin() as session:
        assert sequence(session) == 3


def test_two_sequencers_never_give_a_position_twice(
    database: Engine, sessions: Sessions, add: Add
) -> None:
    with sessions.begin() as session:
        add(session, 1, 60)
    given: list[int] = []

    def run() -> None:
        while True:
            with writers(database).begin() as session:
                count = sequence(session, limit=7)
            given.append(count)
            if not count:
                return

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given) == 60
    with sessions() as session:
        positions = session.scalars(select(EntryRow.position))
        assert sorted(position or 0 for position in positions) == list(range(60))
        assert tree_size(session) == 60


def test_an_entry_changed_in_the_database_stops_the_sequencer(
    sessions: Sessions, add: Add
) -> None:
    with sessions.begin() as session:
        add(session, 1, 3)
        session.execute(
            update(EntryRow).where(EntryRow.id == "event-000002").values(body=b"{}")
        )
    with sessions() as session, pytest.raises(LedgerBrokenError, match="event-000002"):
        sequence(session)


def test_proofs_hold_for_every_entry_and_every_size(session: Session, add: Add) -> None:
    add(session, 1, 13)
    with pytest.raises(ConflictError):
        proofs.inclusion(session, "event-000001")
    sequence(session)
    for number in range(1, 14):
        proof = proofs.inclusion(session, f"event-{number:06}")
        assert merkle.includes(
            leaf=proof.leaf_hash,
            index=proof.position,
            size=proof.size,
            proof=proof.path,
            root=proof.root,
        )
    for old_size in range(14):
        grown = proofs.consistency(session, old_size)
        assert merkle.is_consistent(
            old_size=old_size,
            new_size=13,
            proof=grown.path,
            old_root=grown.old_root,
            new_root=grown.new_root,
        )
    for refused in (
        lambda: proofs.inclusion(session, "event-000013", size=12),
        lambda: proofs.inclusion(session, "event-000001", size=14),
        lambda: proofs.inclusion(session, "event-999999"),
        lambda: proofs.consistency(session, 14),
    ):
        with pytest.raises(NotFoundError):
            refused()


def test_a_checkpoint_states_the_tree_and_is_signed_once(
    session: Session, add: Add, key: SigningKey, now: datetime
) -> None:
    add(session, 1, 5)
    sequence(session)
    row = sign_checkpoint(session, origin=ORIGIN, key=key, now=now)
    assert sign_checkpoint(session, origin=ORIGIN, key=key, now=now) is row
    assert latest_checkpoint(session) is row
    read = open_note(row.note, public_key=key.public)
    root = merkle.root(stored_node(session), 5)
    assert read == Checkpoint(origin=ORIGIN, size=5, root=root)
    lines = row.note.split("\n")
    assert lines[:2] == [ORIGIN, "5"]
    assert lines[3] == ""
    assert lines[4].startswith(f"— {ORIGIN} ")


def test_a_note_of_another_key_or_text_is_refused(key: SigningKey) -> None:
    note = signed_note(Checkpoint(origin=ORIGIN, size=5, root=bytes(32)), key)
    with pytest.raises(InvalidCheckpointError):
        open_note(note, public_key=new_signing_key().public)
    for changed in (
        note.replace("\n5\n", "\n6\n"),
        note.replace("\n5\n", "\n05\n"),
        note.replace(ORIGIN, "fabcommons/espoo"),
        note.replace("AAAA", "BAAA", 1),
        note[:-1],
        "",
    ):
        with pytest.raises((InvalidCheckpointError, BadSignatureError)):
            open_note(changed, public_key=key.public)


def test_a_witness_knows_the_log_by_its_verifier_key() -> None:
    # the example of golang.org/x/mod/sumdb/note, whose form C2SP took over
    name, encoded = "PeterNeumann", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = base64.b64decode(encoded)[1:]
    assert verifier_key(name, public) == f"{name}+c74f20a3+{encoded}"


def test_a_proof_asks_the_database_once_for_all_its_nodes(
    sessions: Sessions, database: Engine, add: Add
) -> None:
    with sessions.begin() as session:
        add(session, 1, 11)
        sequence(session)
    asked: list[str] = []
    event.listen(
        database,
        "before_cursor_execute",
        lambda _c, _k, statement, *_more: asked.append(statement),
    )
    with sessions() as session:
        found = proofs.inclusion(session, "event-000003")
        grown = proofs.consistency(session, 6)
    assert len([one for one in asked if "ledger_node" in one]) == 2
    assert len(found.path) == 4
    assert grown.new_root == found.root


def test_a_missing_node_is_named(session: Session, add: Add) -> None:
    add(session, 1, 8)
    sequence(session)
    session.execute(delete(NodeRow).where(NodeRow.level == 2, NodeRow.index == 1))
    with pytest.raises(LedgerBrokenError, match="node 2/1"):
        proofs.inclusion(session, "event-000001")
