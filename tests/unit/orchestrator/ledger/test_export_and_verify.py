"""A stranger checks the export alone, and any changed byte is found."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator.foundation import canonical
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey, new_signing_key, text_of
from orchestrator.ledger import verify as verifier
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.export import export, lines
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import BrokenError, verify

type Add = Callable[[Session, int, int], None]
ORIGIN = "fabcommons/helsinki"
ONE_KIND = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def exported(
    sessions: Sessions, add: Add, key: SigningKey, now: datetime, tmp_path: Path
) -> Path:
    """Three entries, with checkpoints after the second and the third."""
    for first, last in ((1, 2), (3, 3)):
        with sessions.begin() as session:
            add(session, first, last)
            sequence(session)
            sign_checkpoint(session, origin=ORIGIN, key=key, now=now)
    path = tmp_path / "ledger.jsonl"
    with sessions() as session:
        assert export(session, path, origin=ORIGIN, key=key) == 3
    return path


def checkpoints_in(path: Path) -> list[str]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["note"] for line in lines if line["kind"] == "checkpoint"]


def test_a_whole_export_is_whole_and_names_its_licence(
    exported: Path, key: SigningKey
) -> None:
    whole = verify(exported, log_key=key.public)
    assert (whole.entry_count, whole.checkpoint_count) == (3, 2)
    header = json.loads(exported.read_text().splitlines()[0])
    assert header["licence"] == "LicenseRef-PPL"
    assert header["licence_name"] == "Peer Production License"
    assert header["origin"] == ORIGIN


@pytest.mark.usefixtures("exported")
def test_whoever_reads_slowly_holds_no_connection(
    sessions: Sessions, database: Engine, key: SigningKey
) -> None:
    with sessions() as session:
        told = lines(session, size=3, origin=ORIGIN, key=key)
        held = [database.pool.checkedout() for _line in told]  # type: ignore[attr-defined]
    assert held == [0] * len(held)
    assert len(held) == 7


@ONE_KIND
def test_the_verifier_stands_alone(exported: Path, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "check.py"
    alone.parent.mkdir()
    shutil.copy(str(verifier.__file__), alone)

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(alone), str(file)],
            capture_output=True,
            text=True,
            check=False,
            cwd=alone.parent,
        )

    whole = run(exported)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("whole: 3 entries, root ")
    exported.write_bytes(exported.read_bytes().replace(b'"1.5', b'"9.5', 1))
    broken = run(exported)
    assert broken.returncode == 1
    assert broken.stdout.startswith("BROKEN: entry 0")


@ONE_KIND
def test_every_changed_byte_is_found(exported: Path, tmp_path: Path) -> None:
    content, changed = exported.read_bytes(), tmp_path / "changed.jsonl"
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        changed.write_bytes(flipped)
        with pytest.raises(BrokenError):
            verify(changed)


@ONE_KIND
def test_every_cut_and_every_repetition_is_found(
    exported: Path, tmp_path: Path
) -> None:
    content, changed = exported.read_bytes(), tmp_path / "changed.jsonl"
    lines = content.splitlines(keepends=True)
    cuts = [content[:length] for length in range(0, len(content), 7)]
    missing = [b"".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    doubled = [b"".join([*lines[:n], lines[n], *lines[n:]]) for n in range(len(lines))]
    swapped = [
        b"".join([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]])
        for n in range(len(lines) - 1)
    ]
    for other in (*cuts, *missing, *doubled, *swapped, content + b"\n"):
        changed.write_bytes(other)
        with pytest.raises(BrokenError):
            verify(changed)


@ONE_KIND
def test_the_first_bad_entry_is_named(exported: Path, tmp_path: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    for position in (0, 1, 2):
        others = list(lines)
        others[position + 1] = others[position + 1].replace(b"agent-", b"agant-", 1)
        exported.write_bytes(b"".join(others))
        with pytest.raises(BrokenError, match=rf"^entry {position}\b"):
            verify(exported)


def test_a_log_written_anew_by_its_own_key_is_found_by_an_old_checkpoint(
    exported: Path, sessions: Sessions, key: SigningKey, tmp_path: Path
) -> None:
    """The worst attacker holds the server and its key: holders of a checkpoint see."""
    old = checkpoints_in(exported)[0]
    with sessions.begin() as session:
        for row in session.query(EntryRow):
            row.recorded_at += timedelta(seconds=1)
    forged = tmp_path / "forged.jsonl"
    with sessions() as session:
        export(session, forged, origin=ORIGIN, key=key)
    lines = forged.read_bytes().splitlines(keepends=True)
    with pytest.raises(BrokenError, match="not those of a checkpoint"):
        verify(forged)
    assert verify(exported, checkpoint=old).entry_count == 3
    with pytest.raises(BrokenError, match="not those of a checkpoint"):
        verify(forged, checkpoint=old)
    assert len(lines) == 7


@ONE_KIND
def test_an_event_counted_twice_by_the_log_itself_is_found(
    exported: Path, key: SigningKey
) -> None:
    told = [json.loads(line) for line in exported.read_text().splitlines()]
    header, entries = told[0] | {"entry_count": 4}, told[1:4]
    twice = [header, *entries, entries[1] | {"position": 3}]
    body = b"".join(canonical.dumps(line) + b"\n" for line in twice)
    digest = hashlib.sha256(body)
    seal = told[-1] | {
        "sha256": digest.hexdigest(),
        "signature": text_of(key.sign(digest.digest())),
    }
    exported.write_bytes(body + canonical.dumps(seal) + b"\n")
    with pytest.raises(BrokenError, match=r"^entry 3 repeats event event-000002"):
        verify(exported)


@ONE_KIND
def test_an_old_backup_is_found_by_a_newer_checkpoint(
    exported: Path, sessions: Sessions, add: Add, key: SigningKey, now: datetime
) -> None:
    with sessions.begin() as session:
        add(session, 4, 4)
        sequence(session)
        newer = sign_checkpoint(session, origin=ORIGIN, key=key, now=now).note
    with pytest.raises(BrokenError, match="older copy"):
        verify(exported, checkpoint=newer)


@ONE_KIND
def test_another_logs_key_is_not_believed(exported: Path) -> None:
    with pytest.raises(BrokenError, match="another log"):
        verify(exported, log_key=new_signing_key().public)


def test_an_empty_log_is_whole(
    sessions: Sessions, key: SigningKey, tmp_path: Path
) -> None:
    path = tmp_path / "empty.jsonl"
    with sessions() as session:
        export(session, path, origin=ORIGIN, key=key)
    assert verify(path).entry_count == 0
    assert text_of(key.public) in path.read_text()
