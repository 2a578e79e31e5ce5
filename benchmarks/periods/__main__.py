"""`python -m benchmarks.periods`: the close of 10^6 events of 10^5 contributors.

On a fresh SQLite file: every body is read, hashed again and credited, the surplus is
shared, the close is written, computed once more and confirmed by a second steward.
`--events` and `--people` make it smaller.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.report import Goal, Report
from orchestrator.accounts.book import post
from orchestrator.accounts.transactions import Transaction, moved
from orchestrator.commons.rulebook import found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.foundation.database import Base, engine_of, readers, writers
from orchestrator.foundation.migrate import know_all_rows
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.append import leaf_bytes
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import EVENT, EntryRow, TreeRow
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.signing_keys import register_network_key
from orchestrator.periods.book import PERIOD_RULES, period_of, publish
from orchestrator.periods.closing import confirm, drafted, propose, recomputed
from orchestrator.periods.seals import sealed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SEED = 5
AT_ONCE = 10_000
KINDS = (
    ("work", "h"),
    ("use", "h"),
    ("dropoff", "km"),
    ("transfer", "{piece}"),
    ("cite", "{piece}"),
    ("accept", "{piece}"),
)


def main() -> int:
    """Fill a log, close its period, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    told = parser.parse_args()
    know_all_rows()
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_of(f"sqlite:///{folder}/app.db")
        Base.metadata.create_all(engine)
        key = signing_key(bytes(32))
        with writers(engine).begin() as session:
            stewards = _begin(session, told.events, told.people)
        load = os.getloadavg()[0]
        began = time.perf_counter(), time.process_time()
        with readers(engine)() as session:
            draft = drafted(session, period_of(session, 1))
            seal = sealed(session, now=NOW + timedelta(days=1))
        drawn = time.perf_counter(), time.process_time()
        later = NOW + timedelta(days=1)
        with writers(engine).begin() as session:
            row = propose(session, draft, seal, by=stewards[0], key=key, now=later)
            sha, size = row.sha256 or "", len(row.body or b"")
        proposed = time.perf_counter(), time.process_time()
        with readers(engine)() as session:
            again = recomputed(session, period_of(session, 1))
        with writers(engine).begin() as session:
            confirm(session, again, by=stewards[1], sha=sha, key=key, now=later)
        ended = time.perf_counter(), time.process_time()
        engine.dispose()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    closed = draft.closed
    assert closed.paid_cents + closed.reserve_cents == closed.surplus_cents
    rows = [
        {"what": name, "wall s": last[0] - first[0], "CPU s": last[1] - first[1]}
        for name, first, last in (
            ("computed", began, drawn),
            ("signed and written", drawn, proposed),
            ("computed again, confirmed, paid", proposed, ended),
        )
    ]
    closing_s = proposed[1] - began[1]
    report = Report(
        name="Period's close",
        rows=rows,
        goals=[
            Goal(name="a close, in CPU time", value=closing_s, unit="s", at_most=30)
        ],
        notes=[
            f"{told.events:,} events of {told.people:,} contributors on SQLite: "
            f"{len(closed.shares):,} shares, {size / 1e6:.1f} MB, peak memory "
            f"{memory_mb:.0f} MB, load before {load:.1f}. A close: computed, signed and "
            "written; the second steward's node computes it again before it confirms."
        ],
    )
    return report.finish(as_json=told.json, write=told.write)


def _begin(session: Session, events: int, people: int) -> tuple[str, str]:
    """Rules, two stewards, the log and its money. Bodies are signed by nobody: a close
    reads and hashes them, signatures were checked when they came.
    """
    key = signing_key(bytes(32))
    register_network_key(session, key, now=NOW)
    for kind in (VALUE_EQUATION, PERIOD_RULES):
        found(session, kind, now=NOW)
    names = []
    for name in ("Ada", "Grace"):
        agent = add_agent(
            session, kind="person", name=name, legal_form="individual", now=NOW
        )
        grant_role(session, agent.id, "steward", now=NOW)
        names.append(agent.id)
    publish(session, by=names[0], opens_at=NOW + timedelta(hours=1), key=key, now=NOW)
    session.flush()
    sale = moved("income:settled", "assets:bank", 10**10, "EUR")
    post(
        session,
        Transaction(id="money-000001", kind="sale", text="Paid", postings=sale),
        now=NOW,
    )
    for rows in batched(_rows(events, people, key.key_id), AT_ONCE):
        session.execute(insert(EntryRow), list(rows))
    session.merge(TreeRow(id=1, size=events))
    return names[0], names[1]


def _rows(events: int, people: int, key_id: str) -> Iterator[dict[str, object]]:
    draw = random.Random(SEED)
    for position in range(events):
        action, unit = KINDS[draw.randrange(len(KINDS))]
        event = EconomicEvent(
            id=f"event-{position:09}",
            action=action,
            provider=f"agent-{draw.randrange(people):06}",
            receiver="agent-shop",
            resource=f"thing-{draw.randrange(1000)}",
            quantity=f"{draw.randrange(1, 5000) / 1000:.3f}",
            unit=unit,
            occurred_at=NOW,
        )
        body = event.canonical()
        signed = {
            "body": body,
            "key_id": key_id,
            "signature": bytes(64),
            "recorded_at": NOW,
        }
        yield {
            **signed,
            "id": event.id,
            "leaf_hash": leaf_hash(leaf_bytes(**signed)),  # type: ignore[arg-type]
            "position": position,
            "kind": EVENT,
            "action": action,
            "provider": event.provider,
            "receiver": event.receiver,
            "resource": event.resource,
            "quantity": event.quantity,
            "unit": unit,
            "occurred_at": NOW,
        }


if __name__ == "__main__":
    sys.exit(main())
