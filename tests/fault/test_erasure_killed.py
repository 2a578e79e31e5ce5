"""kill -9 while a member is erased: forgotten whole, or not at all and then again.

Killed before its n-th statement. The soak kills before every statement there is.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from orchestrator.belongings.erasing import Eraser
from orchestrator.belongings.leaving import GRACE, ask_to_leave, erase_due
from orchestrator.foundation.database import Base, Sessions, engine_of, writers
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.agents import add_agent
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.signing_keys import register_network_key
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.places import add_place

SEED = 20261129
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
NAME, MAIL = "Zyxma Quark", "zyxma@example.org"
KEY = signing_key(b"n" * 32)
STATEMENTS = 160  # more than it needs
KILLS = 1  # the soak kills everywhere


def child(url: str, folder: str, kill_at: int) -> None:
    """Erase, but die before statement `kill_at`."""
    engine = engine_of(url)
    left = kill_at

    @event.listens_for(engine, "before_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    erase_due(writers(engine), eraser(folder))


def eraser(folder: str) -> Eraser:
    return Eraser(files=Path(folder), key=KEY, now=NOW + GRACE)


def test_an_erasure_that_is_killed_is_whole_or_was_not(
    database: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    points = random.Random(SEED).sample(range(5, 60), KILLS)
    killed_at(database, sessions, tmp_path, sorted(points))


@pytest.mark.soak
def test_an_erasure_killed_before_each_statement_is_whole_or_was_not(
    database: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    killed = killed_at(database, sessions, tmp_path, range(1, STATEMENTS))
    print(f"{killed} kills before as many statements, {database.dialect.name}")
    assert 20 < killed < STATEMENTS - 1  # the last child came to its end


def killed_at(
    database: Engine, sessions: Sessions, folder: Path, points: Sequence[int]
) -> int:
    """Kill before each of these statements in turn, until one comes to its end."""
    with sessions.begin() as session:
        register_network_key(session, KEY, now=NOW)
        agent = add_agent(
            session, kind="person", name=NAME, legal_form="individual", now=NOW
        )
        add_hashed_login(session, agent.id, email=MAIL, password_hash="x", now=NOW)
        add_place(
            session, agent_id=agent.id, name=NAME, address=MAIL, lat=60.12, lon=24.9
        )
        raise_alarm(
            session, code="mail-refused", subject=agent.id, text=f"no {MAIL}", now=NOW
        )
        ask_to_leave(session, agent.id, gives_up=False, now=NOW)
    before = marks(database)
    assert len(before) == 5
    killed = 0
    url = database.url.render_as_string(hide_password=False)
    for kill_at in points:
        code = f"from tests.fault.test_erasure_killed import child; child({url!r}, {str(folder)!r}, {kill_at})"
        died = subprocess.run([sys.executable, "-c", code], check=False)
        assert died.returncode in {-signal.SIGKILL, 0}
        killed += died.returncode != 0
        is_erased = acts(sessions) == 1
        assert marks(database) == ([] if is_erased else before)
        if is_erased:
            break
    erase_due(sessions, eraser(str(folder)))
    assert marks(database) == []
    assert acts(sessions) == 1
    return killed


def acts(sessions: Sessions) -> int:
    with sessions() as session:
        asked = select(EntryRow.id).where(EntryRow.action == "member-erased")
        return len(session.scalars(asked).all())


def marks(database: Engine) -> list[str]:
    """Where in the database somebody's name or address stands."""
    with database.connect() as connection:
        return [
            f"{table.name}.{name}"
            for table in Base.metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
            for name, value in row.items()
            if "zyxma" in str(value).lower()
        ]
