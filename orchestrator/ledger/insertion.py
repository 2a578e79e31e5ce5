"""The INSERT of entries: each once, and none under a key that is no longer trusted."""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.database import insert_for
from orchestrator.foundation.errors import ConflictError
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.signing_keys import trusted

_NOTHING = {
    column.name: None for column in EntryRow.__table__.c if column.name != "position"
}

type Columns = Mapping[str, Any]


class LedgerConflictError(ConflictError):
    """Another event stands in the log under this id."""

    code = "ledger-conflict"


def insert(session: Session, rows: Mapping[str, Columns]) -> bool:
    """Store all of them, or none: a key is no longer as it was seen.

    What stands in the log already, or was told meanwhile, must be the same. In the
    order of ids, so that two who tell the same do not wait for each other.
    """
    told = [{**_NOTHING, **rows[name]} for name in sorted(rows)]
    connection = session.connection()
    # One row is all or nothing by itself.
    step = connection.begin_nested() if len(told) > 1 else None
    with step or nullcontext():
        done = connection.execute(
            _insertion(connection.dialect.name),
            told,
            execution_options={"preserve_rowcount": True},
        )
        if done.rowcount != len(told) and not all(
            stands(session, row["id"], row["body"]) for row in told
        ):
            if step:
                step.rollback()
            return False
    orders = {row["order_id"] for row in told if row["order_id"]}
    announce(session, "ledger", *(f"order/{order_id}" for order_id in orders))
    return True


@cache
def _insertion(dialect: str) -> Executable:
    columns = {name: EntryRow.__table__.c[name] for name in _NOTHING}
    told = {
        name: bindparam(name, type_=column.type) for name, column in columns.items()
    }
    rows = select(*told.values()).where(
        trusted(told["key_id"], told["recorded_at"], told["kind"] == ACT)
    )
    new: Executable = (
        insert_for(dialect, EntryRow)
        .from_select(list(columns), rows)
        .on_conflict_do_nothing(index_elements=["id"])
    )
    return new


def stands(session: Session, name: str, body: bytes) -> bool:
    """Whether it is in the log. Errors: LedgerConflictError for other bytes there."""
    known = session.scalar(select(EntryRow.body).where(EntryRow.id == name))
    if known is not None:
        check_same(name, known, body)
    return known is not None


def check_same(name: str, known: bytes, body: bytes) -> None:
    if known != body:
        raise LedgerConflictError(
            f"event {name} stands in the log with other bytes: use a new id"
        )
