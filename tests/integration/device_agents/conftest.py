"""A stage of real parts, one for each test, taken down in order."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_agents.settings import ClockSettings
from tests.integration.device_agents.stage import (
    AgentProcess,
    Boards,
    Broker,
    FileServer,
    Hub,
    mill,
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything around one agent with one mill."""

    folder: Path
    broker: Broker
    hub: Hub
    files: FileServer
    boards: Boards
    agent: AgentProcess


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as closing:
        broker = Broker(tmp_path / "broker")
        broker.start()
        closing.callback(broker.kill)
        hub = Hub(broker.port)
        closing.callback(hub.close)
        files = FileServer(broker.port)
        closing.callback(files.close)
        boards = Boards(tmp_path / "ports", scale=10.0)
        closing.callback(boards.close)
        agent = AgentProcess(tmp_path / "agent")
        closing.callback(agent.kill)
        agent.configure(files, (mill(boards.grbl("mill-1")),), ClockSettings())
        assert agent.enrol().returncode == 0
        yield Stage(
            folder=tmp_path,
            broker=broker,
            hub=hub,
            files=files,
            boards=boards,
            agent=agent,
        )
