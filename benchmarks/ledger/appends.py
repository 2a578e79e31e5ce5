"""Signed durable appends by several writers, beside the same rows inserted raw."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, insert

from orchestrator.foundation.database import Sessions, writers
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.append import Signed, append, columns_of, leaf_bytes
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import EVENT, EntryRow

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What writers reached together: transactions of `batch` entries each."""

    entries_per_s: float
    p99_ms: float  # of one transaction


def signed_events(
    count: int, key: SigningKey, *, prefix: str, is_hot: bool
) -> list[Signed]:
    """Bodies with their signatures; hot: one account is in every event."""
    events = []
    for number in range(count):
        event = EconomicEvent(
            id=f"{prefix}-{number:07}",
            action="use",
            provider="agent-hot" if is_hot else f"agent-{number % 997:05}",
            receiver="agent-shop",
            resource="machine-hot" if is_hot else f"machine-{number % 97:03}",
            quantity="1.5",
            unit="h",
            occurred_at=NOW,
        )
        body = event.canonical()
        events.append(Signed(body=body, key_id=key.key_id, signature=key.sign(body)))
    return events


def appended(
    engine: Engine,
    events: list[Signed],
    *,
    writers_count: int,
    batch: int,
) -> Pace:
    """Through the ledger: body read, signature checked, leaf hashed, durable."""

    def step(sessions: Sessions, part: list[Signed]) -> None:
        with sessions.begin() as session:
            append(session, part, recorded_at=NOW)

    return _run(engine, events, step, writers_count, batch)


def inserted(
    engine: Engine,
    events: list[Signed],
    *,
    writers_count: int,
    batch: int,
) -> Pace:
    """The same rows, ready made, by one INSERT of many rows a transaction."""
    row_of = {one.body: _row(one) for one in events}
    raw = insert(EntryRow)

    def step(sessions: Sessions, part: list[Signed]) -> None:
        with sessions.begin() as session:
            session.connection().execute(raw, [row_of[one.body] for one in part])

    return _run(engine, events, step, writers_count, batch)


def _row(signed: Signed) -> dict[str, object]:
    told = {
        "body": signed.body,
        "key_id": signed.key_id,
        "signature": signed.signature,
        "recorded_at": NOW,
    }
    leaf = leaf_hash(leaf_bytes(**told))  # type: ignore[arg-type]
    return {**told, "leaf_hash": leaf, **columns_of(EVENT, signed.body)}


def _run(
    engine: Engine,
    events: list[Signed],
    step: Callable[[Sessions, list[Signed]], None],
    writers_count: int,
    batch: int,
) -> Pace:
    parts = [events[at : at + batch] for at in range(0, len(events), batch)]
    own = [parts[number::writers_count] for number in range(writers_count)]
    took_s: list[float] = []
    sessions = writers(engine)

    def write(mine: list[list[Signed]]) -> None:
        for part in mine:
            begun = time.perf_counter()
            step(sessions, part)
            took_s.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    with ThreadPoolExecutor(writers_count) as pool:
        list(pool.map(write, own))  # and raise what one of them raised
    whole_s = time.perf_counter() - begun
    p99 = statistics.quantiles(took_s, n=100)[98] if len(took_s) > 1 else took_s[0]
    return Pace(entries_per_s=len(events) / whole_s, p99_ms=p99 * 1_000)
