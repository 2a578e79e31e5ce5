"""A whole simulated lab at sixty times the pace: boards, hands, people, a real agent."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from device_agents.settings import ClockSettings
from device_agents.simulators import labs
from tests.integration.device_agents.stage import (
    PIN,
    REGION,
    AgentProcess,
    FileServer,
    Hub,
    free_port,
    job,
    network,
    squares,
    wait_until,
)

PRINTED = (
    b"M140 S60\nM104 S205\nG28\nM190 S60\nM109 S205\nG90\nM83\nG1 Z0.3 F600\n"
    + b"G1 X20 Y20 F3000\nG1 X40 Y20 E1\nG1 X40 Y40 E1\nG1 X20 Y40 E1\nG1 X20 Y20 E1\n"
    + b"M104 S0\nM140 S0\nM400\n"
)


def plan_of(files: FileServer, port: int) -> labs.LabPlan:
    def machine(
        name: str, kind: str, dialect: str, process: str
    ) -> labs.SimulatedMachine:
        return labs.SimulatedMachine.model_validate(
            {
                "machine_id": name,
                "name": name,
                "machine_kind": kind,
                "dialect": dialect,
                "processes": [process],
                "envelope_mm": (220.0, 220.0, 250.0),
                "materials": ["PLA"],
            }
        )

    return labs.LabPlan(
        region=REGION,
        server_url=files.url,
        local_port=port,
        pin=PIN,
        machines=(
            machine("printer", "fdm-printer", "marlin", "3DP-FDM"),
            machine("mill-1", "cnc-mill", "grbl", "CNC-MIL-3AX"),
            machine("sewing", "other", "fabnode", "TEX-SEW"),
        ),
        clock=ClockSettings(factor=60.0, wall_origin=datetime.now(UTC)),
    )


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[AgentProcess, Hub, FileServer]]:
    with ExitStack() as closing:
        _, hub, files = closing.enter_context(network(tmp_path / "broker"))
        agent = AgentProcess(tmp_path / "kallio")
        agent.port = free_port()
        labs.prepare(agent.folder, plan_of(files, agent.port))
        agent.enrol(files)
        for started in (
            labs.start_world(agent.folder),
            labs.start_agent(agent.folder, tmp_path / "agent.log"),
            labs.start_operators([agent.folder], seed=7, typical_s=30.0, away_s=120.0),
        ):
            closing.callback(started.wait)
            closing.callback(started.terminate)
        yield agent, hub, files


def _over(hub: Hub, job_id: str) -> bool:
    return len(hub.happened(job_id)) >= 4


def test_lab_makes_one_job_on_each_kind_of_machine(
    lab: tuple[AgentProcess, Hub, FileServer],
) -> None:
    agent, hub, files = lab
    wait_until(hub.lives, "the agent is born", 30)
    end = datetime.now(UTC) + timedelta(days=7)
    print_command = job(
        files.put(PRINTED), "job-print", machine_id="printer", not_after=end
    )
    mill_command = job(files.put(squares(4)), "job-mill", not_after=end)
    sew_command = job(
        None, "job-sew", machine_id="sewing", not_after=end, pieces=2, expected_s=120.0
    )
    wanted = ["armed", "started", "completed", "cleared"]
    for command in (print_command, mill_command, sew_command):
        hub.send(command)
    for command in (print_command, mill_command, sew_command):
        job_id = command.job_id
        wait_until(partial(_over, hub, job_id), f"{job_id} is over", 60)
        assert hub.happened(job_id) == wanted, hub.events(job_id)[-1]
    sewn = next(e for e in hub.events("job-sew") if e.event == "completed")
    assert sewn.evidence is not None
    assert sewn.evidence.pieces_counted == 2
    wait_until(lambda: agent.state()["untold"] == 0, "everything has its receipt")
