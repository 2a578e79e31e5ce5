"""Both databases keep what they are told, and writers wait for each other."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from orchestrator.foundation.database import engine_of, readers, writers


def test_a_session_answers(session: Session, database: Engine) -> None:
    assert session.scalar(text("SELECT 1")) == 1
    assert database.dialect.name in {"sqlite", "postgresql"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_take_turns_and_a_reader_does_not_wait(database: Engine) -> None:
    writing, reading = writers(database), readers(database)
    with writing.begin() as first:
        first.execute(text("CREATE TABLE count (n INTEGER)"))
        first.execute(text("INSERT INTO count VALUES (0)"))

    def add_one() -> None:
        for _ in range(20):
            with writing.begin() as session:
                n = session.scalar(text("SELECT n FROM count"))
                session.execute(text("UPDATE count SET n = :n"), {"n": n + 1})

    with writing.begin() as held:
        held.execute(text("UPDATE count SET n = 0"))
        with reading() as session:
            assert session.scalar(text("SELECT n FROM count")) == 0
    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        assert session.scalar(text("SELECT n FROM count")) == 80


def test_others_on_the_machine_cannot_read_the_database(tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'app.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE secret (word TEXT)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys(("app.db", "app.db-wal", "app.db-shm"), 0o600)
