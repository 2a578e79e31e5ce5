"""Which process may plan a cell: a lease in a row, by the database's own clock.

Two processes never commit plans of one cell that do not know of each other: each taking
raises the fence, and a plan is written only under the fence that it was begun with.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions
from orchestrator.planning.rows import PlanLeaseRow
from orchestrator.planning.turn import take_turn
from routing.cells import FIRST

LEASE_S: Final = 10.0
RENEWALS: Final = 3  # in the time of one lease
NOW_S: Final = {
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())::float8",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to plan `cell` while nobody has taken it anew since."""

    cell: str
    holder: str
    fence: int


def take(
    sessions: Sessions, holder: str, *, cell: str = FIRST, lease_s: float = LEASE_S
) -> Lease | None:
    """The lease, or None while another holds it. Who held it last takes it at once.

    So a process that comes back after a crash waits for nobody; whatever its earlier
    life had begun is fenced out.
    """
    with sessions.begin() as session:
        take_turn(session)
        now_s = database_now_s(session)
        row = session.get(PlanLeaseRow, cell, with_for_update=True)
        if row is None:
            row = PlanLeaseRow(cell=cell, holder=holder, fence=0, until_s=now_s)
            session.add(row)
        elif row.holder != holder and row.until_s > now_s:
            return None
        row.holder, row.fence = holder, row.fence + 1
        row.until_s = now_s + lease_s
        return Lease(cell=cell, holder=holder, fence=row.fence)


def is_held(session: Session, lease: Lease) -> bool:
    """Whether nobody has taken the cell since; locks that until the caller's end.

    A lease that ran out while nobody wanted it still holds: nothing was done meanwhile.
    """
    row = session.get(
        PlanLeaseRow, lease.cell, with_for_update=True, populate_existing=True
    )
    return row is not None and row.fence == lease.fence


def give_back(sessions: Sessions, lease: Lease) -> None:
    """Let others take it at once."""
    with sessions.begin() as session:
        if is_held(session, lease):
            session.get_one(PlanLeaseRow, lease.cell).until_s = 0.0


@contextmanager
def kept(
    sessions: Sessions, lease: Lease, *, lease_s: float = LEASE_S
) -> Iterator[None]:
    """Renew the lease until the block ends, however long a plan takes."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(lease_s / RENEWALS):
            try:
                with sessions.begin() as session:
                    if not is_held(session, lease):
                        return
                    row = session.get_one(PlanLeaseRow, lease.cell)
                    row.until_s = database_now_s(session) + lease_s
            except (SQLAlchemyError, TimeoutError) as error:  # tried again in a moment
                log.warning("a lease was not renewed", cell=lease.cell, exc_info=error)

    thread = threading.Thread(target=renew, name="plan-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def database_now_s(session: Session) -> float:
    """Seconds since 1970 by the clock that all processes share."""
    asked = NOW_S[session.get_bind().dialect.name]
    return float(session.execute(text(asked)).scalar_one())
