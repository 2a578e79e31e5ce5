"""kill -9 while the log grows: no entry is lost, none is there twice, the tree is whole."""

import contextlib
import multiprocessing
import random
import signal
from datetime import UTC, datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from orchestrator.entry.ledger_command import export_all
from orchestrator.foundation.clock import WallClock
from orchestrator.foundation.database import Sessions, engine_of, writers
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger import verify as verifier
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.export import export
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence, tree_size
from orchestrator.ledger.verify import BrokenError, verify
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KILLS, SEED, EVENTS = 4, 7, 400
SOAK_KILLS = 500  # on each database: 1,000 together
FLIPPED_ENTRIES = 200
AGAIN = 5  # events that each new life tells once more
KEY = signing_key(bytes(range(32)))
FORKS = multiprocessing.get_context("forkserver")  # a new life in milliseconds
FORKS.set_forkserver_preload([__name__])


def test_a_killed_writer_loses_and_doubles_nothing(
    database: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    kill_writers(database, sessions, tmp_path, kills=KILLS)


@pytest.mark.soak
def test_writers_killed_a_thousand_times_lose_and_double_nothing(
    database: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    kill_writers(database, sessions, tmp_path, kills=SOAK_KILLS)


@pytest.mark.soak
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_byte_flipped_in_a_long_export_is_found(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte of an export of 200 entries in turn, one bit of it: 100 % are found.

    A signature that held over the same bytes before is not computed again.
    """
    remembered = cache(verifier._check)
    monkeypatch.setattr(verifier, "_check", remembered)
    with sessions.begin() as session:
        register_network_key(session, KEY, now=NOW)
        for number in range(FLIPPED_ENTRIES):
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
            append_witnessed(session, event, key=KEY, recorded_at=NOW)
        for _ in range(4):
            sequence(session, limit=FLIPPED_ENTRIES // 4)
            sign_checkpoint(session, origin="fabcommons/test", key=KEY, now=NOW)
    path, changed = tmp_path / "ledger.jsonl", tmp_path / "changed.jsonl"
    with sessions() as session:
        export(session, path, origin="fabcommons/test", key=KEY)
    content, missed = path.read_bytes(), []
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        changed.write_bytes(flipped)
        try:
            verify(changed)
        except BrokenError:
            continue
        missed.append(place)
    print(f"{len(content)} bytes flipped one by one, {len(missed)} not found")
    assert missed == []


def kill_writers(
    database: Engine, sessions: Sessions, tmp_path: Path, *, kills: int
) -> None:
    """Kill a process that appends and sequences, again and again; then count."""
    events = EVENTS * kills // KILLS
    url = database.url.render_as_string(hide_password=False)
    with sessions.begin() as session:
        register_network_key(session, KEY, now=NOW)
    draw, told = random.Random(SEED), -1
    for _ in range(kills):
        first, wanted = max(0, told - AGAIN), told + draw.randint(2, 40)
        heard, telling = FORKS.Pipe(duplex=False)
        writer = FORKS.Process(target=write, args=(url, first, events, telling))
        writer.start()
        telling.close()
        while told < wanted:
            told = max(told, heard.recv())
        writer.kill()
        with contextlib.suppress(EOFError):
            while True:
                told = max(told, heard.recv())
        writer.join()
        assert writer.exitcode == -signal.SIGKILL

    path = tmp_path / "ledger.jsonl"
    with sessions() as session:
        stored = session.scalar(select(func.count()).select_from(EntryRow)) or 0
    assert told + 1 <= stored <= told + 2  # the last one may be stored, not yet told
    exported = export_all(
        sessions, path, origin="fabcommons/test", key=KEY, clock=WallClock()
    )
    with sessions() as session:
        assert tree_size(session) == exported == stored
    assert verify(path).entry_count == stored
    print(f"{kills} kills, {stored} events, {told + 1} acknowledged, {url[:6]}")


def write(url: str, first: int, events: int, telling: Connection) -> None:
    """Tell of each event only after its commit, as a receipt would."""
    engine = engine_of(url)
    for number in range(first, events):
        event = EconomicEvent(
            id=f"event-{number:06}",
            action="use",
            provider="agent-one",
            receiver="agent-two",
            resource="machine",
            quantity="1",
            unit="h",
            occurred_at=NOW,
            order_id="order-0001",
            job_id="job-00001",
        )
        with writers(engine).begin() as session:
            append_witnessed(session, event, key=KEY, recorded_at=NOW)
        telling.send(number)
        if number % 3 == 2:
            with writers(engine).begin() as session:
                sequence(session, limit=5)
                sign_checkpoint(session, origin="fabcommons/test", key=KEY, now=NOW)
