"""A database is brought to the code's tables, whole or not at all, on both kinds."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, inspect, select, text

from orchestrator.catalogue.designs import steps_of, version_of
from orchestrator.foundation import migrate
from orchestrator.foundation.database import Base, engine_of, writers
from orchestrator.members.agents import agent_of
from orchestrator.members.rows import AttestationRow
from orchestrator.orders.clear import recorded
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.orders.table import Duty, Owed


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


def history_before(revision: str, tmp_path: Path) -> Path:
    """The migrations without this one and all that follow it."""
    before = tmp_path / "before"
    shutil.copytree(migrate.MIGRATIONS, before)
    steps = ScriptDirectory(str(before)).iterate_revisions("heads", revision)
    for step in [*steps]:
        Path(step.path).unlink()
    (gone,) = (before / "versions").glob(f"{revision}*.py")
    gone.unlink()
    return before


def test_a_lab_opens_at_the_same_times_after_it_got_its_zone(
    tmp_path: Path, empty_database_url: str
) -> None:
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=history_before("5c1f0e7a94d2", tmp_path))
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


def test_who_was_attested_stays_so_and_a_duty_is_told_as_before(
    tmp_path: Path, empty_database_url: str
) -> None:
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=history_before("c7e92d04b5a1", tmp_path))
    before = (
        "INSERT INTO agent"
        " (id, kind, name, legal_form, legal_form_attested_until, created_at) VALUES"
        " ('a', 'person', 'A', 'sole-trader', '2027-01-01', '2026-01-01'),"
        " ('b', 'person', 'B', 'individual', NULL, '2026-01-01')",
        "INSERT INTO design (id, designer_id, title, created_at)"
        " VALUES ('d', 'a', 'D', '2026-01-01')",
        "INSERT INTO design_version (id, design_id, number, title, summary, manifest,"
        " manifest_media_type, licence, licensor, content_hash, fee_cents,"
        " published_at) VALUES ('v', 'd', 1, 'D', '', '{}', 'application/json',"
        " 'MIT', 'A', 'x', 0, '2026-01-01')",
        "INSERT INTO clearance (id, design_version_id, agent_id, who, use, verdict,"
        " licence, reasons, duties, rule_version, decided_at) VALUES ('c', 'v', 'a',"
        " 'sole-trader', 'private', 'allow-with-duties', 'MIT', '[]',"
        """ '["Name A."]', 'licence-gate-1', '2026-01-01')""",
    )
    with engine.begin() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
    migrate.upgrade(engine)
    with writers(engine)() as session:
        (row,) = session.scalars(select(AttestationRow))
        assert (row.agent_id, row.claim, row.confirmed_at is None) == (
            "a",
            "sole-trader",
            False,
        )
        assert row.valid_until == agent_of(session, "a").legal_form_attested_until
        assert recorded(session, "c").duties == (
            Duty(kind=Owed.CONDITION, text="Name A."),
        )
    engine.dispose()


def test_every_table_has_a_primary_key() -> None:
    migrate.know_all_rows()
    for table in Base.metadata.sorted_tables:
        assert len(table.primary_key), table.name


def test_a_list_of_steps_becomes_a_chain(
    tmp_path: Path, empty_database_url: str
) -> None:
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=history_before("4c7e19d0ab36", tmp_path))
    step = (
        "INSERT INTO step (id, version_id, position, name, process, machine_kind,"
        " dialect, material, material_g, box_x_mm, box_y_mm, box_z_mm, setup_s, run_s,"
        " labour_s, pieces_per_run) VALUES ('{0}', 'v', {0}, 's', '3DP', '', '', '', 0,"
        " 0, 0, 0, 0, 1, 0, 1)"
    )
    before = (
        "INSERT INTO agent (id, kind, name, legal_form, created_at)"
        " VALUES ('a', 'person', 'A', 'individual', '2026-01-01')",
        "INSERT INTO design (id, designer_id, title, created_at)"
        " VALUES ('d', 'a', 'D', '2026-01-01')",
        "INSERT INTO design_version (id, design_id, number, title, summary, manifest,"
        " manifest_media_type, licence, licensor, content_hash, fee_cents,"
        " published_at) VALUES ('v', 'd', 1, 'D', '', '{}', 'application/json',"
        " 'MIT', 'A', 'x', 0, '2026-01-01')",
        *(step.format(position) for position in range(3)),
    )
    with engine.begin() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
    migrate.upgrade(engine)
    with writers(engine)() as session:
        assert [row.after for row in steps_of(session, "v")] == [[], [0], [1]]
        assert {row.quantity for row in steps_of(session, "v")} == {1}
        assert version_of(session, "v").hands == []
    engine.dispose()


def test_ranges_of_steps_become_parts_that_go_into_each_other(
    tmp_path: Path, empty_database_url: str
) -> None:
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=history_before("7f3a9be6d215", tmp_path))
    old = MetaData()
    old.reflect(engine)
    known = {
        "agent_id": "a",
        "owner_id": "a",
        "shop_id": "a",
        "designer_id": "a",
        "design_id": "d",
        "version_id": "v",
        "design_version_id": "v",
        "clearance_id": "c",
        "place_id": "p",
    }

    def put(table: str, id_: str, **told: object) -> None:
        """A row with something in every column that must have a value."""
        values: dict[str, object] = {"id": id_, **told}
        for column in old.tables[table].columns:
            if column.nullable or column.server_default or column.name in values:
                continue
            kind = column.type.python_type
            if kind is datetime:
                empty: object = datetime(2026, 1, 1, tzinfo=UTC)
            else:
                empty = [] if isinstance(column.type, JSON) else kind()
            values[column.name] = known.get(column.name, empty)
        with engine.begin() as connection:
            connection.execute(old.tables[table].insert().values(values))

    for table, id_ in (
        ("agent", "a"),
        ("design", "d"),
        ("design_version", "v"),
        ("place", "p"),
        ("clearance", "c"),
    ):
        put(table, id_)
    for position in range(5):
        put("step", f"step-{position}", position=position)
    ranges = {
        "whole": (3, None, None),
        "first": (0, 0, "whole"),
        "second": (1, 2, "whole"),
        "simple": (None, None, None),
    }
    for number, (name, (first, last, whole)) in enumerate(ranges.items()):
        told = {"part_of": whole, "first_step": first, "last_step": last}
        put("quote", name, **told)
        keys = {"idempotency_key": name, "track_code": name, "quote_id": name}
        put("order", name, number=number, **keys, **told)
    migrate.upgrade(engine)
    with writers(engine)() as session:
        tables: list[type[QuoteRow] | type[OrderRow]] = [QuoteRow, OrderRow]
        for rows in tables:
            asked = select(rows.id, rows.steps, rows.goes_into)
            found = {
                name: (steps, goal) for name, steps, goal in session.execute(asked)
            }
            assert found == {
                "whole": ([3, 4], None),
                "first": ([0], "second"),
                "second": ([1, 2], "whole"),
                "simple": (None, None),
            }
        simple = select(OrderRow.id).where(OrderRow.steps.is_(None))
        assert session.scalars(simple).all() == ["simple"]
    engine.dispose()
