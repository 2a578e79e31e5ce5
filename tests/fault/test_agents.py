"""What befalls an agent while its machine works: power, broker, disk, clock, commands.

The judge is the board's own count of programs that were started, and its rest.
`FABCOMMONS_SOAK=1` takes twenty seeded moments of each instead of one.
"""

import html
import os
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from device_agents.contract.messages import JobCommand, JobControl
from device_agents.settings import (
    ClockSettings,
    Machine,
    load_settings,
    toml_of,
    write_private,
)
from tests.fault.account import Account
from tests.integration.device_agents.conftest import Stage, staged
from tests.integration.device_agents.stage import (
    AgentProcess,
    Boards,
    control,
    job,
    mill,
    run_agent_on_a_stepped_clock,
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


def judge(
    account: Account, stage: Stage, fault: str, *, armed: bool, path: int | None = None
) -> list[str]:
    """What was told of the job, held against the board's own counters. `path`: moves of
    the whole program, where the board kept its count.
    """
    happened, begun = told(stage), starts(stage)
    ends = [one for one in happened if one in ENDS]
    wrong = []
    taken = stage.boards.oracle("mill-1")["moves_taken"]
    if "completed" in ends and path is not None and taken != path:
        wrong.append("false done")
    if "interrupted" in ends and taken == path:
        wrong.append("false broken")
    if begun > 1 or happened.count("started") > 1:
        wrong.append("double start")
    if begun and not armed:
        wrong.append("unarmed start")
    if begun and "started" not in happened:
        wrong.append("other: it runs, and nobody was told")
    if len(happened) != len(set(happened)):
        wrong.append("other: told twice")
    account.add(fault, "agent", ends[-1] if ends else "never begun", tuple(wrong))
    assert wrong == [], (happened, begun)
    return happened


def moves(program: bytes) -> int:
    return program.count(b"G1 ")


def nothing_runs_again(stage: Stage, before: int) -> None:
    """A person clears the bed; the job must not begin anew."""
    stage.agent.post("clear", job_id="job-0001")
    wait_until(lambda: "job-0001" not in str(stage.agent.machine()["job"]), "cleared")
    assert stage.agent.post("arm", job_id="job-0001").status_code != 200
    assert starts(stage) == before <= 1


def test_wrong_rate_at_connect(tmp_path: Path, account: Account) -> None:
    """Nothing starts, and whoever stands there reads what to change."""

    def set_wrongly(boards: Boards) -> Machine:
        return mill(boards.grbl("mill-1")).model_copy(update={"baud": 57_600})

    with staged(tmp_path, set_wrongly) as stage:
        stage.agent.start()
        stage.hub.send(job(stage.files.put(squares(1))))
        said = wait_until(lambda: stage.agent.machine().get("text"), "it is said")
        assert "answers at 115200 baud, and it is set to 57600. Write 115200" in said
        page = httpx.get(f"http://127.0.0.1:{stage.agent.port}/", trust_env=False).text
        assert said in html.unescape(page)
        assert stage.agent.post("arm", job_id="job-0001").status_code != 200
        judge(account, stage, "wrong rate at connect", armed=False)


@pytest.mark.parametrize("seed", SEEDS if IS_SOAK else (0, 3))
def test_disk_full_at_any_moment_of_a_job(
    stage: Stage, account: Account, seed: int
) -> None:
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
        answer = stage.agent.post("arm", job_id="job-0001")
        assert (answer.status_code, answer.json()["code"]) == (507, "storage")
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
    happened = judge(account, stage, "disk full", armed=not before_arming)
    assert ("started" in happened) == (begun == 1)
    if state != "needs-arming":
        assert ENDS & set(happened)
        nothing_runs_again(stage, begun)


@pytest.mark.parametrize("seed", SEEDS)
def test_commands_twice_late_expired_and_of_two_orchestrators(
    stage: Stage, account: Account, seed: int
) -> None:
    draw = random.Random(seed)
    stage.agent.start()
    program = stage.files.put(squares(1))
    gone = datetime.now(UTC) - timedelta(minutes=1)
    wanted = [job(program, fence=1), job(program, fence=2), job(program, fence=3)]
    sent: list[JobCommand | JobControl] = [
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
    judge(
        account, stage, "commands of three fences", armed=True, path=moves(squares(1))
    )
    assert "started" not in stage.hub.happened("job-0009")
    nothing_runs_again(stage, 1)


@pytest.mark.parametrize("away_s", [600, 86_400] if IS_SOAK else [600])
def test_broker_away_for_long(stage: Stage, account: Account, away_s: int) -> None:
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
        assert stage.boards.oracle("mill-2")["moves_taken"] == moves(squares(20))
        account.add(f"broker away {away_s} s", "agent", "completed", ())
    finally:
        agent.kill()


@pytest.mark.parametrize("seed", SEEDS)
def test_agent_killed_at_any_moment_of_a_job(
    stage: Stage, account: Account, seed: int
) -> None:
    """Power gone from its computer: what it had not seen the end of is not known."""
    agent, draw, work = stage.agent, random.Random(seed), squares(8)
    agent.start()
    stage.hub.send(job(stage.files.put(work)))
    agent.wait_for("needs-arming")
    armed = seed % 5 != 4
    if armed:
        agent.arm("job-0001")
    time.sleep(draw.uniform(0.0, RUN_S))
    agent.kill()
    begun = starts(stage)
    agent.start()
    state = settled(stage)
    happened = judge(account, stage, "agent killed", armed=armed, path=moves(work))
    assert starts(stage) == begun
    if "started" not in happened:
        assert state == "needs-arming"
    else:
        assert {"completed", "unknown"} & set(happened)
        nothing_runs_again(stage, begun)


def drawn_step(draw: random.Random) -> timedelta:
    """An hour, as summer time is, or years, as without a battery; either way."""
    longest = draw.choice(
        [timedelta(hours=1), timedelta(days=400), timedelta(days=3650)]
    )
    return longest * draw.uniform(0.5, 1.0) * draw.choice([-1, 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_clock_stepped_while_the_agent_was_down(
    stage: Stage, account: Account, seed: int
) -> None:
    """A computer without a battery wakes up in another year: nothing starts by itself."""
    agent, draw, work = stage.agent, random.Random(seed), squares(8)
    agent.start()
    stage.hub.send(job(stage.files.put(work)))
    agent.arm("job-0001")
    agent.wait_for("running")
    time.sleep(draw.uniform(0.0, RUN_S / 2))
    agent.kill()
    begun = starts(stage)
    now = datetime.now(UTC)
    path = agent.folder / "agent.toml"
    origin = now + drawn_step(draw)
    clock = ClockSettings(factor=1.001, wall_origin=now, simulated_origin=origin)
    settings = load_settings(agent.folder).model_copy(update={"clock": clock})
    path.unlink()
    write_private(path, toml_of(settings))
    agent.start()
    settled(stage)
    fault = "clock stepped while down"
    happened = judge(account, stage, fault, armed=True, path=moves(work))
    assert happened[:2] == ["armed", "started"]
    nothing_runs_again(stage, begun)


@pytest.mark.parametrize("seed", SEEDS)
def test_clock_stepped_at_any_moment_of_a_job(
    tmp_path: Path, account: Account, seed: int
) -> None:
    """Under the agent's feet: what runs runs on and is told as it was; what is not armed
    yet is armed, or is over by its own time, and never begun.
    """
    draw, work = random.Random(seed), squares(8)
    with staged(tmp_path, target=run_agent_on_a_stepped_clock) as stage:
        agent, step = stage.agent, drawn_step(draw)

        def jump() -> None:
            (agent.folder / "clock-step.new").write_text(f"{step.total_seconds()}")
            (agent.folder / "clock-step.new").rename(agent.folder / "clock-step")

        (agent.folder / "clock-step").write_text("0")
        agent.start()
        stage.hub.send(job(stage.files.put(work)))
        agent.wait_for("needs-arming")
        known: tuple[str, ...] = ("needs-clearing", "idle", "needs-arming")
        before_arming = seed % 5 == 4
        if before_arming:
            jump()
            answer = agent.post("arm", job_id="job-0001")
            is_over = step > timedelta(hours=2)
            assert (answer.status_code == 200) != is_over, answer.text
            known = ("idle",) if is_over else ("needs-clearing",)
        else:
            agent.arm("job-0001")
            time.sleep(draw.uniform(0.0, RUN_S))
            jump()
        wait_until(lambda: agent.machine()["state"] in known, "it is over", 60)
        fault = "clock stepped while it runs"
        happened = judge(account, stage, fault, armed=True, path=moves(work))
        if "started" in happened:
            assert happened == ["armed", "started", "completed"]
            nothing_runs_again(stage, 1)
        else:
            assert starts(stage) == 0
