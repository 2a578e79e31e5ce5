"""How Alembic reaches our engine; run by `migrate`, never by its own command."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Engine, text

from orchestrator.foundation.database import Base, Moment, Octets
from orchestrator.foundation.migrate import LOCK_NUMBER, is_ours


def render(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """A migration must not change when our own types do."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Octets):
        return f"sa.{item.impl!r}"
    return False


engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_object=is_ours,
        render_item=render,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
        context.run_migrations()
    connection.commit()
