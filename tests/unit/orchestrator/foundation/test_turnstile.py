"""Many who write come in turn: none waits until another had enough."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.foundation import database
from orchestrator.foundation.turnstile import Turnstile

WRITERS = 30  # more than the pool keeps connections


def test_it_is_handed_on_in_the_order_of_coming() -> None:
    gate, order = Turnstile(), list[int]()

    def come(name: int) -> None:
        assert gate.acquire(timeout=30)
        order.append(name)
        gate.release()

    assert gate.acquire(timeout=0)
    threads = [threading.Thread(target=come, args=(name,)) for name in range(5)]
    for many, thread in enumerate(threads, start=1):
        thread.start()
        while len(gate._waiting) < many:
            time.sleep(0)
    assert not gate.acquire(timeout=0.01)
    gate.release()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert gate.acquire(timeout=0)


def test_who_writes_comes_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, order = Turnstile(), list[int]()
    monkeypatch.setattr(database, "Turnstile", lambda: gate)
    engine = database.engine_of(f"sqlite:///{tmp_path / 'app.db'}")
    sessions = database.writers(engine)

    def write(name: int) -> None:
        with sessions.begin() as session:
            session.execute(text("SELECT 1"))
            order.append(name)

    threads = [threading.Thread(target=write, args=(one,)) for one in range(WRITERS)]
    with sessions.begin() as session:
        session.execute(text("SELECT 1"))
        for many, thread in enumerate(threads, start=1):
            thread.start()
            while len(gate._waiting) < many:
                time.sleep(0)
    for thread in threads:
        thread.join()
    engine.dispose()
    assert order == list(range(WRITERS))
