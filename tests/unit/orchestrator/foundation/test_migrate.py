"""A database is brought to the code's tables, whole or not at all, on both kinds."""

import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from orchestrator.foundation import migrate
from orchestrator.foundation.database import Base, engine_of


def test_the_migrations_make_the_tables_of_the_code(empty_database_url: str) -> None:
    """If this fails: `make migration` writes the step that is missing."""
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine)
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []
    engine.dispose()


@pytest.fixture
def empty_history(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    for path in (folder / "versions").glob("*.py"):
        path.unlink()
    return folder


def test_a_written_migration_makes_all_tables(
    empty_history: Path, empty_database_url: str
) -> None:
    migrate.write_migration("the first", folder=empty_history)
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=empty_history)
    assert migrate.differences(engine) == []
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE consent"))
    assert any("consent" in str(step) for step in migrate.differences(engine))
    engine.dispose()


def test_a_newer_database_is_refused_untouched(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        )
        connection.execute(text("INSERT INTO alembic_version VALUES ('fromthefuture')"))
    with pytest.raises(migrate.NewerDatabaseError, match="fromthefuture"):
        migrate.upgrade(engine)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(
    empty_history: Path, empty_database_url: str
) -> None:
    (empty_history / "versions" / "one.py").write_text(
        '"""Fails half-way."""\n\n'
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        'revision = "one"\ndown_revision = None\n\n\n'
        "def upgrade() -> None:\n"
        '    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))\n'
        '    raise OSError("power cut")\n'
    )
    engine = engine_of(empty_database_url)
    with pytest.raises(OSError, match="power cut"):
        migrate.upgrade(engine, folder=empty_history)
    assert "half" not in inspect(engine).get_table_names()
    engine.dispose()


def test_a_lab_opens_at_the_same_times_after_it_got_its_zone(
    tmp_path: Path, empty_database_url: str
) -> None:
    before = tmp_path / "before"
    shutil.copytree(migrate.MIGRATIONS, before)
    steps = ScriptDirectory(str(before)).iterate_revisions("heads", "5c1f0e7a94d2")
    for step in [*steps]:  # what follows the step
        Path(step.path).unlink()
    (gone,) = (before / "versions").glob("5c1f0e7a94d2*.py")
    gone.unlink()
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=before)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO agent (id, kind, name, legal_form, created_at)"
                " VALUES ('a', 'person', 'A', 'individual', '2026-01-01')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO facility"
                " (id, name, owner_id, address, lat, lon, opening, created_at)"
                " VALUES ('l', 'L', 'a', 'x', 0, 0, '[[0, 60, 90]]', '2026-01-01')"
            )
        )
    migrate.upgrade(engine)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT zone, opening FROM facility")).one()
    assert found.zone == "UTC"
    assert str(found.opening).replace(" ", "") == "[[0,60,90]]"
    engine.dispose()


def test_every_table_has_a_primary_key() -> None:
    migrate.know_all_rows()
    for table in Base.metadata.sorted_tables:
        assert len(table.primary_key), table.name
