"""Does the log keep up? `python -m benchmarks.ledger`.

Signed durable appends (body read, Ed25519 checked, leaf hashed, committed to disk) at 1,
8 and 64 writers, accounts spread or one hot, beside the same rows inserted raw in the
same run, on SQLite and PostgreSQL; proofs in trees of 10^4 to `--tree` entries; the
full check of an export of `--verified` entries.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from benchmarks.ledger.appends import NOW, Pace, appended, inserted, signed_events
from benchmarks.ledger.cluster import durable
from benchmarks.ledger.trees import (
    grow,
    proof_ms,
    signature_us,
    verify_s,
    write_export,
)
from benchmarks.report import Goal, Report
from orchestrator.foundation.database import Base, engine_of, writers
from orchestrator.foundation.migrate import know_all_rows
from orchestrator.foundation.signing import signing_key
from orchestrator.members.signing_keys import register_network_key

WRITERS = (1, 8, 64)
BATCH = 25
KEY = signing_key(bytes(range(32)))
MILLION = 1_000_000


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    know_all_rows()
    rows: list[dict[str, Any]] = []
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _urls(folder) as url_of:
            for database, url in url_of.items():
                _appends(database, url, wanted.entries, rows, goals)
            _proofs(url_of["PostgreSQL"], wanted.tree, rows, goals)
        _verification(folder, wanted.verified, rows, goals)
    report = Report(
        name="Ledger",
        rows=rows,
        goals=goals,
        notes=[
            f"Appends: {wanted.entries} entries a row, {BATCH} a transaction by one "
            "call, as a job's contributions are entered (1 where the batch says so), "
            "durable on both databases. Raw: the same rows ready made, signatures "
            "unchecked, by the same INSERT of as many. Hot: "
            "one account and one machine in every event. Goals compare within this run."
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


@contextmanager
def _urls(folder: Path) -> Iterator[dict[str, str]]:
    with durable() as postgresql:
        yield {"SQLite": f"sqlite:///{folder / 'app.db'}", "PostgreSQL": postgresql}


def _appends(
    database: str,
    url: str,
    count: int,
    rows: list[dict[str, Any]],
    goals: list[Goal],
) -> None:
    engine = _engine(url)
    Base.metadata.create_all(engine)
    with writers(engine).begin() as session:
        register_network_key(session, KEY, now=NOW)
    pace: dict[tuple[str, int, int], Pace] = {}
    cases = [(kind, many, BATCH) for many in WRITERS for kind in ("spread", "hot")]
    cases += [("raw", many, BATCH) for many in WRITERS] + [("spread", 8, 1)]
    for kind, many, batch in cases:
        prefix = f"{kind}-{many}-{batch}"
        number = count if batch > 1 else count // 4
        events = signed_events(number, KEY, prefix=prefix, is_hot=kind == "hot")
        run = inserted if kind == "raw" else appended
        found = run(engine, events, writers_count=many, batch=batch)
        pace[kind, many, batch] = found
        rows.append(
            {
                "what": f"{database}, {kind}",
                "writers": many,
                "batch": batch,
                "entries/s": found.entries_per_s,
                "p99 of a transaction, ms": found.p99_ms,
            }
        )
    engine.dispose()
    spread = max(pace["spread", many, BATCH].entries_per_s for many in WRITERS)
    hot = max(pace["hot", many, BATCH].entries_per_s for many in WRITERS)
    raw = max(pace["raw", many, BATCH].entries_per_s for many in WRITERS)
    single = pace["spread", 8, 1]
    if database == "PostgreSQL":
        goals += [
            Goal(
                name="appends beside raw inserts, PostgreSQL",
                value=spread / raw * 100,
                unit="%",
                at_least=50,
            ),
            Goal(
                name="entries a second, one a transaction, 8 writers",
                value=single.entries_per_s,
                at_least=1_000,
            ),
            Goal(name="p99 of those", value=single.p99_ms, unit="ms", at_most=50),
        ]
    goals.append(
        Goal(
            name=f"one hot account costs, {database}",
            value=(1 - hot / spread) * 100,
            unit="%",
            at_most=20,
        )
    )


def _engine(url: str) -> Engine:
    """As many connections as writers, so that none waits for another's."""
    if url.startswith("sqlite"):
        return engine_of(url)
    return create_engine(url, pool_size=max(WRITERS))


def _proofs(
    url: str, largest: int, rows: list[dict[str, Any]], goals: list[Goal]
) -> None:
    engine = engine_of(url)
    peaks: dict[int, bytes] = {}
    size, grown = 10_000, 0
    while size <= largest:
        grow(engine, grown, size, peaks)
        median, p99, hashes = proof_ms(engine, size)
        rows.append(
            {
                "what": f"proof in a tree of {size:,}, PostgreSQL",
                "median, ms": median,
                "p99, ms": p99,
                "hashes": hashes,
            }
        )
        size, grown = size * 10, size
    goals.append(
        Goal(name=f"one proof at {grown:,}, median", value=median, unit="ms", at_most=2)
    )
    engine.dispose()


def _verification(
    folder: Path, count: int, rows: list[dict[str, Any]], goals: list[Goal]
) -> None:
    path = folder / "ledger.jsonl"
    write_export(path, KEY, count)
    took_s, verified = verify_s(path)
    assert verified == count
    signature = signature_us(KEY)
    rows.append(
        {
            "what": f"full check of {count:,} entries",
            "CPU s": took_s,
            "CPU µs an entry": took_s / count * 1e6,
            "of these its signature": signature,
        }
    )
    goals.append(
        Goal(
            name="full check of 10^6 entries, one core",
            value=took_s / count * MILLION,
            unit="s",
            at_most=60,
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--tree", type=int, default=10_000_000)
    parser.add_argument("--verified", type=int, default=MILLION)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
