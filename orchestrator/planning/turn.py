"""One after the other: plans and facts change tasks and stops in turn.

SQLite has one writer anyway; on PostgreSQL a lock of the transaction's length does the
same, so that no plan overwrites a fact and no two facts wait for each other for ever.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCK: Final = 0x_FAB_0_71A6  # any number that nobody else locks by


def take_turn(session: Session) -> None:
    """Wait until no other transaction plans or takes in facts; first act of each."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
