"""The region that tests of planning play in: built once, then copied for each test."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from orchestrator.foundation import migrate
from orchestrator.foundation.database import engine_of, readers, writers
from tests.unit.orchestrator.region import Region, TurnedClock, a_region

BUILT: dict[str, Region] = {}


def built(url: str, folder: Path) -> Engine:
    """An engine on a database that holds the region."""
    engine = engine_of(url)
    migrate.upgrade(engine)  # as a process finds it that plans beside us
    region = a_region(writers(engine), readers(engine), folder)
    BUILT[engine.dialect.name] = region
    return engine


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planning-sqlite")
    engine = built(f"sqlite:///{folder / 'region.db'}", folder / "files")
    with engine.connect() as connection:
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    engine.dispose()
    return folder / "region.db"


@pytest.fixture(scope="session")
def _postgresql_template(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    cluster.run("CREATE DATABASE region_of_planning")
    folder = tmp_path_factory.mktemp("planning-postgresql")
    built(cluster.url("region_of_planning"), folder / "files").dispose()
    return "region_of_planning"


@pytest.fixture
def region(database: Engine) -> Region:
    """Two labs, a shop, two couriers, on each kind of database."""
    return replace(
        BUILT[database.dialect.name],
        sessions=writers(database),
        reading=readers(database),
        clock=TurnedClock(),
        numbers=count(1),
    )
