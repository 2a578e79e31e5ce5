"""The agent's one durable file: SQLite that syncs at each commit, or stops the agent.

Outbox and job ledger share it, so that a fact and the message that tells it are
written together or not at all. Every commit rings a bell that all threads hear.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from device_agents.errors import StorageError

_SCHEMA = """
create table if not exists life (
    epoch integer primary key autoincrement, incarnation text not null unique);
create table if not exists outbox (
    sequence integer primary key autoincrement, body text not null);
create table if not exists refused (
    sequence integer primary key, body text not null, code text not null,
    reason text not null, refused_at text not null);
create table if not exists command (
    command_id text primary key, job_id text not null, verdict text not null,
    code text, received_at text not null);
create table if not exists job (
    number integer primary key autoincrement, job_id text not null unique,
    machine_id text not null, fence integer not null, state text not null,
    command text, armed_until text, started_at text, outcome text, code text,
    reason text, cleared integer not null default 0, armed_by text);
create table if not exists standing (
    job_id text primary key, body text not null);
create index if not exists job_of_machine on job (machine_id, cleared, number);
"""


class Store:
    """One connection behind one lock; the threads of one agent share it."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Errors: StorageError."""
        self._lock = threading.RLock()
        self._bell = threading.Condition()
        self._rung = 0
        self._listeners: list[Callable[[], None]] = []
        try:
            self._connection = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self._connection.executescript(_SCHEMA)
            self._add_column("job", "armed_by")
        except sqlite3.Error as error:
            raise StorageError(f"{path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write together or not at all; on the disk when the block has ended.

        Errors: StorageError, after which nothing may be taken as kept.
        """
        with self._lock:
            try:
                self._connection.execute("begin immediate")
                yield self._connection
                self._connection.execute("commit")
            except sqlite3.Error as error:
                self._roll_back()
                raise StorageError(f"the disk did not keep it: {error}") from error
            except BaseException:
                self._roll_back()
                raise
        self.ring()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Look, without writing. Errors: StorageError."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise StorageError(f"the disk did not answer: {error}") from error

    def ring(self) -> None:
        """Wake every thread that waits for news."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` at each ring; it must not block. Before any thread starts."""
        self._listeners.append(listener)

    def heard(self) -> int:
        """A number that grows with each ring; take it before you look."""
        with self._bell:
            return self._rung

    def wait(self, heard: int, timeout_s: float) -> None:
        """Wait for a ring after `heard`, at most `timeout_s` wall seconds."""
        with self._bell:
            self._bell.wait_for(lambda: self._rung != heard, timeout_s)

    def close(self) -> None:
        """Close the file; the threads have ended before."""
        with self._lock:
            self._connection.close()

    def _add_column(self, table: str, column: str) -> None:
        """In a file that an older release made; releases that know none ignore it."""
        known = self._connection.execute(f"pragma table_info({table})")
        if column not in {row["name"] for row in known}:
            self._connection.execute(f"alter table {table} add column {column} text")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")


def begin_life(connection: sqlite3.Connection, incarnation: UUID) -> int:
    """Count this start of the agent; return its epoch, one more than the last."""
    done = connection.execute(
        "insert into life (incarnation) values (?)", (str(incarnation),)
    )
    epoch = done.lastrowid
    if epoch is None:
        raise StorageError("no epoch was given")
    return epoch


def lived_as(connection: sqlite3.Connection, incarnation: UUID) -> bool:
    """Whether that was this folder's agent, now or in an earlier start."""
    found = connection.execute(
        "select 1 from life where incarnation = ?", (str(incarnation),)
    )
    return found.fetchone() is not None
