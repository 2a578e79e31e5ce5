"""`fabcommons work`: processes that plan, on one database, and end when they are told."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, select

from orchestrator.dispatch.referee import breaches
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.wishes import is_wanted
from tests.unit.orchestrator.planning.cells import (
    APART,
    a_courier_in_kallio,
    near,
    planned_in,
    split,
)
from tests.unit.orchestrator.planning.test_leases import once
from tests.unit.orchestrator.region import Region


def started(engine: Engine, home: Path) -> subprocess.Popen[bytes]:
    url = engine.url.render_as_string(hide_password=False)
    program = "from orchestrator.entry.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "work", "--quiet"],
        env={
            **os.environ,
            "FABCOMMONS_DATABASE_URL": url,
            "FABCOMMONS_HOME": str(home),
        },
    )


def test_two_processes_plan_two_cells(
    region: Region, database: Engine, tmp_path: Path
) -> None:
    a_courier_in_kallio(region)
    cells = split(region, APART)
    for lab in (0, 1, 0, 1):
        near(region, lab)
    processes = [started(database, tmp_path / name) for name in ("one", "two")]

    def all_planned() -> bool:
        assert [process.poll() for process in processes] == [None, None]
        with region.reading() as session:
            return not is_wanted(session)

    try:
        once(all_planned)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=60) for process in processes]
    assert codes == [0, 0]
    assert planned_in(region) == set(cells)
    with region.reading() as session:
        assert breaches(session) == []
        machines = session.scalars(select(TaskRow.machine_id)).all()
    assert len(machines) == 6
    assert None not in machines
