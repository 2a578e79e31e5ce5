"""One engine, two kinds of session: writers queue before they read, readers never wait."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from orchestrator.foundation.turnstile import Turnstile

POOL_SIZE = 10
WRITER_WAIT_S = 30
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=30000",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
)

Sessions = sessionmaker[Session]
# SQLite numbers rows by itself only in a column of the very type INTEGER
RowNumber = BigInteger().with_variant(Integer, "sqlite")


class Octets(TypeDecorator[bytes]):
    """Bytes, also where somebody wrote text by hand: SQLite keeps it in any column.

    What was edited so is read and found by its hash, not stumbled over.
    """

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> bytes | None:
        if value is None or isinstance(value, bytes):
            return value
        return str(value).encode("utf-8", "surrogatepass")


class Moment(TypeDecorator[datetime]):
    """A UTC time with its zone, kept to the microsecond on both databases."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs its zone, got {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class Base(DeclarativeBase):
    """Every table of the network; names of constraints are fixed for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy's own form


def engine_of(url: str) -> Engine:
    """An engine for a `sqlite:///` or `postgresql+psycopg://` URL, ready for threads."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url)
    return create_engine(url, pool_size=POOL_SIZE, pool_pre_ping=True)


def writers(engine: Engine) -> Sessions:
    """Sessions that may write; on SQLite one at a time, in turn."""
    return sessionmaker(engine, expire_on_commit=False)


def readers(engine: Engine) -> Sessions:
    """Sessions that only read and never wait for a writer."""
    return sessionmaker(
        engine.execution_options(read_only=True), expire_on_commit=False
    )


def forget_log(engine: Engine) -> None:
    """SQLite's write-ahead log still holds what was overwritten: begin it anew."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def insert_into(session: Session, table: type[Base]) -> Any:
    """An insert that knows `on_conflict_do_nothing`, which both databases spell alike."""
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type[Base]) -> Any:
    """The same for whoever keeps the statement: writing it takes longer than asking."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def _sqlite_engine(url: str) -> Engine:
    # Who waits holds a connection, and one more to read: too few would stop them all.
    engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=-1)
    if engine.url.database:  # SQLite's other files take their mode from this one
        os.close(os.open(engine.url.database, os.O_RDWR | os.O_CREAT, 0o600))
    gate = Turnstile()

    @event.listens_for(engine, "connect")
    def connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("BEGIN")
            return
        if not gate.acquire(timeout=WRITER_WAIT_S):
            raise TimeoutError(f"others wrote for {WRITER_WAIT_S} s: ask again later")
        connection.info["gate"] = True
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            connection.info.pop("gate")
            gate.release()
            raise

    dialect: Any = engine.dialect
    dialect.do_commit = _freeing(gate, dialect.do_commit)
    dialect.do_rollback = _freeing(gate, dialect.do_rollback)
    return engine


def _freeing(gate: Turnstile, end: Callable[[Any], None]) -> Callable[[Any], None]:
    """SQLAlchemy's own events come before the driver's commit: too early to let go."""

    def run(raw: Any) -> None:
        try:
            end(raw)
        finally:
            record = getattr(raw, "_connection_record", None)
            if record is not None and record.info.pop("gate", False):
                gate.release()

    return run
