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
from orchestrator.ledger.append import append, columns_of, leaf_bytes
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.merkle import leaf_hash
from orchestrator.ledger.rows import EVENT, EntryRow

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What writers reached together: transactions of `batch` entries each."""

    entries_per_s: float
    p99_ms: float  # of one transaction


type Signed = tuple[bytes, bytes]


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
        events.append((body, key.sign(body)))
    return events


def appended(
    engine: Engine,
    key: SigningKey,
    events: list[Signed],
    *,
    writers_count: int,
    batch: int,
) -> Pace:
    """Through the ledger: body read, signature checked, leaf hashed, durable."""

    def step(sessions: Sessions, part: list[Signed]) -> None:
        with sessions.begin() as session:
            for body, signature in part:
                append(
                    session,
                    body=body,
                    key_id=key.key_id,
                    signature=signature,
                    recorded_at=NOW,
                )

    return _run(engine, events, step, writers_count, batch)


def inserted(
    engine: Engine,
    key: SigningKey,
    events: list[Signed],
    *,
    writers_count: int,
    batch: int,
) -> Pace:
    """The same rows, ready made, by one INSERT of many rows a transaction."""
    rows_of = {body: _row(key, body, signature) for body, signature in events}

    def step(sessions: Sessions, part: list[Signed]) -> None:
        with sessions.begin() as session:
            session.execute(insert(EntryRow), [rows_of[body] for body, _ in part])

    return _run(engine, events, step, writers_count, batch)


def _row(key: SigningKey, body: bytes, signature: bytes) -> dict[str, object]:
    signed = leaf_bytes(
        body=body, key_id=key.key_id, signature=signature, recorded_at=NOW
    )
    return {
        "body": body,
        "key_id": key.key_id,
        "signature": signature,
        "recorded_at": NOW,
        "leaf_hash": leaf_hash(signed),
        **columns_of(EVENT, body),
    }


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
