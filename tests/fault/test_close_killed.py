"""kill -9 while a period is proposed or confirmed: it happened whole, or not at all.

Killed before its n-th statement; then the same two steps run again to their end, and
everything is there once. The soak kills before every statement there is.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from orchestrator.accounts.book import balance
from orchestrator.accounts.rows import TransactionRow
from orchestrator.foundation.database import Sessions, engine_of, writers
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.periods.book import period_of
from orchestrator.periods.rows import ShareRow
from tests.unit.orchestrator.periods.conftest import Network, network_of

SEED = 20261128
STATEMENTS = 60  # more than proposing and confirming need
KILLS = 3


def step(sessions: Sessions, stewards: tuple[str, str], act: str) -> None:
    """One steward's act in its own transaction."""
    with sessions.begin() as session:
        network = Network(session=session, stewards=stewards, minutes=lambda: 500)
        if act == "propose":
            network.propose(1)
        else:
            network.confirm(1)


def child(url: str, first: str, second: str, kill_at: int) -> None:
    """Propose and confirm, but die before statement `kill_at`."""
    engine = engine_of(url)
    left = kill_at

    @event.listens_for(engine, "before_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for act in ("propose", "confirm"):
        step(writers(engine), (first, second), act)


def test_a_close_that_is_killed_is_whole_or_was_not(
    database: Engine, sessions: Sessions
) -> None:
    points = random.Random(SEED).sample(range(1, STATEMENTS), KILLS)
    killed_at(database, sessions, sorted(points))


@pytest.mark.soak
def test_a_close_killed_before_each_statement_is_whole_or_was_not(
    database: Engine, sessions: Sessions
) -> None:
    killed = killed_at(database, sessions, range(1, STATEMENTS))
    print(f"{killed} kills before as many statements, {database.dialect.name}")
    assert 10 < killed < STATEMENTS - 1  # the last child came to its end


def killed_at(database: Engine, sessions: Sessions, points: Sequence[int]) -> int:
    """Kill before each of these statements in turn, until one comes to its end."""
    with sessions.begin() as session:
        network = network_of(session)
        network.open()
        network.happen("work", "agent-maker", "2", "h")
        network.happen("use", "agent-owner", "1", "h")
        network.earn(10_000)
        while sequence(session):
            pass
        stewards = network.stewards
    killed = 0
    url = database.url.render_as_string(hide_password=False)
    for kill_at in points:
        code = f"from tests.fault.test_close_killed import child; child({url!r}, *{stewards!r}, {kill_at})"
        died = subprocess.run([sys.executable, "-c", code], check=False)
        assert died.returncode in {-signal.SIGKILL, 0}
        killed += died.returncode != 0
        with sessions() as session:
            row = period_of(session, 1)
            paid = session.scalar(select(func.count()).select_from(ShareRow))
            booked = session.scalar(
                select(func.count())
                .select_from(TransactionRow)
                .where(TransactionRow.kind == "dividend")
            )
            acts = session.scalar(
                select(func.count())
                .select_from(EntryRow)
                .where(EntryRow.action == "period-closed")
            )
        is_closed = row.closed_at is not None
        assert (paid, booked, acts) == ((2, 1, 1) if is_closed else (0, 0, 0))
        if is_closed:
            break
    with sessions() as session:
        is_closed = period_of(session, 1).closed_at is not None
    if not is_closed:
        step(sessions, stewards, "propose")
    step(sessions, stewards, "confirm")
    with sessions() as session:
        assert balance(session, "liabilities:payable", "EUR") == -2100
    return killed
