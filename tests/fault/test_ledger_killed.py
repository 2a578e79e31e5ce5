"""kill -9 while the log grows: no entry is lost, none is there twice, the tree is whole."""

import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from orchestrator.entry.ledger_command import export_all
from orchestrator.foundation.clock import WallClock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import tree_size
from orchestrator.ledger.verify import verify
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KILLS, SEED, EVENTS = 4, 7, 400
KEY = signing_key(bytes(range(32)))
# Tells of each event only after its commit, as a receipt would.
WRITER = """
import sys
from datetime import UTC, datetime
from orchestrator.foundation.database import engine_of, writers
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.sequencer import sequence

url, events = sys.argv[1], int(sys.argv[2])
key, sessions = signing_key(bytes(range(32))), writers(engine_of(url))
now = datetime(2026, 3, 1, tzinfo=UTC)
for number in range(events):
    event = EconomicEvent(
        id=f"event-{number:06}", action="use", provider="agent-one",
        receiver="agent-two", resource="machine", quantity="1", unit="h",
        occurred_at=now, order_id="order-0001", job_id="job-00001",
    )
    with sessions.begin() as session:
        append_witnessed(session, event, key=key, recorded_at=now)
    print(number, flush=True)
    if number % 3 == 2:
        with sessions.begin() as session:
            sequence(session, limit=5)
            sign_checkpoint(session, origin="fabcommons/test", key=key, now=now)
"""


def test_a_killed_writer_loses_and_doubles_nothing(
    database: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    with sessions.begin() as session:
        register_network_key(session, KEY, now=NOW)
    draw, told = random.Random(SEED), -1
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(EVENTS)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        wanted = told + draw.randint(2, 40)
        for line in writer.stdout:
            told = max(told, int(line))
            if told >= wanted:
                break
        writer.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in writer.stdout)])
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()

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
