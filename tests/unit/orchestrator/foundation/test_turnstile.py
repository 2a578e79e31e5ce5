"""Many who write in a loop come in turn: none waits until another had enough."""

import threading
import time
from pathlib import Path

from sqlalchemy import text

from orchestrator.foundation.database import engine_of, writers
from orchestrator.foundation.turnstile import Turnstile

WRITERS, TURNS = 30, 20  # more writers than the pool keeps connections


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


def test_nobody_who_writes_is_passed_again_and_again(tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'app.db'}")
    sessions, turns = writers(engine), list[int]()
    together = threading.Barrier(WRITERS)

    def write(name: int) -> None:
        together.wait()
        for _ in range(TURNS):
            with sessions.begin() as session:
                session.execute(text("SELECT 1"))
                turns.append(name)

    threads = [threading.Thread(target=write, args=(one,)) for one in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert len(turns) == WRITERS * TURNS
    while_all_wait = turns[WRITERS : -WRITERS * 2]
    last = dict.fromkeys(range(WRITERS), 0)
    for at, name in enumerate(while_all_wait):
        assert at - last[name] < WRITERS * 3, f"{name} was passed by"
        last[name] = at
