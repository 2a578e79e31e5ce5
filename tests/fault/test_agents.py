"""What befalls an agent while its machine works: power, broker, disk, clock, commands.

The judge is the board's own count of programs that were started, and its rest.
`FABCOMMONS_SOAK=1` takes twenty seeded moments of each instead of one.
"""

import os
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device_agents.settings import ClockSettings, load_settings, toml_of, write_private
from tests.integration.device_agents.conftest import Stage, staged
from tests.integration.device_agents.stage import (
    AgentProcess,
    control,
    job,
    mill,
    squares,
)
from tests.waiting import wait_until

IS_SOAK = bool(os.environ.get("FABCOMMONS_SOAK"))
SEEDS = range(20 if IS_SOAK else 1)
AWAY_WALL_S = 12.0  # that an absence takes here
RUN_S = 2.5  # what eight squares take on these boards, and a bit
ENDS = {"completed", "interrupted", "unknown", "failed", "cancelled"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


def starts(stage: Stage) -> int:
    return int(stage.boards.oracle("mill-1")["programs_started"])


def told(stage: Stage) -> list[str]:
    """Everything the network has heard of the job, once the agent has told all."""
    wait_until(lambda: stage.agent.state()["untold"] == 0, "all is told", 60)
    return stage.hub.happened("job-0001")


def at_rest(stage: Stage) -> bool:
    oracle = stage.boards.oracle("mill-1")
    return oracle["state"] == "Idle" and not oracle["spindle_on"]


def settled(stage: Stage) -> str:
    known = ("needs-arming", "unknown", "needs-clearing", "idle")

    def look() -> str | None:
        state = str(stage.agent.machine()["state"])
        return state if state in known else None

    return str(wait_until(look, "a settled state", 60))


def nothing_runs_again(stage: Stage, before: int) -> None:
    """A person clears the bed; the job must not begin anew."""
    stage.agent.post("clear", job_id="job-0001")
    wait_until(lambda: "job-0001" not in str(stage.agent.machine()["job"]), "cleared")
    assert stage.agent.post("arm", job_id="job-0001").status_code != 200
    assert starts(stage) == before <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_disk_full_at_any_moment_of_a_job(stage: Stage, seed: int) -> None:
    """No file may grow any more: what can't be kept is not begun, or is not known."""
    stage.agent.start()
    stage.hub.send(job(stage.files.put(squares(8))))
    stage.agent.wait_for("needs-arming")
    draw = random.Random(seed)
    before_arming = seed % 4 == 3
    if not before_arming:
        stage.agent.arm("job-0001")
        time.sleep(draw.uniform(0.0, RUN_S))
    process = stage.agent.process
    assert process is not None
    assert process.pid is not None
    size = (stage.agent.folder / "agent.db-wal").stat().st_size
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
    if before_arming:
        stage.agent.post("arm", job_id="job-0001")
        assert starts(stage) == 0
    stage.hub.send(
        job(stage.files.put(squares(1)), "job-0002")
    )  # must be kept: it ends
    process.join(60)
    assert process.exitcode not in (None, 0), "it went on without a disk"
    wait_until(lambda: at_rest(stage), "the machine rests", 30)
    begun = starts(stage)
    stage.agent.process = None
    stage.agent.start()
    state = settled(stage)
    happened = told(stage)
    assert len(happened) == len(set(happened))
    assert ("started" in happened) == (begun == 1)
    if state != "needs-arming":
        assert ENDS & set(happened)
        nothing_runs_again(stage, begun)


@pytest.mark.parametrize("seed", SEEDS)
def test_commands_twice_late_expired_and_of_two_orchestrators(
    stage: Stage, seed: int
) -> None:
    draw = random.Random(seed)
    stage.agent.start()
    program = stage.files.put(squares(1))
    gone = datetime.now(UTC) - timedelta(minutes=1)
    wanted = [job(program, fence=1), job(program, fence=2), job(program, fence=3)]
    sent = [
        *wanted,
        *wanted,
        job(program, fence=9, not_after=gone),
        control("resume", fence=1),
        control("cancel", fence=9, not_after=gone),
        control("cancel", "job-0009", fence=1),
        job(program, "job-0009", fence=1),
    ]
    draw.shuffle(sent)
    for command in sent:
        stage.hub.send(command)
    wait_until(lambda: len(stage.hub.answers()) == len(sent), "all are answered", 60)
    assert starts(stage) == 0  # nobody has armed anything
    stage.agent.arm("job-0001")
    for command in draw.sample(sent, len(sent)):
        if command.kind != "job-control" or command.not_after < datetime.now(UTC):
            stage.hub.send(command)
    stage.agent.wait_for("needs-clearing")
    assert told(stage).count("started") == 1
    assert "started" not in stage.hub.happened("job-0009")
    nothing_runs_again(stage, 1)


@pytest.mark.parametrize("away_s", [600, 86_400] if IS_SOAK else [600])
def test_broker_away_for_long(stage: Stage, away_s: int) -> None:
    """By the agent's clock, which turns faster: nothing is lost, nothing told twice."""
    agent = AgentProcess(stage.folder / "fast")
    clock = ClockSettings(factor=away_s / AWAY_WALL_S, wall_origin=datetime.now(UTC))
    agent.configure(stage.files, (mill(stage.boards.grbl("mill-2")),), clock)
    agent.enrol(stage.files)
    try:
        agent.start()
        far = datetime.now(UTC) + timedelta(days=90)
        stage.hub.send(job(stage.files.put(squares(20)), not_after=far))
        agent.arm("job-0001")
        agent.wait_for("running")
        stage.broker.kill()
        back = datetime.fromisoformat(agent.state()["now"]) + timedelta(seconds=away_s)
        agent.wait_for("needs-clearing")
        assert agent.post("clear", job_id="job-0001").status_code == 200
        wait_until(
            lambda: datetime.fromisoformat(agent.state()["now"]) > back, "back", 90
        )
        stage.broker.start()
        wait_until(lambda: agent.state()["untold"] == 0, "all is told", 60)
        happened = stage.hub.happened("job-0001")
        assert happened == ["armed", "started", "completed", "cleared"]
        assert sorted(stage.hub.stored) == list(range(1, len(stage.hub.stored) + 1))
        assert stage.boards.oracle("mill-2")["programs_started"] == 1
    finally:
        agent.kill()


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(days=400)])
def test_clock_stepped_while_the_agent_was_down(stage: Stage, step: timedelta) -> None:
    """A computer without a battery wakes up in another year: nothing starts by itself."""
    agent = stage.agent
    agent.start()
    stage.hub.send(job(stage.files.put(squares(8))))
    agent.arm("job-0001")
    agent.wait_for("running")
    agent.kill()
    begun = starts(stage)
    now = datetime.now(UTC)
    path = agent.folder / "agent.toml"
    clock = ClockSettings(factor=1.001, wall_origin=now, simulated_origin=now + step)
    settings = load_settings(agent.folder).model_copy(update={"clock": clock})
    path.unlink()
    write_private(path, toml_of(settings))
    agent.start()
    assert settled(stage) == "unknown"
    assert told(stage) == ["armed", "started", "unknown"]
    nothing_runs_again(stage, begun)
