"""A job starts once, armed, in its time, or never; every verdict is kept."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from device_agents.agent import commands, jobs, outbox
from device_agents.agent.store import _SCHEMA, Store
from device_agents.contract.messages import Acknowledgement, JobCommand, JobEvent
from device_agents.errors import RefusedError
from tests.unit.device_agents.agent.conftest import NOON, HandClock, a_control, a_job

MACHINES = frozenset({"mill-1"})


def take(store: Store, command: JobCommand, clock: HandClock) -> tuple[str, str | None]:
    with store.transaction() as writing:
        told = commands.take(writing, command, now=clock.now(), machines=MACHINES)
    return told.verdict, told.code


def steer(
    store: Store, action: str, clock: HandClock, **fields: object
) -> tuple[str, str | None, bool]:
    command = a_control(action, **fields)  # type: ignore[arg-type]
    with store.transaction() as writing:
        told, job = commands.control(
            writing, command, now=clock.now(), machines=MACHINES
        )
    return told.verdict, told.code, job is not None


def ready(store: Store, clock: HandClock, job_id: str = "job-1") -> None:
    take(store, a_job(job_id), clock)
    with store.transaction() as writing:
        jobs.fetched(writing, job_id)
        jobs.offer(writing, job_id)


def arm(
    store: Store, clock: HandClock, job_id: str = "job-1", by: str | None = None
) -> jobs.Job:
    with store.transaction() as writing:
        return jobs.arm(
            writing,
            machine_id="mill-1",
            job_id=job_id,
            now=clock.now(),
            arming_s=600,
            by=by,
        )


def start(store: Store, clock: HandClock, job_id: str = "job-1") -> jobs.Job:
    with store.transaction() as writing:
        return jobs.start(writing, job_id, clock.now())


def happened(store: Store) -> list[str]:
    with store.reading() as reading:
        kept = outbox.pending(reading, after=0, limit=1000)
    return [one.body.event for one in kept if isinstance(one.body, JobEvent)]


def stage_of(store: Store, job_id: str = "job-1") -> str:
    with store.reading() as reading:
        job = jobs.get(reading, job_id)
    assert job is not None
    return job.outcome or job.stage


def test_life_of_a_job(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    arm(store, clock)
    started = start(store, clock)
    assert started.started_at == clock.now()
    with store.transaction() as writing:
        jobs.end(writing, "job-1", "completed", clock.now())
        jobs.end(writing, "job-1", "failed", clock.now())  # an end is an end
        jobs.clear(writing, machine_id="mill-1", job_id="job-1", now=clock.now())
        assert jobs.current(writing, "mill-1") is None
    assert happened(store) == ["armed", "started", "completed", "cleared"]


def test_job_that_was_not_armed_never_starts(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    with pytest.raises(RefusedError) as refusal:
        start(store, clock)
    assert refusal.value.reason == "not-armed"
    assert happened(store) == []


def test_job_starts_once_only(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    arm(store, clock)
    start(store, clock)
    for attempt in (start, arm):
        with pytest.raises(RefusedError):
            attempt(store, clock)
    assert happened(store) == ["armed", "started"]


def test_arming_lasts_a_limited_time(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    until = arm(store, clock).armed_until
    assert until == NOON + timedelta(seconds=600)
    clock.sleep(601)
    with pytest.raises(RefusedError) as refusal:
        start(store, clock)
    assert refusal.value.reason == "arming-over"


def test_arming_never_outlasts_the_job(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    clock.sleep(3_300)  # five minutes before its end of time
    assert arm(store, clock).armed_until == NOON + timedelta(hours=1)
    clock.sleep(301)
    with pytest.raises(RefusedError):
        start(store, clock)


@pytest.mark.parametrize("machine_id", ["mill-1", "mill-2"])
def test_only_the_job_that_waits_can_be_armed(
    store: Store, clock: HandClock, machine_id: str
) -> None:
    ready(store, clock)
    take(store, a_job("job-2"), clock)
    with pytest.raises(RefusedError) as refusal, store.transaction() as writing:
        jobs.arm(
            writing,
            machine_id=machine_id,
            job_id="job-2",
            now=clock.now(),
            arming_s=600,
        )
    assert refusal.value.reason == "not-this-job"


def test_uncleared_bed_comes_before_any_waiting_job(
    store: Store, clock: HandClock
) -> None:
    ready(store, clock)
    arm(store, clock)
    start(store, clock)
    take(store, a_job("job-2"), clock)
    with store.transaction() as writing:
        jobs.end(writing, "job-1", "interrupted", clock.now())
        current = jobs.current(writing, "mill-1")
    assert current is not None
    assert (current.job_id, current.outcome) == ("job-1", "interrupted")
    with store.transaction() as writing:
        jobs.clear(writing, machine_id="mill-1", job_id="job-1", now=clock.now())
        following = jobs.current(writing, "mill-1")
    assert following is not None
    assert following.job_id == "job-2"


def test_after_a_crash_the_armed_is_disarmed_and_the_started_unknown(
    tmp_path: Path, clock: HandClock
) -> None:
    path = tmp_path / "crash.db"
    store = Store(path)
    ready(store, clock)
    arm(store, clock)
    store.close()  # as kill -9 would: nothing more is written
    store = Store(path)
    with store.transaction() as writing:
        assert jobs.recover(writing, clock.now()) == []
    assert stage_of(store) == "needs-arming"
    arm(store, clock)
    start(store, clock)
    store.close()
    store = Store(path)
    for _restart in range(2):  # told once, however often the agent restarts
        with store.transaction() as writing:
            jobs.recover(writing, clock.now())
    assert happened(store) == ["armed", "armed", "started", "unknown"]
    with pytest.raises(RefusedError):
        arm(store, clock)
    verdict = take(store, a_job(command_id="cmd-other"), clock)
    assert verdict == ("duplicate", "job-unknown")


def test_verdicts(store: Store, clock: HandClock) -> None:
    assert take(store, a_job(), clock) == ("accepted", None)
    assert take(store, a_job(), clock) == ("duplicate", "accepted")
    assert take(store, a_job("job-2", machine_id="saw-9"), clock) == (
        "refused",
        "no-such-machine",
    )
    assert take(store, a_job("job-2", machine_id="saw-9"), clock) == (
        "duplicate",
        "refused",
    )
    late = a_job("job-3", not_after=NOON - timedelta(seconds=1))
    assert take(store, late, clock) == ("expired", "too-late")
    with store.reading() as reading:
        assert jobs.get(reading, "job-3") is None


def test_every_answer_goes_to_the_outbox(store: Store, clock: HandClock) -> None:
    for _time in range(3):
        take(store, a_job(), clock)
    with store.reading() as reading:
        kept = outbox.pending(reading, after=0, limit=10)
    assert [
        one.body.verdict for one in kept if isinstance(one.body, Acknowledgement)
    ] == ["accepted", "duplicate", "duplicate"]


def test_newer_holder_fences_the_older(store: Store, clock: HandClock) -> None:
    take(store, a_job(fence=2), clock)
    assert take(store, a_job(fence=1, command_id="cmd-old"), clock)[0] == "fenced"
    assert take(store, a_job(fence=5, command_id="cmd-new"), clock)[0] == "duplicate"
    assert steer(store, "cancel", clock, fence=4)[:2] == ("fenced", "newer-holder")
    assert stage_of(store) == "received"
    verdict = steer(store, "cancel", clock, fence=5, command_id="ctl-5")
    assert verdict[0] == "accepted"
    assert stage_of(store) == "cancelled"


def test_queue_is_bounded(store: Store, clock: HandClock) -> None:
    for number in range(commands.QUEUE_MAX):
        assert take(store, a_job(f"job-{number}"), clock)[0] == "accepted"
    assert take(store, a_job("job-more"), clock) == ("refused", "queue-full")


def test_cancel_before_the_job_keeps_it_from_ever_starting(
    store: Store, clock: HandClock
) -> None:
    assert steer(store, "cancel", clock)[0] == "accepted"
    assert take(store, a_job(), clock) == ("duplicate", "job-cancelled")
    with store.reading() as reading:
        assert jobs.current(reading, "mill-1") is None


def test_controls(store: Store, clock: HandClock) -> None:
    assert steer(store, "pause", clock)[:2] == ("refused", "no-such-job")
    ready(store, clock)
    assert steer(store, "pause", clock, command_id="ctl-2")[1] == "not-started"
    arm(store, clock)
    start(store, clock)
    assert steer(store, "pause", clock, command_id="ctl-3") == ("accepted", None, True)
    assert steer(store, "pause", clock, command_id="ctl-3") == (
        "duplicate",
        "accepted",
        False,
    )
    late = steer(
        store, "cancel", clock, command_id="ctl-4", not_after=NOON - timedelta(days=1)
    )
    assert late == ("expired", "too-late", False)
    with store.transaction() as writing:
        jobs.end(writing, "job-1", "completed", clock.now())
    over = steer(store, "cancel", clock, command_id="ctl-5")
    assert over == ("refused", "job-completed", False)


def test_machine_that_is_held_by_hand_is_not_resumed_from_afar(
    store: Store, clock: HandClock
) -> None:
    ready(store, clock)
    arm(store, clock)
    start(store, clock)
    with store.transaction() as writing:
        told, job = commands.control(
            writing,
            a_control("resume"),
            now=clock.now(),
            machines=MACHINES,
            hand_held=MACHINES,
        )
    assert (told.verdict, told.code, job) == ("refused", "resume-is-local", None)


def test_programs_in_use(store: Store, clock: HandClock) -> None:
    take(store, a_job(), clock)
    with store.transaction() as writing:
        assert jobs.programs_in_use(writing) == {"0" * 64}
        jobs.end(writing, "job-1", "failed", clock.now())
        assert jobs.programs_in_use(writing) == set()


def test_who_armed_is_told_and_the_last_counts(store: Store, clock: HandClock) -> None:
    ready(store, clock)
    arm(store, clock, by="Aino")
    with store.transaction() as writing:
        jobs.disarm(writing, "job-1")
    assert arm(store, clock, by="Eetu").armed_by == "Eetu"
    with store.reading() as reading:
        kept = outbox.pending(reading, after=0, limit=1000)
    told = [one.body.by for one in kept if isinstance(one.body, JobEvent)]
    assert told == ["Aino", "Eetu"]


def test_file_of_an_older_release_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    old = _SCHEMA.replace(", armed_by text", "")
    assert old != _SCHEMA
    with sqlite3.connect(path) as connection:
        connection.executescript(old)
    for _start in range(2):
        Store(path).close()
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("pragma table_info(job)")]
    assert columns.count("armed_by") == 1
