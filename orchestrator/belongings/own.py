"""Which rows of a table are a member's own."""

from typing import Any

from sqlalchemy import ColumnElement, Table, false, func, or_, select
from sqlalchemy.orm import Session

from orchestrator.belongings.columns import TABLES
from orchestrator.foundation.database import Base
from orchestrator.foundation.migrate import know_all_rows

know_all_rows()  # whatever a process works with: all of them may hold something


def table_named(name: str) -> Table:
    """The table as the database has it."""
    return Base.metadata.tables[name]


def is_own(name: str, agent_id: str) -> ColumnElement[bool]:
    """What holds of the rows of this table that are the member's."""
    table = table_named(name)
    terms: list[ColumnElement[bool]] = []
    for told, leads_to in TABLES[name].own:
        column = table.c[told.removesuffix("~")]
        if told.endswith("~"):
            terms.append(column.like(f"%:{agent_id}"))  # ids hold no wildcard
        elif leads_to:
            (key,) = table_named(leads_to).primary_key
            terms.append(column.in_(select(key).where(is_own(leads_to, agent_id))))
        else:
            terms.append(column == agent_id)
    return or_(false(), *terms)


def count_own(session: Session, name: str, agent_id: str) -> int:
    """How many rows of this table are the member's."""
    asked = select(func.count()).select_from(table_named(name))
    return session.scalar(asked.where(is_own(name, agent_id))) or 0


def own_rows(session: Session, name: str, agent_id: str) -> list[dict[str, Any]]:
    """The member's rows without what is of no use to her, in the order of their keys."""
    table = table_named(name)
    withheld = TABLES[name].withheld.split()
    columns = [column for column in table.columns if column.name not in withheld]
    asked = select(*columns).where(is_own(name, agent_id))
    found = session.execute(asked.order_by(*table.primary_key)).mappings()
    return [{str(name): value for name, value in row.items()} for row in found]
