"""While a long program is checked, the agent answers; cancelled or killed, nothing starts."""

import httpx

from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import control, job, squares, wait_until
from tests.unit.firmware_bridge.gcode.test_apart import alive, child_of

LONG = squares(120_000)  # half a minute of reading


def checking(stage: Stage, job_id: str = "job-0001") -> int:
    """A long program under way; the process that reads it."""
    stage.hub.send(job(stage.files.put(LONG), job_id))
    wait_until(lambda: (stage.agent.machine()["checked"] or {}).get("line"), "it reads")
    assert stage.agent.process is not None
    assert stage.agent.process.pid is not None
    return child_of(stage.agent.process.pid)


def test_page_tells_the_line_and_takes_the_job_away(stage: Stage) -> None:
    agent = stage.agent
    agent.start()
    reading = checking(stage)
    page = httpx.get(f"http://127.0.0.1:{agent.port}/").text
    assert "Its next job is made ready" in page
    assert "Checking its program: line " in page
    assert 'formaction="/cancel"' in page
    assert agent.post("cancel", job_id="job-0001").status_code == 200
    wait_until(lambda: not alive(reading), "nobody reads it any more")
    wait_until(lambda: stage.hub.happened("job-0001") == ["cancelled"], "it is told")
    assert agent.machine()["job"] is None
    # and the next one has its turn
    stage.hub.send(job(stage.files.put(squares(1)), "job-0002"))
    agent.wait_for("needs-arming")


def test_network_takes_it_away_and_a_lost_board_lets_it_be(stage: Stage) -> None:
    agent = stage.agent
    agent.start()
    reading = checking(stage)
    stage.boards.fault("mill-1", "unplug")
    wait_until(lambda: not alive(reading), "a board that is away has no check")
    stage.boards.fault("mill-1", "plug")
    again = wait_until(lambda: (agent.machine()["checked"] or {}).get("line"), "again")
    assert again
    stage.hub.send(control("cancel"))
    wait_until(lambda: agent.machine()["job"] is None, "it is taken away")
    wait_until(lambda: agent.machine()["checked"] is None, "and read no more")


def test_kill_in_mid_check_leaves_nothing_started(stage: Stage) -> None:
    agent = stage.agent
    agent.start()
    reading = checking(stage)
    agent.kill()
    wait_until(lambda: not alive(reading), "the reading process is gone with it")
    agent.start()
    wait_until(lambda: (agent.machine()["checked"] or {}).get("line"), "read anew")
    assert agent.machine()["state"] == "idle"
    assert stage.boards.oracle("mill-1")["blocks_executed"] == 0
    assert stage.hub.happened("job-0001") == []
    assert agent.terminate() == 0
