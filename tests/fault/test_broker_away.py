"""The broker is gone for hours in the middle of jobs: all goes on, nothing is lost.

Who was asked too long ago does not run, pages and API answer, and it is said.
"""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from orchestrator.dispatch.rows import JobRow
from tests.fault.people import at_work
from tests.fault.region import FaultRegion, RunningLab, passable_folder, running
from tests.fault.tally import settle, tally
from tests.waiting import ask

FACTOR = 240.0
AWAY_S = 30.0  # of the wall: two hours of the region
ASKED_S = 0.5
SAID_WITHIN_S = 5.0
BACK_WITHIN_S = 10.0
DESIGNS = ("hook", "strap-clip", "coaster", "poster")


def test_two_hours_without_a_broker(tmp_path: Path) -> None:
    with (
        passable_folder() as folder,
        running(
            folder,
            labs=("esplanadi",),
            factor=FACTOR,
            broker_listen="0.0.0.0",  # noqa: S104
        ) as region,
        at_work(region, designs=DESIGNS, open_orders_max=4, seed=3) as people,
    ):
        (lab,) = region.labs
        region.wait("one machine runs, one waits for a person", lambda: _held(lab))
        under_way = _jobs(lab, "state = 'started'")
        people.calm.set()
        with _broker_away(region):
            began_s = time.monotonic()
            region.wait(
                "it is said", lambda: not region.is_ready(), wait_s=SAID_WITHIN_S
            )
            print(f"said after {time.monotonic() - began_s:.1f} s")
            waiting = _waiting(lab)
            assert waiting
            while time.monotonic() - began_s < AWAY_S:
                _answers(region)
                time.sleep(1)
            before = sum(lab.programs_started().values())
            lab.operators.send(signal.SIGCONT)
            region.wait("all that waited expired", lambda: waiting <= _expired(lab))
            assert sum(lab.programs_started().values()) == before
            assert under_way <= _jobs(lab, "outcome = 'completed'")
            began_s = time.monotonic()
        region.wait("the broker is back", region.is_ready, wait_s=BACK_WITHIN_S)
        print(f"back after {time.monotonic() - began_s:.1f} s")
        settle(people)
        judged = tally(people, tmp_path / "ledger.jsonl")
        assert judged.lost == judged.doubled == judged.broken == []
        assert under_way
        with region.store.readers() as session:
            jobs = session.scalars(select(JobRow).where(JobRow.id.in_(waiting))).all()
        assert {job.id for job in jobs} == waiting
        assert all(job.started_at is None for job in jobs)


def _answers(region: FaultRegion) -> None:
    """Readiness says what is wrong; pages and API go on."""
    ready = ask(f"{region.url}/health/ready")
    assert ready.status_code == 503
    assert "broker is away" in ready.json()["broker"]
    assert ready.json()["database"] == "ok"
    key = region.cast.shops[0].person.key
    signed_in = {"Authorization": f"Bearer {key}"}
    for path in ("/health/live", "/", "/api/v1/orders", "/api/v1/ledger"):
        answer = ask(region.url + path, headers=signed_in, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.text[:500])


@contextlib.contextmanager
def _broker_away(region: FaultRegion) -> Iterator[None]:
    """No mosquitto can start: its settings are not where they were."""
    settings = region.store.settings.home / "broker" / "mosquitto.conf"
    hidden = settings.with_suffix(".away")
    settings.rename(hidden)
    fallen = region.broker_id()
    assert fallen is not None
    os.kill(fallen, signal.SIGKILL)
    try:
        yield
    finally:
        hidden.rename(settings)


def _held(lab: RunningLab) -> bool:
    """Nobody arms anything any more, and one job runs while another waits."""
    lab.operators.send(signal.SIGSTOP)
    time.sleep(ASKED_S)  # what an operator had just asked for is through
    if _jobs(lab, "state = 'started'") and _jobs(lab, "state = 'needs-arming'"):
        return True
    lab.operators.send(signal.SIGCONT)
    time.sleep(ASKED_S)
    return False


def _waiting(lab: RunningLab) -> set[str]:
    return _jobs(lab, "state in ('received', 'fetched', 'needs-arming', 'armed')")


def _expired(lab: RunningLab) -> set[str]:
    return _jobs(lab, "outcome = 'failed' and code = 'expired' and started_at is null")


_SELECT = "select job_id from job where "


def _jobs(lab: RunningLab, which: str) -> set[str]:
    database = sqlite3.connect(f"file:{lab.home / 'agent.db'}?mode=ro", uri=True)
    try:
        return {row[0] for row in database.execute(_SELECT + which)}
    finally:
        database.close()
