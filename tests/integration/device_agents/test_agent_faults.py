"""Pull any plug: nothing is lost, nothing is doubled, nothing runs twice or unarmed."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from device_agents.contract.messages import JobEvent, Notice
from device_agents.settings import ClockSettings
from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import (
    AgentProcess,
    job,
    mill,
    squares,
    wait_until,
)


def test_broker_killed_and_back_in_mid_job(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(10))))
    agent.arm("job-0001")
    agent.wait_for("running")
    stage.broker.kill()
    wait_until(lambda: not agent.state()["connected"], "the agent sees it")
    agent.wait_for("needs-clearing")  # work went on
    assert agent.post("clear", job_id="job-0001").status_code == 200
    assert agent.state()["untold"] > 0
    stage.broker.start()
    wait_until(lambda: agent.state()["untold"] == 0, "all is told")
    assert hub.happened("job-0001") == ["armed", "started", "completed", "cleared"]
    assert sorted(hub.stored) == list(range(1, len(hub.stored) + 1))  # no gap
    late = [one for one in hub.heard if one.historical]
    assert {one.body.event for one in late if isinstance(one.body, JobEvent)} >= {
        "completed",
        "cleared",
    }


def test_without_receipts_messages_are_told_again_and_counted_once(
    stage: Stage,
) -> None:
    agent, hub = stage.agent, stage.hub
    hub.receipts = False
    agent.start()
    hub.send(job(stage.files.put(squares(1))))
    agent.wait_for("needs-arming")
    wait_until(lambda: hub.told[1] >= 1, "the answer is told")
    agent.kill()
    agent.start()
    wait_until(lambda: hub.told[1] >= 2, "it is told again")
    hub.receipts = True
    agent.kill()
    agent.start()
    wait_until(lambda: agent.state()["untold"] == 0, "the receipt lets it go")
    assert len(hub.answers()) == 1


@pytest.mark.parametrize("seed", range(4))
def test_agent_killed_at_a_seeded_moment(stage: Stage, seed: int) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(8))))
    agent.arm("job-0001")
    time.sleep(random.Random(seed).uniform(0.0, 2.5))
    agent.kill()
    before = stage.boards.oracle("mill-1")
    agent.start()

    def settled() -> str | None:
        state = str(agent.machine()["state"])
        known = ("needs-arming", "unknown", "needs-clearing")
        return state if state in known else None

    state = wait_until(settled, "a settled state")
    wait_until(lambda: agent.state()["untold"] == 0, "all is told")
    happened = hub.happened("job-0001")
    assert len(happened) == len(set(happened)), "an event came twice"
    match state:
        case "needs-arming":  # killed before the start; the arming is lost
            assert "started" not in happened
            assert before["blocks_executed"] == 0
            assert agent.machine()["job"]["armed_until"] is None
        case "unknown":
            assert happened == ["armed", "started", "unknown"]
        case _:
            assert happened == ["armed", "started", "completed"]
    again = agent.post("arm", job_id="job-0001")
    assert (again.status_code == 200) == (state == "needs-arming")
    if state != "needs-arming":
        rested = stage.boards.oracle("mill-1")["blocks_executed"]
        agent.post("clear", job_id="job-0001")
        agent.wait_for("idle")
        time.sleep(0.5)
        assert stage.boards.oracle("mill-1")["blocks_executed"] == rested


def test_stop_of_the_agent_ends_the_run_and_says_so(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(60))))
    agent.arm("job-0001")
    agent.wait_for("running")
    assert agent.terminate() == 0
    wait_until(lambda: "interrupted" in hub.happened("job-0001"), "the end is told")
    assert hub.events("job-0001")[-1].code == "agent-stopped"
    done = stage.boards.oracle("mill-1")["blocks_executed"]
    time.sleep(0.5)
    assert stage.boards.oracle("mill-1")["blocks_executed"] == done


def test_cable_pulled_in_mid_job_and_back(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(60))))
    agent.arm("job-0001")
    agent.wait_for("running")
    stage.boards.host.unplug("mill-1")
    agent.wait_for("offline")
    stage.boards.host.plug("mill-1")
    agent.wait_for("needs-clearing" if _interrupted(stage) else "unknown")
    assert "completed" not in hub.happened("job-0001")
    agent.post("clear", job_id="job-0001")
    agent.wait_for("idle")


def _interrupted(stage: Stage) -> bool:
    ends = {"interrupted", "unknown"}
    wait_until(lambda: ends & set(stage.hub.happened("job-0001")), "the end is told")
    return "interrupted" in stage.hub.happened("job-0001")


def test_two_agents_with_one_identity(stage: Stage) -> None:
    first, hub = stage.agent, stage.hub
    first.start()
    first.wait_for("idle")
    second = first.clone(stage.folder / "clone")
    second.folder.joinpath("agent.lock").unlink()
    try:
        second.start(connected=False)
        wait_until(lambda: first.state()["fenced"], "the older one is fenced off", 40)
        wait_until(lambda: second.state()["connected"], "the newer one stays")
        assert second.state()["fenced"] is None
        told = len(hub.heard)
        refused = first.post("arm", job_id="job-0001")
        assert refused.json()["code"] == "fenced"
        assert any("fenced" in text for text in first.state()["alarms"])
        time.sleep(1.0)
        births = [one for one in hub.heard[told:] if one.body.kind == "birth"]
        assert births == []  # the older one keeps silent
    finally:
        second.kill()


def test_doubles_without_a_hub_back_off_with_an_alarm(stage: Stage) -> None:
    stage.hub.close()  # nobody fences anybody
    first = stage.agent
    first.start()
    first.wait_for("idle")
    second = first.clone(stage.folder / "clone")
    try:
        second.start(connected=False)
        wait_until(
            lambda: any(
                "may use this device's identity" in text
                for agent in (first, second)
                for text in agent.state()["alarms"]
            ),
            "somebody tells the people",
            60,
        )
    finally:
        second.kill()


def test_fenced_agent_takes_no_command_and_says_nothing(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    agent.wait_for("idle")
    hub.send(Notice(notice="fenced", text="test"), None)
    wait_until(lambda: agent.state()["fenced"], "it is fenced")
    told = len(hub.heard)
    hub.send(job(stage.files.put(squares(1))))
    time.sleep(1.0)
    assert len(hub.heard) == told
    assert agent.machine()["job"] is None
    assert agent.terminate() == 0


def _shown(agent: AgentProcess) -> datetime:
    return datetime.fromisoformat(agent.state()["now"])


def test_clock_that_runs_sixty_times_as_fast(stage: Stage) -> None:
    origin = datetime.now(UTC)
    fast = AgentProcess(stage.folder / "fast")
    clock = ClockSettings(factor=60.0, wall_origin=origin)
    fast.configure(stage.files, (mill(stage.boards.grbl("mill-2")),), clock)
    fast.enrol(stage.files)
    try:
        fast.start()
        ahead = timedelta(seconds=10)
        wait_until(lambda: _shown(fast) - datetime.now(UTC) > ahead, "it runs ahead")
        shown = _shown(fast)
        end = shown + timedelta(minutes=4)
        stage.hub.send(job(stage.files.put(squares(1)), not_after=end))
        fast.wait_for("needs-arming")
        wait_until(lambda: stage.hub.happened("job-0001") == ["failed"], "expiry", 30)
        told = stage.hub.events()[0].observed_at
        assert timedelta(0) < told - end < timedelta(minutes=3)
    finally:
        fast.kill()
