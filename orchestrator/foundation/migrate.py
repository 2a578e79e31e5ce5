"""Brings a database to the schema of this program, or refuses a newer one."""

import importlib
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

import orchestrator
from orchestrator.foundation.database import Base, engine_of
from orchestrator.foundation.errors import FabcommonsError

MIGRATIONS = Path(__file__).parent / "migrations"
ROWS_FILES = frozenset({"rows.py", "inbox.py", "outbox.py"})
FOREIGN_TABLES = ("dbos", "datasource_")
LOCK_NUMBER = 0x66616263  # PostgreSQL's advisory lock: one program migrates at a time


class NewerDatabaseError(FabcommonsError):
    """The database was made by a newer program: update this one."""

    code = "newer-database"


def upgrade(engine: Engine, *, folder: Path = MIGRATIONS) -> None:
    """Apply what is missing; all of it or nothing. Twice is once.

    Errors: NewerDatabaseError, and nothing is touched.
    """
    config = _config(engine, folder)
    known = {script.revision for script in _scripts(config).walk_revisions()}
    found = current(engine)
    if found is not None and found not in known:
        raise NewerDatabaseError(
            f"the database is at {found}, which this program does not know: update it"
        )
    command.upgrade(config, "head")


def current(engine: Engine) -> str | None:
    """The revision of the database; None for one that was never migrated."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connection).get_current_revision()


def know_all_rows() -> None:
    """Import every room's tables by their files' names: floors above are not named."""
    root = Path(str(orchestrator.__file__)).parent
    for path in sorted(root.rglob("*.py")):
        if path.name in ROWS_FILES:
            parts = path.relative_to(root.parent).with_suffix("").parts
            importlib.import_module(".".join(parts))


def differences(engine: Engine) -> list[object]:
    """What the database lacks, or has too much, against the tables in the code."""
    know_all_rows()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )
        return list(compare_metadata(context, Base.metadata))


def write_migration(message: str, *, folder: Path = MIGRATIONS) -> None:
    """Write the step from the last migration to the tables as the code has them."""
    with tempfile.TemporaryDirectory() as place:
        engine = engine_of(f"sqlite:///{place}/draft.db")
        config = _config(engine, folder)
        if list(_scripts(config).walk_revisions()):
            command.upgrade(config, "head")
        know_all_rows()
        command.revision(config, message, autogenerate=True)
        engine.dispose()


def is_ours(
    _item: object, name: str | None, kind: str, _reflected: bool, _other: object
) -> bool:
    """Leave tables alone that another program keeps beside ours."""
    return not (kind == "table" and (name or "").startswith(FOREIGN_TABLES))


def _config(engine: Engine, folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["engine"] = engine
    return config


def _scripts(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)


if __name__ == "__main__":
    write_migration(sys.argv[1])
