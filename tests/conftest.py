"""Real databases for every test: a fresh SQLite file and a fresh PostgreSQL database."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from orchestrator.foundation.database import (
    Base,
    Sessions,
    engine_of,
    readers,
    writers,
)
from orchestrator.foundation.migrate import know_all_rows
from tests.compiled import share_compiled
from tests.spares import Spares
from tests.waiting import free_port

settings.register_profile("house", deadline=None)  # speed belongs in benchmarks
settings.load_profile("house")
share_compiled()
# Five seconds, httpx's own, are at times too few where others use the computer too.
httpx.get.__kwdefaults__["timeout"].read = 60.0

POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
START_WAIT_S = 60
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One PostgreSQL 15 of our own on a free port, without fsync: only for tests."""

    port: int

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://fab@127.0.0.1:{self.port}/{name}"

    def connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="fab", dbname=name, autocommit=True
        )

    def run(self, statement: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def _tables() -> None:
    """Know every room's tables: a test of one room meets the database of all."""
    know_all_rows()


@pytest.fixture
def passable_path() -> Iterator[Path]:
    """A folder that other users may pass, as the broker's must; pytest's own are shut."""
    folder = Path(tempfile.mkdtemp(prefix="fabcommons-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL cluster for this run; it dies with the test process."""
    folder = Path(tempfile.mkdtemp(prefix="fabcommons-postgresql-"))
    port = free_port()
    prefix: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        prefix = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    as_user = ["setpriv", "--pdeathsig=INT", *prefix, "--"]
    subprocess.run(
        [
            *as_user,
            *(str(POSTGRESQL / "initdb"), "-D", str(folder / "pg"), "-A", "trust"),
            *("-U", "fab", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",  # rows without an order come as they were put
        "max_connections": "200",
    }
    server = subprocess.Popen(
        [*as_user, str(POSTGRESQL / "postgres"), "-D", str(folder / "pg")]
        + ["-p", str(port)]
        + [
            word
            for name, value in options.items()
            for word in ("-c", f"{name}={value}")
        ],
        stdout=subprocess.DEVNULL,
        stderr=(log := (folder.parent / f"{folder.name}.log").open("w")),
        cwd="/",
    )
    try:
        _wait_until_ready(port, server)
        yield Cluster(port=port)
    finally:
        server.send_signal(signal.SIGQUIT)  # nobody needs what is in it
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()
        Path(log.name).unlink()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _spares(cluster: Cluster) -> Spares:
    return Spares(cluster.connect)


@pytest.fixture(scope="session")
def _postgresql_template(cluster: Cluster, _tables: None) -> str:
    cluster.run("CREATE DATABASE filled")
    engine = engine_of(cluster.url("filled"))
    Base.metadata.create_all(engine)
    engine.dispose()
    return "filled"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory, _tables: None) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "filled.db"
    engine = engine_of(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database that has every table and no row.

    `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)` takes one
    kind only.
    """
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    template: str = request.getfixturevalue("_postgresql_template")
    spares: Spares = request.getfixturevalue("_spares")
    with spares.like(template) as name:
        yield cluster.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"t{next(_numbers)}"
    cluster.run(f"CREATE DATABASE {name}")
    yield cluster.url(name)
    cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database with every table: once SQLite, once PostgreSQL."""
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(database: Engine) -> Sessions:
    """Makes sessions that may write."""
    return writers(database)


@pytest.fixture
def reading(database: Engine) -> Sessions:
    """Makes sessions that only read."""
    return readers(database)


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """One open session; what is not committed is rolled back at the end."""
    with sessions() as opened:
        yield opened


def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + START_WAIT_S
    while True:
        try:
            Cluster(port=port).connect("postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)
        else:
            return
