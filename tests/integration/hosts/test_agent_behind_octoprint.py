"""A whole agent with a printer behind OctoPrint: armed, told, killed, never doubled."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from device_agents.settings import ClockSettings, Limits, Machine, store_key
from tests.integration.device_agents.stage import (
    AgentProcess,
    FileServer,
    Hub,
    job,
    network,
    wait_until,
)
from tests.integration.hosts.programs import Piece, piece
from tests.integration.hosts.servers import KEY, OctoPrintServer

PRINTER = "printer-1"


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One agent with one printer behind OctoPrint, and the network round it."""

    agent: AgentProcess
    hub: Hub
    files: FileServer
    server: OctoPrintServer

    def order(self, made: Piece, job_id: str = "job-0001") -> None:
        program = self.files.put(made.source)
        self.hub.send(job(program, job_id=job_id, machine_id=PRINTER))

    def state(self) -> str:
        return str(self.agent.machine(PRINTER)["state"])


@pytest.fixture
def lab(server: OctoPrintServer, tmp_path: Path) -> Iterator[Lab]:
    with ExitStack() as closing:
        _, hub, files = closing.enter_context(network(tmp_path / "broker"))
        agent = AgentProcess(tmp_path / "agent")
        closing.callback(agent.kill)
        printer = Machine(
            machine_id=PRINTER,
            name="Printer",
            machine_kind="fdm-printer",
            port=server.address,
            processes=("3DP-FDM",),
            limits=Limits(nozzle_max_c=240.0, bed_max_c=70.0),
        )
        agent.configure(files, (printer,), ClockSettings())
        agent.enrol(files)
        store_key(agent.folder, PRINTER, KEY)
        yield Lab(agent=agent, hub=hub, files=files, server=server)


def test_whole_job_and_the_key_stays_here(lab: Lab) -> None:
    agent, hub, made = lab.agent, lab.hub, piece(60)
    agent.start()
    lab.order(made)
    agent.arm("job-0001", PRINTER)
    agent.wait_for("needs-clearing", PRINTER)
    wait_until(lambda: "completed" in hub.happened("job-0001"), "it is told")
    assert hub.happened("job-0001") == ["armed", "started", "completed"]
    evidence = hub.events("job-0001")[-1].evidence
    assert evidence is not None
    assert evidence.lines_acknowledged == evidence.lines_total
    assert (evidence.last_x_mm, evidence.last_y_mm) == (5.0, 6.0)
    told = [one.body for one in hub.heard if one.body.kind == "capability"]
    assert told[-1].envelope_x_mm == 200.0
    assert told[-1].envelope_source == "measured"
    assert told[-1].firmware.startswith("OctoPrint 1.")
    assert lab.server.printed(made.marker) == 1
    assert agent.terminate() == 0
    shown = json.dumps([one.model_dump(mode="json") for one in hub.heard])
    assert KEY not in shown + (agent.folder / "log").read_text()


def test_agent_killed_in_mid_job_starts_nothing_twice(lab: Lab) -> None:
    agent, hub, server = lab.agent, lab.hub, lab.server
    made, waiting = piece(200, dwell_ms=50), piece(5)
    agent.start()
    lab.order(made)
    agent.arm("job-0001", PRINTER)
    wait_until(lambda: server.state == "Printing", "it prints")
    agent.kill()
    agent.start()
    agent.wait_for("unknown", PRINTER)
    assert server.state == "Printing"  # the server works on without us
    assert agent.post("arm", machine_id=PRINTER, job_id="job-0001").is_client_error
    agent.post("clear", machine_id=PRINTER, job_id="job-0001")
    lab.order(waiting, "job-0002")
    agent.wait_for("running", PRINTER)  # said so, although it is no job of ours now
    wait_until(lambda: _stage(lab) == "needs-arming", "the next one waits")
    refused = agent.post("arm", machine_id=PRINTER, job_id="job-0002")
    assert refused.json()["code"] == "machine-not-ready"
    assert agent.post("stop", machine_id=PRINTER).is_success
    agent.wait_for("alarm", PRINTER)
    assert server.printed(made.marker) == 1
    assert server.printed(waiting.marker) == 0
    assert hub.happened("job-0001") == ["armed", "started", "unknown", "cleared"]


def _stage(lab: Lab) -> str | None:
    found = lab.agent.machine(PRINTER)["job"]
    return found["stage"] if found else None


def test_server_killed_in_mid_job(lab: Lab) -> None:
    made = piece(200, dwell_ms=50)
    lab.agent.start()
    lab.order(made)
    lab.agent.arm("job-0001", PRINTER)
    wait_until(lambda: lab.server.state == "Printing", "it prints")
    time.sleep(1.5)
    lab.server.kill()
    lab.server.start()
    told = wait_until(lambda: lab.hub.happened("job-0001")[2:], "its end is told", 60)
    assert told in (["interrupted"], ["unknown"])  # by how long it was away
    wait_until(
        lambda: lab.state() in ("needs-clearing", "unknown"), "its state is told"
    )
    assert lab.server.printed(made.marker) == 1


def test_wrong_key_is_shown_and_named(lab: Lab) -> None:
    store_key(lab.agent.folder, PRINTER, "not-the-key")
    lab.agent.start()
    wait_until(
        lambda: "host-key" in lab.agent.machine(PRINTER).get("text", ""),
        "it tells where the key belongs",
    )
    assert lab.agent.machine(PRINTER)["state"] == "offline"
    page = httpx.get(f"http://127.0.0.1:{lab.agent.port}/", trust_env=False).text
    assert re.search("does not take the key", page)
    assert "not-the-key" not in page + json.dumps(lab.agent.state())
