"""A stage of real parts, one for each test, taken down in order."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_agents.settings import ClockSettings, Machine
from tests.integration.device_agents.stage import (
    AgentProcess,
    Boards,
    Broker,
    FileServer,
    Hub,
    mill,
    network,
    run_agent,
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything around one agent with one machine."""

    folder: Path
    broker: Broker
    hub: Hub
    files: FileServer
    boards: Boards
    agent: AgentProcess


def one_mill(boards: Boards) -> Machine:
    return mill(boards.grbl("mill-1"))


@contextmanager
def staged(
    folder: Path,
    machine: Callable[[Boards], Machine] = one_mill,
    *,
    scale: float = 10.0,
    target: Callable[[Path], None] = run_agent,
) -> Iterator[Stage]:
    with ExitStack() as closing:
        broker, hub, files = closing.enter_context(network(folder / "broker"))
        boards = Boards(folder / "ports", scale=scale)
        closing.callback(boards.close)
        agent = AgentProcess(folder / "agent", target)
        closing.callback(agent.kill)
        agent.configure(files, (machine(boards),), ClockSettings())
        agent.enrol(files)
        yield Stage(
            folder=folder,
            broker=broker,
            hub=hub,
            files=files,
            boards=boards,
            agent=agent,
        )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage whose agent has not started yet."""
    with staged(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as made:
        made.agent.start()
        yield made


@pytest.fixture
def running(_running: Stage) -> Iterator[Stage]:
    """A stage whose agent runs, idle, shared by the tests of one file."""
    _running.agent.wait_for("idle")
    yield _running
    _running.agent.tidy()
